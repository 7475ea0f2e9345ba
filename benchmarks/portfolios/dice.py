"""Chance, seeded: one generator of random numbers and words drawn by their frequency. Knows no field."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
_FINENESS = 8192


class Dice(random.Random):
    """Random numbers of one seed; the same calls in the same order give the same values on every machine."""

    def chance(self, share: float) -> bool:
        """True in this share of the cases."""
        return self.random() < share

    def one(self, things: Sequence[Thing]) -> Thing:
        """One of them, all equally likely."""
        return things[int(self.random() * len(things))]

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.random() * (high - low + 1))

    def digits(self, size: int) -> str:
        """That many digits, leading zeros kept."""
        return str(int(self.random() * 10**size)).zfill(size)

    def letters(self, size: int, alphabet: str) -> str:
        """That many characters of the alphabet."""
        return "".join([alphabet[int(self.random() * len(alphabet))] for _ in range(size)])


def weighted(weights: dict[Thing, float]) -> tuple[Thing, ...]:
    """A table in which each thing stands as often as its weight asks; one even draw from it is a weighted draw."""
    total = sum(weights.values())
    table: list[Thing] = []
    for thing, weight in weights.items():
        table.extend([thing] * max(1, round(_FINENESS * weight / total)))
    return tuple(table)


def by_rank(things: Sequence[str], *, head: float = 3.0, steepness: float = 1.0) -> tuple[str, ...]:
    """A table for words sorted by frequency: the n-th weighs 1 / (n + head) ** steepness, as names really do (Zipf)."""
    unique = dict.fromkeys(things)
    return weighted({thing: 1 / (rank + head) ** steepness for rank, thing in enumerate(unique)})
