"""Local hours: whether it is a fitting time, when the next one begins, and when this one ends. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from concilia.portfolio.contact_rules.rules import Hours

HORIZON: Final = timedelta(days=45)  # how far ahead a fitting time is looked for; holidays are known up to there


def is_open(hours: Hours, moment: datetime, *, zones: Sequence[str], closed: Mapping[date, str]) -> bool:
    """Whether the moment is inside the hours of every zone."""
    return all(_end_of_window(hours, moment.astimezone(zone_of(name)), closed) is not None for name in zones)


def opens_at(hours: Hours, moment: datetime, *, zones: Sequence[str], closed: Mapping[date, str]) -> datetime | None:
    """The next moment from here on at which the last of the zones opens; None within the horizon."""
    found = [_next_opening(hours, moment.astimezone(zone_of(name)), closed) for name in zones]
    times = [one for one in found if one is not None]
    return max(times).astimezone(UTC) if len(times) == len(found) else None


def closes_at(hours: Hours, moment: datetime, *, zones: Sequence[str], closed: Mapping[date, str]) -> datetime:
    """When the first of the zones closes after an open moment."""
    ends = [_end_of_window(hours, moment.astimezone(zone_of(name)), closed) for name in zones]
    return min((end for end in ends if end is not None), default=moment).astimezone(UTC)


def start_of(day: date, zone: str) -> datetime:
    """The first instant of a local day."""
    return datetime.combine(day, time(), zone_of(zone)).astimezone(UTC)


def day_of(moment: datetime, zone: str) -> date:
    """The local date of an instant."""
    return moment.astimezone(zone_of(zone)).date()


def wall_later(moment: datetime, days: int, zone: str) -> datetime:
    """The instant so many days later at the same hour of the clock on the wall."""
    return (moment.astimezone(zone_of(zone)) + timedelta(days=days)).astimezone(UTC)


@lru_cache(maxsize=128)
def zone_of(name: str) -> ZoneInfo:
    """The zone of that name."""
    return ZoneInfo(name)


def _next_opening(hours: Hours, local: datetime, closed: Mapping[date, str]) -> datetime | None:
    if _end_of_window(hours, local, closed) is not None:
        return local
    for ahead in range(HORIZON.days + 1):
        day = local.date() + timedelta(days=ahead)
        starts = [start for start, _ in _windows(hours, day, local.tzinfo, closed) if start > local]
        if starts:
            return min(starts)
    return None


def _end_of_window(hours: Hours, local: datetime, closed: Mapping[date, str]) -> datetime | None:
    ends = [end for start, end in _windows(hours, local.date(), local.tzinfo, closed) if start <= local < end]
    return max(ends) if ends else None


def _windows(hours: Hours, day: date, zone: object, closed: Mapping[date, str]) -> Iterator[tuple[datetime, datetime]]:
    if hours.holidays_close and day in closed:
        return
    for window in hours.windows:
        if day.weekday() in window.days:
            at = [datetime.combine(day, clock, zone) for clock in (window.start, window.end)]  # type: ignore[arg-type]
            yield at[0], at[1]
