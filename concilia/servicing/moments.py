"""Moments as people and programs tell them: an instant with its offset, in a year in which anything happens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from concilia.errors import RequestInvalid

EARLIEST: Final = 1990
LATEST: Final = 2150


def instant(text: Any, field: str) -> datetime:
    """The instant told, in UTC; RequestInvalid for what is none, names no offset, or lies centuries away."""
    try:
        found = datetime.fromisoformat(str(text))
        moment = found.astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise RequestInvalid(
            "That is no moment.", mend="Write it as 2026-11-23T10:00:00-03:00.", field=field
        ) from fault
    if found.tzinfo is None:
        raise RequestInvalid("The moment names no offset.", mend="Add it, such as -03:00, or Z for UTC.", field=field)
    if not EARLIEST <= moment.year <= LATEST:
        raise RequestInvalid(f"Nothing happens in {moment.year}.", mend="Check the year.", field=field)
    return moment
