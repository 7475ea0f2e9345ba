"""Whom an interaction was with: found now, or left waiting and found after later loads and merges, or said by a person.

What a channel tells together teaches the hub whose the channel's own id is. Contradicting lessons make it nobody's
until a person says whose it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from concilia.errors import NotFound, RequestInvalid
from concilia.portfolio.interaction import CONTRADICTION, Clue, Known, Waits, anchor, whom
from concilia.servicing import interaction_effects, party_clues
from concilia.store import contacts, crosswalk, debts, events, golden, interactions, locks
from concilia.store.contacts import InteractionRow
from concilia.store.debts import DebtRow
from concilia.store.golden import GoldenRow
from concilia.store.interactions import RULED, TAUGHT, LearntRow, WaitingRow
from concilia.store.unit_of_work import Tx

DEBT_UNKNOWN: Final = "debt_unknown"
Named = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """What is known of the party and the debts: the source debtor it hangs on, the debts, and why it waits, if so."""

    clues: tuple[Clue, ...]
    debtor_id: int | None
    golden_id: str | None
    debts: tuple[str, ...]
    keys: tuple[str, ...]  # by which what is missing would be known
    waits: Waits | None


@dataclass(frozen=True, slots=True)
class Saying:
    """What a person says, and when."""

    by: str
    because: str
    at: str


def place(tx: Tx, named: Named, told_debts: Sequence[Named], *, point: tuple[str, str]) -> Placed:
    """Whom it was with and which debts it was about, as far as anybody knows.

    What is not known is looked up once more after whoever decides now about debtors or debts has ended, so that
    nothing waits for what came a moment ago.
    """
    clues = party_clues.clues_of(named)
    found = _placed(tx, clues, told_debts, point=point)
    if found.waits is None:
        return found
    locks.in_turn(tx, "identity")
    locks.in_turn(tx, "money")
    return _placed(tx, clues, told_debts, point=point)


def keep(tx: Tx, row: InteractionRow, placed: Placed, *, at: str) -> bool:
    """Let an interaction wait if it has to; whether something was learnt of a channel's own id."""
    if placed.waits is not None:
        interactions.wait(tx, _waiting(row, placed.waits, since=at), keys=placed.keys)
    return teach(tx, row, placed, at=at)


def teach(tx: Tx, row: InteractionRow, placed: Placed, *, at: str) -> bool:
    """Learn whose the channel's own id is, when something else says so; whether that is news."""
    key = party_clues.channel_id(placed.clues)
    golden_id = placed.golden_id or (placed.waits.rival if placed.waits is not None else None)
    clue = next((one for one in placed.clues if key and key in one.keys), None)
    if clue is None or golden_id is None or golden_id in clue.holders:
        return False
    debtor = placed.debtor_id
    if debtor is None or placed.golden_id is None:
        debtor = _anchor(tx, placed.clues, golden_id, about=())
    reason = "told with it" if not clue.holders else "told with another debtor than before"
    lesson = LearntRow(0, key, debtor, TAUGHT, row.id, row.origin, reason, at)
    interactions.learn(tx, lesson)
    interactions.wake(tx, interactions.waiting_under(tx, [key]) - {row.id})
    return True


def try_again(tx: Tx, number: str, *, at: str) -> InteractionRow | None:
    """Look once more for whom an interaction was with; the row when nothing of it waits any more."""
    if not interactions.take(tx, number):
        return None
    row = interactions.load(tx, [number])[number]
    named, told_debts = json.loads(row.named), json.loads(row.body).get("debts") or ()
    try:
        clues = party_clues.clues_of(named) if row.debtor_id is None else []
    except RequestInvalid:
        return None  # told when numbers were read otherwise: it waits for a person
    point = (row.contact_type or "", row.contact_value or "")
    placed = _placed(tx, clues, told_debts, point=point, debtor_id=row.debtor_id)
    return _settled(tx, row, placed, at=at, by="hub")


def settle(tx: Tx, number: str, golden_id: str, saying: Saying) -> InteractionRow:
    """A person says whom a waiting interaction was with, and so whose its channel's own id is.

    The debtor is one that stands. NotFound for an unknown interaction; RequestInvalid for one that does not wait.
    """
    row = contacts.interaction(tx, number)
    if row is None:
        raise NotFound(
            "There is no such interaction.", mend="List them: GET /v1/interactions.", code="interaction-unknown"
        )
    if row.debtor_id is not None or not interactions.take(tx, number):
        raise RequestInvalid(
            "The party of this interaction is known.",
            mend="If two debtors are one, or one is two, rule on them: concilia rule.",
            code="interaction-resolved",
        )
    clues = party_clues.looked_up(tx, party_clues.clues_of(json.loads(row.named)))
    debtor = _anchor(tx, [clue for clue in clues if golden_id in clue.holders], golden_id, about=())
    told_debts = json.loads(row.body).get("debts") or ()
    placed = _placed(tx, [], told_debts, point=("", ""), debtor_id=debtor)
    key = party_clues.channel_id(clues)
    if key:
        interactions.learn(tx, LearntRow(0, key, debtor, RULED, row.id, saying.by, saying.because, saying.at))
        interactions.wake(tx, interactions.waiting_under(tx, [key]) - {row.id})
    _settled(tx, row, placed, at=saying.at, by=saying.by)
    return interactions.load(tx, [number])[number]


