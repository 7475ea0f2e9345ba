"""A steward's word on two source debtors: foreseen, made, taken back. What one looks at before is in `stewardship`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Final

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.store import crosswalk, locks, rulings
from concilia.store.rulings import StoredCandidate, StoredRuling
from concilia.store.unit_of_work import Tx
from dedup.party import SourceParty
from sync import golden_records, identity, retiring, waiting
from sync.hub import Hub
from sync.parties import Memory
from sync.rehearsal import rehearsed
from sync.retiring import Retirement, Retiring

SAME, DIFFERENT, WITHDRAWN = "same", "different", "withdrawn"
JUDGEMENTS: Final = (SAME, DIFFERENT, WITHDRAWN)
LONGEST_REASON: Final = 500
SAID: Final = "steward"  # the evidence under which a steward's own words are kept
NO_SCORE: Final = frozenset(
    {SAID, retiring.RETIRES, retiring.KEEPS}
)  # evidence that is the steward's and no comparison


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
class Word:
    """What a steward says of a pair. `retire` names a number that is out of use from then on; only with "same"."""

    judgement: str
    by: str
    reason: str = ""
    retire: Retiring | None = None


def rule(hub: Hub, pair: tuple[int, int], *, judgement: str, by: str, reason: str = "") -> Outcome:
    """Append a steward's word on two source debtors and decide their component anew, in one transaction.

    Saying again what stands already appends nothing. NotFound for unknown debtors, RequestInvalid for one debtor twice.
    """
    return say(hub, pair, Word(judgement, by, reason))


def say(hub: Hub, pair: tuple[int, int], word: Word) -> Outcome:
    """The same for a word that may retire a number; RequestInvalid for one that neither side states."""
    with hub.store.begin() as tx:
        outcome = _say(hub, pair, word, tx)
    waiting.try_all(hub.store, clock=hub.clock)
    return outcome


def foresee(hub: Hub, left: int, right: int, *, judgement: str, retire: Retiring | None = None) -> Outcome:
    """What the ruling would change. It is really made, and taken back before anybody can see it."""
    return rehearsed(hub.store, partial(_say, hub, (left, right), Word(judgement, "rehearsal", "", retire)))


def both(hub: Hub, tx: Tx, left: int, right: int) -> Memory:
    """Two different source debtors with their claims, as matching sees them."""
    if left == right:
        raise RequestInvalid("A ruling needs two different source debtors.", field="right")
    memory = Memory(tx, hub.policies.ledger.trust)
    memory.load((left, right))
    if not {left, right} <= memory.parties.keys():
        raise NotFound("One of the two source debtors is not known.", mend="List the candidates to see their numbers.")
    return memory


def side(memory: Memory, debtor_id: int) -> list[SourceParty]:
    """A source debtor with all that its golden record joins."""
    golden_id = memory.debtors[debtor_id].golden_id
    mates = crosswalk.members(memory.tx, [golden_id]).get(golden_id, []) if golden_id else []
    return memory.load({debtor_id, *mates})


def counting(tx: Tx, left: int, right: int) -> StoredRuling | None:
    """The steward's ruling on the pair that counts now."""
    ids = {left, right}
    spoken = [r for r in rulings.about(tx, [left]) if {r.left_id, r.right_id} == ids and r.by.startswith(f"{SAID}:")]
    latest = max(spoken, key=lambda r: (r.at, r.id), default=None)
    return None if latest is None or latest.judgement == WITHDRAWN else latest


def told(stored: str) -> tuple[str, str]:
    """The rule that brought a pair up, and what speaks against joining it."""
    name, _, reason = stored.partition(": ")
    return (name, reason) if reason else ("", stored)


def _say(hub: Hub, pair: tuple[int, int], word: Word, tx: Tx) -> Outcome:
    left, right = pair
    if word.judgement not in JUDGEMENTS:
        raise RequestInvalid(f"A judgement is one of {', '.join(JUDGEMENTS)}.", field="judgement")
    locks.in_turn(tx, "identity")
    memory = both(hub, tx, left, right)
    before = (memory.debtors[left].golden_id or "", memory.debtors[right].golden_id or "")
    stands = counting(tx, left, right)
    kept = retiring.from_evidence(json.loads(stands.because)) if stands else ()
    retired = _retired(memory, pair, word, kept)
    if word.judgement != (stands.judgement if stands else WITHDRAWN) or set(retired) != set(kept):
        _append(hub, tx, pair, word, (kept, retired))
    now = crosswalk.load(tx, pair)
    after = (now[left].golden_id or "", now[right].golden_id or "")
    refused = word.judgement == SAME and after[0] != after[1]
    found = rulings.candidate(tx, left, right) if refused else None
    return Outcome(before, after, told(found.reason)[1] if found else "")


def _retired(memory: Memory, pair: tuple[int, int], word: Word, kept: tuple[Retirement, ...]) -> tuple[Retirement, ...]:
    """What the pair's ruling keeps out of use: "same" adds to it, any other word gives it back."""
    if word.judgement != SAME:
        if word.retire is not None:
            raise RequestInvalid("Only same retires a number.", mend="Leave it out.", field="retire_id")
        return ()
    if word.retire is None:
        return kept
    parties = {p.id: p for n in pair for p in side(memory, n)}
    return tuple(sorted({*kept, retiring.retirement_of(word.retire, parties.values())}))


def _append(
    hub: Hub,
    tx: Tx,
    pair: tuple[int, int],
    word: Word,
    retirements: tuple[tuple[Retirement, ...], tuple[Retirement, ...]],
) -> None:
    """Append the word, and decide only these two anew, with whoever hangs together with them."""
    before, after = retirements
    at, by = to_text(hub.clock()), f"{SAID}:{word.by}"
    because = _because(rulings.candidate(tx, *pair), word, after)
    rulings.append(tx, [(min(pair), max(pair), word.judgement, by, because)], at=at)
    reason = word.reason.strip()[:LONGEST_REASON]
    touched = retiring.bring_in_line(tx, {*before, *after}, by=word.by, reason=reason, at=at)
    resolved = identity.resolve_batch(tx, sorted({*pair, *touched}), trust=hub.policies.ledger.trust, at=at)
    golden_records.bring_up_to_date(tx, resolved, policy=hub.policies.survivorship, at=at)


def _because(found: StoredCandidate | None, word: Word, retired: tuple[Retirement, ...]) -> str:
    """What the steward looked at and said, as evidence: a ruling carries its reasons."""
    seen = [one for one in json.loads(found.because) if one["feature"] not in NO_SCORE] if found else []
    reason = word.reason.strip()[:LONGEST_REASON]
    said = {"feature": SAID, "level": word.judgement, "left": "", "right": "", "why": reason}
    return json.dumps([*seen, *retiring.as_evidence(retired), said], ensure_ascii=False)
