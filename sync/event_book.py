"""What one round knows of the events owed to a subscriber: which may be told, what became of them, what is to be kept.

Pure: rows and facts in, rows out. Events are read in order; those put apart earlier come back in their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from concilia.clock import to_text
from concilia.portfolio.event_types import is_selected
from concilia.store.events import RecordedFact
from concilia.store.subscriptions import DEAD, WAITING, HeldRow
from sync import event_retry
from sync.cloud_events import keys_of
from sync.event_lanes import Lanes
from sync.event_retry import Patience

NEVER: Final = "9999"  # sorts behind every instant


@dataclass(frozen=True, slots=True)
class Terms:
    """What a subscriber asked for: which types, and whether a dead letter holds its debtor's later events."""

    subscription_id: str
    patterns: tuple[str, ...]
    holds: bool
    patience: Patience


@dataclass(slots=True)
class _Entry:
    fact: RecordedFact
    row: HeldRow | None
    blocking: bool = False  # it stays where it is in this round, and so does whatever comes behind it


@dataclass(frozen=True, slots=True)
class ToKeep:
    """How far a round came: nothing is owed up to `through`, except for what is apart."""

    through: int
    hold: tuple[HeldRow, ...]
    release: frozenset[int]


@dataclass(slots=True)
class Book:
    """The events of one round."""

    terms: Terms
    through: int  # the last event looked at
    fresh: int = 0  # events that are neither told nor apart
    _lanes: Lanes = field(default_factory=Lanes)
    _entries: dict[int, _Entry] = field(default_factory=dict)
    _ahead: dict[int, HeldRow] = field(default_factory=dict)
    _hold: dict[int, HeldRow] = field(default_factory=dict)
    _release: set[int] = field(default_factory=set)

    def open(self, held: Iterable[HeldRow], facts: Mapping[int, RecordedFact]) -> None:
        """Take in what is apart from the rest, before anything is read."""
        for row in sorted(held, key=lambda row: row.seq):
            if row.seq > self.through:
                self._ahead[row.seq] = row
            elif row.seq in facts:
                self._add(facts[row.seq], row)

    def read(self, facts: Iterable[RecordedFact]) -> None:
        """Take in the next events, in order."""
        for fact in facts:
            self.through = fact.seq
            row = self._ahead.pop(fact.seq, None)
            if row is not None or is_selected(fact.type, self.terms.patterns):
                self._add(fact, row)

    def take(self, *, now: datetime) -> RecordedFact | None:
        """The next event that may be told now."""
        at = to_text(now)
        while (number := self._lanes.take()) is not None:
            entry = self._entries[number]
            if _is_due(entry.row, at=at):
                return entry.fact
            entry.blocking = True
        return None

    def told(self, number: int) -> None:
        """The subscriber has it."""
        entry = self._over(number)
        if entry.row is not None:
            self._hold.pop(number, None)
            self._release.add(number)

    def failed(self, number: int, reason: str, *, now: datetime, last_success_at: str | None) -> HeldRow:
        """It was not taken: how it stands now. A dead letter lets its debtor's later events go on, unless it holds."""
        entry = self._entries[number]
        at = to_text(now)
        before = entry.row or HeldRow(self.terms.subscription_id, number, WAITING, 0, None, at, "", at)
        first = before.first_failed_at or at
        attempts = before.attempts + 1
        through = last_success_at is not None and last_success_at > first
        patience = self.terms.patience
        dead = event_retry.is_dead(attempts, others_got_through=through, patience=patience)
        again = NEVER if dead else to_text(now + event_retry.delay(attempts, patience))
        row = HeldRow(
            subscription_id=before.subscription_id,
            seq=number,
            state=DEAD if dead else WAITING,
            attempts=attempts,
            first_failed_at=first,
            next_attempt_at=again,
            reason=reason,
            changed_at=at,
        )
        self._hold[number] = row
        if dead and not self.terms.holds:
            self._over(number)
        else:
            self.fresh -= entry.row is None
            entry.row, entry.blocking = row, True
        return row

    def to_keep(self, *, now: datetime) -> ToKeep:
        """What is to be stored; the same is not said twice."""
        at = to_text(now)
        for number, entry in list(self._entries.items()):
            if entry.blocking and entry.row is not None:
                for later in self._lanes.behind(number):
                    self._put_behind(later, entry.row, at=at)
        fresh = [number for number, entry in self._entries.items() if entry.row is None]
        kept = ToKeep(min(fresh, default=self.through + 1) - 1, tuple(self._hold.values()), frozenset(self._release))
        self._hold, self._release = {}, set()
        return kept

    def _add(self, fact: RecordedFact, row: HeldRow | None) -> None:
        self._entries[fact.seq] = _Entry(fact, row)
        self._lanes.add(fact.seq, keys_of(fact))
        self.fresh += row is None

    def _over(self, number: int) -> _Entry:
        self._lanes.done(number)
        entry = self._entries.pop(number)
        self.fresh -= entry.row is None
        return entry

    def _put_behind(self, number: int, head: HeldRow, *, at: str) -> None:
        """An event that waits for another one is looked at when that one is."""
        entry = self._entries[number]
        if entry.row is None:
            self.fresh -= 1
            reason = f"It waits for event {head.seq}."
            entry.row = HeldRow(head.subscription_id, number, WAITING, 0, None, head.next_attempt_at, reason, at)
        elif entry.row.attempts == 0 and entry.row.next_attempt_at < head.next_attempt_at:
            entry.row = replace(entry.row, next_attempt_at=head.next_attempt_at)
        else:
            return
        self._hold[number] = entry.row


def _is_due(row: HeldRow | None, *, at: str) -> bool:
    """Whether it may be tried: at once unless it was tried before, never when it is a dead letter."""
    if row is None:
        return True
    return row.state == WAITING and (row.attempts == 0 or row.next_attempt_at <= at)
