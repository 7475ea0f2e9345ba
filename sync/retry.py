"""After an attempt at a write: what next, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from concilia.errors import (
    ConciliaError,
    OutcomeUndecidable,
    OutcomeUnknown,
    RecordRejected,
    RemoteMoved,
    RetryLater,
    RunMustStop,
    SystemRefused,
)
from concilia.store import outbox

PROMPT_ATTEMPTS: Final = 3  # an unknown outcome is looked up at once this often before it has to wait
MOST_UNKNOWN: Final = 8  # after so many outcomes that nobody could tell, a person decides
MOST_STOPS: Final = 8  # after so many answers that no program can use, a person decides
LONGEST: Final = timedelta(hours=1)
SHORTEST: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often an intent was tried, and how often nobody could tell what became of it, this time included."""

    made: int
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """The state the intent goes to, when it may be tried again, why, and the rule that refused it, if one has a name.

    `unknowns` is how many outcomes of it nobody could tell so far.
    """

    state: str
    after: timedelta
    reason: str
    unknowns: int = 0
    code: str | None = None


def decide(fault: ConciliaError, *, attempts: Attempts) -> RetryDecision:
    """What an error of a write means for its intent.

    A lost answer keeps the intent in doubt: only a look-up may bring it out. A refusal by the system ends it.
    """
    backoff = min(timedelta(seconds=2 ** min(attempts.made, 12)), LONGEST)
    match fault:
        case OutcomeUnknown():
            return _unknown(fault, attempts, backoff if attempts.unknown >= PROMPT_ATTEMPTS else timedelta())
        case RetryLater():
            return RetryDecision(outbox.NEW, max(fault.after, SHORTEST), str(fault))
        case SystemRefused():
            return RetryDecision(outbox.NEW, backoff, str(fault))
        case RunMustStop() if attempts.made < MOST_STOPS:
            return RetryDecision(outbox.NEW, backoff, str(fault))
        case _:
            return _ended(fault)


def _ended(fault: ConciliaError) -> RetryDecision:
    """A refusal for good: of a record that was edited there the conflict waits, not the intent."""
    match fault:
        case RemoteMoved():
            return RetryDecision(outbox.ABANDONED, timedelta(), str(fault), code="remote_moved")
        case RecordRejected():
            return RetryDecision(outbox.DEAD, timedelta(), str(fault), code=fault.code or None)
        case _:
            return RetryDecision(outbox.DEAD, timedelta(), str(fault))


def decide_look_up(fault: ConciliaError, *, attempts: Attempts) -> RetryDecision:
    """What a look-up that failed means for an intent in doubt: the doubt stays, whatever went wrong.

    A system that is away or busy says nothing about the intent, so that does not count towards asking a person.
    """
    backoff = min(timedelta(seconds=2 ** min(attempts.made, 12)), LONGEST)
    match fault:
        case RetryLater():
            return RetryDecision(outbox.SENT_UNKNOWN, max(fault.after, SHORTEST), str(fault), attempts.unknown - 1)
        case SystemRefused():
            return RetryDecision(outbox.SENT_UNKNOWN, backoff, str(fault), attempts.unknown - 1)
        case _:
            return _unknown(fault, attempts, backoff)


def _unknown(fault: ConciliaError, attempts: Attempts, after: timedelta) -> RetryDecision:
    if attempts.unknown >= MOST_UNKNOWN or isinstance(fault, OutcomeUndecidable):
        reason = f"{fault} A person has to look at it there."
        return RetryDecision(outbox.PARKED, timedelta(), reason, attempts.unknown, code="outcome_unknown")
    return RetryDecision(outbox.SENT_UNKNOWN, after, str(fault), attempts.unknown)
