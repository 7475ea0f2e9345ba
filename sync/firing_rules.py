"""What becomes of due firings: late ones, overlapping ones, spread ones. Pure; stores and runs nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from concilia.timetable import CatchUp, Overlap, Schedule


@dataclass(frozen=True, slots=True)
class Written:
    """A firing as it is to be written down: it starts at `start_at`, or it is missed for a reason."""

    due_at: datetime
    start_at: datetime
    missed: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """It may run now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It runs when the one before it has ended."""


@dataclass(frozen=True, slots=True)
class Skip:
    """It is left out."""

    reason: str


Turn = Start | Wait | Skip


def to_write(schedule: Schedule, due: Sequence[datetime], *, now: datetime) -> list[Written]:
    """What to write down for these due times, in order; a late one is one whose grace is over."""
    late = [at for at in due if at + schedule.grace < now]
    kept = _caught_up(schedule, late, all_late=len(late) == len(due))
    told = f"nobody was there within {_words(schedule.grace)}"
    return [
        Written(at, _start(schedule, at), missed="" if at in kept or at not in late else told) for at in sorted(due)
    ]


def turn_of(schedule: Schedule | None, *, running: bool, ahead: int) -> Turn:
    """Whether a firing may run, with one of its schedule running or not, and so many waiting ahead of it."""
    if not running and not ahead:
        return Start()
    overlap = schedule.overlap if schedule else Overlap.QUEUE  # asked for by hand, or its schedule is gone
    match overlap:
        case Overlap.SKIP:
            return Skip("the one before it was still running")
        case Overlap.ONE:
            return Wait() if not ahead else Skip("the one before it was still running, and another one waited already")
        case Overlap.QUEUE:
            return Wait()
        case _:
            assert_never(overlap)


def _caught_up(schedule: Schedule, late: Sequence[datetime], *, all_late: bool) -> set[datetime]:
    match schedule.catch_up:
        case CatchUp.NONE:
            return set()
        case CatchUp.ALL:
            return set(late)
        case CatchUp.ONCE:
            # Where one is due in time anyway, that one is the catching up.
            return {max(late)} if late and all_late else set()
        case _:
            assert_never(schedule.catch_up)


def _start(schedule: Schedule, due_at: datetime) -> datetime:
    """With jitter, somewhat later: the same for every process that asks, another for every firing."""
    seconds = round(schedule.jitter.total_seconds())
    if not seconds:
        return due_at
    digest = hashlib.sha256(f"{schedule.name}\x1f{due_at.timestamp():.0f}".encode()).digest()
    return due_at + timedelta(seconds=int.from_bytes(digest[:8], "big") % (seconds + 1))


def _words(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0 and seconds >= size:
            return f"{seconds // size} {name}{'' if seconds == size else 's'}"
    return "no time at all"
