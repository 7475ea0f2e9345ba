"""Register a payment in Odoo, once in effect: look up our reference, refuse what cannot be, pay, read back.

Payments go through the wizard people use, `account.payment.register`: created on one invoice, then told to create the
payment, which it posts and reconciles with the invoice's open instalments, oldest first. Its memo is the word
`Concilia` and our reference, alone, so that it can be found again by equality. Creating the wizard writes nothing that
counts; only the second call does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from concilia.errors import ConfigurationInvalid, OutcomeUnknown, RecordRejected
from concilia.money import parse_amount
from connectors.contract import Found, PaymentOrder, Receipt
from connectors.exact_json import Number
from connectors.odoo.client import OdooClient
from connectors.odoo.related import MOVES, money
from connectors.odoo.shapes import OURS
from connectors.odoo.streams import INVOICE_STREAM, PAYMENT_STREAM
from connectors.odoo.values import Domain, Row, ident
from connectors.odoo.window import by_ids
from connectors.turns import in_turn

WIZARD: Final = "account.payment.register"
JOURNALS: Final = "account.journal"
METHODS: Final = "account.payment.method.line"
UNDONE: Final = frozenset({"cancel", "canceled", "rejected"})


def register(client: OdooClient, orders: Sequence[PaymentOrder]) -> Iterator[Receipt | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    return in_turn(orders, lambda order: _registered(client, order))


def payments_by_reference(client: OdooClient, references: Sequence[str]) -> Mapping[str, Found]:
    """The payment registered under each of our references, by reference; the oldest when a person copied it."""
    wanted = sorted({reference for reference in references if is_reference(reference)})
    if not wanted:
        return {}
    memo = "memo" if "memo" in client.fields(PAYMENT_STREAM.model) else "ref"
    domain: Domain = [[memo, "in", [OURS + reference for reference in wanted]], ["partner_type", "=", "customer"]]
    numbers = sorted(client.ids(PAYMENT_STREAM.model, domain))
    found: dict[str, Found] = {}
    for record in by_ids(client, PAYMENT_STREAM, ids=numbers):
        found.setdefault(str(record.fields["our_reference"]), Found(record.key[0], record.fields, record.cursor))
    return found


def journal(client: OdooClient) -> Row:
    """The journal to pay into: the one named in the settings, or the only bank or cash journal there is.

    Raises ConfigurationInvalid when it is missing or must be chosen.
    """
    wanted = client.settings.journal
    domain: Domain = [
        ["type", "in", ["bank", "cash"]],
        ["company_id", "in", sorted(client.session.companies)],
        ["active", "=", True],
    ]
    rows = client.rows(JOURNALS, domain, fields=["name", "code", "type", "company_id"])
    chosen = [row for row in rows if wanted in {None, str(row["id"]), row["name"], row["code"]}]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(f"{row['name']} ({row['code']})" for row in rows) or "none"
    what = "no bank or cash journal" if not chosen else "several bank or cash journals"
    called = f" called {wanted!r}" if wanted else ""
    raise ConfigurationInvalid(
        f"{client.settings.system} has {what}{called}.",
        mend=f"Set `journal` to the name, code or id of one of Odoo's journals. It has: {names}.",
    )


def payment_method(client: OdooClient) -> Row | None:
    """The payment method named in the settings, of the journal paid into; None lets Odoo take the journal's first."""
    wanted = client.settings.payment_method
    if wanted is None:
        return None
    into = journal(client)
    domain: Domain = [["journal_id", "=", into["id"]], ["payment_type", "=", "inbound"]]
    rows = client.rows(METHODS, domain, fields=["name"])
    for row in rows:
        if wanted in {str(row["id"]), row["name"]}:
            return row
    names = ", ".join(f"{row['name']} ({row['id']})" for row in rows) or "none"
    raise ConfigurationInvalid(
        f"{client.settings.system} has no payment method {wanted!r} on its journal {into['name']}.",
        mend=f"Set `payment_method` to one of: {names}.",
    )


def is_reference(reference: str) -> bool:
    """Whether a reference can be found again by equality."""
    return bool(reference) and reference.strip() == reference


def invoice_now(client: OdooClient, debt: str) -> Mapping[str, Any] | None:
    """An invoice as it is now, in the shape of its stream; None when there is none."""
    if not (debt.isascii() and debt.isdigit()):
        return None
    found = by_ids(client, INVOICE_STREAM, ids=[int(debt)])
    return found[0].fields if found else None


def balance_text(client: OdooClient, debt: str) -> str | None:
    """What an invoice owes now."""
    invoice = invoice_now(client, debt)
    return None if invoice is None else format(invoice["balance"], "f")


def objection(invoice: Mapping[str, Any] | None, order: PaymentOrder, *, digits: int) -> tuple[str, str] | None:
    """Why this payment cannot be, as a sentence and the name of its rule; None when nothing speaks against it."""
    if invoice is None:
        return f"There is no customer invoice {order.debt}.", "unknown_debt"
    name = f"Invoice {invoice['number'] or invoice['id']}"
    said = next(_objections(invoice, order, digits=digits), None)
    return None if said is None else (f"{name} {said[0]}.", said[1])


