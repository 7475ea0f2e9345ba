"""Claims about `discover` and about what records are made of: typed, stable, and the values as the schema says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from concilia.records import Record, to_wire
from connectors.contract import StreamSchema
from connectors.testing.claims import claims_of
from connectors.testing.harness import Harness, given
from connectors.testing.opening import opened, read, reading_of, requests_of

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _is_moment(value: Any) -> bool:
    if isinstance(value, datetime):
        return value.tzinfo is not None
    return isinstance(value, str) and _DAY.match(value) is not None


# Type of the catalog -> whether a value is one. Numbers, days and moments may also be the text that came over the wire.
_IS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: (not isinstance(value, bool) and isinstance(value, int))
    or (isinstance(value, str) and value.lstrip("-").isdigit()),
    "decimal": lambda value: (not isinstance(value, bool) and isinstance(value, int | Decimal))
    or (isinstance(value, str) and _NUMBER.fullmatch(value) is not None),
    "date": lambda value: isinstance(value, date) or (isinstance(value, str) and _DAY.match(value) is not None),
    "datetime": _is_moment,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict | list | tuple | str),
}  # fmt: skip


def discovery_is_typed_and_stable(harness: Harness) -> Iterator[str]:
    """discover() gives every stream typed, with its key and cursor among its columns, and the same each time."""
    with opened(harness) as connector:
        first, second = tuple(connector.discover()), tuple(connector.discover())
        capable = connector.capabilities.streams
    if first != second:
        yield "Two discoveries differ."
    names = [schema.name for schema in first]
    if len(names) != len(set(names)):
        yield "A stream is named twice."
    if not first:
        yield "It discovered nothing."
    for schema in first:
        yield from _flaws(schema)
    known = {request.name for request in requests_of(harness)}
    for name in capable:
        if name not in names and name not in known:
            yield f"Capabilities name the stream {name}, which is neither discovered nor configured."


def _flaws(schema: StreamSchema) -> Iterator[str]:
    for column, kind in schema.columns.items():
        if kind not in _IS:
            yield f"{schema.name}.{column} is of the unknown type {kind!r}."
    for column in (*schema.key, *([schema.cursor] if schema.cursor else [])):
        if column not in schema.columns:
            yield f"{schema.name} has the key or cursor {column}, which is none of its columns."


def records_are_as_discovered(harness: Harness) -> Iterator[str]:
    """Records hold the columns of the catalog, of the types it says, and never a float."""
    reading = reading_of(harness)
    if not reading.keys():
        given(reading.insert, called="reading.insert")(reading.page_size, None)
    with opened(harness) as connector:
        schemas = {schema.name: schema for schema in connector.discover()}
        for request in requests_of(harness):
            found = read(connector, request)
            schema = schemas.get(request.name) or schemas.get(str(request.options.get("table", "")))
            for record in found.records:
                yield from _ill_formed(request.name, record)
                if schema is not None:
                    yield from _ill_typed(schema, record)
            for page in found.pages:
                for row in page.bad_rows:
                    if not row.reason or not row.position:
                        yield f"A bad row of {request.name} does not say where it stood or why."


def _ill_formed(stream: str, record: Record) -> Iterator[str]:
    if not record.key or not all(str(part).strip() for part in record.key):
        yield f"{stream}: a record has the key {record.key!r}."
    if record.source_updated_at is not None and record.source_updated_at.tzinfo is None:
        yield f"{stream} {record.key}: source_updated_at has no zone."
    if not record.position:
        yield f"{stream} {record.key}: it does not say where it stood."
    try:
        to_wire(record.fields)
    except TypeError as fault:
        yield f"{stream} {record.key}: {fault}."


def _ill_typed(schema: StreamSchema, record: Record) -> Iterator[str]:
    for column, value in record.fields.items():
        kind = schema.columns.get(column)
        if kind is None:
            yield f"{schema.name} {record.key}: the column {column} is not in the catalog."
        elif value is not None and value != "" and kind in _IS and not _IS[kind](value):
            yield f"{schema.name} {record.key}: {column} is {type(value).__name__} and should be {kind}."


def texts_arrive_untouched(harness: Harness) -> Iterator[str]:
    """Texts arrive as they are: leading zeros, Ñ and accents, what looks like a number, a day or nothing."""
    reading = reading_of(harness)
    insert = given(reading.insert_text, called="reading.insert_text")
    texts = ("000123", "0012345678901234567890", "Ñandú Peñaloza Üñá", "1e5", "2026-01-02", "NULL", "1.234,50", "-")
    placed = {text: insert(text) for text in texts}
    with opened(harness) as connector:
        records = {record.key: record for record in read(connector, reading.stream).records}
    for text, (key, column) in placed.items():
        record = records.get(key)
        held = None if record is None else _at(record.fields, column)
        if held != text:
            yield f"{text!r} came as {held!r} ({type(held).__name__})."


def _at(fields: Any, path: str) -> Any:
    """The value at a path such as `lines.0.text`."""
    held = fields
    for part in path.split("."):
        if isinstance(held, Mapping):
            held = held.get(part)
        elif isinstance(held, list | tuple) and part.isdigit() and int(part) < len(held):
            held = held[int(part)]
        else:
            return None
    return held


def a_vanished_column_is_named(harness: Harness) -> Iterator[str]:
    """A column that vanished is named by check(), discover(), a bad row or an error, or absent: never made up."""
    yield from _drifted(harness, "vanished")


def a_column_of_another_type_is_never_guessed(harness: Harness) -> Iterator[str]:
    """A column whose type changed is handed over as it now is, or named: never turned into what it was."""
    yield from _drifted(harness, "retyped")


def _drifted(harness: Harness, kind: str) -> Iterator[str]:
    reading = reading_of(harness)
    drift = given(given(reading.drifts, called="reading.drifts").get(kind), called=f"reading.drifts[{kind!r}]")
    with opened(harness) as connector:
        before = {schema.name: dict(schema.columns) for schema in connector.discover()}
        usual: dict[str, set[type]] = {}
        for record in read(connector, reading.stream).records:
            for name, value in record.fields.items():
                usual.setdefault(name, set()).add(type(value))
    with drift() as column, opened(harness) as connector:
        said = " ".join(f"{f.what} {f.detail}" for f in connector.check() if not f.ok)
        try:
            now = {schema.name: dict(schema.columns) for schema in connector.discover()}
            found = read(connector, reading.stream)
        except Exception as fault:  # noqa: BLE001  an error is one of the allowed ways of naming it
            if column not in str(fault):
                yield f"It stopped with {type(fault).__name__} and does not name {column}: {fault}"
            return
    named = column in said or now != before or any(row.column == column for p in found.pages for row in p.bad_rows)
    held = [record.fields[column] for record in found.records if column in record.fields]
    if kind == "vanished" and held and not named:
        yield f"{column} vanished, and records still hold it: {held[0]!r}."
    if kind == "retyped" and not named and held and all(type(value) in usual.get(column, ()) for value in held):
        yield f"{column} is of another type now, and nothing shows it: {held[0]!r}."


CLAIMS = claims_of(
    "catalog",
    (
        discovery_is_typed_and_stable,
        records_are_as_discovered,
        texts_arrive_untouched,
        a_vanished_column_is_named,
        a_column_of_another_type_is_never_guessed,
    ),
)
