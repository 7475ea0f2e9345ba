"""Orders in turn, one receipt or error for each; and what all writes to the sandbox share."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from concilia.errors import ConciliaError, OutcomeUnknown, RecordRejected, RetryLater, SystemRefused
from connectors.contract import PaymentOrder, Receipt, Step
from connectors.rest import Response
from connectors.sandbox.client import SandboxClient
from connectors.sandbox.faults import refusal

Ordered = TypeVar("Ordered")
Writing = Generator[Step, None, Receipt]


def in_turn(orders: Sequence[Ordered], write: Callable[[Ordered], Receipt]) -> Iterator[Receipt | Exception]:
    """Carry out the orders in turn. Once throttled, the rest of the batch is handed back without a call."""
    for answer in stepwise(orders, lambda order: _at_once(order, write)):
        if not isinstance(answer, Step):
            yield answer


def stepwise(orders: Sequence[Ordered], write: Callable[[Ordered], Writing]) -> Iterator[Receipt | Step | Exception]:
    """The same for writes of several steps: each is given out before the next one is begun."""
    throttled: RetryLater | None = None
    for order in orders:
        if throttled is not None:
            yield RetryLater(throttled.message, after=throttled.after)
            continue
        try:
            yield (yield from write(order))
        except SystemRefused:
            raise
        except RetryLater as fault:
            throttled = fault if fault.after else None
            yield fault
        except ConciliaError as fault:
            yield fault


def wire_shape(order: PaymentOrder) -> dict[str, Any]:
    """The payment as the ERP takes it."""
    return {
        "invoice": order.debt,
        "amount": order.amount,
        "currency": order.unit,
        "value_date": order.value_date,
        "method": order.method,
        "reference": order.reference,
        "memo": " / ".join(text for text in (order.remittance, order.payer) if text),
    }


def made(client: SandboxClient, order: PaymentOrder, answer: Response) -> Receipt:
    """The receipt of an answer: 201 made it, 200 had it. RecordRejected with the system's sentence for the others."""
    said = opened(answer, "payment", of=wire_shape(order))
    payment: Mapping[str, Any] = said["payment"]
    balance = balance_of(client, order.debt, otherwise=_answered(said))
    return Receipt(str(payment["id"]), balance=balance, found_before=answer.status == 200, fields=payment)


def opened(answer: Response, member: str, *, of: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body of a write's answer, which holds that member with an id."""
    if answer.status not in (200, 201):
        raise refusal(answer, of)
    said = answer.json()
    if not isinstance(said, dict) or not isinstance(said.get(member), dict) or not said[member].get("id"):
        raise OutcomeUnknown(f"{answer.url} answered {answer.status} without the {member} it made.")
    return said


def found_before(client: SandboxClient, order: PaymentOrder, known: Mapping[str, Any]) -> Receipt:
    """The payment under our reference, if it is the one ordered; it was written before and its answer lost."""
    if known.get("invoice") != order.debt or not same_amount(known.get("amount"), order.amount):
        raise RecordRejected(
            f"The reference {order.reference} already stands for payment {known.get('id')}, which differs.",
            mend="Compare both payments, and register this one under a reference of its own.",
            field="reference",
            value=order.reference,
            code="reference_taken",
        )
    balance = balance_of(client, order.debt, otherwise=None)
    return Receipt(str(known["id"]), balance=balance, found_before=True, fields=known)


def balance_of(client: SandboxClient, debt: str, *, otherwise: str | None) -> str | None:
    """The balance read back; a failed reading must not hide that the payment was made."""
    try:
        invoice = client.one("invoices", debt)
    except ConciliaError:
        return otherwise
    return otherwise if invoice is None else str(invoice.get("balance"))


def same_amount(left: object, right: str) -> bool:
    """Whether an amount of the system is that of the order."""
    try:
        return Decimal(str(left)) == Decimal(right)
    except InvalidOperation:
        return False


def _answered(said: Mapping[str, Any]) -> str | None:
    invoice = said.get("invoice")
    return str(invoice["balance"]) if isinstance(invoice, dict) and "balance" in invoice else None


def _at_once(order: Ordered, write: Callable[[Ordered], Receipt]) -> Writing:
    yield from ()
    return write(order)
