"""What matching leaves to a person: pairs of debtors it is unsure of, refused rulings, and suspicious tax ids."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concilia.store import events, rulings
from concilia.store.events import Fact
from dedup.barriers import barrier
from dedup.incremental import Key, Relinked
from dedup.judgement import Judgement
from dedup.model import Model
from dedup.party import SourceParty
from dedup.profile_building import profile_of
from dedup.scoring import FieldEvidence, explain_pairs
from sync.deciding import Deciding
from sync.match_index import StoreIndex, stewards_words
from sync.parties import Memory

ALARM = "tax_id.suspicious"


@dataclass(frozen=True, slots=True)
class _Home:
    """Which cluster each debtor is in, and the members of each."""

    of: Mapping[int, int]
    members: Sequence[Sequence[int]]

    def together(self, left: int, right: int) -> bool:
        return left in self.of and self.of[left] == self.of.get(right)


def replace(deciding: Deciding, found: Relinked, *, gone: Collection[int]) -> None:
    """Swap what waits for a steward in these components: unsure pairs of clusters, and a "same" that was refused."""
    home = _Home({n: place for place, members in enumerate(found.clusters) for n in members}, found.clusters)
    rows = {(left, right): row for left, right, *row in _unsure(deciding, found, home)}
    rows |= {(left, right): row for left, right, *row in _refused(deciding.memory, home)}
    stored = [(*pair, row[0], row[1]) for pair, row in sorted(rows.items())]
    rulings.replace_candidates(deciding.tx, [*home.of, *gone], stored, at=deciding.at)


def evidence_of(pairs: Sequence[tuple[SourceParty, SourceParty]], model: Model) -> list[list[dict[str, Any]]]:
    """Why source debtors score as they do under a model, as plain objects; the bits add up to the score."""
    profiles = {party.id: profile_of(party) for pair in pairs for party in pair}
    found = explain_pairs([(profiles[left.id], profiles[right.id]) for left, right in pairs], model)
    return [[_plain(item) for item in evidence] for evidence in found]


def raise_alarms(deciding: Deciding, keys: Iterable[Key]) -> tuple[str, ...]:
    """Say once of each tax id that too many unlike names carry it: it merges nothing until a person looks at it."""
    found: list[str] = []
    for key in keys:
        value, holders = _shown(deciding, key)
        if value and not events.happened(deciding.tx, ALARM, subject=value):
            events.append(deciding.tx, [Fact(ALARM, value, None, {"holders": holders})], at=deciding.at)
            found.append(value)
    return tuple(found)


def _unsure(deciding: Deciding, found: Relinked, home: _Home) -> Iterable[tuple[int, int, str, str]]:
    model = deciding.matched.model
    best = _best_pairs(deciding.index, found, home) if found.waiting else {}
    asked: list[tuple[int, int, float]] = []
    for first, second, mean in found.waiting:
        between = (min(home.of[first], home.of[second]), max(home.of[first], home.of[second]))
        left, right = sorted(best.get(between, (first, second)))
        asked.append((left, right, mean))
    parties = {p.id: p for p in deciding.memory.load(n for left, right, _ in asked for n in (left, right))}
    evidence = evidence_of([(parties[left], parties[right]) for left, right, _ in asked], model)
    for (left, right, mean), seen in zip(asked, evidence, strict=True):
        reason = f"score: {mean:.1f} bits; {model.bands.automatic:.1f} merge without asking"
        yield left, right, reason, json.dumps(seen, ensure_ascii=False)


def _best_pairs(index: StoreIndex, found: Relinked, home: _Home) -> dict[tuple[int, int], tuple[int, int]]:
    """Of each two clusters the pair of members that speaks loudest for joining them."""
    asked = {n for first, second, _ in found.waiting for side in (first, second) for n in home.members[home.of[side]]}
    fresh = [e for e in found.edges if e.left in asked and e.right in asked]
    kept = [e for e in index.edges(asked - found.touched) if not found.touched.intersection((e.left, e.right))]
    best: dict[tuple[int, int], tuple[float, int, int]] = {}
    for e in (*fresh, *kept):
        if e.left in home.of and e.right in home.of:
            between = tuple(sorted((home.of[e.left], home.of[e.right])))
            loudest = (e.bits, min(e.left, e.right), max(e.left, e.right))
            best[between[0], between[1]] = max(best.get((between[0], between[1]), loudest), loudest)
    return {between: (left, right) for between, (_, left, right) in best.items()}


def _refused(memory: Memory, home: _Home) -> Iterable[tuple[int, int, str, str]]:
    for (left, right), word in stewards_words(memory.tx, home.of.keys()).items():
        if word.judgement is not Judgement.SAME or left not in home.of or right not in home.of:
            continue
        if not home.together(left, right):
            sides = [memory.load(home.members[home.of[n]]) for n in (left, right)]
            why = barrier(*sides) or "a steward ruled two of their records different"
            yield left, right, f"{word.by}: {why}", "[]"


def _shown(deciding: Deciding, key: Key) -> tuple[str, int]:
    """The tax id behind a key and how many were found to hold it."""
    holders = deciding.index.holders({key: 1024}).get(key, ())
    values: dict[str, int] = {}
    for party in deciding.memory.load(holders[:64]):
        for name, stated in party.stated_ids.items():
            for value in stated:
                values[f"{name}:{value}"] = values.get(f"{name}:{value}", 0) + 1
    most = max(values, key=lambda value: (values[value], value), default="")
    return most, len(holders)


def _plain(item: FieldEvidence) -> dict[str, Any]:
    return {
        "feature": item.field, "level": item.level, "left": item.left, "right": item.right,
        "bits": round(item.bits, 3), "why": item.why,
    }  # fmt: skip
