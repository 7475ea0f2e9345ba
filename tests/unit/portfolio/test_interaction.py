"""Where an interaction stands by what was told of it in any order, and whom several clues mean together."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.portfolio.interaction import Clue, Known, Told, Waits, anchor, standing, whom
from concilia.servicing.contact_confirming import OUTCOMES, PARTY_OUTCOMES, RESULTS

TIMES = [f"2026-11-23T10:0{n}:00.000000+00:00" for n in range(6)]


def clue(kind: str, **holders: int | tuple[int, ...]) -> Clue:
    return Clue(kind, (f"{kind}:x",), {g: (n,) if isinstance(n, int) else n for g, n in holders.items()})


@pytest.mark.parametrize(
    ("told", "stands"),
    [
        (["delivered", "read"], "read"),
        (["read", "delivered"], "read"),
        (["delivered", "bounced"], "bounced"),
        (["bounced", "read"], "read"),
        (["no_answer", "busy"], "busy"),
        (["answered", "delivered", "opted_out", "read"], "opted_out"),
        ([None], None),
    ],
)
def test_the_outcome_that_says_most_stands(told: list[str | None], stands: str | None) -> None:
    assert standing(Told(at, outcome=one) for at, one in zip(TIMES, told, strict=False)).outcome == stands


def test_the_latest_word_on_the_party_stands_and_nobody_takes_it_back_by_not_knowing() -> None:
    words = [Told(TIMES[0], party_outcome="right_party"), Told(TIMES[2], party_outcome="unknown")]
    assert standing(words).party_outcome == "right_party"
    assert standing([*words, Told(TIMES[1], party_outcome="wrong_party")]).party_outcome == "wrong_party"


TOLD = st.builds(
    Told,
    at=st.sampled_from(TIMES),
    outcome=st.sampled_from([None, *OUTCOMES]),
    party_outcome=st.sampled_from([None, *PARTY_OUTCOMES]),
    result=st.sampled_from([None, *RESULTS]),
)


@given(st.lists(TOLD, min_size=1, max_size=4, unique_by=lambda told: told.at))
def test_the_order_in_which_it_is_told_makes_no_difference(told: list[Told]) -> None:
    assert len({standing(order) for order in itertools.permutations(told)}) == 1


@pytest.mark.parametrize(
    ("clues", "meant"),
    [
        ([clue("phone", a=1)], "a"),
        ([clue("phone", a=1, b=2), clue("email", b=3)], "b"),
        ([clue("phone", a=1, b=2), clue("tax_id", a=1)], "a"),
        ([clue("tax_id", a=1, b=2), clue("phone", b=2)], "b"),
        ([clue("tax_id", a=1), clue("phone", b=2)], "a"),
        ([clue("debt", a=1), clue("tax_id")], "a"),
        ([clue("bsuid"), clue("phone", a=1)], "a"),
        ([clue("bsuid", a=1), clue("phone")], "a"),
        ([clue("bsuid", a=1, b=2), clue("phone", b=2)], "b"),
        ([clue("id", a=()), clue("bsuid", a=1)], "a"),
    ],
)
def test_whom_several_clues_mean(clues: list[Clue], meant: str) -> None:
    assert whom(clues) == Known(meant)


@pytest.mark.parametrize(
    ("clues", "reason", "rival"),
    [
        ([clue("phone")], "unknown", None),
        ([clue("tax_id"), clue("phone", a=1)], "unknown", None),
        ([clue("phone", a=1, b=2)], "several", None),
        ([clue("bsuid", a=1, b=2)], "several", None),
        ([clue("phone", a=1), clue("email", b=2)], "contradiction", None),
        ([clue("tax_id", a=1), clue("debt", b=2)], "contradiction", None),
        ([clue("tax_id", a=1), clue("bsuid", b=2)], "contradiction", "a"),
        ([clue("bsuid", b=2), clue("phone", a=1)], "contradiction", "a"),
    ],
)
def test_what_is_not_guessed(clues: list[Clue], reason: str, rival: str | None) -> None:
    found = whom(clues)
    assert isinstance(found, Waits)
    assert (found.reason, found.rival) == (reason, rival)


def test_it_hangs_on_whoever_holds_what_named_it() -> None:
    both = [clue("phone", a=(2, 3)), clue("tax_id", a=(4, 5))]
    assert anchor(both, "a", about=(), founder=5) == 5
    assert anchor(both, "a", about=(), founder=1) == 4
    assert anchor(both[:1], "a", about=[7], founder=1) == 7
    assert anchor(both[:1], "a", about=(), founder=1) == 2
    assert anchor([clue("id", a=())], "a", about=(), founder=1) == 1
