"""Take back a payment in Odoo: note our reference on it, reset it to draft, cancel it. Each step is seen again.

Resetting a payment undoes its reconciliations, so the invoice owes again; cancelling it keeps it, with its memo, as a
cancelled one (from the series 18 on its draft journal entry is deleted). Odoo keeps no key of ours on that, so a note
on the payment carries the reversal's reference; found there on a cancelled payment, the reversal is done.

A payment that a bank statement has confirmed is not touched: there the money did arrive, and a person must say first
which line of the statement took it away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from concilia.errors import ConciliaError, OutcomeUnknown, RecordRejected, SystemRefused
from connectors.contract import Found, Receipt, ReversalOrder, Step
from connectors.odoo.client import OdooClient
from connectors.odoo.notes import add_note, notes_by_reference
from connectors.odoo.related import PAYMENTS, present
from connectors.odoo.streams import PAYMENT_STREAM
from connectors.odoo.window import by_ids
from connectors.odoo.writer import UNDONE, balance_text, is_reference, payments_by_reference

_ON_STATEMENT: Final = ("reconciled_statement_line_ids", "reconciled_statement_ids")


def reverse(client: OdooClient, orders: Sequence[ReversalOrder]) -> Iterator[Receipt | Step | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    for order in orders:
        try:
            yield from _reversed(client, order)
        except SystemRefused as fault:
            yield fault
            return
        except ConciliaError as fault:
            yield fault


def reversals_by_reference(client: OdooClient, references: Sequence[str]) -> Mapping[str, Found]:
    """The cancelled payment that carries each of our references, by reference."""
    noted = notes_by_reference(client, references, models=[PAYMENTS])
    numbers = sorted({int(found.fields["record"]) for found in noted.values()})
    records = {record.key[0]: record for record in by_ids(client, PAYMENT_STREAM, ids=numbers)}
    done: dict[str, Found] = {}
    for reference, found in noted.items():
        record = records.get(str(found.fields["record"]))
        if record is not None and record.fields["state"] in UNDONE:
            done[reference] = Found(record.key[0], record.fields, record.cursor)
    return done


def _reversed(client: OdooClient, order: ReversalOrder) -> Iterator[Receipt | Step]:
    if not is_reference(order.reference):
        raise RecordRejected("A reversal needs a reference without spaces around it.", field="reference")
    noted = notes_by_reference(client, [order.reference], models=[PAYMENTS]).get(order.reference)
    payment = _payment(client, order)
    if payment.fields["state"] in UNDONE:
        if noted is None:
            raise _taken_back(client, order)
        yield _receipt(client, order, payment, found_before=True)
        return
    _refuse_confirmed(client, payment)
    number = int(payment.external_id)
    if noted is None:
        add_note(client, PAYMENTS, number, reference=order.reference, text=_said(order))
        yield Step("noted", external_id=payment.external_id)
    if payment.fields["state"] != "draft":
        client.write(PAYMENTS, "action_draft", ids=[number])
        yield Step("reset", external_id=payment.external_id)
    client.write(PAYMENTS, "action_cancel", ids=[number])
    after = payments_by_reference(client, [order.payment]).get(order.payment)
    if after is None or after.fields["state"] not in UNDONE:
        raise OutcomeUnknown(f"{client.settings.system} reported the payment cancelled but does not show it so.")
    yield _receipt(client, order, after, found_before=False)


def _payment(client: OdooClient, order: ReversalOrder) -> Found:
    found = payments_by_reference(client, [order.payment]).get(order.payment)
    if found is None:
        raise RecordRejected(
            f"{client.settings.system} holds no payment {order.payment}.", field="payment", code="never_applied"
        )
    return found


def _taken_back(client: OdooClient, order: ReversalOrder) -> RecordRejected:
    return RecordRejected(
        f"{client.settings.system} has undone the payment {order.payment} already, under another reference.",
        mend="Nothing is to be done there: mark this one as done.",
        field="payment",
        code="taken_back",
    )


def _refuse_confirmed(client: OdooClient, payment: Found) -> None:
    names = present(client, PAYMENTS, _ON_STATEMENT)
    if not names:
        return
    [row] = client.rows(PAYMENTS, [["id", "=", int(payment.external_id)]], fields=names)
    if any(row[name] for name in names):
        raise RecordRejected(
            f"{client.settings.system} has the payment {payment.fields['name'] or payment.external_id} on a bank "
            "statement, which says that the money arrived.",
            mend="Take the match with the statement back there, then try again.",
            field="payment",
            code="on_statement",
        )


def _said(order: ReversalOrder) -> str:
    why = f" ({order.reason})" if order.reason else ""
    return f"Pago {order.payment} anulado desde Concilia: {order.kind}{why}, con fecha {order.value_date}."


def _receipt(client: OdooClient, order: ReversalOrder, found: Found, *, found_before: bool) -> Receipt:
    balance = balance_text(client, order.debt)
    return Receipt(found.external_id, balance=balance, found_before=found_before, fields=found.fields)
