"""Reading one stream: each file once per content, in pages with bookmarks. Knows neither quotes nor cells.

Partition of a bookmark: the file's name relative to the folder. Cursor: the sha256 of its content.
Tie: the last physical line (row, in a workbook) stored, or "done".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path, PurePosixPath

from concilia.errors import ConfigurationInvalid
from concilia.records import BadRow, Bookmark, Page, Record
from connectors.contract import StreamRequest
from connectors.files.bank_entries import COLUMNS, KEY
from connectors.files.camt import camt_rows
from connectors.files.client import FoundFile, Watched, matching, settled
from connectors.files.fixed_width import fixed_items
from connectors.files.json_lines import columns_seen, json_items
from connectors.files.layout import Footer, Layout
from connectors.files.lines import Line, physical_lines, text_blocks
from connectors.files.mt940 import mt940_rows
from connectors.files.old_spreadsheet import old_sheet_name, old_sheet_rows
from connectors.files.opened import Item, Opened, Totals, check_totals, number
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
XLS = ".xls"
_OTHER_WORKBOOKS = frozenset({".xlsb", ".ods"})


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
    opened = verified(file, request=request, layout=layout, after=after)
    for page in _pages(opened.items, partition=found.name, digest=digest):
        file.confirm()
        yield page


def _pages(items: Iterator[Item], *, partition: str, digest: str) -> Iterator[Page]:
    records: list[Record] = []
    bad_rows: list[BadRow] = []
    size = 0
    for row, last, length in items:
        match row:
            case Record():
                records.append(row)
            case BadRow():
                bad_rows.append(row)
            case Totals():
                continue
        size += length
        if len(records) + len(bad_rows) >= PAGE_ROWS or size >= PAGE_SIZE:
            yield Page(tuple(records), tuple(bad_rows), Bookmark(partition, digest, str(last)))
            records, bad_rows, size = [], [], 0
    yield Page(tuple(records), tuple(bad_rows), Bookmark(partition, digest, DONE))


def verified(file: Watched, *, request: StreamRequest, layout: Layout, after: int) -> Opened:
    """The file opened behind a line, after its totals were found to be right where it states some."""
    if layout.footer is not None or (layout.fixed is not None and layout.fixed.footer):
        column = layout.footer.of if layout.footer else "sum"
        whole = open_file(file, request=request, layout=layout)
        check_totals(whole.items, name=file.name, column=column, decimal=layout.decimal, thousands=layout.thousands)
        file.confirm()
    return open_file(file, request=request, layout=layout, after=after)


def open_file(file: Watched, *, request: StreamRequest, layout: Layout, after: int = 0) -> Opened:
    """Read the header of a file and prepare its rows after the given line; ConfigurationInvalid for its faults."""
    match layout.format_of(file.inside):
        case "camt" | "mt940" as kind:
            return _open_statements(file, kind, request=request, layout=layout, after=after)
        case "fixed_width" | "json_lines" as kind:
            return _open_lines(file, kind, request=request, layout=layout, after=after)
    ending = PurePosixPath(file.inside).suffix.lower()
    if ending in _OTHER_WORKBOOKS:
        raise ConfigurationInvalid(
            f"{file.name} is a spreadsheet in the format {ending}.", mend="Save it as .xlsx or export it as CSV."
        )
    if ending in WORKBOOKS | {XLS}:
        if file.packed:
            raise ConfigurationInvalid(
                f"{file.name} is a workbook inside an archive.", mend="Workbooks are compressed already: unpack it."
            )
        return _open_workbook(file, request=request, layout=layout, after=after)
    return _open_text(file, request=request, layout=layout, after=after)


def _open_statements(file: Watched, kind: str, *, request: StreamRequest, layout: Layout, after: int) -> Opened:
    """A bank statement: it is read as a whole before its first row is believed."""

    def rows() -> Iterator[Record | BadRow]:
        if kind == "camt":
            return camt_rows(file.blocks(), name=file.name, request=request)
        return mt940_rows(file.blocks(), name=file.name, request=request, encoding=layout.encoding)

    for _ in rows():  # the arithmetic of a statement is known at its end
        pass
    file.confirm()
    wanted = request if request.key else replace(request, key=(KEY,))
    columns = columns_of(tuple(COLUMNS), name=file.name, place=f"{file.name} ", request=wanted, layout=layout)
    numbered = enumerate(rows(), start=1)
    return Opened(columns, (Item(row, number, 500) for number, row in numbered if number > after))


def _open_lines(file: Watched, kind: str, *, request: StreamRequest, layout: Layout, after: int) -> Opened:
    def lines() -> Iterator[Line]:
        blocks = text_blocks(file.blocks(), encoding=layout.encoding, name=file.name)
        return physical_lines(blocks, longest=layout.longest_row)

    place = f"{file.name} line "
    if kind == "json_lines":
        seen = columns_seen(lines(), layout=layout)
        names = tuple(dict.fromkeys((*seen, *request.key, *([request.cursor] if request.cursor else []))))
        columns = columns_of(names, name=file.name, place=place, request=request, layout=layout)
        return Opened(columns, json_items(lines(), name=file.name, request=request, layout=layout, after=after))
    if layout.fixed is None:
        raise ConfigurationInvalid(f"{file.name} has fixed width, and no fields are named.", mend="Add `fixed`.")
    names = tuple(one.name for one in layout.fixed.fields)
    columns = columns_of(names, name=file.name, place=place, request=request, layout=layout)
    return Opened(columns, fixed_items(lines(), columns, layout.fixed, after=after))


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
    footer = columns.layout.footer
    for row in rows:
        if footer is not None and row.cells and row.cells[0].strip() == footer.starts:
            yield Item(_stated(row.cells, footer, columns), row.last, len(row.text))
        else:
            yield Item(record_of(row, columns), row.last, len(row.text))


def _stated(cells: Sequence[str], footer: Footer, columns: Columns) -> Totals:
    """What a footer states; a figure that is missing or none is stated as one that no file fulfils."""
    layout = columns.layout

    def figure(place: int) -> Decimal:
        text = cells[place - 1] if place <= len(cells) else ""
        found = number(text, decimal=layout.decimal, thousands=layout.thousands)
        return Decimal("NaN") if found is None else found

    rows, total = figure(footer.rows) if footer.rows else None, figure(footer.sum) if footer.sum else None
    return Totals(rows=None if rows is None else -1 if rows.is_nan() else int(rows), sum=total)


def _open_workbook(file: Watched, *, request: StreamRequest, layout: Layout, after: int) -> Opened:
    old = file.path.suffix.lower() == XLS
    sheet = (old_sheet_name if old else sheet_name)(file.path, name=file.name, wanted=layout.sheet)
    found = (old_sheet_rows if old else sheet_rows)(file.path, name=file.name, sheet=sheet)
    rows = (row for row in found if _filled(row))
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
