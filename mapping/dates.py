"""Read and write dates and moments: ISO 8601 by itself, anything else in a declared format. No clock, no guessing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any

from concilia.clock import to_text
from mapping.columns import clean
from mapping.issues import BadCell, Code

EARLIEST, LATEST = 1800, 2200
_LONGEST = 64
_DIRECTIVES = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "d": r"(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})",
    "M": r"(?P<M>[0-9]{2})",
    "S": r"(?P<S>[0-9]{2})",
    "f": r"(?P<f>[0-9]{1,6})",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
}
_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-].{2,6})?)?"
)
_NO_DATE = frozenset({"0000-00-00", "0000-00-00 00:00:00"})  # how MySQL writes "none"
_EXCEL_DAY_0 = date(1899, 12, 30)
_EXCEL_FIRST = 61  # 1900-03-01; before it Excel counts a day that never was


@dataclass(frozen=True, slots=True)
class Format:
    """A format with the directives of strptime that mean numbers, compiled once."""

    text: str
    pattern: re.Pattern[str]

    def read(self, value: str) -> datetime:
        """The moment written in this format, with a zone only when %z is in it; BadCell otherwise."""
        found = self.pattern.fullmatch(value) if len(value) <= _LONGEST else None
        if found is None:
            raise BadCell(Code.BAD_DATE, f"not written as {self.text}")
        parts = found.groupdict()
        try:
            return datetime(
                _year(parts),
                int(parts["m"]),
                int(parts["d"]),
                int(parts.get("H") or 0),
                int(parts.get("M") or 0),
                int(parts.get("S") or 0),
                int((parts.get("f") or "0").ljust(6, "0")),
                tzinfo=_offset(parts.get("z")),
            )
        except ValueError as fault:
            raise BadCell(Code.BAD_DATE, "no such day or time") from fault

    def write(self, moment: datetime) -> str:
        """The moment in this format."""
        return moment.strftime(self.text)


@cache
def date_format(text: str) -> Format:
    """The format; ValueError with a sentence for directives that cannot be used and for a format without a day."""
    pieces, index = [], 0
    while index < len(text):
        if text[index] != "%":
            pieces.append(re.escape(text[index]))
            index += 1
            continue
        directive = text[index + 1 : index + 2]
        if directive not in _DIRECTIVES:
            raise ValueError(f"%{directive} cannot be used in a format; known are {_known()}")
        piece = _DIRECTIVES[directive]
        if _touches_digits(text, index):
            piece = piece.replace("{1,2}", "{2}")
        pieces.append(piece)
        index += 2
    if "%d" not in text or "%m" not in text or ("%Y" in text) == ("%y" in text):
        raise ValueError(f'the format "{text}" needs a day, a month and a year: %d, %m and %Y')
    try:
        return Format(text, re.compile("".join(pieces)))
    except re.error as fault:
        raise ValueError(f'the format "{text}" has a directive twice') from fault


def read_day(value: Any) -> date | None:
    """The calendar day of a date, or of ISO text as written; None when the cell stands for no date."""
    moment = _iso(value)
    return moment if moment is None or not isinstance(moment, datetime) else moment.date()


def read_moment(value: Any, *, zone: tzinfo) -> datetime | None:
    """The instant of a datetime or ISO text; `zone` for one without. None when the cell stands for no date."""
    found = _iso(value)
    if found is None:
        return None
    moment = found if isinstance(found, datetime) else datetime(found.year, found.month, found.day)  # noqa: DTZ001
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day_text(value: Any) -> str:
    """A cell as canonical ISO date, or empty."""
    day = read_day(value)
    return "" if day is None else day.isoformat()


def moment_text(value: Any, *, zone: tzinfo) -> str:
    """A cell as canonical instant in UTC, or empty."""
    moment = read_moment(value, zone=zone)
    return "" if moment is None else to_text(moment)


def excel_day(serial: int) -> date:
    """The day of a spreadsheet's serial number (1900 system); BadCell before March 1900 and after 2200."""
    if not _EXCEL_FIRST <= serial < 110_000:
        raise BadCell(Code.BAD_DATE, "no serial number of a spreadsheet's day")
    return _EXCEL_DAY_0 + timedelta(days=serial)


def epoch_moment(seconds: int) -> datetime:
    """The instant of a Unix time in seconds; BadCell outside of 1800 to 2200."""
    if not -5_364_662_400 <= seconds < 7_258_118_400:
        raise BadCell(Code.BAD_DATE, "no Unix time of our days")
    return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)  # noqa: UP017


def _iso(value: Any) -> date | None:
    match value:
        case date():
            return _within(value)
        case str():
            text = clean(value)
            if not text or text in _NO_DATE:
                return None
            return _within(_iso_text(text))
        case _:
            raise BadCell(Code.BAD_DATE, "no date")


def _iso_text(text: str) -> date:
    if len(text) > _LONGEST or not _ISO.fullmatch(text):
        raise BadCell(Code.BAD_DATE, 'not an ISO date such as 2026-01-31: declare it with convert: "date(…)"')
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError as fault:
        raise BadCell(Code.BAD_DATE, "no such day or time") from fault


def _within(day: date) -> date:
    if not EARLIEST <= day.year < LATEST:
        raise BadCell(Code.BAD_DATE, f"the year {day.year} cannot be meant")
    return day


def _year(parts: dict[str, str | None]) -> int:
    if parts.get("Y"):
        return int(parts["Y"] or 0)
    year = int(parts["y"] or 0)
    return year + (1900 if year >= 69 else 2000)  # as POSIX reads two digits


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text == "Z":
        return timezone.utc  # noqa: UP017
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def _touches_digits(text: str, index: int) -> bool:
    before = text[index - 2 : index - 1] == "%" if index >= 2 else False
    return before or text[index + 2 : index + 3] == "%"


def _known() -> str:
    return ", ".join(f"%{name}" for name in _DIRECTIVES)
