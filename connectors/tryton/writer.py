"""Register a payment in Tryton, once in effect: look up our reference, refuse what cannot be, pay, read back.

A payment is a dialogue with the wizard `account.invoice.pay`: `start` asks for amount, date, method and
description; `choice` pays at once when the amount settles whole lines, and otherwise asks what the rest is;
then `pay` registers a partial payment. The description becomes the description of the payment's move; ours is
the word `Concilia` and our reference, alone, so that it can be found again by equality.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    OutcomeUnknown,
    RecordRejected,
)
from concilia.money import parse_amount
from connectors.contract import Found, PaymentOrder, Receipt
from connectors.tryton.client import TrytonClient
from connectors.tryton.shapes import OURS
from connectors.tryton.shapes import payment as shaped
from connectors.tryton.streams import INVOICES, PAYMENTS
from connectors.tryton.wire import Row
from connectors.turns import in_turn

WIZARD = "wizard.account.invoice.pay"
METHODS = "account.invoice.payment.method"


def register(client: TrytonClient, orders: Sequence[PaymentOrder]) -> Iterator[Receipt | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    return in_turn(orders, lambda order: _registered(client, order))


def payments_by_reference(client: TrytonClient, references: Sequence[str]) -> Mapping[str, Found]:
    """The payment registered under each of our references, by reference.

    It looks for the move the wizard made, not for its binding to the invoice: Tryton removes that binding when
    an invoice is settled by other means, and the payment must still be found.
    """
    wanted = sorted({reference for reference in references if reference.strip() == reference and reference})
    if not wanted:
        return {}
    domain = [
        ["move.description", "in", [OURS + reference for reference in wanted]],
        ["move.origin", "like", "account.invoice,%"],
        ["account.type.receivable", "=", True],
    ]
    found: dict[str, Found] = {}
    for row in client.search_read(PAYMENTS.model, domain, fields=PAYMENTS.asked):
        fields = shaped(row)
        stamp = fields["write_date"]
        version = stamp.isoformat() if stamp else None
        found.setdefault(fields["our_reference"], Found(str(row["id"]), fields, version))
    return found


def payment_method(client: TrytonClient) -> int:
    """The id of the method to pay with: the one named in the settings, or the only one there is.

    Raises ConfigurationInvalid when it is missing or must be chosen.
    """
    wanted = client.settings.payment_method
    rows = client.search_read(METHODS, [["active", "=", True], *_of_company(client)], fields=["name"])
    chosen = [row for row in rows if wanted in {None, str(row["id"]), row["name"]}]
    if len(chosen) == 1:
        return int(chosen[0]["id"])
    names = ", ".join(f"{row['name']} ({row['id']})" for row in rows) or "none"
    what = "no payment method" if not chosen else "several payment methods"
    called = f" called {wanted!r}" if wanted else ""
    raise ConfigurationInvalid(
        f"{client.settings.system} has {what}{called}.",
        mend=f"Set `payment_method` to one of Tryton's invoice payment methods. It has: {names}.",
    )


def open_wizard(client: TrytonClient, *, invoice: int | None = None) -> tuple[int, str]:
    """Begin the dialogue: the id of its session and its first state. Pays nothing."""
    answer = client.call(f"{WIZARD}.create", _aimed(client, invoice))
    return int(answer[0]), str(answer[1])


def close_wizard(client: TrytonClient, session: int) -> None:
    """Forget the dialogue. A session that stays behind harms nobody, so a fault here is let go."""
    with contextlib.suppress(ConciliaError):
        client.call(f"{WIZARD}.delete", session, dict(client.context))


def objection(invoice: Row | None, order: PaymentOrder, *, amount: Decimal) -> str | None:
    """Why Tryton would refuse this payment, as a sentence for people; None when nothing speaks against it."""
    if invoice is None:
        return f"There is no customer invoice {order.debt}."
    name = f"Invoice {invoice['number'] or invoice['id']}"
    match invoice["state"]:
        case "posted":
            why_not = _amount_objection(invoice, order, amount=amount)
        case "paid":
            why_not = "is paid already"
        case state:
            why_not = f"is not posted (its state is {state})"
    return f"{name} {why_not}." if why_not else None


def _amount_objection(invoice: Row, order: PaymentOrder, *, amount: Decimal) -> str | None:
    currency = invoice["currency."]["code"]
    to_pay = invoice["amount_to_pay"] or Decimal(0)
    if order.unit != currency:
        return f"is in {currency}, the payment in {order.unit}"
    if amount <= 0:
        return f"cannot be paid with {order.amount}: a payment is more than zero"
    if amount != round(amount, invoice["currency."]["digits"]):
        return f"is in {currency}, which takes fewer decimals than {order.amount} has"
    if amount > to_pay:
        return f"has {to_pay} {currency} to pay; the payment of {order.amount} is more than that"
    return None


def _rule(invoice: Row | None, order: PaymentOrder, *, amount: Decimal) -> str:
    """The name of the rule behind an objection."""
    if invoice is None:
        return "unknown_debt"
    if invoice["state"] != "posted":
        return "debt_closed"
    if order.unit != invoice["currency."]["code"]:
        return "other_unit"
    return "above_balance" if amount > (invoice["amount_to_pay"] or Decimal(0)) else "bad_amount"


def _registered(client: TrytonClient, order: PaymentOrder) -> Receipt:
    amount, day = _amount(order), _day(order)
    if order.reference.strip() != order.reference or not order.reference:
        raise RecordRejected("A payment needs a reference without spaces around it.", field="reference")
    before = payments_by_reference(client, [order.reference]).get(order.reference)
    if before is not None:
        return _receipt(client, order, found=before, found_before=True)
    invoice = _invoice(client, order.debt)
    why_not = objection(invoice, order, amount=amount)
    if why_not is not None:
        code = _rule(invoice, order, amount=amount)
        raise RecordRejected(f"{client.settings.system}: {why_not}", field="debt", value=order.debt, code=code)
    _pay(client, order, amount=amount, day=day)
    written = payments_by_reference(client, [order.reference]).get(order.reference)
    if written is None:
        raise OutcomeUnknown(f"{client.settings.system} reported the payment done but does not show it.")
    return _receipt(client, order, found=written, found_before=False)


def _receipt(client: TrytonClient, order: PaymentOrder, *, found: Found, found_before: bool) -> Receipt:
    """The receipt; RecordRejected when our reference stands on another invoice or another amount."""
    fields = found.fields
    if str(fields["invoice"]) != order.debt or fields["amount"] != _amount(order):
        raise RecordRejected(
            f"{client.settings.system} has the reference {order.reference} on invoice {fields['invoice']} with "
            f"{fields['amount']}, not on invoice {order.debt} with {order.amount}.",
            mend="One of the two payments needs another reference.",
            field="reference",
            value=order.reference,
        )
    balance = amount_to_pay(client, order.debt)
    shown = None if balance is None else format(balance, "f")
    return Receipt(found.external_id, balance=shown, found_before=found_before, fields=fields)


def amount_to_pay(client: TrytonClient, debt: str) -> Decimal | None:
    """What the invoice owes now; None when there is no such invoice."""
    invoice = _invoice(client, debt)
    return (invoice["amount_to_pay"] or Decimal(0)) if invoice else None


def _pay(client: TrytonClient, order: PaymentOrder, *, amount: Decimal, day: date) -> None:
    """Go through the dialogue. Up to `choice` nothing is written, so those calls may be repeated."""
    chosen = {
        "payment_method": payment_method(client),
        "amount": amount,
        "date": day,
        "description": OURS + order.reference,
    }
    aimed = _aimed(client, int(order.debt))
    session, state = open_wizard(client, invoice=int(order.debt))
    try:
        asked = client.call(f"{WIZARD}.execute", session, {}, state, aimed)
        start = {**_defaults(asked), **chosen}
        answer = client.call(f"{WIZARD}.execute", session, {"start": start}, "choice", aimed, idempotent=False)
        if answer.get("view"):
            partial = {"start": start, "ask": {**_defaults(answer), "type": "partial"}}
            client.call(f"{WIZARD}.execute", session, partial, "pay", aimed, idempotent=False)
    finally:
        close_wizard(client, session)


def _defaults(answer: Mapping[str, Any]) -> Row:
    return {name: value for name, value in answer["view"]["defaults"].items() if "." not in name}


def _aimed(client: TrytonClient, invoice: int | None) -> Row:
    ids = [] if invoice is None else [invoice]
    return {**client.context, "active_model": INVOICES.model, "active_id": invoice, "active_ids": ids}


def _invoice(client: TrytonClient, debt: str) -> Row | None:
    if not debt.isdigit():
        return None
    fields = ["number", "state", "amount_to_pay", "currency.code", "currency.digits"]
    rows = client.search_read(INVOICES.model, [["id", "=", int(debt)], ["type", "=", "out"]], fields=fields)
    return rows[0] if rows else None


def _of_company(client: TrytonClient) -> list[Any]:
    company = client.context.get("company")
    return [["company", "=", company]] if company is not None else []


def _amount(order: PaymentOrder) -> Decimal:
    try:
        return parse_amount(order.amount)
    except ValueError as fault:
        raise RecordRejected(f"{fault}.", field="amount", value=order.amount) from fault


def _day(order: PaymentOrder) -> date:
    try:
        return date.fromisoformat(order.value_date)
    except ValueError as fault:
        raise RecordRejected(
            f"{order.value_date!r} is no date: write it as 2026-01-31.", field="value_date", value=order.value_date
        ) from fault
