"""The gate of a credential: its budget lives in the hub's database, so all streams and processes share it.

Calls are taken a few at a time, so that counting them costs little; what a process took and did not use is lost to the
others for a moment, never called twice. Any Retry-After is written down for everybody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from concilia.budget import Allowance, Bucket, Granted, Lane, full, quiet, take
from concilia.clock import Clock
from concilia.errors import RetryLater
from concilia.store import budgets
from concilia.store.unit_of_work import Store
from sync.hub import Hub

AT_ONCE: Final = 5  # calls taken together
LONGEST_WAIT: Final = timedelta(seconds=30)  # a longer one is told to the caller instead of slept
LOOKED_AGAIN: Final = timedelta(seconds=1)  # how long another process's Retry-After may go unnoticed
UNLIMITED: Final = Allowance(calls_per_minute=60_000, burst=1_000, reserve=0.0)


@dataclass(slots=True)
class SharedGate:
    """One process's way to a credential's budget. Safe for several threads."""

    store: Store
    credential: str
    allowance: Allowance | None  # None: the system names no limit; only its Retry-After counts
    lane: Lane
    clock: Clock
    sleep: Callable[[float], None] = time.sleep
    _left: int = 0
    _quiet_until: datetime | None = None
    _looked_at: datetime | None = None
    _lock: Lock = field(default_factory=Lock)

    def enter(self) -> None:
        """Returns when the call may be made; RetryLater when it would have to wait longer than LONGEST_WAIT."""
        patience = LONGEST_WAIT
        while (wait := self._wait()) > timedelta():
            if wait > patience:
                raise RetryLater(f"The budget of {self.credential} is used up.", after=wait)
            patience -= wait
            self.sleep(wait.total_seconds())

    def told_to_wait(self, wait: timedelta) -> None:
        """Nobody who uses the credential calls before."""
        until = self.clock() + wait
        with self._lock:
            self._quiet_until = max(self._quiet_until or until, until)
            self._left = 0
        with self.store.begin() as tx:
            bucket = budgets.load(tx, self.credential) or full(self.allowance or UNLIMITED, now=self.clock())
            budgets.store(tx, self.credential, quiet(bucket, until=until))

    def _wait(self) -> timedelta:
        with self._lock:
            now = self.clock()
            if self._quiet_until is not None and self._quiet_until > now:
                return self._quiet_until - now
            if self.allowance is None:
                return self._seen_quiet(now)
            if self._left:
                self._left -= 1
                return timedelta()
            return self._taken(self.allowance, now)

    def _seen_quiet(self, now: datetime) -> timedelta:
        """What others were told, looked at now and then."""
        if self._looked_at is not None and now - self._looked_at < LOOKED_AGAIN:
            return timedelta()
        self._looked_at = now
        with self.store.read() as tx:
            bucket = budgets.peek(tx, self.credential)
        self._quiet_until = None if bucket is None else bucket.not_before
        return max((self._quiet_until or now) - now, timedelta())

    def _taken(self, allowance: Allowance, now: datetime) -> timedelta:
        with self.store.begin() as tx:
            bucket: Bucket = budgets.load(tx, self.credential) or full(allowance, now=now)
            found = take(bucket, allowance, lane=self.lane, now=now, most=AT_ONCE)
            if isinstance(found, Granted):
                budgets.store(tx, self.credential, found.bucket)
        if isinstance(found, Granted):
            self._left = found.calls - 1
            return timedelta()
        return found.after


def gate_of(hub: Hub, name: str, *, lane: Lane) -> SharedGate:
    """The gate of a connection's credential, by the budget it declares."""
    said = hub.workspace.connections[name].budget
    allowance = None
    if "calls_per_minute" in said:
        rate = float(said["calls_per_minute"])
        allowance = Allowance(rate, float(said.get("burst", max(1.0, rate / 6))), float(said.get("reserve", 0.2)))
    return SharedGate(hub.store, str(said.get("credential", name)), allowance, lane, hub.clock)
