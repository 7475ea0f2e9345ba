"""After an attempt to tell a subscriber an event: what next, for the event and for the subscriber. Pure.

An event that only its subscriber refuses is the event's trouble: its debtor's later events wait for it, until it is a
dead letter. A subscriber that nobody reaches, or that asks for quiet, is the subscriber's trouble: everything waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Self, assert_never

from connectors.webhook_sender import Answered, NoAnswer, NotReached, Outcome

ATTEMPTS: Final = 8
PAUSE_AFTER: Final = timedelta(hours=24)
LEAST_FAILURES: Final = 20  # rounds that told nothing, before a subscriber may be paused
LONGEST_REST: Final = timedelta(seconds=60)  # of a subscriber that is not reached: it hears soon when it is back
_DELAYS: Final = (1, 5, 15, 60, 180, 600, 1800)  # seconds before the second, third… attempt at an event


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is tried what does not succeed; `allowed` are the hosts that a workspace lets in."""

    attempts: int = ATTEMPTS
    pause_after: timedelta = PAUSE_AFTER
    least_failures: int = LEAST_FAILURES
    haste: float = 1.0  # delays are divided by it: tests are in a hurry
    allowed: frozenset[str] = frozenset()

    @classmethod
    def declared(cls, events: Mapping[str, Any]) -> Self:
        """As the section `events` of concilia.yaml says."""
        return cls(
            attempts=events.get("attempts", ATTEMPTS),
            pause_after=timedelta(hours=events.get("pause_after_hours", PAUSE_AFTER // timedelta(hours=1))),
            allowed=frozenset(str(host).lower() for host in events.get("allow_hosts", ())),
        )


@dataclass(frozen=True, slots=True)
class Delivered:
    """The subscriber has it."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The event's own trouble: it is told again later, and counts as tried."""

    reason: str


@dataclass(frozen=True, slots=True)
class LetRest:
    """The subscriber's trouble: nothing is told for a while. `tried` when the event may be the cause of it."""

    reason: str
    after: timedelta | None = None  # as the subscriber said
    tried: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """The subscriber wants no events any more."""

    reason: str


Verdict = Delivered | TryAgain | LetRest | Stop


def judged(outcome: Outcome) -> Verdict:
    """What an attempt came to."""
    match outcome:
        case Answered():
            return _answered(outcome)
        case NoAnswer(reason):
            return TryAgain(f"It did not answer: {reason}.")
        case NotReached(reason):
            return LetRest(f"It was not reached: {reason}.")
        case _:
            assert_never(outcome)


def _answered(answer: Answered) -> Verdict:
    said = f"It answered {answer.status}."
    match answer.status:
        case 410:
            return Stop("It answered 410 Gone.")
        case 429:
            return LetRest(said, answer.retry_after)
        case 503 if answer.retry_after is not None:
            return LetRest(said, answer.retry_after, tried=True)
        case status if 300 <= status < 400:
            return TryAgain(f"{said[:-1]}: nobody follows it to another address.")
        case status:
            return Delivered() if 200 <= status < 300 else TryAgain(said)


def delay(attempts: int, patience: Patience) -> timedelta:
    """How long an event waits after so many attempts."""
    return timedelta(seconds=_DELAYS[min(attempts, len(_DELAYS)) - 1] / patience.haste)


def rest(failures: int, patience: Patience) -> timedelta:
    """How long a subscriber is let alone after so many rounds that told nothing."""
    return min(timedelta(seconds=2 ** min(failures - 1, 12)), LONGEST_REST) / patience.haste


def is_dead(attempts: int, *, others_got_through: bool, patience: Patience) -> bool:
    """Whether an event is given up. While nobody gets through, the subscriber is to blame and not the event."""
    return attempts >= patience.attempts and others_got_through


def is_given_up(failures: int, failing_for: timedelta, patience: Patience) -> bool:
    """Whether a subscriber that nothing reaches is paused."""
    return failures >= patience.least_failures and failing_for >= patience.pause_after
