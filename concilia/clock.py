"""The only call to the system clock, and a fixed clock for tests. No business dates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Now, in UTC, to the microsecond."""
    return datetime.now(UTC)


def fixed_clock(moment: datetime) -> Clock:
    """A clock that always answers `moment` (which must carry a zone)."""
    if moment.tzinfo is None:
        raise ValueError("a clock answers instants: give it a zone")
    return lambda: moment


def to_text(moment: datetime) -> str:
    """An instant as sortable ISO 8601 text in UTC, always with microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
    """The instant written by `to_text`."""
    return datetime.fromisoformat(text)
