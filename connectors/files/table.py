"""Header and columns of one file, and rows to records or bad rows. Opens nothing, counts nothing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from concilia.errors import ConfigurationInvalid
from concilia.records import BadRow, Record
from connectors.contract import StreamRequest
from connectors.files.layout import DELIMITERS, Layout, instant
from connectors.files.lines import printable
from connectors.files.rows import Fault, Row

LONGEST_RAW = 64 * 1024
MOST_SURPLUS = 100  # surplus cells of a bad row kept for repair
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_EXACT_DIGITS = 15  # Excel keeps no more; a longer number has already lost its end


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file, where its key and cursor stand, and how a position in it is written."""

    names: tuple[str, ...]
    key: tuple[int, ...]
    cursor: int | None
    place: str  # "cartera.csv line " or "cartera.xlsx sheet Hoja1 row "
    request: StreamRequest
    layout: Layout
    single: int = field(default=-1)  # the only key column, for speed


def columns_of(names: Sequence[str], *, name: str, place: str, request: StreamRequest, layout: Layout) -> Columns:
    """The columns of a file under its header.

    Raises ConfigurationInvalid naming the file, the columns found and the mend when two columns have the
    same name, or the key or the cursor column is missing.
    """
    found = f"Columns found: {', '.join(map(repr, names))}."
    twice = sorted({each for each in names if list(names).count(each) > 1})
    if twice:
        raise ConfigurationInvalid(
            f"{name} has {names.count(twice[0])} columns called {twice[0]!r}. {found}",
            mend="Rename them at the source, or list the column names under `header` and skip the row with skip_rows.",
        )
    for wanted in (*request.key, *([request.cursor] if request.cursor else [])):
        if wanted not in names:
            raise ConfigurationInvalid(f"{name} has no column {wanted!r}. {found}", mend=_mend(wanted, names))
    key = tuple(names.index(each) for each in request.key)
    cursor = names.index(request.cursor) if request.cursor else None
    single = key[0] if len(key) == 1 else -1
    return Columns(tuple(names), key, cursor, place, request, layout, single)


