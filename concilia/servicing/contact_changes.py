"""Changes of verified contact points: opened, confirmed, rejected, decided by evidence, and taken back.

While one is open the old value stays in use and the new one is set aside. Both are kept as they were stated. Nothing is
deleted: what a decision made is evidence, and taking it back is one more word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from concilia.errors import NotFound, RequestInvalid
from concilia.portfolio.contact_point_state import State, Status, What
from concilia.servicing.contact_points import PointKey, stated_in, states_of
from concilia.servicing.contact_words import Party, Word, party_of, point_fact, record
from concilia.store import contact_changes, events, locks
from concilia.store.contact_changes import CONFIRMED, KEPT, OPEN, REJECTED, SUPERSEDED, ChangeRow, StatementRow
from concilia.store.unit_of_work import Tx

EVIDENCE: Final = "evidence"  # who decides when no person does
_DECISIONS: Final = frozenset({What.CONFIRMED, What.REJECTED, What.REPLACED})
_POINT_FIELDS: Final = (
    "type", "value", "raw", "verdict", "reason", "line_type", "relation", "match_key", "parts", "verified_at",
    "verification_method", "acquisition_method",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that somebody wants: both contact points as plain objects, the new one empty when it is to be gone.

    `drops`: its source does not state the old value any more, so the hub has to keep it. `barred`: the new value is
    known as somebody else's or was rejected before, so there is nothing to ask.
    """

    old: Mapping[str, Any]
    old_key: PointKey
    new: Mapping[str, Any]
    new_key: PointKey
    origin: str
    told_at: str | None
    verified_at: str | None
    drops: bool = True
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Who says what becomes of a change, why, and when."""

    by: str
    at: str
    because: str = ""


def open_change(tx: Tx, party: Party, wanted: Wanted, *, now: str) -> ChangeRow:
    """Let a change wait for a word; what its source dropped is kept."""
    row = ChangeRow(
        id=contact_changes.next_change(tx),
        debtor_id=party.debtor_id,
        contact_type=wanted.old_key[0],
        old_value=wanted.old_key[1],
        new_value=wanted.new_key[1] if wanted.new else "",
        old_body=_text(wanted.old),
        new_body=_text(wanted.new),
        verified_at=wanted.verified_at,
        told_at=wanted.told_at,
        origin=wanted.origin,
        opened_at=now,
    )
    if wanted.barred:
        row = _decided(row, REJECTED, Decision(EVIDENCE, now, "the new value was refused before"))
    contact_changes.store_changes(tx, [row])
    if wanted.drops:
        keep(tx, row, now=now)
    if wanted.barred:
        return row
    if wanted.new:
        word = Word(wanted.new_key, What.PENDING, now, wanted.origin, now, about=str(row.id))
        record(tx, party, [word], now=now)
    _tell(tx, "pending", row, party, now=now)
    return row


def confirm(tx: Tx, number: int, decision: Decision) -> ChangeRow:
    """The new value stands from now on. Repeating it changes nothing; a change that ended otherwise is refused."""
    return _say(tx, _undecided(tx, number, CONFIRMED), decision, CONFIRMED)


def reject(tx: Tx, number: int, decision: Decision) -> ChangeRow:
    """The old value stays, and the new one does not come back from any load. Repeating it changes nothing."""
    return _say(tx, _undecided(tx, number, REJECTED), decision, REJECTED)


def _say(tx: Tx, row: ChangeRow, decision: Decision, status: str) -> ChangeRow:
    """Decide a change, and others of the party that want the same."""
    if row.status == status:
        return row
    party = party_of(tx, row.debtor_id)
    done = (_confirmed if status == CONFIRMED else _rejected)(tx, party, row, decision)
    settle(tx, party, now=decision.at)
    return done


def undo(tx: Tx, number: int, decision: Decision) -> ChangeRow:
    """A person's decision does not count any more and the change is open again. RequestInvalid when there is none."""
    locks.in_turn(tx, f"contact-change:{number}")
    row = _known(tx, number)
    if row.status not in (CONFIRMED, REJECTED) or row.decided_by == EVIDENCE:
        raise RequestInvalid(
            "No person decided this change.",
            mend="List the changes to see how each stands.",
            code="change-undecided",
        )
    party = party_of(tx, row.debtor_id)
    _take_back(tx, party, row, decision, whats=_DECISIONS)
    for kept in _stated(tx, row)[-1:]:
        contact_changes.store_statements(tx, [replace(kept, ended_at=None, ended_because="")])
    return _stored(tx, replace(row, status=OPEN, decided_at=None, decided_by=None, because=decision.because))


