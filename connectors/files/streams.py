"""Reading one stream: each file once per content, in pages with bookmarks. Knows neither quotes nor cells.

Partition of a bookmark: the file's name relative to the folder. Cursor: the sha256 of its content.
Tie: the last physical line (row, in a workbook) stored, or "done".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from concilia.errors import ConfigurationInvalid
from concilia.records import BadRow, Bookmark, Page, Record
from connectors.contract import StreamRequest
from connectors.files.client import FoundFile, Watched, matching, settled
from connectors.files.layout import Layout
from connectors.files.lines import physical_lines, text_blocks
from connectors.files.rows import Fault, Row, RowReader
from connectors.files.spreadsheet import SheetRow, sheet_name, sheet_rows
from connectors.files.table import (
    Columns,
    columns_of,
    header_of,
    record_of,
    refuse_one_column,
    typed_bad_row,
    typed_record,
)

DONE = "done"
PAGE_ROWS = 1000
PAGE_SIZE = 4 * 1024 * 1024  # characters; a page of giant rows ends earlier, so that memory stays bounded
WORKBOOKS = frozenset({".xlsx", ".xlsm"})
_OTHER_WORKBOOKS = frozenset({".xls", ".xlsb", ".ods"})


class Item(NamedTuple):
    """One record or bad row, the last line it came from, and its size in characters."""

    row: Record | BadRow
    last: int
    size: int


@dataclass(frozen=True, slots=True)
class Opened:
    """One file with its columns known; `columns` is None when the file is empty."""

    columns: Columns | None
    items: Iterator[Item]


@dataclass(frozen=True, slots=True)
class Settling:
    """How long a file must have been left alone before it is read."""

    seconds: float
    now: datetime


def read_stream(
    folder: Path,
    *,
    request: StreamRequest,
    layout: Layout,
    bookmarks: Mapping[str, Bookmark],
    settling: Settling,
) -> Iterator[Page]:
    """The pages of all matching files by name, without those whose content the bookmarks call done."""
    for found in matching(folder, layout.pattern):
        if settled(found, now=settling.now, seconds=settling.seconds):
            yield from _read_file(found, request=request, layout=layout, before=bookmarks.get(found.name))


def _read_file(found: FoundFile, *, request: StreamRequest, layout: Layout, before: Bookmark | None) -> Iterator[Page]:
    file = Watched(found)
    digest = file.sha256()
    after = 0
    if before is not None and before.cursor == digest:
        if before.tie == DONE:
            return
        after = int(before.tie) if before.tie.isdecimal() else 0
    opened = open_file(file, request=request, layout=layout, after=after)
    for page in _pages(opened.items, partition=found.name, digest=digest):
        file.confirm()
        yield page


def _pages(items: Iterator[Item], *, partition: str, digest: str) -> Iterator[Page]:
    records: list[Record] = []
    bad_rows: list[BadRow] = []
    size = 0
    for row, last, length in items:
        if isinstance(row, Record):
            records.append(row)
        else:
            bad_rows.append(row)
        size += length
        if len(records) + len(bad_rows) >= PAGE_ROWS or size >= PAGE_SIZE:
            yield Page(tuple(records), tuple(bad_rows), Bookmark(partition, digest, str(last)))
            records, bad_rows, size = [], [], 0
    yield Page(tuple(records), tuple(bad_rows), Bookmark(partition, digest, DONE))


def open_file(file: Watched, *, request: StreamRequest, layout: Layout, after: int = 0) -> Opened:
    """Read the header of a file and prepare its rows after the given line; ConfigurationInvalid for its faults."""
    ending = file.path.suffix.lower()
    if ending in _OTHER_WORKBOOKS:
        raise ConfigurationInvalid(
            f"{file.name} is a spreadsheet in the format {ending}.", mend="Save it as .xlsx or export it as CSV."
        )
    if ending in WORKBOOKS:
        return _open_workbook(file, request=request, layout=layout, after=after)
    return _open_text(file, request=request, layout=layout, after=after)


def _open_text(file: Watched, *, request: StreamRequest, layout: Layout, after: int) -> Opened:
    blocks = text_blocks(file.blocks(), encoding=layout.encoding, name=file.name)
    rows = RowReader(physical_lines(blocks, longest=layout.longest_row), layout=layout)
    rows.width = len(layout.header)
    rows.skip_to(layout.skip_rows)
    first = next(rows, None)
    if first is None and not _has_text(file, layout):
        return Opened(None, iter(()))
    names = layout.header or header_of(first, name=file.name, layout=layout)
    columns = columns_of(names, name=file.name, place=f"{file.name} line ", request=request, layout=layout)
    rows.width = len(columns.names)
    if layout.header and first is not None:
        if len(layout.header) > 1:
            refuse_one_column(first, name=file.name, layout=layout)
        if first.first > after:
            rows.restart(first)
    if after:
        rows.skip_to(after)
    return Opened(columns, _text_items(rows, columns))


def _has_text(file: Watched, layout: Layout) -> bool:
    """Whether the file, of which nothing was left after skip_rows, holds anything at all."""
    blocks = text_blocks(file.blocks(), encoding=layout.encoding, name=file.name)
    return any(line.raw.strip() for line in physical_lines(blocks, longest=layout.longest_row))


def _text_items(rows: RowReader, columns: Columns) -> Iterator[Item]:
    for row in rows:
        yield Item(record_of(row, columns), row.last, len(row.text))


def _open_workbook(file: Watched, *, request: StreamRequest, layout: Layout, after: int) -> Opened:
    sheet = sheet_name(file.path, name=file.name, wanted=layout.sheet)
    rows = (row for row in sheet_rows(file.path, name=file.name, sheet=sheet) if _filled(row))
    rows = (row for row in rows if row.number > layout.skip_rows)
    names = layout.header
    place = f"{file.name} sheet {sheet} row "
    if not names:
        first = next(rows, None)
        if first is None:
            return Opened(None, iter(()))
        names = header_of(_header_row(first), name=f"{file.name} sheet {sheet}", layout=layout)
    columns = columns_of(names, name=f"{file.name} sheet {sheet}", place=place, request=request, layout=layout)
    return Opened(columns, (_sheet_item(row, columns) for row in rows if row.number > after))


def _filled(row: SheetRow) -> bool:
    return bool(row.errors) or any(value is not None for value in row.values)


def _header_row(row: SheetRow) -> Row:
    names = ["" if value is None else str(value) for value in row.values]
    while names and not names[-1]:
        names.pop()
    return Row(row.number, row.number, names, "", Fault("It holds error cells.") if row.errors else None)


def _sheet_item(row: SheetRow, columns: Columns) -> Item:
    width = len(columns.names)
    values = row.values[:width] + [None] * (width - len(row.values))
    size = sum(len(value) if isinstance(value, str) else 8 for value in row.values)
    fault = _sheet_fault(row, columns)
    if fault is not None:
        surplus = row.values if any(value is not None for value in row.values[width:]) else values
        return Item(typed_bad_row(row.number, surplus, columns=columns, fault=fault), row.number, size)
    return Item(typed_record(row.number, values, columns=columns), row.number, size)


def _sheet_fault(row: SheetRow, columns: Columns) -> Fault | None:
    if row.errors:
        return Fault("The cell holds an Excel error such as #N/A or #REF!.", row.errors[0])
    width = len(columns.names)
    if any(value is not None for value in row.values[width:]):
        return Fault(f"The row has cells to the right of the {width} columns of the header.", width)
    for at, value in enumerate(row.values):
        if isinstance(value, str):
            if "\0" in value or "\ufffd" in value:
                return Fault("The cell holds a NUL or the replacement character U+FFFD.", at)
            if len(value) > columns.layout.largest_cell:
                return Fault(f"The cell is larger than {columns.layout.largest_cell} characters.", at)
    return None
