"""Schedules as people and programs see them: what is declared, when it is due, how it went. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from concilia import timetable
from concilia.store import schedules
from concilia.store.schedules import FiringRow, ScheduleRow
from concilia.timetable import Schedule
from sync.firings import row_of
from sync.hub import Hub
from sync.schedules import Due, upcoming


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """A schedule as people see it: what is declared, whether it rests, when it is due next, how it last went."""

    declared: Schedule
    paused_at: str | None
    paused_by: str | None
    next_due: Due | None
    latest: tuple[FiringRow, ...]


def views(hub: Hub, *, firings: int = 1) -> list[ScheduleView]:
    """All schedules taken over, by name, each with its latest firings."""
    now = hub.clock()
    with hub.store.read() as tx:
        rows = schedules.every(tx)
        latest = {name: tuple(schedules.latest(tx, name, limit=firings)) for name in rows}
    return [_view(row, latest=latest[name], now=now) for name, row in rows.items()]


def view(hub: Hub, name: str, *, firings: int = 20) -> ScheduleView:
    """One schedule; NotFound for an unknown name."""
    with hub.store.read() as tx:
        row = row_of(tx, name)
        latest = tuple(schedules.latest(tx, name, limit=firings))
    return _view(row, latest=latest, now=hub.clock())


def coming(hub: Hub, name: str, *, count: int) -> list[Due]:
    """The next times a schedule is due, whether it rests or not."""
    with hub.store.read() as tx:
        declared = timetable.from_text(name, row_of(tx, name).body)
    return list(islice(upcoming(declared, hub.clock()), count))


def history(hub: Hub, name: str = "", *, limit: int = 20) -> list[FiringRow]:
    """Firings of one schedule, or of all, newest first: also those skipped or missed, with the reason."""
    with hub.store.read() as tx:
        if name and name not in schedules.every(tx) and not schedules.latest(tx, name, limit=1):
            row_of(tx, name)
        return schedules.latest(tx, name, limit=limit)


def _view(row: ScheduleRow, *, latest: Sequence[FiringRow], now: datetime) -> ScheduleView:
    declared = timetable.from_text(row.name, row.body)
    return ScheduleView(
        declared,
        row.paused_at,
        row.paused_by,
        None if row.paused_at else next(upcoming(declared, now), None),
        tuple(latest),
    )


def as_json(one: ScheduleView) -> dict[str, Any]:
    """A schedule as programs see it."""
    told = one.declared
    names = ("id", "due_at", "start_at", "status", "reason", "run_id", "finished_at")
    return {
        "name": told.name,
        "job": told.job,
        "cron": told.cron,
        "time_zone": told.time_zone,
        "connections": list(told.connections),
        "full": told.full,
        "overlap": str(told.overlap),
        "catch_up": str(told.catch_up),
        "grace_seconds": round(told.grace.total_seconds()),
        "jitter_seconds": round(told.jitter.total_seconds()),
        "paused_at": one.paused_at,
        "paused_by": one.paused_by,
        "next_due": one.next_due.at.isoformat() if one.next_due else None,
        "firings": [{name: getattr(firing, name) for name in names} for firing in one.latest],
    }
