"""What a word of a source is worth: trust, halved with each half-life of age, times validity. Numbers only, no clock.

Ages are whole days and are measured against the newest word it is compared with, so that the worth of words among
each other never changes by waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from concilia.normalize.verdict import Verdict

VALIDITY: Final[Mapping[Verdict, float]] = {
    Verdict.VERIFIED: 1.0,
    Verdict.VALID_CHECKSUM: 0.9,
    Verdict.VALID_FORMAT: 0.8,
    Verdict.CHECK_WARNING: 0.4,
    Verdict.SUSPICIOUS: 0.2,
}  # what is not here is not usable
NEUTRAL: Final = 1.0  # of a field whose values carry no verdict
YEAR, MONTH = 365.25, 30.44


class Span(NamedTuple):
    """The days, as ordinals, of the newest and the oldest dated word; both 0 when none has a date."""

    newest: int = 0
    oldest: int = 0

    def age(self, day: int) -> int:
        """How many days older than the newest; what says no day counts as old as the oldest that does."""
        return self.newest - (day or self.oldest)


def worth(trust: int, *, age: int, half_life: int, verdict: Verdict | None = None) -> float:
    """Trust x 0.5^(age / half-life) x validity; `age` and `half_life` in days. Rounded, so that machines agree."""
    validity = NEUTRAL if verdict is None else VALIDITY.get(verdict, 0.0)
    return float(round(trust * 0.5 ** (age / half_life) * validity, 9))


def span_of(days: Iterable[int]) -> Span:
    """The span of these days; those that are 0 say nothing."""
    dated = [day for day in days if day]
    return Span(max(dated), min(dated)) if dated else Span()


@lru_cache(maxsize=65_536)
def day_of(moment: str) -> int:
    """The day of an ISO 8601 text as an ordinal; 0 when it says none."""
    try:
        return date.fromisoformat(moment[:10]).toordinal()
    except ValueError:
        return 0


def in_words(days: int) -> str:
    """A length of time as people say it, rounded down to the unit that has at least two."""
    if days >= 2 * YEAR:
        return f"{int(days / YEAR)} years"
    if days >= 2 * MONTH:
        return f"{int(days / MONTH)} months"
    return "1 day" if days == 1 else f"{days} days"
