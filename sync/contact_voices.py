"""What the hub itself knows of contact points, as planning of writes takes it. Decides no policy, stores nothing.

A record whose value is set aside has no voice: what waits, was rejected, or is somebody else's travels nowhere. What a
channel told in the place of a value, and a steward's word on a change, are rulings against that value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from concilia.portfolio.contact_point_state import SET_ASIDE, Stated
from concilia.servicing.contact_changes import EVIDENCE
from concilia.servicing.contact_points import PointKey, states_of
from concilia.store import contact_changes, crosswalk
from concilia.store.contact_changes import CONFIRMED, REJECTED, TOLD, ChangeRow, StatementRow
from concilia.store.unit_of_work import Tx
from sync.conflicts import Ruling, Voice


@dataclass(frozen=True, slots=True)
class HubWord:
    """A value that stands in the place of another (none: where nothing is said), who says so and when."""

    key: str
    body: Mapping[str, Any]
    instead_of: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class PointWords:
    """What is known of one golden debtor's contact points: values set aside, and words by type, the latest first."""

    aside: frozenset[PointKey] = frozenset()
    words: Mapping[str, Sequence[HubWord]] = field(default_factory=dict)

    def body(self, name: str, key: str) -> Mapping[str, Any] | None:
        """The contact point that a word is about, as a plain object."""
        return next((word.body for word in self.words.get(name, ()) if word.key == key), None)


def words_for(tx: Tx, golden_ids: Iterable[str], *, now: str) -> dict[str, PointWords]:
    """The words on the contact points of these golden debtors; those of whom nothing was heard are left out."""
    members = crosswalk.members(tx, golden_ids)
    ids = [n for group in members.values() for n in group]
    heard = states_of(tx, ids)
    statements, changes = contact_changes.statements_of(tx, ids), contact_changes.changes_of(tx, ids)
    said = {s.debtor_id for s in statements} | {c.debtor_id for c in changes} | heard.by_debtor.keys()
    found = {}
    for golden_id, group in members.items():
        if said.isdisjoint(group):
            continue
        states = {key: heard.state(key, e, stated=Stated(), now=now) for key, e in heard.of(group).items()}
        aside = frozenset(key for key, state in states.items() if state.status in SET_ASIDE)
        words = [_of_change(row) for row in changes if row.debtor_id in group and _decided(row)]
        words += [_of_statement(row) for row in statements if row.debtor_id in group and row.kind == TOLD]
        found[golden_id] = PointWords(aside, _by_type(words, aside))
    return found


def heeding(known: PointWords | None, name: str, voices: Sequence[Voice]) -> tuple[list[Voice], Ruling | None]:
    """The voices that count for a field, and the word that stands against some of them."""
    if known is None:
        return list(voices), None
    for word in known.words.get(name, ()):
        ruling = _ruling(word, voices)
        if ruling is not None:
            ours = [v for v in voices if (name, v.key) not in known.aside or (v.at, v.key) in ruling.against]
            return ours, ruling
    return [voice for voice in voices if (name, voice.key) not in known.aside], None


def _ruling(word: HubWord, voices: Sequence[Voice]) -> Ruling | None:
    """The word as a ruling, unless nobody says what it stands against, or somebody edited the field otherwise."""
    against = frozenset((voice.at, voice.key) for voice in voices if voice.key == word.instead_of)
    if not against or (not word.instead_of and any(voice.key for voice in voices)):
        return None
    edited = [voice for voice in voices if voice.moved and voice.key not in ("", word.key, word.instead_of)]
    if edited:
        return None
    return Ruling(word.key, str(word.body.get("value", "")), word.by, word.at, against, against)


def _decided(row: ChangeRow) -> bool:
    """Whether a person decided it; what evidence decided travels as any edit does."""
    return row.status in (CONFIRMED, REJECTED) and row.decided_by != EVIDENCE and bool(row.new_value)


def _of_change(row: ChangeRow) -> tuple[str, HubWord]:
    by, at = row.decided_by or "", row.decided_at or ""
    if row.status == REJECTED:
        return row.contact_type, HubWord(row.old_value, json.loads(row.old_body), row.new_value, by, at)
    return row.contact_type, HubWord(row.new_value, json.loads(row.new_body), row.old_value, by, at)


def _of_statement(row: StatementRow) -> tuple[str, HubWord]:
    return row.contact_type, HubWord(row.match_value, json.loads(row.body), row.replaces, row.origin, row.received_at)


def _by_type(words: Sequence[tuple[str, HubWord]], aside: frozenset[PointKey]) -> dict[str, list[HubWord]]:
    found: dict[str, list[HubWord]] = {}
    for type_, word in sorted(words, key=lambda one: one[1].at, reverse=True):
        if (type_, word.key) not in aside:
            found.setdefault(type_, []).append(word)
    return found
