"""What a person sees of intents and says of them: list, show, retry, abandon, done. Calls no system.

An intent in doubt that is retried is looked up first, whatever the person believes; one that was refused may be edited
before it is tried again. Whatever is said is a receipt, with who said it and why.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.servicing.debts import bring_up_to_date
from concilia.store import locks, outbox
from concilia.store.outbox import ABANDONED, DEAD, DONE, NEW, PARKED, SENT_UNKNOWN, IntentRow, KeptAnswer
from concilia.store.unit_of_work import Tx
from connectors.contract import Operation, Receipt
from sync.hub import Hub
from sync.orders import EDITABLE
from sync.settling import keep

OPEN: Final = (NEW, SENT_UNKNOWN, PARKED, DEAD)  # what is not over
_SHOWN: Final = (
    "id", "connection", "operation", "state", "code", "reason", "attempts", "unknowns", "next_attempt_at",
    "created_at", "changed_at",
)  # fmt: skip
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Said:
    """Who decides on an intent, and why."""

    by: str
    reason: str = ""


def listed(
    hub: Hub, *, state: str = "open", connection: str = "", after: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """Intents in order of id: those that are not over, of one state, or `all`."""
    if state not in (*outbox.STATES, "open", "all"):
        known = ", ".join(("open", "all", *outbox.STATES))
        raise RequestInvalid("There is no such state of intents.", mend=f"Use one of: {known}.", field="state")
    states = OPEN if state == "open" else ("",) if state == "all" else (state,)
    with hub.store.read() as tx:
        rows = [
            row
            for one in states
            for row in outbox.listed(tx, state=one, connection=connection, after=after, limit=limit)
        ]
    return [_shown(row) for row in sorted(rows, key=lambda row: row.id)[:limit]]


def one(hub: Hub, number: int) -> dict[str, Any]:
    """One intent with everything that systems and people said of it; NotFound for an unknown number."""
    with hub.store.read() as tx:
        row = _known(tx, number)
        receipts = outbox.receipts(tx, [number]).get(number, [])
    said = [
        {"at": r.at, "outcome": r.outcome, "external_id": r.external_id, "said": json.loads(r.body)} for r in receipts
    ]
    return {**_shown(row), "receipts": said}


def retry(hub: Hub, number: int, said: Said, *, changes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Try an intent again that was refused or parked, edited where that is allowed.

    What may have been written is looked up before anything else, and cannot be edited.
    """
    with hub.store.begin() as tx:
        row = _decidable(tx, number, (DEAD, PARKED), "waits for nobody's word")
        in_doubt = row.code == "outcome_unknown"
        edited = _edited(row, changes or {}, in_doubt=in_doubt)
        at = to_text(hub.clock())
        if edited is not None:
            outbox.rewrite(tx, number, body=edited)
        state = SENT_UNKNOWN if in_doubt else NEW
        outbox.postpone(tx, number, outbox.NextStep(state, at, f"{said.by} asked to try again", code=None), at=at)
        _keep(tx, number, said, at=at, what={"outcome": "retried", "changes": dict(changes or {})})
    return one(hub, number)


def abandon(hub: Hub, number: int, said: Said) -> dict[str, Any]:
    """Never write an intent: what it was to tell is told by other means, or not at all."""
    with hub.store.begin() as tx:
        _decidable(tx, number, OPEN, "is over")
        at = to_text(hub.clock())
        outbox.mark(tx, [number], state=ABANDONED, reason=_because(said, "abandoned"), at=at)
        _keep(tx, number, said, at=at, what={"outcome": "abandoned"})
    return one(hub, number)


def done(hub: Hub, number: int, said: Said, *, external_id: str = "") -> dict[str, Any]:
    """Take a person's word that the system holds it, under that id: the books go on as if it had answered so."""
    with hub.store.begin() as tx:
        locks.in_turn(tx, "money")
        row = _decidable(tx, number, (*OPEN, ABANDONED), "is done")
        at = to_text(hub.clock())
        keep(tx, hub, [(row, Receipt(external_id or f"by {said.by}", found_before=True))], at=at)
        outbox.mark(tx, [number], state=DONE, reason=_because(said, "said to be there"), at=at)
        _keep(tx, number, said, at=at, what={"outcome": "marked_done", "external_id": external_id})
        if row.entity_key:
            bring_up_to_date(tx, [row.entity_key], policy=hub.policies.ledger, at=at)
    return one(hub, number)


def counted(hub: Hub, states: Sequence[str] = (PARKED, DEAD)) -> dict[str, int]:
    """How many intents wait for a person, by state."""
    with hub.store.read() as tx:
        found = outbox.counts(tx)
    return {state: sum(n for (_, each), n in found.items() if each == state) for state in states}


def _known(tx: Tx, number: int) -> IntentRow:
    row = outbox.load(tx, number)
    if row is None:
        raise NotFound(f"There is no intent {number}.", mend="List them: concilia intents list --state all.")
    return row


def _decidable(tx: Tx, number: int, states: Sequence[str], why_not: str) -> IntentRow:
    row = _known(tx, number)
    if row.state not in states:
        raise RequestInvalid(
            f"Intent {number} is {row.state}, and {why_not}.", field="intent", code="intent-not-decidable"
        )
    return row


def _edited(row: IntentRow, changes: Mapping[str, str], *, in_doubt: bool) -> str | None:
    """The order with these members changed, as text; RequestInvalid when they may not be."""
    if not changes:
        return None
    if in_doubt:
        raise RequestInvalid(
            "The intent may have been written as it is, so it cannot be edited.",
            mend="Retry it as it is, or abandon it.",
            field="changes",
            code="intent-in-doubt",
        )
    allowed = EDITABLE.get(Operation(row.operation), ())
    for name in changes:
        if name not in allowed:
            mend = f"It may change: {', '.join(allowed) or 'nothing'}. For the rest, correct what it came from."
            raise RequestInvalid(
                f"{name} of an order cannot be changed.", mend=mend, field=f"changes.{name}", code="intent-fixed-member"
            )
    return json.dumps({**json.loads(row.body), **changes}, ensure_ascii=False, sort_keys=True)


def _keep(tx: Tx, number: int, said: Said, *, at: str, what: Mapping[str, Any]) -> None:
    more = {name: value for name, value in what.items() if name != "outcome"}
    body = json.dumps({"by": said.by, "reason": said.reason[:_LONGEST], **more}, ensure_ascii=False)
    answer = KeptAnswer(str(what["outcome"]), str(what.get("external_id") or "") or None, body)
    outbox.add_receipt(tx, number, answer, at=at)


def _because(said: Said, what: str) -> str:
    return f"{what} by {said.by}" + (f": {said.reason[:_LONGEST]}" if said.reason else "")


def _shown(row: IntentRow) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in _SHOWN}, "order": json.loads(row.body)}
