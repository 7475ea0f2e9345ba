"""Database values to the wire values of a record, and what makes a row bad. Knows no SQL."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from concilia.records import BadRow, Record

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_AS_THEY_ARE = frozenset({int, bool, type(None)})
LONGEST_RAW = 64 * 1024


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a stream, where key and cursor stand, the zone of naive timestamps, and the source's name.

    A cursor that stands behind the last column is one the connector asked for, and no field of the record.
    """

    names: tuple[str, ...]
    key: tuple[int, ...]
    cursor: int | None
    zone: tzinfo
    called: str
    in_utc: frozenset[int] = frozenset()  # columns whose naive moments are UTC whatever the zone of the others
    versions: bool = False  # the cursor is a row version, and not a moment or number of the application's

    def zone_of(self, column: int | None) -> tzinfo:
        """The zone of naive moments in a column."""
        return UTC if column in self.in_utc else self.zone

    def cursor_in(self, values: Sequence[Any]) -> Any:
        """The raw cursor of a row; a row version as the number it is."""
        value = None if self.cursor is None else values[self.cursor]
        return int.from_bytes(value, "big") if isinstance(value, bytes) and self.versions else value


def wire(value: Any, zone: tzinfo) -> Any:  # noqa: PLR0911  # one line for each kind of value
    """The value as records hold it: never float, bytes as hexadecimal text, timestamps with a zone."""
    match value:
        case datetime():
            return value if value.tzinfo else value.replace(tzinfo=zone)
        case None | str() | bool() | int() | date():
            return value
        case float():
            return Decimal(repr(value)) if math.isfinite(value) else str(value)
        case Decimal():
            return value if value.is_finite() else str(value)
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case Mapping():
            return {str(name): wire(each, zone) for name, each in value.items()}
        case list() | tuple():
            return [wire(each, zone) for each in value]
        case uuid.UUID():
            return str(value)
        case _:
            return value.isoformat() if hasattr(value, "isoformat") else str(value)


def record_of(values: Sequence[Any], shape: Shape) -> Record | BadRow:
    """A row as a record, or as a bad row naming the column and the reason."""
    fields: dict[str, Any] = {}
    broken = ""
    for at, (name, value) in enumerate(zip(shape.names, values, strict=False)):
        kind = type(value)
        if kind is str:
            if _UNSTORABLE.search(value):
                broken = broken or name
        elif kind not in _AS_THEY_ARE:
            value = wire(value, shape.zone_of(at))  # noqa: PLW2901
            if kind in {dict, list} and _unstorable(value):
                broken = broken or name
        fields[name] = value
    key = tuple(key_text(fields[shape.names[at]]) for at in shape.key)
    if broken:
        return _bad(fields, shape, column=broken, reason="The text holds a NUL or is not valid UTF-8.", key=key)
    for at, part in zip(shape.key, key, strict=True):
        if not part.strip():
            return _bad(fields, shape, column=shape.names[at], reason="The key is empty.")
        if not part.isprintable() and _CONTROL.search(part):
            return _bad(fields, shape, column=shape.names[at], reason="The key holds a control character.")
    cursor = shape.cursor_in(values)
    return Record(key, fields, _position(shape, key), cursor_text(cursor), moment(cursor, shape.zone_of(shape.cursor)))


def _position(shape: Shape, key: Sequence[str]) -> str:
    return f"{shape.called} {', '.join(key)}"


def _unstorable(value: Any) -> bool:
    match value:
        case str():
            return _UNSTORABLE.search(value) is not None
        case Mapping():
            return any(_unstorable(name) or _unstorable(each) for name, each in value.items())
        case list():
            return any(map(_unstorable, value))
        case _:
            return False


def _bad(fields: Mapping[str, Any], shape: Shape, *, column: str, reason: str, key: tuple[str, ...] = ()) -> BadRow:
    shown = {name: _storable(value) for name, value in fields.items()}
    known = key if key and all(part.strip() and not _CONTROL.search(part) for part in key) else ()
    safe = tuple(part for part in known if not _UNSTORABLE.search(part))
    return BadRow(
        position=_position(shape, [_storable(part) for part in key] or ["without key"]),
        reason=reason,
        column=column,
        key=safe if len(safe) == len(shape.key) else (),
        fields=shown,
        raw="\t".join(str(value) for value in shown.values())[:LONGEST_RAW],
    )


def _storable(value: Any) -> Any:
    match value:
        case str():
            return _UNSTORABLE.sub("\ufffd", value)
        case Mapping():
            return {_storable(name): _storable(each) for name, each in value.items()}
        case list():
            return [_storable(each) for each in value]
        case _:
            return value


def key_text(value: Any) -> str:
    """A wire value as the text that stands in a key."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def cursor_text(value: Any) -> str | None:
    """A raw cursor value as text: ISO 8601 with microseconds, digits, or the text itself; None for NULL."""
    match value:
        case None | str():
            return value
        case datetime():
            return value.isoformat(timespec="microseconds")
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def moment(value: Any, zone: tzinfo) -> datetime | None:
    """The instant of a raw cursor value, naive ones in `zone`; None when it is no timestamp."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if "-" in value else None
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    return None
