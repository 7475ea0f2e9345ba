"""Times and triggers: when a schedule is due, and the tick that asks. The only import of the scheduler library.

The library reads cron fields and ticks; it holds no job and remembers nothing. Wall times become instants here:
one that the clock skips is due once, at the instant of the skip; one that comes twice is due at its first coming.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from concilia.errors import ConfigurationInvalid
from concilia.timetable import Schedule

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?")


@dataclass(frozen=True, slots=True)
class Due:
    """One time a schedule is due: the instant, and the wall time of its cron fields, which may not exist that day."""

    at: datetime
    wall: datetime  # without a zone

    @property
    def skipped(self) -> bool:
        """Whether that wall time does not exist in the zone of `at`."""
        return self.at.replace(tzinfo=None) != self.wall


def checked(schedule: Schedule) -> Schedule:
    """The schedule itself; ConfigurationInvalid, with its place in the file, when its cron cannot be read."""
    try:
        triggers = _triggers(schedule.cron)
        soon = next(_walls(triggers, datetime(2024, 1, 1)), None)  # noqa: DTZ001 - a wall time
    except (ValueError, KeyError) as fault:
        raise _wrong(schedule, f'"{schedule.cron}" is no cron expression ({fault}).') from fault
    if soon is None:
        raise _wrong(schedule, f'"{schedule.cron}" names a day that never comes.')
    return schedule


def due_between(schedule: Schedule, after: datetime, until: datetime) -> list[Due]:
    """When the schedule is due after the one instant and not after the other, in order, each instant once."""
    found: list[Due] = []
    for due in upcoming(schedule, after):
        if due.at.astimezone(UTC) > until.astimezone(UTC):
            break
        found.append(due)
    return found


def upcoming(schedule: Schedule, after: datetime) -> Iterator[Due]:
    """When the schedule is due next, and then, and so on; instants carry the schedule's zone."""
    zone = ZoneInfo(schedule.time_zone)
    start = after.astimezone(zone).replace(tzinfo=None)
    last = after.astimezone(UTC)  # two moments of one zone would be compared by their wall times
    for wall in _walls(_triggers(schedule.cron), start):
        at = instant_of(wall, zone)
        if at.astimezone(UTC) > last:
            last = at.astimezone(UTC)
            yield Due(at, wall)


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall time: its first coming, or the instant at which the clock skips it."""
    first = wall.replace(tzinfo=zone)
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall:
        return first
    low, high = first.replace(fold=1).astimezone(UTC), first.astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.astimezone(zone)


@contextmanager
def ticking(tick: Callable[[], object], *, every: timedelta) -> Iterator[None]:
    """Call `tick` again and again in a thread of its own, never twice at once, until the block ends."""
    clock = BackgroundScheduler(timezone=UTC)
    clock.add_job(tick, "interval", seconds=every.total_seconds(), coalesce=True, max_instances=1, id="tick")
    clock.start()
    try:
        yield
    finally:
        clock.shutdown(wait=True)


def _walls(triggers: Sequence[CronTrigger], after: datetime) -> Iterator[datetime]:
    """The wall times later than `after` that any of the triggers names, in order, each once."""
    # In UTC no wall time is skipped or repeated, so the library's own ideas about that do not come into it.
    moment = after.replace(tzinfo=UTC)
    while True:
        later = moment + timedelta(microseconds=1)
        found = [next_one for t in triggers if (next_one := t.get_next_fire_time(None, later)) is not None]
        if not found:
            return
        moment = min(found)
        yield moment.replace(tzinfo=None)


@cache
def _triggers(cron: str) -> tuple[CronTrigger, ...]:
    """As cron has it: where day of month and weekday are both restricted, either is enough."""
    fields = cron.split()
    if len(fields) != 5:
        raise ValueError(f"{len(fields)} fields instead of 5")
    minute, hour, day, month, weekday = fields
    times = {"minute": minute, "hour": hour, "month": month, "timezone": UTC}
    if day.startswith("*") or weekday.startswith("*"):
        return (CronTrigger(day=day, day_of_week=_weekdays(weekday), **times),)
    return (CronTrigger(day=day, **times), CronTrigger(day_of_week=_weekdays(weekday), **times))


def _weekdays(field: str) -> str:
    """The weekdays by name. To cron, 0 and 7 are Sunday; to the library, 0 is Monday."""
    return "*" if field == "*" else ",".join(dict.fromkeys(day for part in field.split(",") for day in _days(part)))


def _days(part: str) -> list[str]:
    found = _PART.fullmatch(part.lower())
    if found is None:
        raise ValueError(f"{part!r} names no weekday")
    first = 0 if found[1] == "*" else _day(found[1])
    last = 6 if found[1] == "*" else _day(found[2]) if found[2] else 6 if found[3] else first
    if last < first:
        last += 7
    return [_DAYS[number % 7] for number in range(first, last + 1, int(found[3] or 1))]


def _day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    if text.isdigit() and int(text) <= 7:
        return int(text)
    raise ValueError(f"{text!r} names no weekday")


def _wrong(schedule: Schedule, message: str) -> ConfigurationInvalid:
    mend = 'Write five fields, for example "30 2 * * *" for half past two each night.'
    if schedule.source is None:
        return ConfigurationInvalid(message, mend=mend, path=f"schedules.{schedule.name}.cron")
    return schedule.source.error(message, at=("cron",), mend=mend)
