"""What connectors hand over (records, bad rows, pages, bookmarks), the "absent" marker, and their stored text."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final


class Absent(enum.Enum):
    """The type of `ABSENT`: the source said nothing, which differs from saying null or empty."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Record:
    """One row or object as a source system holds it, keyed, with where and when it was seen.

    `fields` holds JSON-able wire values (text, int, bool, None, lists, objects) plus Decimal, date and
    datetime; never float. `position` is for people ("cartera.csv line 17"). `cursor` is the text of the
    cursor column, comparable within its stream. `source_updated_at` is business time, with a zone.
    """

    key: tuple[str, ...]
    fields: Mapping[str, Any]
    position: str = ""
    cursor: str | None = None
    source_updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not become a record: where, which column, why, and the row itself for repair."""

    position: str
    reason: str
    column: str = ""
    key: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far one partition of a stream was read. `tie` orders records of equal cursor."""

    partition: str = ""
    cursor: str = ""
    tie: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A bounded batch: storing it and its bookmark is one transaction."""

    records: tuple[Record, ...]
    bad_rows: tuple[BadRow, ...] = ()
    bookmark: Bookmark | None = None

    @property
    def read(self) -> int:
        """How many records the source gave, good and bad."""
        return len(self.records) + len(self.bad_rows)


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A record in a source system."""

    connection: str
    stream: str
    external_id: str


_TAG = "$concilia:"  # no source system names its members so
_DECIMAL, _DATE, _DATETIME = f"{_TAG}decimal", f"{_TAG}date", f"{_TAG}datetime"
_READ: Mapping[str, Callable[[str], Any]] = {
    _DECIMAL: Decimal,
    _DATE: date.fromisoformat,
    _DATETIME: datetime.fromisoformat,
}


def to_wire(fields: Mapping[str, Any]) -> str:
    """The fields as canonical JSON text: same content, same text. Decimal, date and datetime keep their type."""
    _refuse_float(fields)
    return _ENCODER.encode(fields)


def from_wire(text: str) -> dict[str, Any]:
    """The fields written by `to_wire`."""
    found: dict[str, Any] = json.loads(text, object_hook=_untagged) if _TAG in text else json.loads(text)
    return found


def content_hash(wire: str) -> str:
    """Equal for equal content: 32 hexadecimal digits of BLAKE2b."""
    return hashlib.blake2b(wire.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _refuse_float(value: object) -> None:
    """JSON would write a float by itself; amounts must never have been one."""
    if isinstance(value, float):
        raise TypeError("a record may not hold a float")
    if isinstance(value, Mapping):
        for item in value.values():
            if not isinstance(item, str):
                _refuse_float(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_float(item)


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, Decimal):
        return {_DECIMAL: format(value, "f")}
    if isinstance(value, datetime):
        return {_DATETIME: value.isoformat()}
    if isinstance(value, date):
        return {_DATE: value.isoformat()}
    raise TypeError(f"a record may not hold {type(value).__name__}")


# Made once: `json.dumps` with these arguments would make one for every record.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_tagged)


def _untagged(found: dict[str, Any]) -> Any:
    if len(found) != 1:
        return found
    ((tag, text),) = found.items()
    read = _READ.get(tag)
    return found if read is None else read(text)