def _mend(wanted: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(wanted.lower(), [each.lower() for each in names], n=1)
    if close:
        meant = next(each for each in names if each.lower() == close[0])
        return f"Did you mean {meant!r}?"
    return "Correct key or cursor, or check skip_rows, header, encoding and delimiter."


def header_of(row: Row | None, *, name: str, layout: Layout) -> tuple[str, ...]:
    """The column names in a header row; ConfigurationInvalid when it is missing, damaged or badly delimited."""
    if row is None:
        raise ConfigurationInvalid(
            f"{name} has no header: nothing is left after {layout.skip_rows} skipped rows.", mend="Correct skip_rows."
        )
    if row.fault is not None:
        raise ConfigurationInvalid(
            f"The header of {name}, line {row.first}, cannot be read. {row.fault.reason}",
            mend="Check encoding, delimiter, quote and skip_rows.",
        )
    refuse_one_column(row, name=name, layout=layout)
    return tuple(row.cells)


def refuse_one_column(row: Row, *, name: str, layout: Layout) -> None:
    """Raise ConfigurationInvalid when this delimiter finds one column and another one would find more."""
    others = {each for each in DELIMITERS.values() if each != layout.delimiter and each in row.cells[0]}
    if len(row.cells) == 1 and others:
        likely = max(sorted(others), key=row.cells[0].count)
        raise ConfigurationInvalid(
            f"{name}, line {row.first}: the delimiter {layout.delimiter!r} finds only one column, "
            f"{printable(row.cells[0])[:200]!r}.",
            mend=f"Declare delimiter: {likely!r}",
        )


def record_of(row: Row, columns: Columns) -> Record | BadRow:
    """The row as a record, or as a bad row that says which column is wrong and why."""
    first, _, cells, _, fault = row
    if fault is None and len(cells) == len(columns.names):
        if columns.single >= 0:
            part = cells[columns.single]
            key: tuple[str, ...] = (part,)
            sound = part.isprintable() and bool(part.strip())
        else:
            key = tuple(cells[at] for at in columns.key)
            sound = all(part.isprintable() and part.strip() for part in key)
        if not sound:
            fault = _key_fault(key, columns)
        if fault is None:
            fields = dict(zip(columns.names, cells, strict=True))
            place = columns.place + str(first)
            if columns.cursor is None:
                return Record(key, fields, place)
            written = cells[columns.cursor]
            moment = instant(written, written=columns.request.cursor_format, zone=columns.layout.zone)
            return Record(key, fields, place, written, moment)
    return bad_row(row, columns=columns, fault=fault or _miscounted(cells, columns))


def _key_fault(key: Sequence[str], columns: Columns) -> Fault | None:
    for at, part in zip(columns.key, key, strict=True):
        if not part.strip():
            return Fault("The key is empty.", at)
        if _CONTROL.search(part):
            return Fault("The key holds a control character.", at)
    return None


def _miscounted(cells: Sequence[str], columns: Columns) -> Fault:
    found, wanted = len(cells), len(columns.names)
    if found > wanted:
        return Fault(f"The row has {found} cells, the header only {wanted}: too many columns.", wanted)
    return Fault(f"The row has {found} cells, the header {wanted}: too few columns.", found)


def bad_row(row: Row, *, columns: Columns, fault: Fault) -> BadRow:
    """The row for quarantine: what could be told of it by column, and as it was written."""
    fields = {name: _shown(cell, columns.layout) for name, cell in zip(columns.names, row.cells, strict=False)}
    surplus = row.cells[len(columns.names) :][:MOST_SURPLUS]
    fields.update({f"+{at}": _shown(cell, columns.layout) for at, cell in enumerate(surplus, start=1)})
    return BadRow(
        position=columns.place + str(row.first),
        reason=fault.reason,
        column=_name_at(fault.at, columns),
        key=_key_if_known(row.cells, columns=columns, fault=fault),
        fields=fields,
        raw=_cut(printable(row.text), LONGEST_RAW),
    )


def _name_at(at: int | None, columns: Columns) -> str:
    if at is None:
        return ""
    return columns.names[at] if at < len(columns.names) else f"+{at - len(columns.names) + 1}"


def _key_if_known(cells: Sequence[str], *, columns: Columns, fault: Fault) -> tuple[str, ...]:
    """The key, when it stands whole and clean; in a shifted row only cells at its start are believed."""
    if max(columns.key) >= len(cells) or fault.at in columns.key:
        return ()
    if len(cells) != len(columns.names) and sorted(columns.key) != list(range(len(columns.key))):
        return ()
    key = tuple(cells[at] for at in columns.key)
    sound = _key_fault(key, columns) is None and all(printable(part) == part for part in key)
    return key if sound else ()


def _shown(cell: str, layout: Layout) -> str:
    text = printable(cell)
    return text if len(text) <= layout.largest_cell else _cut(text, 1000)


def _cut(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, the cut marked."""
    if len(text) <= limit // 4 or len(text.encode()) <= limit:
        return text
    kept = text[:limit].encode()[: limit - 40].decode(errors="ignore")
    return f"{kept} [cut here, {len(text)} characters in all]"


def typed_record(first: int, values: Sequence[Any], *, columns: Columns) -> Record | BadRow:
    """A workbook row, already typed and as wide as the header, as a record or a bad row."""
    key: list[str] = []
    for at in columns.key:
        part = key_text(values[at])
        lost = isinstance(values[at], int | Decimal) and len(part.strip("-")) > _EXACT_DIGITS
        fault = Fault(f"Excel keeps {_EXACT_DIGITS} digits: this number has lost its end.", at) if lost else None
        fault = fault or (Fault("The key is empty.", at) if not part.strip() else None)
        fault = fault or (Fault("The key holds a control character.", at) if _CONTROL.search(part) else None)
        if fault:
            return typed_bad_row(first, values, columns=columns, fault=fault)
        key.append(part)
    fields = dict(zip(columns.names, values, strict=True))
    place = columns.place + str(first)
    if columns.cursor is None:
        return Record(tuple(key), fields, place)
    value = values[columns.cursor]
    return Record(tuple(key), fields, place, key_text(value), _moment(value, columns))


def _moment(value: Any, columns: Columns) -> datetime | None:
    zone = columns.layout.zone
    if isinstance(value, date):  # a datetime is a date too
        return instant(value.isoformat(), written=None, zone=zone)
    return instant(key_text(value), written=columns.request.cursor_format, zone=zone)


def key_text(value: Any) -> str:
    """A typed cell as the text that stands in a key: no exponent, no trailing `.0`, ISO dates."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def typed_bad_row(first: int, values: Sequence[Any], *, columns: Columns, fault: Fault) -> BadRow:
    """A workbook row for quarantine; `raw` is its cells as text, tab between them."""
    texts = [key_text(value) for value in values]
    shown = bad_row(Row(first, first, texts, "\t".join(texts)), columns=columns, fault=fault)
    fields: Mapping[str, Any] = {
        **shown.fields,
        **{name: value for name, value in zip(columns.names, values, strict=False) if not isinstance(value, str)},
    }
    return BadRow(shown.position, shown.reason, shown.column, shown.key, fields, shown.raw)