def supersede(tx: Tx, row: ChangeRow, *, because: str, now: str) -> ChangeRow:
    """Whoever wanted the change does not want it any more; what it kept stays kept until somebody ends that."""
    party = party_of(tx, row.debtor_id)
    decision = Decision(row.origin, now, because)
    _take_back(tx, party, row, decision, whats=frozenset({What.PENDING}))
    return _stored(tx, replace(row, status=SUPERSEDED, decided_at=now, decided_by=row.origin, because=because))


def settle(tx: Tx, party: Party, *, now: str) -> list[ChangeRow]:
    """Decide those changes of a party that were decided by what was heard of one of their values."""
    waiting = [row for row in contact_changes.changes_of(tx, party.debtor_ids) if row.status == OPEN]
    if not waiting:
        return []
    heard = states_of(tx, party.debtor_ids)
    evidence = heard.of(party.debtor_ids)
    settled = []
    for row in waiting:
        old, new = ((row.contact_type, row.old_value), (row.contact_type, row.new_value))
        stated = [stated_in(party.points.get(key)) for key in (old, new)]
        states = [
            heard.state(key, evidence.get(key, ()), stated=words, now=now)
            for key, words in zip((old, new), stated, strict=True)
        ]
        found = _settled(tx, replace(party, debtor_id=row.debtor_id), row, states, now=now)
        settled += [found] if found is not None else []
    return settled


def keep(tx: Tx, row: ChangeRow, *, now: str) -> None:
    """State the old value on behalf of the source that dropped it, unless it is kept already."""
    if any(one.ended_at is None for one in _stated(tx, row)):
        return
    said = json.loads(row.old_body)
    statement = StatementRow(
        id=contact_changes.next_statement(tx),
        debtor_id=row.debtor_id,
        contact_type=row.contact_type,
        match_value=row.old_value,
        kind=KEPT,
        body=_text({name: said[name] for name in _POINT_FIELDS if name in said}),
        origin=said.get("stated_by") or row.origin,
        evidence="",
        replaces="",
        told_at=said.get("source_updated_at"),
        received_at=said.get("received_at") or now,
    )
    contact_changes.store_statements(tx, [statement])


def stop_keeping(tx: Tx, row: ChangeRow, *, because: str, now: str) -> None:
    """The hub does not state the old value any more."""
    end_statements(tx, _stated(tx, row), because=because, now=now)


def end_statements(tx: Tx, rows: Sequence[StatementRow], *, because: str, now: str) -> None:
    """End those of the hub's own words that still stand."""
    ended = [replace(one, ended_at=now, ended_because=because) for one in rows if one.ended_at is None]
    contact_changes.store_statements(tx, ended)


def change_json(row: ChangeRow, *, golden_id: str | None) -> dict[str, Any]:
    """A change as readers see it: both values as they were stated, with their times."""
    return {
        "id": row.id,
        "debtor": golden_id,
        "type": row.contact_type,
        "status": row.status,
        "old": {**_value_json(row.old_body), "verified_at": row.verified_at},
        "new": _value_json(row.new_body) if row.new_value else None,
        "origin": row.origin,
        "told_at": row.told_at,
        "opened_at": row.opened_at,
        "decided_at": row.decided_at,
        "decided_by": row.decided_by,
        "because": row.because,
    }


def _value_json(body: str) -> dict[str, Any]:
    said = json.loads(body)
    return {name: said.get(name) for name in ("value", "raw", "source_updated_at", "received_at")}


