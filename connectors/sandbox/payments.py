"""Registers payments once in effect, on whichever rung of the ladder the connection stands, and takes them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from concilia.errors import OutcomeUndecidable, RecordRejected, RetryLater
from connectors.contract import PaymentOrder, Receipt, ReversalOrder, Rung, Step
from connectors.sandbox.client import SandboxClient
from connectors.sandbox.faults import refusal
from connectors.sandbox.writer import (
    Writing,
    balance_of,
    found_before,
    made,
    opened,
    same_amount,
    stepwise,
    wire_shape,
)

_TRIES = 5  # how often a version that moved is read again before the order is put off


def register_payments(
    client: SandboxClient, orders: Sequence[PaymentOrder], *, rung: Rung, drafts: bool = False
) -> Iterator[Receipt | Step | Exception]:
    """Register the payments in turn; with `drafts` in two steps: a draft, then posting it."""
    return stepwise(orders, partial(_checked, client, _drafted if drafts else RUNGS[rung]))


def reverse_payments(client: SandboxClient, orders: Sequence[ReversalOrder]) -> Iterator[Receipt | Step | Exception]:
    """Take back the payments in turn."""
    return stepwise(orders, partial(_reversed, client))


def _checked(
    client: SandboxClient, write: Callable[[SandboxClient, PaymentOrder], Writing], order: PaymentOrder
) -> Writing:
    if not order.reference:
        raise RecordRejected("The payment has no reference, so it could not be found again.", field="reference")
    return (yield from write(client, order))


def _by_key(client: SandboxClient, order: PaymentOrder) -> Writing:
    """The system itself knows the key again: it answers what it did the first time."""
    yield from ()
    return made(client, order, client.register(wire_shape(order), key=order.key))


def _by_upsert(client: SandboxClient, order: PaymentOrder) -> Writing:
    """The system keeps it under our own id: writing it twice is writing it once."""
    yield from ()
    return made(client, order, client.put(order.reference, wire_shape(order)))


def _by_version(client: SandboxClient, order: PaymentOrder) -> Writing:
    """Our payment would move the invoice's version, so a call that comes late is refused."""
    yield from ()
    for _ in range(_TRIES):
        invoice = client.one("invoices", order.debt)
        known = next(iter(client.by_reference(order.reference)), None)
        if known is not None:
            return found_before(client, order, known)
        version = None if invoice is None else str(invoice["version"])
        answer = client.register(wire_shape(order), key=order.key, version=version)
        if answer.status != 412:
            return made(client, order, answer)
    raise RetryLater(f"Invoice {order.debt} keeps moving.", after=timedelta(seconds=1))


def _by_look_up(client: SandboxClient, order: PaymentOrder) -> Writing:
    """Our reference is kept and can be searched."""
    yield from ()
    known = next(iter(client.by_reference(order.reference)), None)
    if known is not None:
        return found_before(client, order, known)
    return made(client, order, client.register(wire_shape(order), key=order.key))


def _by_comparison(client: SandboxClient, order: PaymentOrder) -> Writing:
    """The system forgets our reference: what is on the invoice is kept before the call, and compared after it."""
    alike = [row for row in client.on_invoice(order.debt) if _is_alike(row, order)]
    seen = order.done.get("seen") if order.in_doubt else None
    if seen is not None:
        fresh = [row for row in alike if row["id"] not in seen.fields["ids"]]
        if len(fresh) > 1:
            ids = ", ".join(str(row["id"]) for row in fresh)
            raise OutcomeUndecidable(f"One of the payments {ids} may be ours.")
        if fresh:
            return found_before(client, order, fresh[0])
    yield Step("seen", fields={"ids": [row["id"] for row in alike]})
    return made(client, order, client.register(wire_shape(order), key=order.key))


def _without(client: SandboxClient, order: PaymentOrder) -> Writing:
    """Nothing there tells one payment from another: a lost answer stays lost."""
    if order.in_doubt and "sending" in order.done:
        raise OutcomeUndecidable("The answer to a payment was lost, and this system offers no way to look it up.")
    yield Step("sending")
    return made(client, order, client.register(wire_shape(order), key=order.key))


def _drafted(client: SandboxClient, order: PaymentOrder) -> Writing:
    """A draft first, which counts for nothing, then posting it. Each is looked up, and resumed where it stands."""
    known = next(iter(client.by_reference(order.reference)), None)
    if known is not None and known.get("status") != "draft":
        return found_before(client, order, known)
    if known is None:
        draft = {**wire_shape(order), "draft": True}
        known = opened(client.register(draft, key=order.key), "payment", of=draft)["payment"]
    if "draft" not in order.done:
        yield Step("draft", external_id=str(known["id"]))
    answer = client.post(str(known["id"]))
    if answer.status != 200:
        raise refusal(answer, wire_shape(order))
    receipt = made(client, order, answer)
    return Receipt(receipt.external_id, balance=receipt.balance, fields=receipt.fields)


RUNGS: Final[Mapping[Rung, Callable[[SandboxClient, PaymentOrder], Writing]]] = {
    Rung.SERVER_KEY: _by_key,
    Rung.UPSERT: _by_upsert,
    Rung.PRECONDITION: _by_version,
    Rung.LOOK_UP: _by_look_up,
    Rung.READ_COMPARE: _by_comparison,
    Rung.NONE: _without,
}


def _is_alike(row: Mapping[str, Any], order: PaymentOrder) -> bool:
    same_day = row.get("value_date") == order.value_date
    return same_day and row.get("channel") == "api" and same_amount(row.get("amount"), order.amount)


def _reversed(client: SandboxClient, order: ReversalOrder) -> Writing:
    yield from ()
    known = next(iter(client.by_reference(order.reference, stream="reversals")), None)
    if known is not None:
        balance = balance_of(client, order.debt, otherwise=None)
        return Receipt(str(known["id"]), balance=balance, found_before=True, fields=known)
    payment = next(iter(client.by_reference(order.payment)), None)
    if payment is None or not same_amount(payment.get("amount"), order.amount):
        raise RecordRejected(
            f"The ERP holds no payment {order.payment} of {order.amount}.", field="payment", code="never_applied"
        )
    told = {
        "payment": payment["id"],
        **{name: getattr(order, name) for name in ("reference", "kind", "value_date", "reason")},
    }
    said = opened(client.reverse(told), "reversal", of=told)
    balance = balance_of(client, order.debt, otherwise=str(said["invoice"]["balance"]))
    return Receipt(str(said["reversal"]["id"]), balance=balance, fields=said["reversal"])