def _objections(invoice: Mapping[str, Any], order: PaymentOrder, *, digits: int) -> Iterator[tuple[str, str]]:
    paid, owed, currency = amount_of(order), invoice["balance"], invoice["currency"]
    if invoice["move_type"] != "out_invoice":
        yield "is a credit note, which is not paid", "unknown_debt"
    if invoice["state"] != "posted":
        yield f"is not posted (its state is {invoice['state']})", "debt_closed"
    if order.unit != currency:
        yield f"is in {currency}, the payment in {order.unit}", "other_unit"
    if paid <= 0:
        yield f"cannot be paid with {order.amount}: a payment is more than zero", "bad_amount"
    if paid != round(paid, digits):
        yield f"is in {currency}, which takes fewer decimals than {order.amount} has", "bad_amount"
    if not owed:
        yield "is paid already", "debt_closed"
    if paid > owed:
        yield f"owes {owed} {currency}; the payment of {order.amount} is more than that", "above_balance"


def amount_of(order: PaymentOrder) -> Decimal:
    """The amount of the order; RecordRejected when it is none."""
    try:
        return parse_amount(order.amount)
    except ValueError as fault:
        raise RecordRejected(f"{fault}.", field="amount", value=order.amount) from fault


def _registered(client: OdooClient, order: PaymentOrder) -> Receipt:
    amount_of(order)
    day = _day(order)
    if not is_reference(order.reference):
        raise RecordRejected("A payment needs a reference without spaces around it.", field="reference")
    before = payments_by_reference(client, [order.reference]).get(order.reference)
    if before is not None:
        return _receipt(client, order, found=before, found_before=True)
    invoice = invoice_now(client, order.debt)
    currency = next((c for c in money(client).currencies.values() if c.code == order.unit), None)
    why_not = objection(invoice, order, digits=currency.digits if currency else 2)
    if why_not is not None:
        text, code = why_not
        raise RecordRejected(f"{client.settings.system}: {text}", field="debt", value=order.debt, code=code)
    _pay(client, order, day=day)
    written = payments_by_reference(client, [order.reference]).get(order.reference)
    if written is None:
        raise OutcomeUnknown(f"{client.settings.system} reported the payment done but does not show it.")
    return _receipt(client, order, found=written, found_before=False)


def _pay(client: OdooClient, order: PaymentOrder, *, day: date) -> None:
    number = int(order.debt)
    aimed = {"active_model": MOVES, "active_ids": [number], "active_id": number}
    [row] = client.rows(MOVES, [["id", "=", number]], fields=["currency_id"])
    method = payment_method(client)
    there = client.fields(WIZARD)
    values: Row = {
        "payment_date": day.isoformat(),
        "amount": Number(amount_of(order)),
        "currency_id": ident(row["currency_id"]),
        "journal_id": journal(client)["id"],
        "communication": OURS + order.reference,
        "group_payment": True,
        "payment_difference_handling": "open",
    }
    if method is not None and "payment_method_line_id" in there:
        values["payment_method_line_id"] = method["id"]
    # The wizard is a draft of its own that Odoo sweeps away: made twice it harms nobody.
    made = client.ask(WIZARD, "create", vals_list=[values], context=aimed)
    client.write(WIZARD, "action_create_payments", ids=[first_id(client, made)], context=aimed)


def first_id(client: OdooClient, made: Any) -> int:
    """The id that `create` answered, alone or in a list."""
    match made:
        case [int(number), *_] | int(number):
            return number
        case _:
            raise OutcomeUnknown(f"{client.settings.system} does not say which record it has created.")


def _receipt(client: OdooClient, order: PaymentOrder, *, found: Found, found_before: bool) -> Receipt:
    """The receipt; RecordRejected when our reference stands on another invoice or another amount."""
    fields = found.fields
    invoices = [str(one["invoice"]) for one in fields["allocations"]]
    if fields["amount"] != amount_of(order) or (invoices and order.debt not in invoices):
        where = ", ".join(invoices) or "no invoice"
        raise RecordRejected(
            f"{client.settings.system} has the reference {order.reference} on {where} with {fields['amount']}, "
            f"not on invoice {order.debt} with {order.amount}.",
            mend="One of the two payments needs another reference.",
            field="reference",
            value=order.reference,
        )
    balance = balance_text(client, order.debt)
    return Receipt(found.external_id, balance=balance, found_before=found_before, fields=fields)


def _day(order: PaymentOrder) -> date:
    try:
        return date.fromisoformat(order.value_date)
    except ValueError as fault:
        raise RecordRejected(
            f"{order.value_date!r} is no date: write it as 2026-01-31.", field="value_date", value=order.value_date
        ) from fault
