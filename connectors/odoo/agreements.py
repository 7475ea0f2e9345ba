"""Record what befalls an agreement in Odoo: a promise as an activity with its day, anything else as a note.

Odoo's core has no agreement. A new promise with a day becomes an activity (`mail.activity`) on the invoice, or on the
partner where no invoice is known, due on that day; its summary is the word `Concilia` and our reference, alone. What
ends an agreement is a note, and closes the activities that are still open for it. An activity that a person marks as
done disappears; Odoo then keeps its summary and note in a message, so both are searched.
"""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from concilia.errors import ConciliaError, OutcomeUnknown, RecordRejected
from connectors.contract import AgreementOrder, Found, Receipt
from connectors.odoo.client import OdooClient
from connectors.odoo.notes import add_note, as_html, notes_by_reference
from connectors.odoo.related import MOVES, PARTNERS
from connectors.odoo.settings import ACTIVITY
from connectors.odoo.shapes import OURS
from connectors.odoo.values import Domain
from connectors.odoo.writer import is_reference
from connectors.turns import in_turn

ACTIVITIES: Final = "mail.activity"
NOTED_ON: Final = (MOVES, PARTNERS)
_TYPE: Final = "mail.mail_activity_data_todo"
_OPENS: Final = frozenset({"recorded", "accepted", "reinstated", "renegotiated"})
_ENDS: Final = frozenset({"kept", "broken", "cancelled", "withdrawn", "renegotiated"})


def record(client: OdooClient, orders: Sequence[AgreementOrder]) -> Iterator[Receipt | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    return in_turn(orders, lambda order: _recorded(client, order))


def agreements_by_reference(client: OdooClient, references: Sequence[str]) -> Mapping[str, Found]:
    """The activity or note under each of our references, by reference."""
    wanted = sorted({reference for reference in references if is_reference(reference)})
    if not wanted:
        return {}
    found: dict[str, Found] = {}
    domain: Domain = [["summary", "in", [OURS + reference for reference in wanted]]]
    for row in client.all_rows(ACTIVITIES, domain, fields=["summary", "res_model", "res_id", "date_deadline"]):
        reference = str(row["summary"]).removeprefix(OURS)
        fields = {"model": row["res_model"], "record": row["res_id"], "deadline": row["date_deadline"]}
        found.setdefault(reference, Found(f"{ACTIVITIES},{row['id']}", fields))
    left = [reference for reference in wanted if reference not in found]
    for reference, note in notes_by_reference(client, left, models=NOTED_ON).items():
        found[reference] = Found(f"mail.message,{note.external_id}", note.fields, note.version)
    return found


def _recorded(client: OdooClient, order: AgreementOrder) -> Receipt:
    if not is_reference(order.reference):
        raise RecordRejected("An agreement needs a reference without spaces around it.", field="reference")
    before = agreements_by_reference(client, [order.reference]).get(order.reference)
    if before is not None:
        return Receipt(before.external_id, found_before=True, fields=before.fields)
    model, number = _aim(client, order)
    older = _open_activities(client, order)
    due = _due(order)
    if client.settings.agreements == ACTIVITY and order.happening in _OPENS and due is not None:
        _schedule(client, model, number, order=order, due=due)
    else:
        add_note(client, model, number, reference=order.reference, text=order.text)
    after = agreements_by_reference(client, [order.reference]).get(order.reference)
    if after is None:
        raise OutcomeUnknown(f"{client.settings.system} reported the agreement noted but does not show it.")
    if order.happening in _ENDS and older:
        _close(client, older, order=order)
    return Receipt(after.external_id, fields=after.fields)


def _schedule(client: OdooClient, model: str, number: int, *, order: AgreementOrder, due: date) -> None:
    """Some transports cannot write down what this method returns; the look-up after it decides."""
    with contextlib.suppress(OutcomeUnknown):
        client.write(
            model,
            "activity_schedule",
            ids=[number],
            act_type_xmlid=_TYPE,
            date_deadline=due.isoformat(),
            summary=OURS + order.reference,
            note=as_html(order.reference, order.text) + f"<p>{html.escape(_of(order))}</p>",
        )


def _open_activities(client: OdooClient, order: AgreementOrder) -> list[int]:
    """Activities of ours that still stand open for that agreement."""
    if order.happening not in _ENDS:
        return []
    domain: Domain = [["summary", "=like", f"{OURS}%"], ["note", "ilike", _of(order)]]
    fields = ["note", *({"active"} & client.fields(ACTIVITIES))]
    rows = client.all_rows(ACTIVITIES, domain, fields=fields)
    return [int(row["id"]) for row in rows if row.get("active", True) and f"{_of(order)}<" in str(row["note"])]


def _close(client: OdooClient, activities: list[int], *, order: AgreementOrder) -> None:
    """Mark them as done. What stays open harms nobody: a person can do it, and so may have done it already."""
    with contextlib.suppress(ConciliaError):
        client.write(ACTIVITIES, "action_feedback", ids=activities, feedback=f"{_of(order)}: {order.happening}")


def _of(order: AgreementOrder) -> str:
    return f"Concilia agreement {order.agreement}"


def _due(order: AgreementOrder) -> date | None:
    """The first day on which something is promised."""
    days: list[Any] = [part[0] for part in order.schedule if part]
    try:
        return min((date.fromisoformat(str(one)) for one in days), default=None)
    except ValueError:
        return None


def _aim(client: OdooClient, order: AgreementOrder) -> tuple[str, int]:
    """The record to note it on; RecordRejected when it does not exist there."""
    model, number = (MOVES, order.debt) if order.debt else (PARTNERS, order.debtor)
    if not (number.isascii() and number.isdigit()) or not client.count(model, [["id", "=", int(number)]]):
        what = "invoice" if order.debt else "partner"
        raise RecordRejected(
            f"{client.settings.system} has no {what} {number} to note the agreement on.",
            mend="Sync the connection: the record may have been deleted or merged there.",
            field="debt" if order.debt else "debtor",
            value=number,
        )
    return model, int(number)
