"""How a stream's files are written: encoding, delimiter, header. Declared and checked here, never guessed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from concilia.errors import ConfigurationInvalid
from connectors.contract import StreamRequest
from connectors.files.fixed_layout import FixedLayout, fixed_layout

ENCODINGS = {
    "cp1252": "cp1252",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
    "latin1": "latin-1",
    "iso-8859-1": "latin-1",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16",
    "utf16": "utf-16",
}
DELIMITERS = {";": ";", ",": ",", "\t": "\t", "\\t": "\t", "tab": "\t", "|": "|"}
CONNECTION_SETTINGS = frozenset(
    {"path", "settle_seconds", "url", "username", "password", "private_key", "passphrase", "host_key"}
)
LAYOUT_SETTINGS = frozenset(
    {"encoding", "delimiter", "quote", "decimal", "thousands", "skip_rows", "header", "sheet"}
    | {"largest_cell", "time_zone", "format"}
)
STREAM_OPTIONS = LAYOUT_SETTINGS | {"file", "fixed", "footer"}
FORMATS = ("table", "fixed_width", "json_lines", "camt", "mt940")
_BY_ENDING = {".jsonl": "json_lines", ".ndjson": "json_lines", ".xml": "camt", ".sta": "mt940", ".mt940": "mt940"}
_PACKED = frozenset({".gz"})
LARGEST_CELL = 64 * 1024


@dataclass(frozen=True, slots=True)
class Footer:
    """The last row of a table that states totals: its first cell is `starts`; `rows` and `sum` are places, from 1."""

    starts: str
    rows: int = 0  # 0: it states no number of rows
    sum: int = 0
    of: str = ""  # the column that is summed


@dataclass(frozen=True, slots=True)
class Layout:
    """How the files matching `pattern` are written. Sizes are characters."""

    pattern: str
    encoding: str = "utf-8"  # a Python codec name out of ENCODINGS
    delimiter: str = ","
    quote: str = '"'  # empty: quotes mean nothing
    skip_rows: int = 0
    header: tuple[str, ...] = ()  # empty: the first row holds the names
    sheet: str | None = None
    largest_cell: int = LARGEST_CELL
    zone: tzinfo = field(default=UTC)
    format: str = ""  # empty: by the end of each file's name
    fixed: FixedLayout | None = None
    footer: Footer | None = None
    decimal: str = "."
    thousands: str = ""

    def format_of(self, name: str) -> str:
        """The format of the file of that name."""
        path = PurePosixPath(name.lower())
        ending = PurePosixPath(path.stem).suffix if path.suffix in _PACKED else path.suffix
        return self.format or _BY_ENDING.get(ending, "table")

    @property
    def longest_row(self) -> int:
        """How many bytes of one row are ever held: beyond, the row is bad."""
        return max(1024 * 1024, 2 * self.largest_cell)


def instant(text: str, *, written: str | None, zone: tzinfo) -> datetime | None:
    """The moment in a cursor cell, ISO 8601 or in the strptime format `written`; None when it is no date."""
    try:
        moment = datetime.strptime(text, written) if written else datetime.fromisoformat(text.strip())  # noqa: DTZ007
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def known(given: Mapping[str, Any], *, allowed: frozenset[str] | set[str], where: str) -> None:
    """Refuse the first unknown setting, suggesting the one that was probably meant."""
    for name in given:
        if name not in allowed:
            close = difflib.get_close_matches(str(name), sorted(allowed), n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known settings: {', '.join(sorted(allowed))}."
            raise ConfigurationInvalid(f"{where} has the unknown setting {name!r}.", mend=hint)


def layout_of(request: StreamRequest, *, settings: Mapping[str, Any], where: str) -> Layout:
    """The layout of one stream: the connection's settings, overridden by the stream's own options.

    Raises ConfigurationInvalid naming the setting, what was written and what may be written.
    """
    known(request.options, allowed=STREAM_OPTIONS, where=f"{where}, stream {request.name}")
    given = {name: value for name, value in settings.items() if name in LAYOUT_SETTINGS} | dict(request.options)
    where = f"{where}, stream {request.name}"
    return Layout(
        pattern=_pattern(given.get("file"), where=where),
        encoding=_one_of(given.get("encoding", "utf-8"), table=ENCODINGS, name="encoding", where=where),
        delimiter=_one_of(given.get("delimiter", ","), table=DELIMITERS, name="delimiter", where=where),
        quote=_quote(given.get("quote", '"'), where=where),
        skip_rows=_whole(given.get("skip_rows", 0), name="skip_rows", least=0, where=where),
        header=_header(given.get("header", True), where=where),
        sheet=_text_or_none(given.get("sheet"), name="sheet", where=where),
        largest_cell=_whole(given.get("largest_cell", LARGEST_CELL), name="largest_cell", least=1, where=where),
        zone=_zone(given.get("time_zone", "UTC"), where=where),
        format=_format(given.get("format"), fixed="fixed" in given, where=where),
        fixed=fixed_layout(_group(given["fixed"], name="fixed", where=where), where=where)
        if "fixed" in given
        else None,
        footer=_footer(given.get("footer"), where=where),
        decimal=str(given.get("decimal") or "."),
        thousands=str(given.get("thousands") or ""),
    )


def _format(value: Any, *, fixed: bool, where: str) -> str:
    if value is None:
        return "fixed_width" if fixed else ""
    if value not in FORMATS or (value == "fixed_width") != fixed:
        may = f"one of {', '.join(FORMATS)}; fixed_width with the group `fixed`, and only that"
        raise _wrong("format", value, may=may, where=where)
    return str(value)


def _group(value: Any, *, name: str, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(name, value, may="a group of settings", where=where)
    return value


def _footer(value: Any, *, where: str) -> Footer | None:
    if value is None:
        return None
    given = _group(value, name="footer", where=where)
    known(given, allowed={"starts", "rows", "sum", "of"}, where=f"{where}, footer")
    if (
        not given.get("starts")
        or bool(given.get("sum")) != bool(given.get("of"))
        or not (given.keys() & {"rows", "sum"})
    ):
        raise _wrong("footer", dict(given), may="{starts: TOTAL, rows: 2, sum: 3, of: SALDO}", where=where)
    places = {name: _whole(given.get(name, 0), name=name, least=0, where=where) for name in ("rows", "sum")}
    return Footer(str(given["starts"]), **places, of=str(given.get("of") or ""))


def seconds(value: Any, *, name: str, where: str) -> float:
    """A duration in seconds, zero or more."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise _wrong(name, value, may="a number of seconds, 0 or more", where=where)
    return float(value)


