"""What a system says of its own limits in the headers of its answers, and a pace for the calls of one process.

The budget of a credential is a gate (`gate.py`); what is read here is told to it, so that everybody obeys.
"""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final, Literal

from concilia.budget import Allowance, Bucket, Granted, Lane, full, take
from concilia.clock import Clock, system_clock
from connectors.gate import OPEN, Gate

LONGEST_WAIT: Final = timedelta(days=7)
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_NUMBER = re.compile(r"\d{1,16}(\.\d{1,9})?", re.ASCII)

# How a header tells when calls are free again: after so many seconds or milliseconds, at a Unix time, or at a date.
Reset = Literal["seconds", "milliseconds", "epoch", "date"]


@dataclass(frozen=True, slots=True)
class Throttle:
    """Which headers tell a system's limits. Names are small letters; empty ones are not looked for.

    When `remaining` says 0, or the system refused for its limits, `reset` says how long it lasts. Retry-After always
    counts, and comes first.
    """

    remaining: str = ""
    reset: str = ""
    reset_in: Reset = "seconds"
    statuses: frozenset[int] = frozenset({425, 429})  # refused before any work, whatever the method

    def wait_of(self, status: int, headers: Mapping[str, str], *, now: Clock) -> timedelta:
        """How long nobody shall call; zero when nothing is said."""
        stated = retry_after(headers.get("retry-after", ""), now=now)
        if stated and (status in self.statuses or status in {503, 403}):
            return stated
        empty = headers.get(self.remaining, "").strip() in {"0", "0.0"} if self.remaining else False
        if self.reset and (empty or status in self.statuses):
            return reset_after(headers.get(self.reset, ""), given_in=self.reset_in, now=now)
        return timedelta()


STANDARD: Final = Throttle()


@dataclass(slots=True)
class PacedGate:
    """A gate before another one: no more calls than allowed leave this process. Safe for several threads."""

    allowance: Allowance
    inner: Gate = OPEN
    clock: Clock = system_clock
    sleep: Callable[[float], None] = time.sleep
    _bucket: Bucket | None = None
    _lock: Lock = field(default_factory=Lock)

    def enter(self) -> None:
        """Waits for its turn, then passes the other gate."""
        while (wait := self._wait()) > timedelta():
            self.sleep(wait.total_seconds())
        self.inner.enter()

    def told_to_wait(self, wait: timedelta) -> None:
        """Handed on."""
        self.inner.told_to_wait(wait)

    def _wait(self) -> timedelta:
        with self._lock:
            now = self.clock()
            found = take(self._bucket or full(self.allowance, now=now), self.allowance, lane=Lane.URGENT, now=now)
            if isinstance(found, Granted):
                self._bucket = found.bucket
                return timedelta()
            return found.after


def retry_after(text: str, *, now: Clock) -> timedelta:
    """Seconds or an HTTP date (RFC 9110, 10.2.3); anything else counts as nothing said."""
    stated = text.strip()
    if _SECONDS.fullmatch(stated):
        return min(timedelta(seconds=float(stated)), LONGEST_WAIT)
    return _until_date(stated, now=now)


def reset_after(text: str, *, given_in: Reset, now: Clock) -> timedelta:
    """How long until a reset header's moment; anything unreadable counts as nothing said."""
    stated = text.strip()
    if given_in == "date":
        return _until_date(stated, now=now)
    if not _NUMBER.fullmatch(stated):
        return timedelta()
    number = float(stated)
    try:
        wait = _span(number, given_in=given_in, now=now)
    except (ValueError, OverflowError, OSError):
        return timedelta()
    return min(max(wait, timedelta()), LONGEST_WAIT)


def _span(number: float, *, given_in: Reset, now: Clock) -> timedelta:
    match given_in:
        case "milliseconds":
            return timedelta(milliseconds=number)
        case "epoch":
            return datetime.fromtimestamp(number, UTC) - now()
        case _:
            return timedelta(seconds=number)


def _until_date(text: str, *, now: Clock) -> timedelta:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return timedelta()
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now(), timedelta()), LONGEST_WAIT)
