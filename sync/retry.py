"""After an attempt at a write: what next, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from concilia.errors import ConciliaError, OutcomeUnknown, RetryLater, SystemRefused
from concilia.store import outbox

PROMPT_ATTEMPTS = 3  # an unknown outcome is looked up at once this often before it has to wait
LONGEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RetryDecision:
    """The state the intent goes to, when it may be tried again, and why."""

    state: str
    after: timedelta
    reason: str


def decide(fault: ConciliaError, *, attempts: int) -> RetryDecision:
    """What an error means for its intent after that many attempts.

    A lost answer keeps the intent in doubt: only a look-up may bring it out. A refusal by the system ends it.
    """
    backoff = min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST)
    match fault:
        case OutcomeUnknown():
            return RetryDecision(
                outbox.SENT_UNKNOWN, timedelta() if attempts < PROMPT_ATTEMPTS else backoff, str(fault)
            )
        case RetryLater():
            return RetryDecision(outbox.NEW, max(fault.after, timedelta(seconds=1)), str(fault))
        case SystemRefused():
            return RetryDecision(outbox.NEW, backoff, str(fault))
        case _:
            return RetryDecision(outbox.DEAD, timedelta(), str(fault))
