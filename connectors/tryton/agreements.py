"""Record what befalls an agreement in Tryton: a note on the invoice, or on the party where no invoice is known.

Tryton 8.0 has no agreement and no promise: `account_dunning` knows levels and a blocked flag, nothing that was agreed.
Every record may carry notes (`ir.note`), which people see in the record's own window. A note's first line is the word
`Concilia` and our reference, alone, so that it can be found again; the rest is for people. A note moves no stamp of
the record it is on, so no stream brings it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from concilia.errors import OutcomeUnknown, RecordRejected
from connectors.contract import AgreementOrder, Found, Receipt
from connectors.tryton.client import TrytonClient
from connectors.tryton.shapes import OURS
from connectors.tryton.streams import INVOICES, PARTIES
from connectors.tryton.wire import Row, any_of
from connectors.turns import in_turn

NOTES: Final = "ir.note"


def record(client: TrytonClient, orders: Sequence[AgreementOrder]) -> Iterator[Receipt | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    return in_turn(orders, lambda order: _recorded(client, order))


def notes_by_reference(client: TrytonClient, references: Sequence[str]) -> Mapping[str, Found]:
    """The oldest note under each of our references, by reference."""
    wanted = sorted({reference for reference in references if reference.strip() == reference and reference})
    if not wanted:
        return {}
    firsts = {OURS + reference: reference for reference in wanted}
    # `_` and `%` are wildcards of `like`; our references hold neither.
    domain = [any_of(*([["message", "like", f"{first}\n%"]] for first in firsts))]
    found: dict[str, Found] = {}
    for row in client.search_read(NOTES, domain, fields=["message", "resource", "create_date"]):
        reference = firsts.get(str(row["message"]).partition("\n")[0])
        if reference is not None:
            fields = {name: row[name] for name in ("message", "resource")}
            found.setdefault(reference, Found(str(row["id"]), fields, row["create_date"].isoformat()))
    return found


def _recorded(client: TrytonClient, order: AgreementOrder) -> Receipt:
    before = notes_by_reference(client, [order.reference]).get(order.reference)
    if before is not None:
        return Receipt(before.external_id, found_before=True, fields=before.fields)
    values: Row = {"resource": _aim(client, order), "message": f"{OURS}{order.reference}\n{order.text}"}
    made = client.call(f"model.{NOTES}.create", [values], dict(client.context), idempotent=False)
    if not isinstance(made, list) or len(made) != 1:
        raise OutcomeUnknown(f"{client.settings.system} reported the note done but does not say which it is.")
    return Receipt(str(made[0]), fields=values)


def _aim(client: TrytonClient, order: AgreementOrder) -> str:
    """The record to note it on, as Tryton names one; RecordRejected when it does not exist there."""
    model, number = (INVOICES.model, order.debt) if order.debt else (PARTIES.model, order.debtor)
    if not (number.isascii() and number.isdigit()) or not client.count(model, [["id", "=", int(number)]]):
        what = "invoice" if order.debt else "party"
        raise RecordRejected(
            f"{client.settings.system} has no {what} {number} to note the agreement on.",
            mend="Sync the connection: the record may have been deleted or merged there.",
            field="debt" if order.debt else "debtor",
            value=number,
        )
    return f"{model},{number}"
