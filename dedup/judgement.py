"""Same, different, unsure, and which of many rulings on a pair stands. No storage, no scoring."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Pair = tuple[int, int]  # ids of two source debtors, smaller first


class Judgement(enum.StrEnum):
    """What somebody holds of a pair. `withdrawn` takes back the speaker's earlier word and says nothing else."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Ruling:
    """One appended judgement. `by` is `rule:<name>` or `steward:<who>`; `at` is a `clock.to_text` text."""

    left: int
    right: int
    judgement: Judgement
    by: str
    at: str

    @property
    def pair(self) -> Pair:
        """Both ids, smaller first: a ruling has no direction."""
        return pair_of(self.left, self.right)

    @property
    def by_steward(self) -> bool:
        """Whether a person ruled; what a person ruled outlives every re-import."""
        return self.by.startswith("steward:")


def pair_of(left: int, right: int) -> Pair:
    """The pair of two source debtors."""
    if left == right:
        raise ValueError(f"a source debtor is not a pair with itself: {left}")
    return (left, right) if left < right else (right, left)


def standing(rulings: Iterable[Ruling]) -> Mapping[Pair, Ruling]:
    """The latest ruling of each pair, a steward's before a rule's; rulings given in the order they were appended.

    A withdrawn ruling no longer counts, and what a rule said of the pair counts again: an undo is one more ruling.
    """
    latest: dict[bool, dict[Pair, Ruling]] = {False: {}, True: {}}
    for ruling in sorted(rulings, key=lambda ruling: ruling.at):
        latest[ruling.by_steward][ruling.pair] = ruling
    spoken = {
        by_steward: {pair: ruling for pair, ruling in found.items() if ruling.judgement is not Judgement.WITHDRAWN}
        for by_steward, found in latest.items()
    }
    return spoken[False] | spoken[True]
