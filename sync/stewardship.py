"""The verbs of the steward: pairs by value at stake, one pair with both sides, a ruling, and what it would change."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.records import RecordRef
from concilia.store import crosswalk, golden, locks, rulings
from concilia.store.crosswalk import SourceDebtor
from concilia.store.rulings import StoredCandidate, StoredRuling
from concilia.store.unit_of_work import Tx
from sync import golden_records, identity
from sync.comparing import Compared, compared
from sync.hub import Hub
from sync.parties import Memory

SAME, DIFFERENT, WITHDRAWN = "same", "different", "withdrawn"
JUDGEMENTS: Final = (SAME, DIFFERENT, WITHDRAWN)
LONGEST_REASON: Final = 500
SAID: Final = "steward"  # the evidence under which a steward's own words are kept

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

    @property
    def together(self) -> bool:
        """Whether both belong to one golden record now."""
        return self.left.golden_id == self.right.golden_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ruling changed, or would change: the golden ids of both sides before and after."""

    before: tuple[str, str]
    after: tuple[str, str]
    refusal: str = ""  # why "same" does not join them

    @property
    def together(self) -> bool:
        """Whether both belong to one golden record afterwards."""
        return self.after[0] == self.after[1]


@dataclass(frozen=True, slots=True)
class _Word:
    """What a steward says of a pair."""

    judgement: str
    by: str
    reason: str = ""


