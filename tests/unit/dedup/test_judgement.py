"""Rulings are appended; which one stands is derived."""

from __future__ import annotations

import pytest

from dedup.judgement import Judgement, Ruling, pair_of, standing


def ruling(judgement: Judgement, by: str, at: str, left: int = 1, right: int = 2) -> Ruling:
    return Ruling(left, right, judgement, by, at)


def test_the_latest_ruling_of_a_pair_stands_whichever_way_round_it_was_given() -> None:
    old = ruling(Judgement.SAME, "steward:ana", "2026-01-01")
    new = ruling(Judgement.DIFFERENT, "steward:eva", "2026-01-02", left=2, right=1)
    assert standing([new, old]) == {(1, 2): new}


def test_a_steward_outlives_every_later_rule() -> None:
    steward = ruling(Judgement.DIFFERENT, "steward:ana", "2026-01-01")
    rule = ruling(Judgement.SAME, "rule:shared valid tax id", "2026-05-01")
    assert standing([steward, rule]) == {(1, 2): steward}


def test_after_a_steward_withdraws_the_rule_counts_again() -> None:
    rule = ruling(Judgement.SAME, "rule:shared valid tax id", "2026-01-01")
    said = ruling(Judgement.DIFFERENT, "steward:ana", "2026-01-02")
    undone = ruling(Judgement.WITHDRAWN, "steward:eva", "2026-01-03")
    assert standing([rule, said, undone]) == {(1, 2): rule}
    assert standing([said, undone]) == {}


def test_of_two_rulings_of_one_moment_the_one_appended_last_stands() -> None:
    first, second = (ruling(j, "steward:ana", "2026-01-01") for j in (Judgement.SAME, Judgement.DIFFERENT))
    assert standing([first, second]) == {(1, 2): second}


def test_a_record_is_no_pair_with_itself() -> None:
    with pytest.raises(ValueError, match="not a pair with itself"):
        pair_of(7, 7)
