"""Writing: payments, reversals and agreements as records under an External Id, contact data under a precondition.

Which objects take them is the org's own: the settings `payments`, `reversals` and `agreements` say object, External Id
field and fields. Without `agreements`, a promise is a Task on the debt or the debtor, found again by its subject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from decimal import Decimal, InvalidOperation
from email.utils import format_datetime
from typing import Any, Final

from concilia.errors import ConciliaError, OutcomeUnknown, RecordRejected, RemoteMoved
from connectors.cells import Standing, standing
from connectors.contract import AgreementOrder, ContactOrder, Found, Order, PaymentOrder, Receipt, ReversalOrder
from connectors.salesforce.client import SalesforceClient, quoted
from connectors.salesforce.settings import Shape
from connectors.salesforce.streams import SHIPPED, Source, by_ids
from connectors.turns import in_turn

UPDATES: Final[Mapping[str, tuple[str, ...]]] = {
    "accounts": ("Name", "Phone", "PersonEmail", "PersonMobilePhone"),
    "contacts": ("FirstName", "LastName", "Email", "Phone", "MobilePhone"),
}
FACT_OF: Final = {PaymentOrder: "payments", ReversalOrder: "reversals", AgreementOrder: "agreements"}
_STAMP: Final = "LastModifiedDate"


def written(client: SalesforceClient, orders: Sequence[Order]) -> Iterator[Receipt | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    return in_turn(orders, lambda order: _written(client, order))


def by_reference(client: SalesforceClient, fact: str, references: Sequence[str]) -> Mapping[str, Found]:
    """What stands in the org under our references."""
    wanted = sorted({one for one in references if one.strip()})
    shape = client.settings.shapes.get(fact)
    if not wanted:
        return {}
    if shape is None:
        return _tasks(client, wanted) if fact == "agreements" else {}
    columns = ", ".join(dict.fromkeys(("Id", shape.external_id, *shape.fields)))
    found = {}
    for start in range(0, len(wanted), 100):
        some = ", ".join(quoted(one) for one in wanted[start : start + 100])
        soql = f"SELECT {columns} FROM {shape.object} WHERE {shape.external_id} IN ({some})"
        for row in client.rows(soql):
            fields = client.typed(shape.object, row)
            found[str(row[shape.external_id])] = Found(str(row["Id"]), fields)
    return found


def _written(client: SalesforceClient, order: Order) -> Receipt:
    if isinstance(order, ContactOrder):
        return _updated(client, order)
    fact = FACT_OF[type(order)]
    if not order.reference.strip():
        raise RecordRejected("It needs a reference of ours.", field="reference")
    shape = client.settings.shapes.get(fact)
    if shape is None:
        if isinstance(order, AgreementOrder):
            return _task(client, order)
        raise RecordRejected(
            f"{client.settings.system} was not told which object takes {fact}.", mend=f"Add `{fact}` to its settings."
        )
    return _upserted(client, order, shape, fact)


def _upserted(client: SalesforceClient, order: Order, shape: Shape, fact: str) -> Receipt:
    values = {name: _cell(client, shape, name, order, told) for name, told in shape.fields.items()}
    before = by_reference(client, fact, [order.reference]).get(order.reference)
    if before is not None and not _same(before.fields, values):
        raise RecordRejected(
            f"{client.settings.system} has {order.reference} with other values.",
            mend="One of the two needs another reference.", field="reference", value=order.reference,
        )  # fmt: skip
    if before is not None:
        balance = _balance(client, shape, order.reference)
        return Receipt(before.external_id, balance=balance, found_before=True, fields=before.fields)
    client.upsert(shape.object, shape.external_id, order.reference, values)
    try:
        after = by_reference(client, fact, [order.reference]).get(order.reference)
        balance = _balance(client, shape, order.reference)
    except ConciliaError as fault:
        raise OutcomeUnknown(f"{client.settings.system} took {order.reference} and was not heard since.") from fault
    if after is None:
        raise OutcomeUnknown(f"{client.settings.system} reported {order.reference} done but does not show it.")
    return Receipt(after.external_id, balance=balance, fields=after.fields)


def _balance(client: SalesforceClient, shape: Shape, reference: str) -> str | None:
    if not shape.balance:
        return None
    soql = f"SELECT {shape.balance} FROM {shape.object} WHERE {shape.external_id} = {quoted(reference)}"
    row: Any = next(iter(client.rows(soql)), None)
    for step in shape.balance.split("."):
        row = row.get(step) if isinstance(row, Mapping) else None
    return None if row is None else format(Decimal(str(row)), "f")


def _cell(client: SalesforceClient, shape: Shape, name: str, order: Order, told: str) -> Any:
    """What goes into a field; amounts as JSON numbers, because Salesforce takes no text for them."""
    if told.startswith("="):
        return told[1:]
    value = _next_due(order) if told == "next_due" else getattr(order, told, "")
    kind = client.fields(shape.object).get(name)
    if kind is None:
        raise RecordRejected(f"{shape.object} has no field {name}.", mend="Correct the settings.", field=name)
    if kind.type == "decimal" and value not in ("", None):
        try:
            return _number(Decimal(str(value)))
        except InvalidOperation as fault:
            raise RecordRejected(f"{value!r} is no amount.", field=name, value=str(value)) from fault
    return value or None


def _number(amount: Decimal) -> int | float:
    """A JSON number. Salesforce holds up to 18 digits, a double 15 without loss; what would lose any is refused."""
    if amount == amount.to_integral_value():
        return int(amount)
    found = float(amount)
    if Decimal(repr(found)) != amount:
        raise RecordRejected(f"{amount} has more digits than Salesforce takes.", field="amount", value=str(amount))
    return found


def _same(held: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(_text(held.get(name)) == _text(value) for name, value in values.items())


def _text(value: Any) -> str:
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool):
        return format(Decimal(str(value)).normalize(), "f")
    return "" if value is None else str(value)


def _task(client: SalesforceClient, order: AgreementOrder) -> Receipt:
    """A Task with our reference at the end of its subject."""
    before = _tasks(client, [order.reference]).get(order.reference)
    if before is not None:
        return Receipt(before.external_id, found_before=True, fields=before.fields)
    aim = order.debt or order.debtor
    values: dict[str, Any] = {
        "Subject": f"{order.text.partition(chr(10))[0][:200]} [{order.reference}]",
        "Description": order.text[:32_000],
        "Status": "Completed",
        "ActivityDate": order.agreed_on,
        ("WhoId" if aim.startswith("003") and not order.debt else "WhatId"): aim,
    }
    made = client.create("Task", {name: value for name, value in values.items() if value})
    return Receipt(made, fields=values)


def _tasks(client: SalesforceClient, references: Sequence[str]) -> Mapping[str, Found]:
    found: dict[str, Found] = {}
    for start in range(0, len(references), 20):
        some = references[start : start + 20]
        # `_` and `%` are wildcards of LIKE; our references hold neither
        clause = " OR ".join(f"Subject LIKE {quoted(f'%[{one}]')}" for one in some)
        for row in client.rows(f"SELECT Id, Subject, WhatId, WhoId FROM Task WHERE {clause} ORDER BY CreatedDate, Id"):
            reference = str(row["Subject"]).rpartition("[")[2].rstrip("]")
            found.setdefault(reference, Found(str(row["Id"]), client.typed("Task", row)))
    return {one: found[one] for one in references if one in found}


def _next_due(order: Order) -> str:
    return str(order.schedule[0][0]) if isinstance(order, AgreementOrder) and order.schedule else ""


def _updated(client: SalesforceClient, order: ContactOrder) -> Receipt:
    name = SHIPPED.get(order.stream)
    if name is None or order.member or not order.record.isalnum() or set(order.cells) - set(UPDATES[order.stream]):
        raise RecordRejected(f"{client.settings.system} cannot write that.", field="record", value=order.record)
    source = Source(
        order.stream, name, tuple(dict.fromkeys((*order.cells, *order.expected, _STAMP))), "", deleted=False
    )
    held = next(iter(by_ids(client, source, [order.record])), None)
    if held is None:
        raise RemoteMoved(f"{name} {order.record} is not there any more.", now=None)
    match standing(order, held.fields):
        case Standing.WRITTEN:
            return Receipt(order.record, found_before=True, fields=dict(order.cells))
        case Standing.MOVED:
            raise RemoteMoved(f"The {order.field} of {name} {order.record} was edited there.", now=held.fields)
        case Standing.FREE:
            since = format_datetime(held.fields[_STAMP].astimezone(UTC), usegmt=True)
            client.update(name, order.record, dict(order.cells), unmodified_since=since)
    after = next(iter(by_ids(client, source, [order.record])), None)
    if after is None or standing(order, after.fields) is not Standing.WRITTEN:
        raise OutcomeUnknown(f"{client.settings.system} reported the change done but does not show it.")
    return Receipt(order.record, fields=dict(order.cells))
