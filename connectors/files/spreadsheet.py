"""Excel workbooks to rows of typed values through calamine, after the ZIP directory and the sheet were measured.

calamine holds the whole sheet as a rectangle and shows error cells as empty ones; so the sheet's XML is
scanned first, in bounded memory, for the rectangle's size and the places of error cells.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import python_calamine

from concilia.errors import ConfigurationInvalid, RunMustStop
from connectors.files.faults import translated

LARGEST_WORKBOOK = 200 * 1024 * 1024  # bytes, uncompressed
LARGEST_RATIO = 200  # uncompressed to compressed; spreadsheets reach 10 to 50
MOST_CELLS = 20_000_000  # of the rectangle from A1 to the last cell: about 600 MB in calamine
MOST_ERRORS = 100_000
_BLOCK = 1024 * 1024
# what zipfile lets through for a damaged, encrypted or strangely compressed package
_DAMAGED = (KeyError, zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, ValueError)
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*>""")
_PLACE = re.compile(rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_IS_ERROR = re.compile(rb"""\st=["']e["']""")
_SHEET_PART = re.compile(r"\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Measured:
    """What the scan of a sheet found: its extent, and where the error cells are (row, column from 0)."""

    rows: int
    columns: int
    errors: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row as Excel numbers it; `errors` are the columns (from 0) whose cell is #N/A, #REF! and the like."""

    number: int
    values: list[Any]
    errors: tuple[int, ...] = ()


def sheet_name(path: Path, *, name: str, wanted: str | None) -> str:
    """The sheet to read: the wanted one, or the only one; ConfigurationInvalid when that is not clear."""
    with _opened(path, name) as package:
        _refuse_bombs(package, name=name)
        names = list(_parts(package, name=name))
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted in names:
        return str(wanted)
    listed = ", ".join(map(repr, names))
    says = f"has no sheet {wanted!r}" if wanted else f"has {len(names)} sheets and the settings name none"
    raise ConfigurationInvalid(f"{name} {says}.", mend=f"Set `sheet` to one of: {listed}.")


def sheet_rows(path: Path, *, name: str, sheet: str) -> Iterator[SheetRow]:
    """The rows of a sheet from its row 1. Text, int, Decimal, date, datetime, bool; None for an empty cell.

    Raises ConfigurationInvalid for a workbook too large, protected by password or not a workbook at all.
    """
    with _opened(path, name) as package:
        _refuse_bombs(package, name=name)
        measured = _measure(package, part=_parts(package, name=name)[sheet], name=name)
    if measured.rows * measured.columns > MOST_CELLS:
        raise ConfigurationInvalid(
            f"{name} sheet {sheet} spans {measured.rows} rows by {measured.columns} columns: too large to be read.",
            mend="Delete the stray cells far from the table, or export it as CSV.",
        )
    errors: dict[int, list[int]] = {}
    for row, column in sorted(measured.errors):
        errors.setdefault(row, []).append(column)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            cells = workbook.get_sheet_by_name(sheet)
            offset = cells.start[1] if cells.start else 0  # rows come from row 1, columns from the first used one
            for number, values in enumerate(cells.iter_rows()):
                bad = tuple(at - offset for at in errors.get(number, ()) if at >= offset)
                yield SheetRow(number + 1, [_value(value) for value in values], bad)
    except python_calamine.CalamineError as fault:
        raise RunMustStop(f"{name} cannot be read as an Excel workbook: {fault}.", mend="Save it again.") from fault


def _value(value: Any) -> Any:
    match value:
        case "":
            return None
        case bool() | str() | datetime() | date():
            return value
        case float():
            return int(value) if value.is_integer() else Decimal(repr(value))
        case time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return value


def _opened(path: Path, name: str) -> zipfile.ZipFile:
    with translated(name):
        try:
            return zipfile.ZipFile(path)
        except _DAMAGED as fault:
            raise ConfigurationInvalid(
                f"{name} is no .xlsx workbook, or it is protected by a password.",
                mend="Save it as an Excel workbook (.xlsx) without password, or export it as CSV.",
            ) from fault


def _refuse_bombs(package: zipfile.ZipFile, *, name: str) -> None:
    parts = package.infolist()
    size = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if size > LARGEST_WORKBOOK:
        raise ConfigurationInvalid(
            f"{name} holds {size // 1024**2} MB uncompressed; {LARGEST_WORKBOOK // 1024**2} MB may be read.",
            mend="Split it, or export it as CSV.",
        )
    if size > _BLOCK and size > packed * LARGEST_RATIO:
        raise ConfigurationInvalid(
            f"{name} grows {size // max(packed, 1)} times when uncompressed: it looks like a ZIP bomb.",
            mend="Open it in Excel and export it as CSV.",
        )


def _parts(package: zipfile.ZipFile, *, name: str) -> dict[str, str]:
    """Sheet name -> path of its XML inside the package, in the workbook's order."""
    try:
        workbook = _plain_xml(package, "xl/workbook.xml")
        relations = _plain_xml(package, "xl/_rels/workbook.xml.rels")
    except (*_DAMAGED, OSError, ET.ParseError) as fault:
        raise ConfigurationInvalid(
            f"{name} is a ZIP file, but no readable Excel workbook.", mend="Save it as an Excel workbook (.xlsx)."
        ) from fault
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    found: dict[str, str] = {}
    for element in workbook.iter():
        if _SHEET_PART.sub("", element.tag) == "sheet":
            relation = next((value for key, value in element.items() if key.endswith("}id")), None)
            found[element.get("name", "")] = posixpath.normpath(posixpath.join("/xl", targets.get(relation, "")))[1:]
    return found


def _plain_xml(package: zipfile.ZipFile, part: str) -> ET.Element:
    text = package.read(part)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("entities are not read")
    return ET.fromstring(text)  # noqa: S314  # no entities, size bounded above


def _measure(package: zipfile.ZipFile, *, part: str, name: str) -> Measured:
    rows = 0
    errors: set[tuple[int, int]] = set()
    seen: set[bytes] = set()
    for cells in _cell_tags(package, part=part, name=name):
        places = _PLACE.findall(cells)
        seen.update({letters for letters, _ in places})
        rows = max(rows, *map(int, {digits for _, digits in places}), 0)
        if _IS_ERROR.search(cells):
            errors |= _errors(cells, name=name)
            if len(errors) > MOST_ERRORS:
                raise ConfigurationInvalid(f"{name} has more than {MOST_ERRORS} error cells.", mend="Correct them.")
    columns = max((_column_index(letters) + 1 for letters in seen), default=0)
    return Measured(rows, columns, frozenset(errors))


def _cell_tags(package: zipfile.ZipFile, *, part: str, name: str) -> Iterator[bytes]:
    """The opening tags of the cells, a block at a time, NUL between them."""
    try:
        with package.open(part) as xml:
            rest = b""
            while block := xml.read(_BLOCK):
                block = rest + block
                cut = block.rfind(b"<")
                rest = block[cut:] if cut >= 0 and len(block) - cut < _BLOCK else b""
                yield b"\0".join(_CELL.findall(block[: len(block) - len(rest)]))
            yield b"\0".join(_CELL.findall(rest))
    except (*_DAMAGED, OSError) as fault:
        raise RunMustStop(f"{name} is damaged: {part} cannot be unpacked.", mend="Save it again.") from fault


def _errors(cells: bytes, *, name: str) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for cell in cells.split(b"\0"):
        if _IS_ERROR.search(cell):
            place = _PLACE.search(cell)
            if place is None:
                raise RunMustStop(
                    f"{name} has error cells whose place it does not tell.", mend="Open it in Excel and save it again."
                )
            found.add((int(place[2]) - 1, _column_index(place[1])))
    return found


def _column_index(letters: bytes) -> int:
    """`A` is 0, `Z` 25, `AA` 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1
