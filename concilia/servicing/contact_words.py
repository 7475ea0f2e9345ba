"""Append what is heard of contact points, and tell what became another by it. Decides no change of values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from concilia.keys import contact_evidence_id, contact_point_id
from concilia.portfolio.contact_point_state import FAILED, NOES, SET_ASIDE, State, Status, What
from concilia.servicing.contact_points import PointKey, evidence_in, key_of, stated_in, states_of
from concilia.store import contact_evidence, crosswalk, events, golden
from concilia.store.contact_evidence import EvidenceRow
from concilia.store.events import Fact
from concilia.store.unit_of_work import Tx

_OF_EVERYBODY: Final = NOES | {What.WITHDRAWN}
_TOLD_BY_CHANGES: Final = (Status.PENDING, Status.REJECTED)  # whose events their change tells


@dataclass(frozen=True, slots=True)
class Word:
    """One thing to be recorded of one contact point; `about` as in `contact_point_state.Evidence`."""

    point: PointKey
    what: What
    at: str
    by: str
    received_at: str
    code: str = ""
    channel: str = ""
    method: str = ""
    about: str = ""
    interaction_id: str | None = None
    quiet: bool = False  # followers need not hear of it: the same is told of another contact point

    @property
    def id(self) -> str:
        """Equal for the same thing told again."""
        source = self.interaction_id or "\x1e".join((self.by, self.about, self.method))
        return contact_evidence_id(source, *self.point, self.what.value, self.at, self.code, self.channel)


@dataclass(frozen=True, slots=True)
class Moved:
    """A contact point before and after something was heard of it."""

    before: State
    after: State


@dataclass(frozen=True, slots=True)
class Party:
    """A source debtor with everybody behind its golden record, and that record's contact points as plain objects."""

    debtor_id: int
    golden_id: str | None
    debtor_ids: tuple[int, ...]
    points: Mapping[PointKey, Mapping[str, Any]]


def party_of(tx: Tx, debtor_id: int) -> Party:
    """The party that a source debtor belongs to now."""
    found = crosswalk.load(tx, [debtor_id]).get(debtor_id)
    if found is None or found.golden_id is None:
        return Party(debtor_id, None, (debtor_id,), {})
    mates = crosswalk.members(tx, [found.golden_id]).get(found.golden_id, [debtor_id])
    row = golden.load(tx, [found.golden_id]).get(found.golden_id)
    points = json.loads(row.body)["contact_points"] if row else []
    return Party(debtor_id, found.golden_id, tuple(mates), {key_of(point): point for point in points})


def record(tx: Tx, party: Party, words: Sequence[Word], *, now: str) -> dict[PointKey, Moved]:
    """Append words on a party's contact points and tell followers what became another.

    A no concerns everybody behind the golden record, so that it outlives a split; what else is said stays with the
    source debtor it was said of. Words that are known already change nothing.
    """
    heard = states_of(tx, party.debtor_ids)
    known = {(one.id, n) for n in party.debtor_ids for _, one in heard.by_debtor.get(n, ())}
    rows = [row for word in words for row in _rows(party, word) if (row.id, row.debtor_id) not in known]
    before = heard.of(party.debtor_ids)
    moved = {}
    for key in dict.fromkeys(word.point for word in words):
        stated = stated_in(party.points.get(key))
        fresh = {row.id: evidence_in(row) for row in rows if (row.contact_type, row.match_value) == key}
        was = heard.state(key, before.get(key, ()), stated=stated, now=now)
        moved[key] = Moved(was, heard.state(key, [*before.get(key, ()), *fresh.values()], stated=stated, now=now))
    _append(tx, rows, moved)
    told = {word.point for word in words if not word.quiet}
    facts = [f for key, one in moved.items() if key in told for f in facts_of(key, one, golden_id=party.golden_id)]
    events.append(tx, facts, at=now)
    return moved


def facts_of(key: PointKey, moved: Moved, *, golden_id: str | None) -> list[Fact]:
    """What followers are told; never the value itself."""
    before, after = moved.before, moved.after
    told = {"type": key[0], "status": after.status.value, "was": before.status.value}
    found = []
    if after.status is not before.status and after.status not in _TOLD_BY_CHANGES:
        found.append(point_fact(_type_of(after.status), key, golden_id, told))
    new = {one.channel for one in after.opted_out} - {one.channel for one in before.opted_out}
    return found + [point_fact("opted_out", key, golden_id, {**told, "channel": channel}) for channel in sorted(new)]


def point_fact(happened: str, key: PointKey, golden_id: str | None, body: Mapping[str, Any]) -> Fact:
    """A fact about a contact point."""
    point = contact_point_id(*key)
    return Fact(f"contact_point.{happened}", point, golden_id, {"contact_point": point, "type": key[0], **body})


def moves_golden(moved: Moved) -> bool:
    """Whether the golden record has to be made anew: what stands in it, what is verified, or the order."""
    return _weight(moved.before) != _weight(moved.after)


def _weight(state: State) -> tuple[Any, ...]:
    failed = state.status in (Status.HARD_FAILED, Status.INVALID)
    return (state.status in SET_ASIDE, state.verified_at is not None, failed, state.replaced, state.change)


def _type_of(status: Status) -> str:
    if status in FAILED:
        return "failed"
    return status.value if status in (Status.VERIFIED, Status.WRONG_PARTY, Status.STALE) else "changed"


def _rows(party: Party, word: Word) -> Iterable[EvidenceRow]:
    row = EvidenceRow(
        id=word.id,
        debtor_id=party.debtor_id,
        contact_type=word.point[0],
        match_value=word.point[1],
        what=word.what.value,
        code=word.code,
        channel=word.channel,
        at=word.at,
        by=word.by,
        interaction_id=word.interaction_id,
        method=word.method,
        about=word.about,
        received_at=word.received_at,
    )
    concerned = party.debtor_ids if word.what in _OF_EVERYBODY else (party.debtor_id,)
    return [replace(row, debtor_id=debtor_id) for debtor_id in concerned]


def _append(tx: Tx, rows: Sequence[EvidenceRow], moved: Mapping[PointKey, Moved]) -> None:
    heeded = {key: not moves_golden(one) for key, one in moved.items()}
    for flag in (True, False):
        some = [row for row in rows if heeded[(row.contact_type, row.match_value)] is flag]
        if some:
            contact_evidence.append(tx, some, heeded=flag)
