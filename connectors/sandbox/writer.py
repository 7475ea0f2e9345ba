"""Registers payments: look up by our reference, create once, read back. One receipt or error for each order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from concilia.errors import ConciliaError, OutcomeUnknown, RecordRejected, RetryLater, SystemRefused
from connectors.contract import PaymentOrder, Receipt
from connectors.sandbox.client import SandboxClient
from connectors.sandbox.faults import refusal


def register_payments(client: SandboxClient, orders: Sequence[PaymentOrder]) -> Iterator[Receipt | Exception]:
    """Carry out the orders in turn. Once throttled, the rest of the batch is handed back without a call."""
    throttled: RetryLater | None = None
    for order in orders:
        if throttled is not None:
            yield RetryLater(throttled.message, after=throttled.after)
            continue
        try:
            yield _register(client, order)
        except SystemRefused:
            raise
        except RetryLater as fault:
            throttled = fault if fault.after else None
            yield fault
        except ConciliaError as fault:
            yield fault


def _register(client: SandboxClient, order: PaymentOrder) -> Receipt:
    if not order.reference:
        raise RecordRejected("The payment has no reference, so it could not be found again.", field="reference")
    known = client.by_reference(order.reference)
    if known:
        return _found_before(client, order, known[0])
    payment = {
        "invoice": order.debt,
        "amount": order.amount,
        "currency": order.unit,
        "value_date": order.value_date,
        "method": order.method,
        "reference": order.reference,
        "memo": " / ".join(text for text in (order.remittance, order.payer) if text),
    }
    answer = client.register(payment, key=order.key)
    if answer.status not in (200, 201):
        raise refusal(answer, payment)
    said = answer.json()
    if not isinstance(said, dict) or not isinstance(said.get("payment"), dict) or not said["payment"].get("id"):
        raise OutcomeUnknown(f"{answer.url} answered {answer.status} without the payment it made.")
    made: Mapping[str, Any] = said["payment"]
    return Receipt(str(made["id"]), balance=_balance(client, order.debt, otherwise=_answered(said)), fields=made)


def _found_before(client: SandboxClient, order: PaymentOrder, known: Mapping[str, Any]) -> Receipt:
    """The payment under our reference, if it is the one ordered; it was written before and its answer lost."""
    if known.get("invoice") != order.debt or not _same_amount(known.get("amount"), order.amount):
        raise RecordRejected(
            f"The reference {order.reference} already stands for payment {known.get('id')}, which differs.",
            mend="Compare both payments, and register this one under a reference of its own.",
            field="reference",
            value=order.reference,
        )
    balance = _balance(client, order.debt, otherwise=None)
    return Receipt(str(known["id"]), balance=balance, found_before=True, fields=known)


def _balance(client: SandboxClient, debt: str, *, otherwise: str | None) -> str | None:
    """The balance read back; a failed reading must not hide that the payment was made."""
    try:
        invoice = client.one("invoices", debt)
    except ConciliaError:
        return otherwise
    return otherwise if invoice is None else str(invoice.get("balance"))


def _answered(said: Mapping[str, Any]) -> str | None:
    invoice = said.get("invoice")
    return str(invoice["balance"]) if isinstance(invoice, dict) and "balance" in invoice else None


def _same_amount(left: object, right: str) -> bool:
    try:
        return Decimal(str(left)) == Decimal(right)
    except InvalidOperation:
        return False