class _Rehearsed(Exception):
    """Rolls a rehearsal back; never leaves this file."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


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
        rule_name, reason = _told(waiting[index].reason)
        found.append(CandidatePair(left, right, rule_name, reason, stakes[index], place))
    return found


def count(hub: Hub) -> int:
    """How many pairs wait for a steward."""
    with hub.store.read() as tx:
        return len(_waiting(tx))


def pair(hub: Hub, left: int, right: int) -> PairView:
    """Two source debtors side by side, whether the rules brought them up or not. NotFound for unknown ones."""
    with hub.store.read() as tx:
        memory = _members(hub, tx, left, right)
        goldens = {n: memory.debtors[n].golden_id or "" for n in (left, right)}
        values = _values(tx, set(goldens.values()))
        sides = _sides(tx, {left, right}, values)
        found = rulings.candidate(tx, left, right)
        ruling = _standing(tx, left, right)
        facts = tuple(compared(memory.parties[left], memory.parties[right]))
    rule, reason = _told(found.reason) if found else ("", "")
    evidence, said = _evidence(found, ruling)
    stands = StandingRuling(ruling.judgement, _speaker(ruling.by), ruling.at, said) if ruling else None
    stake = values[goldens[left]] if len(set(goldens.values())) == 1 else _sum(*(values[g] for g in goldens.values()))
    refusal = reason if ruling and ruling.judgement == SAME and goldens[left] != goldens[right] else ""
    return PairView(sides[left], sides[right], facts, evidence, rule, reason, stake, stands, refusal)


def foresee(hub: Hub, left: int, right: int, *, judgement: str) -> Outcome:
    """What the ruling would change. It is really made, and taken back before anybody can see it."""
    try:
        with hub.store.begin() as tx:
            raise _Rehearsed(_rule(hub, tx, (left, right), word=_Word(judgement, "rehearsal")))  # noqa: TRY301 - rolls back
    except _Rehearsed as rehearsed:
        return rehearsed.outcome


def rule(hub: Hub, pair: tuple[int, int], *, judgement: str, by: str, reason: str = "") -> Outcome:
    """Append a steward's word on two source debtors and decide their component anew, in one transaction.

    Saying again what stands already appends nothing. NotFound for unknown debtors, RequestInvalid for one debtor twice.
    """
    with hub.store.begin() as tx:
        return _rule(hub, tx, pair, word=_Word(judgement, by, reason))


def source_debtor(hub: Hub, named: str) -> int:
    """The source debtor of a number, or of `connection/stream/external id`. NotFound for unknown ones."""
    if named.isascii() and named.isdigit() and len(named) < 19:
        return int(named)
    connection, _, rest = named.partition("/")
    stream, _, external = rest.partition("/")
    with hub.store.read() as tx:
        found = crosswalk.find_debtors(tx, connection, [(stream, external)])
    if not found:
        raise NotFound(
            f"There is no source debtor {named!r}.", mend="Name it by its number or connection/stream/external-id."
        )
    return next(iter(found.values()))


def members(hub: Hub, golden_id: str) -> list[SourceDebtor]:
    """The source debtors that a golden record joins, in a stable order."""
    with hub.store.read() as tx:
        return crosswalk.sources_of(tx, golden_id)


def _rule(hub: Hub, tx: Tx, ids: tuple[int, int], *, word: _Word) -> Outcome:
    left, right = ids
    judgement = word.judgement
    if judgement not in JUDGEMENTS:
        raise RequestInvalid(f"A judgement is one of {', '.join(JUDGEMENTS)}.", field="judgement")
    locks.in_turn(tx, "identity")
    memory = _members(hub, tx, left, right)
    before = (memory.debtors[left].golden_id or "", memory.debtors[right].golden_id or "")
    stands = _standing(tx, left, right)
    news = judgement != (stands.judgement if stands else WITHDRAWN)
    if news:
        at = to_text(hub.clock())
        because = _because(rulings.candidate(tx, left, right), judgement=judgement, reason=word.reason)
        rulings.append(tx, [(min(ids), max(ids), judgement, f"steward:{word.by}", because)], at=at)
        # Only these two are decided anew, with whoever hangs together with them: a click does not wait for a backlog.
        resolved = identity.resolve_batch(tx, list(ids), trust=hub.policies.ledger.trust, at=at)
        golden_records.bring_up_to_date(tx, resolved, policy=hub.policies.survivorship, at=at)
    now = crosswalk.load(tx, ids)
    after = (now[left].golden_id or "", now[right].golden_id or "")
    refused = judgement == SAME and after[0] != after[1]
    found = rulings.candidate(tx, left, right) if refused else None
    return Outcome(before, after, _told(found.reason)[1] if found else "")


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


def _members(hub: Hub, tx: Tx, left: int, right: int) -> Memory:
    """Both debtors with their claims, as matching sees them."""
    if left == right:
        raise RequestInvalid("A ruling needs two different source debtors.", field="right")
    memory = Memory(tx, hub.policies.ledger.trust)
    memory.load((left, right))
    if not {left, right} <= memory.parties.keys():
        raise NotFound("One of the two source debtors is not known.", mend="List the candidates to see their numbers.")
    return memory


def _ids(found: StoredCandidate) -> tuple[int, int]:
    return found.left_id, found.right_id


def _told(stored: str) -> tuple[str, str]:
    """The rule that brought a pair up, and what speaks against joining it."""
    name, _, reason = stored.partition(": ")
    return (name, reason) if reason else ("", stored)


def _speaker(by: str) -> str:
    return by.removeprefix("steward:")


def _standing(tx: Tx, left: int, right: int) -> StoredRuling | None:
    """The steward's ruling on the pair that counts now."""
    ids = {left, right}
    spoken = [r for r in rulings.about(tx, [left]) if {r.left_id, r.right_id} == ids and r.by.startswith(f"{SAID}:")]
    latest = max(spoken, key=lambda r: (r.at, r.id), default=None)
    return None if latest is None or latest.judgement == WITHDRAWN else latest


def _because(found: StoredCandidate | None, *, judgement: str, reason: str) -> str:
    """What the steward looked at and said, as evidence: a ruling carries its reasons."""
    seen = [one for one in json.loads(found.because) if one["feature"] != SAID] if found else []
    said = {"feature": SAID, "level": judgement, "left": "", "right": "", "why": reason.strip()[:LONGEST_REASON]}
    return json.dumps([*seen, said], ensure_ascii=False)


def _evidence(found: StoredCandidate | None, ruling: StoredRuling | None) -> tuple[tuple[Mapping[str, Any], ...], str]:
    """What speaks for and against, as matching or else the ruling kept it; and the steward's own words."""
    kept = json.loads(ruling.because) if ruling else []
    said = next((str(one["why"]) for one in kept if one["feature"] == SAID), "")
    shown = [one for one in (json.loads(found.because) if found else kept) if one["feature"] != SAID]
    return tuple(shown), said


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