def _settled(tx: Tx, party: Party, row: ChangeRow, states: Sequence[State], *, now: str) -> ChangeRow | None:
    old, new = states
    if row.new_value and new.status is Status.VERIFIED:
        return _confirmed(tx, party, row, Decision(EVIDENCE, now, f"the new value is verified: {_reasons(new)}"))
    if row.new_value and new.status in (Status.WRONG_PARTY, Status.REJECTED):
        return _rejected(tx, party, row, Decision(EVIDENCE, now, f"the new value is {new.status.value}"))
    if old.status in (Status.WRONG_PARTY, Status.HARD_FAILED, Status.INVALID):
        decision = Decision(EVIDENCE, now, f"the old value is {old.status.value}: {_reasons(old)}")
        _take_back(tx, party, row, decision, whats=frozenset({What.PENDING}))
        return _ended(tx, party, row, decision)
    return None


def _confirmed(tx: Tx, party: Party, row: ChangeRow, decision: Decision) -> ChangeRow:
    old, new = (row.contact_type, row.old_value), (row.contact_type, row.new_value)
    said = (decision.at, decision.by, decision.at)
    words = [Word(old, What.REPLACED, *said, about=str(row.id))]
    if row.new_value and decision.by != EVIDENCE:
        words.append(Word(new, What.CONFIRMED, *said, method="steward", about=str(row.id)))
    record(tx, party, words, now=decision.at)
    return _ended(tx, party, row, decision)


def _ended(tx: Tx, party: Party, row: ChangeRow, decision: Decision) -> ChangeRow:
    stop_keeping(tx, row, because=f"change {row.id} was confirmed", now=decision.at)
    _tell(tx, "confirmed", row, party, now=decision.at)
    return _stored(tx, _decided(row, CONFIRMED, decision))


def _rejected(tx: Tx, party: Party, row: ChangeRow, decision: Decision) -> ChangeRow:
    if row.new_value and decision.by != EVIDENCE:
        point = (row.contact_type, row.new_value)
        word = Word(point, What.REJECTED, decision.at, decision.by, decision.at, about=str(row.id))
        record(tx, party, [word], now=decision.at)
    _tell(tx, "rejected", row, party, now=decision.at)
    return _stored(tx, _decided(row, REJECTED, decision))


def _take_back(tx: Tx, party: Party, row: ChangeRow, decision: Decision, *, whats: frozenset[What]) -> None:
    """Withdraw what was recorded for the change."""
    words = [
        Word(key, What.WITHDRAWN, decision.at, decision.by, decision.at, about=one.id)
        for key, evidence in states_of(tx, [row.debtor_id]).of([row.debtor_id]).items()
        for one in evidence
        if one.about == str(row.id) and one.what in whats
    ]
    record(tx, party, words, now=decision.at)


def _undecided(tx: Tx, number: int, wanted: str) -> ChangeRow:
    """The change, if it waits or ended as wanted already; after whoever decides it at the same time."""
    locks.in_turn(tx, f"contact-change:{number}")
    row = _known(tx, number)
    if row.status not in (OPEN, wanted):
        raise RequestInvalid(
            f"This change was {row.status} by {row.decided_by}.",
            mend="Take that back first, if it was wrong: concilia contacts undo.",
            code="change-decided",
        )
    return row


def _known(tx: Tx, number: int) -> ChangeRow:
    row = contact_changes.change(tx, number)
    if row is None:
        raise NotFound("There is no change of that number.", mend="List them: concilia contacts pending.")
    return row


def _stated(tx: Tx, row: ChangeRow) -> list[StatementRow]:
    return contact_changes.statements_on(tx, row.debtor_id, contact_type=row.contact_type, match_value=row.old_value)


def _decided(row: ChangeRow, status: str, decision: Decision) -> ChangeRow:
    return replace(row, status=status, decided_at=decision.at, decided_by=decision.by, because=decision.because)


def _stored(tx: Tx, row: ChangeRow) -> ChangeRow:
    contact_changes.store_changes(tx, [row])
    return row


def _tell(tx: Tx, happened: str, row: ChangeRow, party: Party, *, now: str) -> None:
    key = (row.contact_type, row.new_value or row.old_value)
    told = {"change": row.id, "origin": row.origin, "removes": not row.new_value}
    events.append(tx, [point_fact(happened, key, party.golden_id, told)], at=now)


def _reasons(state: State) -> str:
    return ", ".join(dict.fromkeys(one.what.value for one in state.because))


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, sort_keys=True)
