"""Cursor paging, one way for every list: `?after=&limit=` and {"items": […], "next": cursor or null}.

A cursor says behind which row of which list to go on; it is opaque to callers, and a page that ends the list has none.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from admin_api.problems import CursorInvalid

LARGEST: Final = 2**62
LONGEST: Final = 200

Place = TypeVar("Place", int, str)
Item = TypeVar("Item")


def cursor_of(listing: str, place: int | str) -> str:
    """The cursor that goes on behind `place`."""
    text = json.dumps([listing, place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(listing: str, cursor: str, *, first: Place) -> Place:
    """Where a cursor of this list goes on; `first` without one. CursorInvalid for anything not given out here."""
    if not cursor:
        return first
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        named, place = json.loads(raw)
    except (ValueError, TypeError, binascii.Error, RecursionError) as fault:
        raise _invalid() from fault
    if named != listing or type(place) is not type(first) or cursor_of(listing, place) != cursor:
        raise _invalid()
    if isinstance(place, int) and not 0 <= place < LARGEST or len(str(place)) > LONGEST or "\0" in str(place):
        raise _invalid()
    return place  # type: ignore[no-any-return]


def page(listing: str, rows: Sequence[Item], *, limit: int, place: Callable[[Item], int | str]) -> dict[str, Any]:
    """The first `limit` of the rows, of which one more was asked for to know whether others follow."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {"items": list(shown), "next": cursor_of(listing, place(shown[-1])) if more else None}


def _invalid() -> CursorInvalid:
    return CursorInvalid(
        "This cursor was not given out by this list.", mend="Send `next` of the page before, or leave it out to start."
    )
