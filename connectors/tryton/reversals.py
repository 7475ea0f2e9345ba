"""Take back a payment in Tryton, in two steps: free its line from what it settles, then cancel its move.

Tryton undoes a payment by a counter move (`account.move.cancel`), and refuses while the payment's line is reconciled
with the invoice. Freeing the line (`account.move.unreconcile_lines`) is a transaction of its own: if it stops there,
the next attempt sees it and goes on. The counter move's description is `Concilia` and our reference, alone.

Cancelling any move whose origin is a posted invoice, Tryton asks whether the invoice was meant. It was not: the move is
the payment's, found by our own reference. That one question is answered with yes, for that move only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from concilia.errors import ConciliaError, OutcomeUnknown, RecordRejected, SystemRefused
from connectors.contract import Found, Receipt, ReversalOrder, Step
from connectors.tryton.client import TrytonClient
from connectors.tryton.shapes import OURS
from connectors.tryton.wire import Row
from connectors.tryton.writer import amount_to_pay, payments_by_reference

CANCEL: Final = "wizard.account.move.cancel"
FREE: Final = "wizard.account.move.unreconcile_lines"
LINES: Final = "account.move.line"
_MEANT: Final = ".cancel_invoice_move"  # how the name of that one warning ends


def reverse(client: TrytonClient, orders: Sequence[ReversalOrder]) -> Iterator[Receipt | Step | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    for order in orders:
        try:
            yield from _reversed(client, order)
        except SystemRefused as fault:
            yield fault
            return
        except ConciliaError as fault:
            yield fault


def reversals_by_reference(client: TrytonClient, references: Sequence[str]) -> Mapping[str, Found]:
    """The counter move made under each of our references, by reference."""
    wanted = sorted({reference for reference in references if reference})
    if not wanted:
        return {}
    domain = [
        ["move.description", "in", [OURS + reference for reference in wanted]],
        ["move.origin", "like", "account.move,%"],
        ["account.type.receivable", "=", True],
    ]
    found: dict[str, Found] = {}
    for row in client.search_read(LINES, domain, fields=["move.description", "move.number", "debit", "credit"]):
        reference = str(row["move."]["description"]).removeprefix(OURS)
        found.setdefault(reference, Found(str(row["id"]), {"move": row["move."]["number"]}))
    return found


def _reversed(client: TrytonClient, order: ReversalOrder) -> Iterator[Receipt | Step]:
    before = reversals_by_reference(client, [order.reference]).get(order.reference)
    if before is not None:
        yield _receipt(client, order, before, found_before=True)
        return
    line = _payment_line(client, order)
    if line["reconciliation"] is not None:
        _run(client, FREE, LINES, line["id"], answers={})
        yield Step("unreconciled", external_id=str(line["id"]))
    answers = {"default": {"description": OURS + order.reference, "reversal": True}}
    try:
        _run(client, CANCEL, "account.move", line["move"], answers=answers)
    except RecordRejected as fault:
        if fault.field != "warning" or not fault.value.endswith(_MEANT):
            raise
        _confirm(client, fault.value)
        _run(client, CANCEL, "account.move", line["move"], answers=answers)
    made = reversals_by_reference(client, [order.reference]).get(order.reference)
    if made is None:
        raise OutcomeUnknown(f"{client.settings.system} reported the counter move done but does not show it.")
    yield _receipt(client, order, made, found_before=False)


def _payment_line(client: TrytonClient, order: ReversalOrder) -> Row:
    """The receivable line of the payment; RecordRejected when there is none, or it is undone already."""
    found = payments_by_reference(client, [order.payment]).get(order.payment)
    if found is None:
        raise RecordRejected(
            f"{client.settings.system} holds no payment {order.payment}.", field="payment", code="never_applied"
        )
    if found.fields["state"] == "cancelled":
        raise RecordRejected(
            f"{client.settings.system} has undone the payment {order.payment} already, under another reference.",
            mend="Nothing is to be done there: mark this one as done.",
            field="payment",
            code="taken_back",
        )
    [line] = client.search_read(LINES, [["id", "=", int(found.external_id)]], fields=["move", "reconciliation"])
    return line


def _run(client: TrytonClient, wizard: str, model: str, number: int, *, answers: Mapping[str, Row]) -> None:
    """Go through a wizard on one record. Only the call that ends it writes, and that one is never repeated."""
    aimed = {**client.context, "active_model": model, "active_id": number, "active_ids": [number]}
    session, state, *_ = client.call(f"{wizard}.create", aimed)
    first = client.call(f"{wizard}.execute", session, {}, state, aimed, idempotent=bool(answers))
    if answers:
        button = next(one["state"] for one in first["view"]["buttons"] if one["default"])
        client.call(f"{wizard}.execute", session, dict(answers), button, aimed, idempotent=False)


def _confirm(client: TrytonClient, warning: str) -> None:
    """Say yes to one warning, once. Said twice it harms nobody, and an answer that is lost is asked for again."""
    mine = [["login", "=", client.settings.username]]
    [user] = client.call("model.res.user.search", mine, 0, 1, None, dict(client.context))
    said = {"user": user, "name": warning, "always": False}
    client.call("model.res.user.warning.create", [said], dict(client.context))


def _receipt(client: TrytonClient, order: ReversalOrder, found: Found, *, found_before: bool) -> Receipt:
    balance = amount_to_pay(client, order.debt)
    shown = None if balance is None else format(balance, "f")
    return Receipt(found.external_id, balance=shown, found_before=found_before, fields=found.fields)
