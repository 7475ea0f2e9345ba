"""Workbooks of Excel 97 to 2003 (.xls) to rows of typed values. The same values as a newer workbook gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from concilia.errors import ConfigurationInvalid
from connectors.files.faults import translated
from connectors.files.spreadsheet import SheetRow

LARGEST: Final = 64 * 1024 * 1024  # bytes; the format itself ends at 65,536 rows a sheet


def old_sheet_name(path: Path, *, name: str, wanted: str | None) -> str:
    """The sheet to read: the wanted one, or the only one; ConfigurationInvalid when that is not clear."""
    names = _book(path, name=name, only_names=True).sheet_names()
    if wanted is None and len(names) == 1:
        return str(names[0])
    if wanted in names:
        return str(wanted)
    says = f"has no sheet {wanted!r}" if wanted else f"has {len(names)} sheets and the settings name none"
    raise ConfigurationInvalid(f"{name} {says}.", mend=f"Set `sheet` to one of: {', '.join(map(repr, names))}.")


def old_sheet_rows(path: Path, *, name: str, sheet: str) -> Iterator[SheetRow]:
    """The rows of a sheet from its row 1."""
    import xlrd

    book = _book(path, name=name, only_names=False)
    found = book.sheet_by_name(sheet)
    for at in range(found.nrows):
        cells = found.row(at)
        values = [_value(cell, book.datemode, xlrd) for cell in cells]
        yield SheetRow(at + 1, values, tuple(n for n, cell in enumerate(cells) if cell.ctype == xlrd.XL_CELL_ERROR))


def _book(path: Path, *, name: str, only_names: bool) -> Any:
    import xlrd

    with translated(name):
        if path.stat().st_size > LARGEST:
            raise ConfigurationInvalid(f"{name} has more than 64 MiB.", mend="Save it as .xlsx, or export it as CSV.")
        with path.open("rb") as file:
            raw = file.read()
    try:
        return xlrd.open_workbook(file_contents=raw, on_demand=only_names, logfile=_Silent())
    except Exception as fault:  # the library raises whatever it stumbles over
        raise ConfigurationInvalid(
            f"{name} is no readable .xls workbook, or it is protected by a password.",
            mend="Save it as an Excel workbook (.xlsx) without password, or export it as CSV.",
        ) from fault


def _value(cell: Any, datemode: int, xlrd: Any) -> Any:
    match cell.ctype:
        case xlrd.XL_CELL_TEXT:
            return cell.value or None
        case xlrd.XL_CELL_NUMBER:
            return int(cell.value) if cell.value.is_integer() else Decimal(repr(cell.value))
        case xlrd.XL_CELL_BOOLEAN:
            return bool(cell.value)
        case xlrd.XL_CELL_DATE:
            return _moment(cell.value, datemode, xlrd)
        case _:
            return None


def _moment(value: float, datemode: int, xlrd: Any) -> Any:
    try:
        found: dt.datetime = xlrd.xldate_as_datetime(value, datemode)
    except (xlrd.XLDateError, ValueError, OverflowError):
        return Decimal(repr(value))
    if value < 1:
        return found.time().isoformat()
    return found.date() if found.time() == dt.time() else found


class _Silent:
    """Where the library writes its remarks."""

    def write(self, _text: str) -> None:
        """Nothing."""

    def flush(self) -> None:
        """Nothing."""
