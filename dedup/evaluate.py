"""Pairwise precision, recall and F1 of clusters against known truth. For tests and benchmarks only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of pairs: joined rightly, joined wrongly, and left apart wrongly."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the joined pairs that are truly one; 1 when nothing was joined."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were joined; 1 when there are none."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / both if both else 1.0


def pairwise(clusters: Iterable[Iterable[int]], *, truth: Mapping[int, Hashable]) -> Quality:
    """The quality of a partition of `truth`'s members, in linear time. A member in no cluster stands alone."""
    joined = right = 0
    for members in clusters:
        labels = Counter(truth[member] for member in members)
        joined += _pairs(labels.total())
        right += sum(_pairs(count) for count in labels.values())
    true = sum(_pairs(count) for count in Counter(truth.values()).values())
    return Quality(right, joined - right, true - right)


def _pairs(count: int) -> int:
    return count * (count - 1) // 2
