"""Whatever tools do and in whatever order: no sequence of decisions and confirmations breaks a cap.

The caps are counted here again from the law's words, over the contacts that were made, not by the code under test.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concilia.portfolio.contact_decision import decide
from concilia.portfolio.contact_facts import Attempt, ConsentFacts, DebtFacts, Facts, PointFacts, Question
from concilia.portfolio.contact_rules.policy import policy_of

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACES = {
    "CL": "America/Santiago", "MX": "America/Mexico_City", "CO": "America/Bogota", "EC": "America/Guayaquil",
    "PE": "America/Lima", "BR": "America/Sao_Paulo", "AR": "America/Argentina/Buenos_Aires",
}  # fmt: skip
CALLS = ("voice_agent", "voice_auto", "visit")
CHANNELS = (*CALLS, "sms", "whatsapp", "email", "letter")
BOOKS = {country: policy_of(None).rulebook(country, "") for country in PLACES}


@dataclass
class Held:
    """A contact held ready by some tool."""

    channel: str
    at: datetime
    expires: datetime


@dataclass
class World:
    """One debtor, a clock that only goes on, what tools hold, and what they made."""

    country: str
    now: datetime = START
    held: list[Held] = field(default_factory=list)
    made: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def facts(self) -> Facts:
        standing = [one for one in self.held if one.expires > self.now]
        attempts = [
            Attempt(f"h{n}", one.at, one.expires, one.channel, "collection", held=True)
            for n, one in enumerate(standing)
        ]
        attempts += [Attempt(f"m{n}", at, at, channel, "collection") for n, (channel, at) in enumerate(self.made)]
        return Facts(
            country=self.country,
            subdivision="",
            zones=(PLACES[self.country],),
            place_told_by="country",
            calendar="none",
            closed={},
            debts=(DebtFacts("d1", "acme", "titular", "open", due=date(2026, 1, 1)),),
            points=tuple(PointFacts(t, t) for t in ("phone", "email", "postal_address")),
            attempts=tuple(attempts),
            consents=(ConsentFacts("granted", START - timedelta(days=1)),),
        )

    def ask(self, channel: str, *, ahead: timedelta) -> None:
        question = Question(channel, "collection", self.now + ahead)
        found = decide(question, self.facts, BOOKS[self.country])
        if found.allowed and found.expires_at is not None:
            self.held.append(Held(channel, question.at, found.expires_at))
        elif found.next_allowed_at is not None:
            later = replace(question, at=found.next_allowed_at)
            assert decide(later, self.facts, BOOKS[self.country]).allowed, "next_allowed_at is allowed"

    def confirm(self, which: int, *, late: timedelta) -> None:
        """Contacts begin where they may: between the moment asked for and the end of the hold."""
        standing = [one for one in self.held if one.expires > self.now]
        if standing:
            one = standing[which % len(standing)]
            begun = min(one.at + late, one.expires - timedelta(seconds=1))
            self.now = max(self.now, begun)
            self.held.remove(one)
            self.made.append((one.channel, begun))

    def release(self, which: int) -> None:
        if self.held:
            self.held.pop(which % len(self.held))


STEPS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(CHANNELS), st.integers(0, 3 * 24 * 4)),
    st.tuples(st.just("confirm"), st.integers(0, 5), st.integers(0, 20)),
    st.tuples(st.just("release"), st.integers(0, 5), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 60 * 30), st.just(0)),
)


@pytest.mark.parametrize("country", PLACES)
@settings(max_examples=60, deadline=None)
@given(steps=st.lists(STEPS, max_size=40))
def test_no_sequence_of_decisions_and_confirmations_breaks_a_cap(
    country: str, steps: list[tuple[str, object, int]]
) -> None:
    world = World(country)
    for verb, what, number in steps:
        match verb:
            case "ask":
                world.ask(str(what), ahead=timedelta(minutes=15 * number) if number % 3 == 0 else timedelta(0))
            case "confirm":
                world.confirm(int(str(what)), late=timedelta(minutes=number))
            case "release":
                world.release(int(str(what)))
            case _:
                world.now += timedelta(minutes=int(str(what)))
    made = sorted((at.astimezone(ZoneInfo(PLACES[country])), channel) for channel, at in world.made)
    CHECKS.get(country, lambda _: None)(made)
    assert_hours(country, [at for at, _ in made])


Made = list[tuple[datetime, str]]


def at_most(most: int, moments: list[datetime], *, days: int = 7) -> None:
    """No ISO week, and no stretch of so many days, holds more."""
    for first in moments:
        assert sum(first <= at < first + timedelta(days=days) for at in moments) <= most
        assert sum(at.isocalendar()[:2] == first.isocalendar()[:2] for at in moments) <= most


def chile(made: Made) -> None:
    messages = [at for at, channel in made if channel not in CALLS]
    at_most(1, [at for at, channel in made if channel in CALLS])
    at_most(2, messages)
    assert all((b.date() - a.date()).days >= 3 for a, b in itertools.pairwise(messages))


def colombia(made: Made) -> None:
    once_a_day(made)
    media = [(at, channel.partition("_")[0]) for at, channel in made]
    for at, medium in media:
        for other, another in media:
            apart = abs(at - other)
            same_week = at.isocalendar()[:2] == other.isocalendar()[:2]
            assert medium == another or not (same_week or apart < timedelta(days=7))
    assert all(channel != "visit" for _, channel in made)


def once_a_day(made: Made) -> None:
    days = [at.date() for at, _ in made]
    assert len(days) == len(set(days))


CHECKS = {"CL": chile, "CO": colombia, "MX": once_a_day, "EC": once_a_day}
HOURS = {
    "CL": {**dict.fromkeys(range(6), (8, 20))},
    "MX": {**dict.fromkeys(range(6), (7, 22))},
    "CO": {**dict.fromkeys(range(5), (7, 19)), 5: (8, 15)},
    "PE": {**dict.fromkeys(range(5), (7, 20))},
    "BR": {**dict.fromkeys(range(5), (8, 20)), 5: (8, 14)},
    "AR": {**dict.fromkeys(range(5), (8, 20)), 5: (10, 12)},
    "EC": {**dict.fromkeys(range(5), (7, 20))},
}


def assert_hours(country: str, moments: list[datetime]) -> None:
    for at in moments:
        start, end = HOURS[country].get(at.weekday(), (0, 0))
        assert start <= at.hour < end, at
