"""What a steward looks at: pairs by value at stake, and one pair with both sides. Ruling on them is in `ruling`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from concilia.records import RecordRef
from concilia.store import crosswalk, golden, match_index, rulings
from concilia.store.crosswalk import SourceDebtor
from concilia.store.rulings import StoredCandidate, StoredRuling
from concilia.store.unit_of_work import Tx
from dedup.party import SourceParty
from sync import match_models, naming, retiring, review
from sync.comparing import Compared, compared
from sync.hub import Hub
from sync.retiring import IdConflict, Retirement, Retiring
from sync.ruling import (
    DIFFERENT,
    JUDGEMENTS,
    NO_SCORE,
    SAID,
    SAME,
    WITHDRAWN,
    Outcome,
    Word,
    both,
    counting,
    foresee,
    rule,
    say,
    side,
    told,
)

__all__ = [
    "DIFFERENT",
    "JUDGEMENTS",
    "SAME",
    "WITHDRAWN",
    "CandidatePair",
    "Outcome",
    "PairView",
    "Retiring",
    "Side",
    "StandingRuling",
    "Value",
    "Word",
    "candidates",
    "count",
    "foresee",
    "members",
    "pair",
    "rule",
    "say",
    "source_debtor",
]

Value = Mapping[str, Decimal]  # by unit: amounts of different units are never added


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a pair: a source debtor, and the golden record it belongs to now with what is owed there."""

    id: int
    ref: RecordRef
    golden_id: str
    name: str | None
    joined: int  # how many source debtors the golden record joins
    value: Value


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """A pair for a person to rule on. `place` counts from 1 in the order of value at stake."""

    left: Side
    right: Side
    rule: str
    reason: str
    value: Value
    place: int


@dataclass(frozen=True, slots=True)
class StandingRuling:
    """A steward's word on a pair that counts now."""

    judgement: str
    by: str
    at: str
    reason: str
    retired: tuple[Retirement, ...] = ()  # the numbers it takes out of use


@dataclass(frozen=True, slots=True)
class PairView:
    """Everything a steward looks at before ruling on two source debtors, and how they stand now."""

    left: Side
    right: Side
    fields: tuple[Compared, ...]
    evidence: tuple[Mapping[str, Any], ...]
    rule: str
    reason: str
    value: Value
    ruling: StandingRuling | None
    refusal: str  # why a standing "same" did not join them; empty when it did
    conflicts: tuple[IdConflict, ...] = ()  # valid numbers that keep them apart until one is retired

    @property
    def together(self) -> bool:
        """Whether both belong to one golden record now."""
        return self.left.golden_id == self.right.golden_id


def candidates(hub: Hub, *, after: int = 0, limit: int = 50) -> list[CandidatePair]:
    """Pairs that wait for a steward, behind the first `after` of them: the greatest value in any one unit first."""
    with hub.store.read() as tx:
        waiting = _waiting(tx)
        values = _values(tx, {g for c in waiting for g in (c.left_golden, c.right_golden)})
        stakes = [_sum(values[c.left_golden], values[c.right_golden]) for c in waiting]
        order = sorted(range(len(waiting)), key=lambda n: (-max(stakes[n].values(), default=Decimal(0)), n))
        shown = order[after : after + limit]
        sides = _sides(tx, {n for place in shown for n in _ids(waiting[place])}, values)
    found = []
    for place, index in enumerate(shown, start=after + 1):
        left, right = (sides[n] for n in _ids(waiting[index]))
        rule_name, reason = told(waiting[index].reason)
        found.append(CandidatePair(left, right, rule_name, reason, stakes[index], place))
    return found


def count(hub: Hub) -> int:
    """How many pairs wait for a steward."""
    with hub.store.read() as tx:
        return len(_waiting(tx))


def pair(hub: Hub, left: int, right: int) -> PairView:
    """Two source debtors side by side, whether the rules brought them up or not. NotFound for unknown ones."""
    with hub.store.read() as tx:
        memory = both(hub, tx, left, right)
        goldens = {n: memory.debtors[n].golden_id or "" for n in (left, right)}
        apart = len(set(goldens.values())) > 1
        values = _values(tx, set(goldens.values()))
        sides = _sides(tx, {left, right}, values)
        found = rulings.candidate(tx, left, right)
        ruling = counting(tx, left, right)
        facts = tuple(compared(memory.parties[left], memory.parties[right]))
        barred = retiring.conflicts(side(memory, left), side(memory, right)) if apart else ()
        evidence = _evidence(found, ruling) or _scored(tx, memory.parties[left], memory.parties[right])
    rule, reason = told(found.reason) if found else ("", "")
    stands = _stands(ruling)
    stake = _sum(*(values[g] for g in goldens.values())) if apart else values[goldens[left]]
    refusal = reason if ruling and ruling.judgement == SAME and apart else ""
    return PairView(sides[left], sides[right], facts, evidence, rule, reason, stake, stands, refusal, barred)