def _settled(tx: Tx, row: InteractionRow, placed: Placed, *, at: str, by: str) -> InteractionRow | None:
    """Store what is known by now. Its effects follow when its party is, as if it were told now."""
    was_known = row.debtor_id is not None
    row = replace(row, debtor_id=placed.debtor_id)
    fresh = sorted(set(placed.debts) - set(interactions.debts_of(tx, [row.id]).get(row.id, ())))
    interactions.link(tx, row.id, fresh)
    teach(tx, row, placed, at=at)
    if placed.waits is not None:
        interactions.still_waits(tx, _waiting(row, placed.waits, since=at))
    else:
        interactions.waits_no_more(tx, row.id)
    if not was_known and row.debtor_id is not None:
        interactions.hang_on(tx, row)
        words = [interaction_effects.told(one) for one in interactions.outcomes_of(tx, [row.id]).get(row.id, [])]
        interaction_effects.follow(tx, row, words, by=row.origin, at=at)
        events.append(tx, [interaction_effects.fact(tx, row, type_="interaction.resolved", by=by)], at=at)
    return row if placed.waits is None else None


def _placed(
    tx: Tx,
    clues: Sequence[Clue],
    told_debts: Sequence[Named],
    *,
    point: tuple[str, str],
    debtor_id: int | None = None,
) -> Placed:
    clues = party_clues.looked_up(tx, clues)
    golden_id, waits = _party(tx, clues) if debtor_id is None else (_golden_of(tx, debtor_id), None)
    found, missing = _debts(tx, told_debts, golden_id)
    if waits is None and missing:
        waits = Waits(DEBT_UNKNOWN, f"{len(missing)} of its debts are not known, or cannot be told apart.")
    keys = tuple(key for clue in clues for key in clue.keys) + tuple(missing)
    if debtor_id is None and golden_id is not None:
        used = party_clues.clues_of({point[0]: point[1]}) if point[0] in ("phone", "email") else []
        clues = [*clues, *party_clues.looked_up(tx, used)]
        debtor_id = _anchor(tx, clues, golden_id, about=[row.debtor_id for row in found])
    return Placed(tuple(clues), debtor_id, golden_id, tuple(row.id for row in found), keys, waits)


def _party(tx: Tx, clues: Sequence[Clue]) -> tuple[str | None, Waits | None]:
    match whom(clues):
        case Known(golden_id):
            body = json.loads(_row_of(tx, golden_id).body)
            if party_clues.denied(clues, body["identifiers"]):
                return None, Waits(CONTRADICTION, "The debtor named has another tax id than the one told.")
            return golden_id, None
        case Waits() as waits:
            return None, waits


def _debts(tx: Tx, told: Sequence[Named], golden_id: str | None) -> tuple[list[DebtRow], list[str]]:
    """The debts it was about, and the keys of those that nobody knows, or of which several have that number."""
    found: list[DebtRow] = []
    missing: list[str] = []
    members = crosswalk.members(tx, [golden_id]).get(golden_id, []) if golden_id else []
    for one in told:
        rows = party_clues.debts_meant(tx, one)
        owed = [row for row in rows if row.debtor_id in members]
        meant = owed if len(rows) > 1 else rows
        if len(meant) == 1:
            found.append(meant[0])
        else:
            missing += party_clues.keys_of_debt(one)
    return list({row.id: row for row in found}.values()), missing


def _anchor(tx: Tx, clues: Sequence[Clue], golden_id: str, *, about: Sequence[int | None]) -> int:
    members = crosswalk.members(tx, [golden_id]).get(golden_id, [])
    founder = _row_of(tx, golden_id).founder_id
    if members and founder not in members:
        founder = members[0]
    return anchor(clues, golden_id, about=[n for n in about if n in members and n is not None], founder=founder)


def _row_of(tx: Tx, golden_id: str) -> GoldenRow:
    return golden.load(tx, [golden_id])[golden_id]


def _golden_of(tx: Tx, debtor_id: int) -> str | None:
    return debts.goldens_of(tx, [debtor_id]).get(debtor_id)


def _waiting(row: InteractionRow, waits: Waits, *, since: str) -> WaitingRow:
    return WaitingRow(row.id, waits.reason, waits.says, since)
