"""By which channel and at which hour somebody is reached best, estimated from attempts. Pure; decides nothing.

A debtor with few attempts is weighed against the whole portfolio: successes are Beta-Binomial, and the prior is fitted
to all debtors by the method of moments (empirical Bayes). What a debtor declares is another matter, and never mixed in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

BAND_HOURS: Final = 3
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CREDIBLE: Final = 0.95
UNKNOWN_WEIGHT: Final = 10.0  # attempts that the portfolio counts for where nothing tells how much debtors differ
MOST_WEIGHT: Final = 1000.0
LEAST_WEIGHT: Final = 0.5
_TRIED: Final = frozenset(
    {"delivered", "read", "answered", "no_answer", "busy", "voicemail", "blocked", "opted_out"}
)  # what says something of the debtor; an invalid number or a bounce says something of the contact point
_REACHED: Final = frozenset({"read", "answered"})
_OTHERS: Final = frozenset({"wrong_party", "third_party"})


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt of ours to reach a debtor."""

    channel: str
    at: datetime
    outcome: str = ""
    party_outcome: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many attempts there were, and how many of them reached the debtor."""

    attempts: int = 0
    successes: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.attempts + other.attempts, self.successes + other.successes)


@dataclass(frozen=True, slots=True)
class Prior:
    """What the portfolio says: Beta(alpha, beta), and from how many debtors and attempts that is known."""

    alpha: float = 1.0
    beta: float = 1.0
    debtors: int = 0
    attempts: int = 0
    successes: int = 0

    @property
    def mean(self) -> float:
        """The rate of a debtor of whom nothing is known."""
        return self.alpha / (self.alpha + self.beta)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The rate at which a debtor is reached, with its counts and the interval that holds it with 95 %."""

    name: str
    tally: Tally
    mean: float
    low: float
    high: float
    prior: Prior


def tally_of(one: Try) -> Tally | None:
    """What an attempt counts for; None for one whose outcome is not known, or that met somebody else."""
    if one.party_outcome in _OTHERS or one.outcome not in _TRIED:
        return None
    return Tally(1, int(one.outcome in _REACHED or one.party_outcome == "right_party"))


def band_of(at: datetime, zone: str) -> str:
    """The weekday and the three hours in which an instant falls on the debtor's clock, such as `mon 09-12`."""
    local = at.astimezone(ZoneInfo(zone))
    start = local.hour // BAND_HOURS * BAND_HOURS
    return f"{WEEKDAYS[local.weekday()]} {start:02}-{start + BAND_HOURS:02}"


def tallies(tries: Iterable[Try], of: Callable[[Try], str]) -> dict[str, Tally]:
    """Attempts counted by a name, such as their channel or band, in the order of the names."""
    found: dict[str, Tally] = {}
    for one in tries:
        counted = tally_of(one)
        if counted is not None:
            found[of(one)] = found.get(of(one), Tally()) + counted
    return dict(sorted(found.items()))


def prior_of(debtors: Mapping[Tally, int]) -> Prior:
    """Fit the prior to debtors with attempts, given as how many of them have each tally.

    By moments, debtors weighed with their attempts: p is the rate over all, and how much more the rates of debtors
    differ than chance would make them gives alpha + beta.
    """
    counted = sorted(((t, n) for t, n in debtors.items() if t.attempts and n), key=lambda one: _order(one[0]))
    k = sum(n for _, n in counted)
    attempts = sum(t.attempts * n for t, n in counted)
    successes = sum(t.successes * n for t, n in counted)
    rate = (successes + 1) / (attempts + 2)  # never nothing and never certain, however few there are
    weight = _weight(counted, k, attempts, successes) if k > 1 else UNKNOWN_WEIGHT
    return Prior(rate * weight, (1 - rate) * weight, k, attempts, successes)


def estimate(name: str, tally: Tally, prior: Prior) -> Estimate:
    """The posterior of one debtor: its own attempts on top of the prior."""
    alpha = prior.alpha + tally.successes
    beta = prior.beta + tally.attempts - tally.successes
    tail = (1 - CREDIBLE) / 2
    low, high = beta_quantile(tail, alpha, beta), beta_quantile(1 - tail, alpha, beta)
    return Estimate(name, tally, alpha / (alpha + beta), low, high, prior)


def estimates(found: Mapping[str, Tally], priors: Mapping[str, Prior]) -> list[Estimate]:
    """Every name that the debtor or the portfolio knows, the best first."""
    names = sorted({*found, *priors})
    made = [estimate(name, found.get(name, Tally()), priors.get(name, Prior())) for name in names]
    return sorted(made, key=lambda one: (-one.mean, one.name))


def counted_debtors(each: Iterable[Mapping[str, Tally]]) -> dict[str, Counter[Tally]]:
    """The tallies of many debtors by name, as `prior_of` takes them."""
    found: dict[str, Counter[Tally]] = {}
    for debtor in each:
        for name, tally in debtor.items():
            found.setdefault(name, Counter())[tally] += 1
    return found


def beta_quantile(probability: float, alpha: float, beta: float) -> float:
    """The value below which a Beta(alpha, beta) stays with that probability, to nine digits, by halving."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if beta_distribution(middle, alpha, beta) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_distribution(x: float, alpha: float, beta: float) -> float:
    """The regularised incomplete beta function, by its continued fraction (Abramowitz and Stegun 26.5.8)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (alpha + 1) / (alpha + beta + 2):  # where the fraction converges slowly, its mirror image does not
        return 1 - beta_distribution(1 - x, beta, alpha)
    log_front = (
        math.lgamma(alpha + beta) - math.lgamma(alpha) - math.lgamma(beta) + alpha * math.log(x) + beta * math.log1p(-x)
    )
    return math.exp(log_front) / alpha * _fraction(x, alpha, beta)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction by Lentz' method."""
    tiny = 1e-300
    c, d = 1.0, _apart(1 - (a + b) * x / (a + 1), tiny)
    d = 1 / d
    value = d
    for m in range(1, 400):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _apart(1 + term * d, tiny)
            c = _apart(1 + term / c, tiny)
            value *= c * d
        if abs(c * d - 1) < 1e-13:
            break
    return value


def _apart(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny


def _weight(counted: list[tuple[Tally, int]], k: int, attempts: int, successes: int) -> float:
    """alpha + beta: large when debtors are alike, small when each is its own case."""
    rate = successes / attempts
    spare = attempts - sum(t.attempts**2 * n for t, n in counted) / attempts - (k - 1)
    if spare <= 0 or rate in (0, 1):
        return UNKNOWN_WEIGHT
    spread = sum(n * (t.successes**2 / t.attempts) for t, n in counted) - attempts * rate**2
    kinship = (spread / (rate * (1 - rate)) - (k - 1)) / spare
    if kinship <= 0:
        return MOST_WEIGHT
    return min(max(1 / kinship - 1, LEAST_WEIGHT), MOST_WEIGHT)


def _order(tally: Tally) -> tuple[int, int]:
    return tally.attempts, tally.successes