def _wrong(name: str, value: Any, *, may: str, where: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(f"{where}: {name} is {value!r}.", mend=f"Write {may}.")


def _one_of(value: Any, *, table: Mapping[str, str], name: str, where: str) -> str:
    found = table.get(value.lower()) if isinstance(value, str) else None
    if found is None:
        raise _wrong(name, value, may=f"one of {', '.join(repr(each) for each in table)}", where=where)
    return found


def _pattern(value: Any, *, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationInvalid(f"{where} does not say which files to read.", mend='Add for example: file: "*.csv"')
    if value.startswith("/") or "\\" in value or ".." in PurePosixPath(value).parts:
        raise _wrong("file", value, may="a file name or pattern inside the folder, such as '*.csv'", where=where)
    return value


def _quote(value: Any, *, where: str) -> str:
    if value in ("", None):
        return ""
    if not isinstance(value, str) or len(value) != 1 or value in DELIMITERS or value in "\r\n":
        raise _wrong("quote", value, may="one character such as '\"', or nothing", where=where)
    return value


def _whole(value: Any, *, name: str, least: int, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise _wrong(name, value, may=f"a whole number, {least} or more", where=where)
    return value


def _header(value: Any, *, where: str) -> tuple[str, ...]:
    if value is True:
        return ()
    if isinstance(value, list | tuple) and value and all(isinstance(each, str) and each for each in value):
        twice = sorted({each for each in value if list(value).count(each) > 1})
        if not twice:
            return tuple(value)
    raise _wrong("header", value, may="true, or a list of different column names", where=where)


def _text_or_none(value: Any, *, name: str, where: str) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    raise _wrong(name, value, may="a name", where=where)


def _zone(value: Any, *, where: str) -> tzinfo:
    try:
        return UTC if value == "UTC" else ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as fault:
        raise _wrong("time_zone", value, may="an IANA name such as America/Santiago", where=where) from fault
