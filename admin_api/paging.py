"""Cursor paging, one way for every list: `?after=&limit=` and {"items": […], "next": cursor or null}.

A cursor says behind which row of which list to go on; it is opaque to callers, and a page that ends the list has none.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from admin_api.problems import CursorInvalid

LARGEST: Final = 2**62

Item = TypeVar("Item")


def cursor_of(listing: str, place: int | str) -> str:
    """The cursor that goes on behind `place`."""
    text = json.dumps([listing, place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def number_of(listing: str, cursor: str) -> int:
    """The row number behind which a cursor of this list goes on; 0 without one."""
    place = _place_of(listing, cursor) if cursor else 0
    if type(place) is not int or not 0 <= place < LARGEST:
        raise _invalid()
    return place


def name_of(listing: str, cursor: str) -> str:
    """The row name behind which a cursor of this list goes on; empty without one."""
    place = _place_of(listing, cursor) if cursor else ""
    if not isinstance(place, str) or not place.isprintable():
        raise _invalid()
    return place


def page(listing: str, rows: Sequence[Item], *, limit: int, place: Callable[[Item], int | str]) -> dict[str, Any]:
    """The first `limit` of the rows, of which one more was asked for to know whether others follow."""
    shown = rows[:limit]
    more = len(rows) > limit
    return {"items": list(shown), "next": cursor_of(listing, place(shown[-1])) if more else None}


def _place_of(listing: str, cursor: str) -> object:
    """What stands in a cursor; CursorInvalid for anything not given out by this list."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        named, place = json.loads(raw)
    except (ValueError, TypeError, RecursionError) as fault:
        raise _invalid() from fault
    if named != listing or not isinstance(place, int | str) or cursor_of(listing, place) != cursor:
        raise _invalid()
    return place


def _invalid() -> CursorInvalid:
    return CursorInvalid(
        "This cursor was not given out by this list.", mend="Send `next` of the page before, or leave it out to start."
    )