def source_debtor(hub: Hub, named: str) -> int:
    """The source debtor of a number, or of `connection/stream/external id`. NotFound for unknown ones."""
    with hub.store.read() as tx:
        return naming.source_debtor_id(tx, named)


def members(hub: Hub, golden_id: str) -> list[SourceDebtor]:
    """The source debtors that a golden record joins, in a stable order."""
    with hub.store.read() as tx:
        return crosswalk.sources_of(tx, golden_id)


def _waiting(tx: Tx) -> list[StoredCandidate]:
    """One pair for each two golden records: a steward is asked once, and not again about what is ruled different.

    A steward's own "same" that was refused stays in the list.
    """
    apart = _ruled_apart(tx)
    found: dict[frozenset[str], StoredCandidate] = {}
    for one in sorted(rulings.candidates(tx), key=lambda c: not c.reason.startswith(f"{SAID}:")):
        between = frozenset((one.left_golden, one.right_golden))
        if between not in apart or one.reason.startswith(f"{SAID}:"):
            found.setdefault(between, one)
    return sorted(found.values(), key=_ids)


def _ruled_apart(tx: Tx) -> set[frozenset[str]]:
    latest = {(r.left_id, r.right_id): r.judgement for r in rulings.of_stewards(tx)}
    pairs = [pair for pair, judgement in latest.items() if judgement == DIFFERENT]
    debtors = crosswalk.load(tx, {n for pair in pairs for n in pair})
    return {frozenset(str(debtors[n].golden_id) for n in pair if n in debtors) for pair in pairs}


def _ids(found: StoredCandidate) -> tuple[int, int]:
    return found.left_id, found.right_id


def _stands(ruling: StoredRuling | None) -> StandingRuling | None:
    if ruling is None:
        return None
    kept = json.loads(ruling.because)
    said = next((str(one["why"]) for one in kept if one["feature"] in (SAID, retiring.KEEPS)), "")
    by = ruling.by.removeprefix(f"{SAID}:")
    return StandingRuling(ruling.judgement, by, ruling.at, said, retiring.from_evidence(kept))


def _evidence(found: StoredCandidate | None, ruling: StoredRuling | None) -> tuple[Mapping[str, Any], ...]:
    """What speaks for and against, as matching or else the ruling kept it."""
    kept = json.loads(ruling.because) if ruling else []
    shown = (json.loads(found.because) if found else None) or kept
    return tuple(one for one in shown if one["feature"] not in NO_SCORE)


def _scored(tx: Tx, left: SourceParty, right: SourceParty) -> tuple[Mapping[str, Any], ...]:
    """What the model in force says of any two; nothing before the first resolve."""
    if match_index.active_model(tx) is None:
        return ()
    return tuple(review.evidence_of([(left, right)], match_models.active(tx, at="").model)[0])


def _values(tx: Tx, golden_ids: Iterable[str]) -> dict[str, dict[str, Decimal]]:
    """What is owed under each golden id, by unit."""
    wanted = sorted(golden_ids)
    owed = rulings.balances(tx, wanted)
    return {g: _sum(*({unit: Decimal(balance)} for unit, balance in owed.get(g, ()))) for g in wanted}


def _sum(*values: Value) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for value in values:
        for unit, amount in value.items():
            found[unit] += amount
    largest_first = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return {unit: amount for unit, amount in largest_first if amount}


def _sides(tx: Tx, debtor_ids: Iterable[int], values: Mapping[str, Value]) -> dict[int, Side]:
    debtors = crosswalk.load(tx, sorted(debtor_ids))
    goldens = {d.golden_id for d in debtors.values() if d.golden_id}
    names = {g: json.loads(row.body)["fields"].get("full_name") for g, row in golden.load(tx, sorted(goldens)).items()}
    members = crosswalk.members(tx, sorted(goldens))
    return {n: _side(debtor, names=names, members=members, values=values) for n, debtor in debtors.items()}


def _side(
    debtor: SourceDebtor,
    *,
    names: Mapping[str, str | None],
    members: Mapping[str, Sequence[int]],
    values: Mapping[str, Value],
) -> Side:
    golden_id = debtor.golden_id or ""
    ref = RecordRef(debtor.connection, debtor.stream, debtor.external_id)
    return Side(
        debtor.id, ref, golden_id, names.get(golden_id), len(members.get(golden_id, ())), values.get(golden_id, {})
    )
