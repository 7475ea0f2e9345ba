"""How far a stream was read: the highest cursor seen, never going back, and where the next read begins. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from concilia.errors import RunMustStop
from concilia.records import Bookmark
from connectors.database.settings import Account
from connectors.database.values import cursor_text, moment

SEPARATOR = "\x1f"
_INTEGER = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def cursor_value(text: str, *, sqlite: bool) -> Any:
    """The value behind a bookmark's cursor text; SQLite keeps timestamps as the text they are."""
    if _INTEGER.fullmatch(text):
        return int(text)
    try:
        if _DECIMAL.fullmatch(text) and not sqlite:
            return Decimal(text)
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError as fault:
        raise RunMustStop(f"The bookmark {text!r} is no cursor value.", mend="Read the stream in full once.") from fault
    return text if sqlite else found


def lowest_cursor(value: Any, *, account: Account) -> Any:
    """Where an incremental read begins: the bookmark less the overlap, in the bookmark's own form."""
    match value:
        case int() | Decimal():
            return value - account.overlap_numbers
        case datetime():
            return _earlier(value, account.overlap)
        case date():
            return _earlier(datetime(value.year, value.month, value.day), account.overlap).date()  # noqa: DTZ001
        case _:
            return _lowest_text(str(value), account.overlap)


def _earlier(value: datetime, overlap: timedelta) -> datetime:
    try:
        return value - overlap
    except OverflowError:
        return value


def _lowest_text(text: str, overlap: timedelta) -> str:
    """The text less the overlap, cut to whole seconds and without zone: it sorts before all texts it must include."""
    try:
        before = _earlier(datetime.fromisoformat(text), overlap)
    except ValueError:
        return text
    if _DAY.fullmatch(text):
        return before.date().isoformat()
    return before.replace(tzinfo=None).isoformat(sep=text[10], timespec="seconds")


class Watermark:
    """The highest cursor among the rows seen that is not in the future, with the key of its row.

    A row dated tomorrow is read each time until its day has come, so that one typing error cannot
    push the bookmark past all later changes.
    """

    def __init__(
        self, before: Bookmark | None, *, now: datetime, zone: tzinfo, sqlite: bool = False, bound: int | None = None
    ) -> None:
        self._value = cursor_value(before.cursor, sqlite=sqlite) if before and before.cursor else None
        self._bookmark = before
        self._now = now
        self._zone = zone
        self._sqlite = sqlite
        self._bound = bound  # a row version from which on changes may still come that commit later

    @property
    def bookmark(self) -> Bookmark | None:
        """The bookmark to store with the rows seen so far; None before the first cursor."""
        return self._bookmark

    def seen(self, value: Any, key: tuple[str, ...]) -> None:
        """Take in one row, in the order of the read."""
        if value is None or not self._counts(value):
            return
        if self._bound is not None:
            value = min(value, self._bound)
        if self._value is None or self._reaches(value):
            self._value = value
            self._bookmark = Bookmark("", cursor_text(value) or "", SEPARATOR.join(key))

    def _counts(self, value: Any) -> bool:
        if isinstance(value, int | Decimal):
            return True
        at = moment(value, self._zone)
        return at is not None and at <= self._now

    def _reaches(self, value: Any) -> bool:
        if self._sqlite and isinstance(value, str) is not isinstance(self._value, str):
            return isinstance(value, str)  # SQLite orders every number before every text
        try:
            return bool(value >= self._value)
        except TypeError as fault:
            raise RunMustStop(
                "The cursor column has changed its type since the last read.", mend="Read the stream in full once."
            ) from fault
