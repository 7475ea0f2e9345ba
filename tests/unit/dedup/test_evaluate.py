"""Pairwise quality of a partition."""

from __future__ import annotations

from dedup.evaluate import pairwise


def test_the_truth_itself_is_perfect() -> None:
    assert pairwise([[1, 2], [3]], truth={1: "a", 2: "a", 3: "b"}).f1 == 1.0


def test_one_wrong_and_one_missed_pair_are_counted() -> None:
    found = pairwise([[1, 3], [2], [4, 5]], truth={1: "a", 2: "a", 3: "b", 4: "c", 5: "c"})
    assert (found.right, found.wrong, found.missed) == (1, 1, 1)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)


def test_joining_nothing_is_precise_and_recalls_nothing() -> None:
    found = pairwise([], truth={1: "a", 2: "a"})
    assert (found.precision, found.recall) == (1.0, 0.0)
