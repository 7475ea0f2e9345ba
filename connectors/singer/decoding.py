"""A Singer schema compiled once into a decoder of records: exact types, and for each bad record its reason. No I/O.

Numbers with a fraction become Decimal. Days and moments are checked and stay the text that they are in JSON, so that
nothing is lost of how they were written; the mapping reads them, and the zone of the connection holds for those
without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from concilia.records import BadRow, Record

# JSON type -> the Python types that are one already.
_PLAIN: Final[Mapping[str, frozenset[type]]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, Decimal}),
    "boolean": frozenset({bool}),
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "null": frozenset({type(None)}),
}
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_PLAIN_NUMBER: Final = re.compile(r"[+-]?(\d{1,400})(\.\d{1,400})?", re.ASCII)

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """How one column is read: its kind for the catalog, what is taken as it is, and what the rest becomes.

    `convert` raises ValueError for what is none of it.
    """

    kind: str  # as connectors.contract.StreamSchema names types
    plain: frozenset[type]
    convert: Convert


@dataclass(frozen=True, slots=True)
class Decoder:
    """Makes records of one stream. Columns the schema does not name are taken as they are."""

    stream: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    cursor: str | None
    zone: tzinfo

    def decode(self, found: dict[str, Any], position: str) -> Record | BadRow:
        """The record, or why it is none. `found` is taken over, not copied."""
        columns = self.columns
        for name, value in found.items():
            column = columns.get(name)
            if column is not None and type(value) not in column.plain:
                try:
                    found[name] = column.convert(value)
                except (ValueError, ArithmeticError):
                    return self.bad(found, position, column=name, reason=f"It should be {_ARTICLES[column.kind]}.")
        key = tuple([_key_text(found.get(name)) for name in self.key])
        for name, text in zip(self.key, key, strict=True):
            if not text.strip():
                return BadRow(position, "The key is empty.", name, fields=found)
            if not text.isprintable() and _CONTROL.search(text):
                return BadRow(position, "The key holds a control character.", name, fields=found)
        if self.cursor is None or self.cursor not in columns:
            return Record(key, found, position)
        cursor = found.get(self.cursor)
        moment = self.moment(cursor) if columns[self.cursor].kind == "datetime" and cursor is not None else None
        return Record(key, found, position, _cursor_text(cursor), moment)

    def moment(self, text: str) -> datetime:
        """The moment of a checked text."""
        found = datetime.fromisoformat(text)
        return found if found.tzinfo is not None else found.replace(tzinfo=self.zone)

    def bad(self, found: Mapping[str, Any], position: str, *, column: str, reason: str) -> BadRow:
        """A row that is no record; under its key, where that can be read, so that a good one takes its place."""
        key = tuple(_key_text(found.get(name)) for name in self.key)
        readable = all(text.strip() and text.isprintable() for text in key)
        return BadRow(position, reason, column, key if readable else (), fields=found)


def compiled(schema: Mapping[str, Any], *, kinds: Mapping[str, str]) -> Mapping[str, Column]:
    """The columns of a schema; `kinds` are what the workspace says of columns whose schema is not to be believed."""
    said = schema.get("properties") or {}
    found = {name: _column(member) for name, member in said.items()}
    return {**found, **{name: _MADE[kind] for name, kind in kinds.items()}}


KINDS: Final = ("text", "integer", "decimal", "date", "datetime", "boolean", "object", "any")
_ARTICLES: Final = {
    "text": "text", "integer": "a whole number", "decimal": "a number", "date": "a day such as 2026-11-22",
    "datetime": "a moment such as 2026-11-22T10:00:00Z", "boolean": "true or false", "object": "a list or a group",
    "any": "something",
}  # fmt: skip


def _column(member: Any) -> Column:
    """The column of a property: one type and null, or several types of which none is converted."""
    types, formats = _types(member)
    real = frozenset(types - {"null"})
    if real == {"string"}:
        return _MADE[_OF_FORMATS.get(next(iter(formats)), "text") if len(formats) == 1 else "text"]
    kind = _OF_TYPES.get(real, "any")
    if kind != "any" or not real or not real <= set(_PLAIN):
        return _MADE[kind]
    return Column("text" if "string" in real else "any", _any_of(real), _refuse)


_OF_FORMATS: Final = {
    "singer.decimal": "decimal", "x-singer.decimal": "decimal", "date-time": "datetime", "date": "date",
}  # fmt: skip
_OF_TYPES: Final = {
    frozenset({"integer"}): "integer", frozenset({"number"}): "decimal", frozenset({"integer", "number"}): "decimal",
    frozenset({"boolean"}): "boolean", frozenset({"object"}): "object", frozenset({"array"}): "object",
    frozenset({"object", "array"}): "object",
}  # fmt: skip


def _types(member: Any) -> tuple[set[str], set[str]]:
    """The JSON types a property may have, and the formats of its texts ("" for text of any), however it is nested."""
    types: set[str] = set()
    formats: set[str] = set()
    for one in _branches(member, depth=0):
        named = one.get("type")
        here = {named} if isinstance(named, str) else {name for name in named or () if isinstance(name, str)}
        types |= here
        if "string" in here or isinstance(one.get("format"), str):
            formats.add(str(one.get("format") or ""))
    return types, formats


def _branches(member: Any, *, depth: int) -> Iterator[Mapping[str, Any]]:
    if not isinstance(member, Mapping) or depth > 5:
        return
    yield member
    for choice in ("anyOf", "oneOf", "allOf"):
        for branch in member.get(choice) or () if isinstance(member.get(choice), list) else ():
            yield from _branches(branch, depth=depth + 1)


def _any_of(names: frozenset[str]) -> frozenset[type]:
    return frozenset({kind for name in names for kind in _PLAIN[name]} | {type(None)})


def _refuse(_value: Any) -> Any:
    raise ValueError("of another type")


def _whole(value: Any) -> int:
    """A number without a fraction, however it is written; JSON makes no difference between 1 and 1.0."""
    if type(value) is Decimal and value == value.to_integral_value():
        return int(value)
    raise ValueError("no whole number")


def _number(value: Any) -> Decimal:
    """A number that is written as text, so that it stays exact."""
    if type(value) is not str or not _PLAIN_NUMBER.fullmatch(value):
        raise ValueError("no number")
    return Decimal(value)


def _moment(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("no text")
    datetime.fromisoformat(value)
    return value


def _day(value: Any) -> str:
    """A day, also when it comes as the first moment of it."""
    if type(value) is not str:
        raise ValueError("no text")
    if len(value) == 10:
        date.fromisoformat(value)
        return value
    moment = datetime.fromisoformat(value)
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise ValueError("no day")
    return moment.date().isoformat()


_NOTHING: Final = type(None)
_MADE: Final[Mapping[str, Column]] = {
    "text": Column("text", frozenset({str, _NOTHING}), _refuse),
    "integer": Column("integer", frozenset({int, _NOTHING}), _whole),
    "decimal": Column("decimal", frozenset({int, Decimal, _NOTHING}), _number),
    "boolean": Column("boolean", frozenset({bool, _NOTHING}), _refuse),
    "datetime": Column("datetime", frozenset({_NOTHING}), _moment),
    "date": Column("date", frozenset({_NOTHING}), _day),
    "object": Column("object", frozenset({dict, list, _NOTHING}), _refuse),
    "any": Column("any", frozenset(kind for kinds in _PLAIN.values() for kind in kinds), _refuse),
}


def _key_text(value: Any) -> str:
    """A part of a key as text; empty for what is none. True is no number here."""
    kind = type(value)
    if kind is str or kind is int:
        return str(value)
    return format(value, "f") if kind is Decimal else ""


def _cursor_text(value: Any) -> str | None:
    return None if value is None or isinstance(value, dict | list) else str(value)
