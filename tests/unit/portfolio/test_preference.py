"""By which channel and when somebody is reached: shrinkage, order, more successes, and numbers known from elsewhere."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.portfolio.preference import (
    MOST_WEIGHT,
    UNKNOWN_WEIGHT,
    Prior,
    Tally,
    Try,
    band_of,
    beta_distribution,
    beta_quantile,
    estimate,
    estimates,
    prior_of,
    tallies,
    tally_of,
)

MOMENT = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)  # a Monday, 10:30 in Santiago
PRIORS = st.builds(Prior, st.floats(0.3, 200), st.floats(0.3, 200))


@st.composite
def some_tallies(draw: st.DrawFn) -> Tally:
    attempts = draw(st.integers(1, 200))
    return Tally(attempts, draw(st.integers(0, attempts)))


@given(some_tallies(), PRIORS)
def test_an_estimate_lies_between_the_debtor_s_own_rate_and_the_portfolio_s(tally: Tally, prior: Prior) -> None:
    rate = tally.successes / tally.attempts
    found = estimate("sms", tally, prior).mean
    assert min(rate, prior.mean) - 1e-9 <= found <= max(rate, prior.mean) + 1e-9


@given(some_tallies(), PRIORS, st.integers(2, 20))
def test_the_more_attempts_the_nearer_to_the_debtor_s_own_rate(tally: Tally, prior: Prior, times: int) -> None:
    rate = tally.successes / tally.attempts
    few = estimate("sms", tally, prior)
    many = estimate("sms", Tally(tally.attempts * times, tally.successes * times), prior)
    assert abs(many.mean - rate) <= abs(few.mean - rate) + 1e-12


@given(some_tallies(), PRIORS)
def test_one_more_success_of_as_many_attempts_raises_the_estimate_and_its_interval(tally: Tally, prior: Prior) -> None:
    if tally.successes == tally.attempts:
        return
    one = estimate("sms", tally, prior)
    more = estimate("sms", Tally(tally.attempts, tally.successes + 1), prior)
    assert more.mean > one.mean
    assert more.low >= one.low - 1e-9
    assert more.high >= one.high - 1e-9


@given(some_tallies(), PRIORS)
def test_the_interval_is_one_and_lies_within_nothing_and_always(tally: Tally, prior: Prior) -> None:
    found = estimate("sms", tally, prior)
    assert 0 <= found.low < found.high <= 1


@given(st.lists(some_tallies(), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_the_order_of_debtors_and_attempts_changes_nothing(each: list[Tally], shuffle: random.Random) -> None:
    mixed = [*each]
    shuffle.shuffle(mixed)
    assert prior_of(Counter(mixed)) == prior_of(Counter(each))
    tries = [Try("sms", MOMENT + timedelta(hours=n), "read" if n % 3 else "delivered") for n in range(len(each))]
    again = [*tries]
    shuffle.shuffle(again)
    assert tallies(again, lambda one: one.channel) == tallies(tries, lambda one: one.channel)


@given(st.lists(some_tallies(), min_size=1, max_size=40))
def test_a_prior_is_a_distribution_around_the_rate_of_all(each: list[Tally]) -> None:
    found = prior_of(Counter(each))
    assert found.alpha > 0
    assert found.beta > 0
    assert 0.5 - 1e-9 <= found.alpha + found.beta <= MOST_WEIGHT + 1e-9
    rate = sum(t.successes for t in each) / sum(t.attempts for t in each)
    assert abs(found.mean - rate) <= 1 / (sum(t.attempts for t in each) + 2) + 1e-12


def test_the_moments_find_the_prior_that_made_the_debtors() -> None:
    chance = random.Random(4)
    made: Counter[Tally] = Counter()
    for _ in range(20_000):
        rate = chance.betavariate(2, 6)
        made[Tally(12, sum(chance.random() < rate for _ in range(12)))] += 1
    found = prior_of(made)
    assert found.mean == pytest.approx(0.25, abs=0.01)
    assert found.alpha + found.beta == pytest.approx(8, rel=0.1)


def test_debtors_who_are_all_alike_make_a_heavy_prior_and_one_alone_an_unknown_one() -> None:
    alike = prior_of({Tally(10, 3): 500})
    assert alike.alpha + alike.beta == pytest.approx(MOST_WEIGHT)
    alone = prior_of({Tally(10, 3): 1})
    assert alone.alpha + alone.beta == pytest.approx(UNKNOWN_WEIGHT)
    nobody = prior_of({})
    assert nobody.mean == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("x", "alpha", "beta", "known"),
    [
        (0.5, 1, 1, 0.5),
        (0.3, 1, 3, 1 - 0.7**3),
        (0.2, 4, 1, 0.2**4),
        (0.5, 7, 7, 0.5),
        (0.25, 2, 3, 0.26171875),  # 6x² - 8x³ + 3x⁴
        (0.9, 0.5, 0.5, 2 / math.pi * math.asin(math.sqrt(0.9))),
    ],
)
def test_the_beta_distribution_has_the_values_of_its_closed_forms(
    x: float, alpha: float, beta: float, known: float
) -> None:
    assert beta_distribution(x, alpha, beta) == pytest.approx(known, abs=1e-10)


@given(st.floats(0.01, 0.99), st.floats(0.2, 300), st.floats(0.2, 300))
def test_a_quantile_is_the_distribution_turned_round(probability: float, alpha: float, beta: float) -> None:
    found = beta_quantile(probability, alpha, beta)
    if 1e-12 < found < 1 - 1e-12:
        assert beta_distribution(found, alpha, beta) == pytest.approx(probability, abs=1e-6)


@pytest.mark.parametrize(
    ("outcome", "party", "tally"),
    [
        ("answered", "right_party", Tally(1, 1)),
        ("answered", "", Tally(1, 1)),
        ("read", "", Tally(1, 1)),
        ("delivered", "", Tally(1, 0)),
        ("no_answer", "", Tally(1, 0)),
        ("opted_out", "", Tally(1, 0)),
        ("answered", "wrong_party", None),
        ("answered", "third_party", None),
        ("invalid", "", None),
        ("bounced", "", None),
        ("", "", None),
    ],
)
def test_an_attempt_counts_when_it_says_something_of_the_debtor(outcome: str, party: str, tally: Tally | None) -> None:
    assert tally_of(Try("sms", MOMENT, outcome, party)) == tally


def test_a_band_is_on_the_debtor_s_own_clock() -> None:
    assert band_of(MOMENT, "America/Santiago") == "mon 09-12"
    assert band_of(MOMENT, "America/Tijuana") == "mon 03-06"
    assert band_of(MOMENT - timedelta(hours=13, minutes=30), "America/Bogota") == "sun 18-21"


def test_names_that_only_the_portfolio_knows_stand_with_its_rate() -> None:
    found = estimates({"sms": Tally(4, 4)}, {"sms": Prior(2, 8), "email": Prior(5, 5)})
    assert [(one.name, one.tally.attempts) for one in found] == [("email", 0), ("sms", 4)]
    assert found[0].mean == pytest.approx(0.5)
