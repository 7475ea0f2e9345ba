"""Change contact data of a party in Tryton: its name, one of its contact mechanisms or addresses, or a new one.

The row is read, compared with what the order expects, and written under its own stamp (`_timestamp` in the context):
Tryton refuses with a ConcurrencyException when somebody wrote it in between. A new mechanism or address is looked up
by its values first, as Tryton keeps no key of ours. Nothing is ever deleted; what is taken back is deactivated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from concilia.errors import OutcomeUnknown, RecordRejected, RemoteMoved
from connectors.cells import Standing, item_written, standing
from connectors.contract import ContactOrder, Receipt
from connectors.tryton.client import TrytonClient
from connectors.tryton.streams import PARTIES
from connectors.tryton.window import by_ids
from connectors.tryton.wire import Row
from connectors.turns import in_turn

MECHANISMS: Final = "party.contact_mechanism"
LISTS: Final = {"contact_mechanisms": MECHANISMS, "addresses": "party.address"}  # lists of a party, by column
_SAYS: Final = {"contact_mechanisms": ("value",), "addresses": ("street", "city", "postal_code")}  # empty: taken back
UPDATES: Final = {
    "parties": (
        "name", "contact_mechanisms.value", "contact_mechanisms.type",
        "addresses.street", "addresses.city", "addresses.postal_code",
    )
}  # fmt: skip


def update(client: TrytonClient, orders: Sequence[ContactOrder]) -> Iterator[Receipt | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    return in_turn(orders, lambda order: _updated(client, order))


def _updated(client: TrytonClient, order: ContactOrder) -> Receipt:
    if (order.member and order.member not in LISTS) or not order.record.isdigit():
        what = order.member or order.record
        raise RecordRejected(f"{client.settings.system} cannot write {what}.", field="record", value=what)
    model, number = (LISTS[order.member], order.item) if order.member else (PARTIES.model, order.record)
    # The stamp before the values: what is written between the two reads is noticed by the stamp.
    stamp = _stamp(client, model, number) if number else None
    held = _party(client, order)
    match standing(order, held):
        case Standing.WRITTEN:
            return Receipt(item_written(order, held), found_before=True, fields=dict(order.cells))
        case Standing.MOVED:
            raise RemoteMoved(f"The {order.field} of party {order.record} was edited there.", now=held)
        case Standing.FREE:
            _write(client, order, model=model, stamp=stamp, emptied=_is_emptied(order, held))
    after = _party(client, order)
    if standing(order, after) is not Standing.WRITTEN and not _is_taken_back(order, after):
        raise OutcomeUnknown(f"{client.settings.system} reported the change done but does not show it.")
    return Receipt(item_written(order, after), fields=dict(order.cells))


def _party(client: TrytonClient, order: ContactOrder) -> Mapping[str, Any]:
    """The party in the shape of its stream, inactive items left out of what can be changed."""
    found = by_ids(client, PARTIES, ids=[int(order.record)])
    if not found:
        raise RemoteMoved(f"Party {order.record} is not there any more.", now=None)
    fields = found[0].fields
    return {**fields, **{name: [one for one in fields[name] if one["active"]] for name in LISTS}}


def _write(client: TrytonClient, order: ContactOrder, *, model: str, stamp: str | None, emptied: bool) -> None:
    cells: Row = dict(order.cells)
    if order.member and not order.item:
        values = {"party": int(order.record), **cells}
        client.call(f"model.{model}.create", [values], dict(client.context), idempotent=False)
        return
    number = int(order.item or order.record)
    if emptied:
        cells = {"active": False}
    context = {**client.context, **({"_timestamp": {f"{model},{number}": stamp}} if stamp else {})}
    client.call(f"model.{model}.write", [number], cells, context, idempotent=False)


def _is_emptied(order: ContactOrder, held: Mapping[str, Any]) -> bool:
    """Whether an item would say nothing any more."""
    item = next((one for one in held.get(order.member, ()) if order.item and str(one["id"]) == order.item), None)
    return item is not None and not any({**item, **order.cells}.get(name) for name in _SAYS[order.member])


def _is_taken_back(order: ContactOrder, after: Mapping[str, Any]) -> bool:
    return bool(order.item) and all(str(one["id"]) != order.item for one in after[order.member])


def _stamp(client: TrytonClient, model: str, number: str) -> str | None:
    rows = client.search_read(model, [["id", "=", int(number)]], fields=["_timestamp"])
    return str(rows[0]["_timestamp"]) if rows and rows[0].get("_timestamp") is not None else None
