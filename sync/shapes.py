"""What the columns of a stream look like, and whether they look otherwise than before. Pure; no record is kept here."""

from __future__ import annotations

import enum
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from concilia.records import ABSENT
from mapping.columns import Getter, getter

NEARLY_ALL, HARDLY_ANY = 0.95, 0.02  # shares of records or values
ENOUGH: Final = 5  # records or values that prove something in a stream whose records have not all the same columns
CERTAIN: Final = 20  # records that all had the same columns: from then on one record without them proves as much
SOME: Final = 3  # values of another look
SMALL: Final = 0.2  # the share of values up to which another look is a slip of the source
WIDEST: Final = 64  # longer values are no numbers of anything

_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?")
_NUMBER = re.compile(r"[-+]?\d[\d.,]*")


class Look(enum.StrEnum):
    """What a value looks like; a file of text has all its kinds in text."""

    TEXT = "text"
    NUMBER_TEXT = "numbers written as text"
    DATE_TEXT = "dates written as text"
    NUMBER = "numbers"  # whole or not: an amount without decimals is no other type
    DATE = "dates"
    BOOLEAN = "yes or no"
    OBJECT = "objects"
    LIST = "lists"


_LOOKS: Final[tuple[tuple[type | tuple[type, ...], Look], ...]] = (
    (bool, Look.BOOLEAN),  # before the numbers: it is one
    ((int, Decimal), Look.NUMBER),
    (date, Look.DATE),  # and moments
    (Mapping, Look.OBJECT),
    ((list, tuple), Look.LIST),
)


class Kind(enum.StrEnum):
    """How a column can drift."""

    VANISHED = "vanished"
    RETYPED = "retyped"
    ZEROS_LOST = "zeros_lost"


@dataclass(frozen=True, slots=True)
class Column:
    """A column to look at; of one that says which record is meant, how its numbers are written counts too."""

    name: str
    identity: bool = False
    get: Getter = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "get", getter(self.name))


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """How often a column was there, what its values looked like; how wide they and the pure digits among them were."""

    present: int = 0
    looks: Mapping[Look, int] = field(default_factory=dict)
    widths: Mapping[int, int] = field(default_factory=dict)
    digits: Mapping[int, int] = field(default_factory=dict)
    zeros: int = 0  # pure digits that begin with one

    @property
    def values(self) -> int:
        """How many values it had: neither absent nor null nor blank."""
        return sum(self.looks.values())


@dataclass(frozen=True, slots=True)
class Shape:
    """What so many records looked like, column by column."""

    records: int = 0
    columns: Mapping[str, ColumnShape] = field(default_factory=dict)

    @property
    def is_table(self) -> bool:
        """Whether every record had the same columns, as in a file with a header or a table."""
        return all(column.present in (0, self.records) for column in self.columns.values())


@dataclass(frozen=True, slots=True)
class Drift:
    """One column that looks otherwise: in `records` records `of` those looked at. No value is repeated here."""

    kind: Kind
    column: str
    before: str
    now: str
    records: int
    of: int

    @property
    def stops(self) -> bool:
        """Whether going on would store something wrong, and not merely something to look at."""
        return self.kind is not Kind.RETYPED


def shape_of(rows: Iterable[Mapping[str, Any]], *, columns: Sequence[Column]) -> Shape:
    """What these records look like."""
    kept = list(rows)
    return Shape(len(kept), {column.name: _seen(kept, column) for column in columns})


def together(one: Shape, other: Shape) -> Shape:
    """What the records of both look like."""
    names = one.columns.keys() | other.columns.keys()
    nothing = ColumnShape()
    found = {name: _added(one.columns.get(name, nothing), other.columns.get(name, nothing)) for name in sorted(names)}
    return Shape(one.records + other.records, found)


def drifted(before: Shape, now: Shape) -> tuple[Drift, ...]:
    """The columns that looked one way before and look another way now, by name."""
    found: list[Drift] = []
    for name, was in sorted(before.columns.items()):
        column = now.columns.get(name)
        if column is None or not now.records:
            continue
        one = _vanished(name, before, now) or _zeros_lost(name, was, column) or _retyped(name, was, column)
        if one is not None:
            found.append(one)
    return tuple(found)


def shape_to_json(shape: Shape) -> str:
    """The shape as stored."""
    columns = {
        name: {"present": c.present, "looks": c.looks, "widths": c.widths, "digits": c.digits, "zeros": c.zeros}
        for name, c in shape.columns.items()
    }
    return json.dumps({"records": shape.records, "columns": columns}, ensure_ascii=False, sort_keys=True)


def shape_from_json(text: str) -> Shape:
    """The shape that was stored."""
    said = json.loads(text)
    columns = {
        name: ColumnShape(
            present=one["present"],
            looks={Look(look): n for look, n in one["looks"].items()},
            widths={int(width): n for width, n in one["widths"].items()},
            digits={int(width): n for width, n in one["digits"].items()},
            zeros=one["zeros"],
        )
        for name, one in said["columns"].items()
    }
    return Shape(said["records"], columns)


def _seen(rows: Sequence[Mapping[str, Any]], column: Column) -> ColumnShape:
    cells = [cell for row in rows if (cell := column.get(row)) is not ABSENT]
    looks = Counter(look for cell in cells if (look := look_of(cell)) is not None)
    if not column.identity:
        return ColumnShape(len(cells), looks)
    texts = [text for cell in cells if (text := _written(cell))]
    numbers = [text for text in texts if text.isdecimal()]
    return ColumnShape(
        present=len(cells),
        looks=looks,
        widths=Counter(min(len(text), WIDEST) for text in texts),
        digits=Counter(min(len(text), WIDEST) for text in numbers),
        zeros=sum(1 for text in numbers if len(text) > 1 and text[0] == "0"),
    )


def look_of(cell: Any) -> Look | None:
    """What a cell looks like; None for one that says nothing."""
    if isinstance(cell, str):
        return _look_of_text(cell.strip())
    if cell is None or (isinstance(cell, list | tuple) and not cell):
        return None
    return next((look for kinds, look in _LOOKS if isinstance(cell, kinds)), None)


def _look_of_text(text: str) -> Look | None:
    if not text:
        return None
    if not text[0].isdecimal() and text[0] not in "+-":
        return Look.TEXT
    if _DATE.fullmatch(text):
        return Look.DATE_TEXT
    return Look.NUMBER_TEXT if _NUMBER.fullmatch(text) else Look.TEXT


def _written(cell: Any) -> str:
    """A number of something as text; a spreadsheet's 12345.0 is the 12345 that was meant."""
    match cell:
        case str():
            return cell.strip()
        case bool():
            return ""
        case int():
            return str(cell) if cell.bit_length() < 200 else ""
        case Decimal() if cell.is_finite() and cell == cell.to_integral_value() and cell.adjusted() < WIDEST:
            return str(int(cell))
        case _:
            return ""


def _added(one: ColumnShape, other: ColumnShape) -> ColumnShape:
    return ColumnShape(
        present=one.present + other.present,
        looks=Counter(one.looks) + Counter(other.looks),
        widths=Counter(one.widths) + Counter(other.widths),
        digits=Counter(one.digits) + Counter(other.digits),
        zeros=one.zeros + other.zeros,
    )


def _vanished(name: str, before: Shape, now: Shape) -> Drift | None:
    was, column = before.columns[name], now.columns[name]
    if column.present or was.present < NEARLY_ALL * before.records or now.records < _needed(before):
        return None
    share = f"in {was.present} of {before.records} records"
    return Drift(Kind.VANISHED, name, share, "in none", now.records, now.records)


def _needed(before: Shape) -> int:
    """How many records without a column prove that it is gone, and not merely left out of some."""
    if not before.is_table:
        return ENOUGH if before.records >= ENOUGH else CERTAIN
    return 1 if before.records >= CERTAIN else min(ENOUGH, max(before.records, 2))


def _zeros_lost(name: str, was: ColumnShape, column: ColumnShape) -> Drift | None:
    if column.zeros or not column.digits or not was.values:
        return None
    if was.zeros:
        usual = _narrowest(was.digits)
        padded = was.digits[usual] >= (1 - HARDLY_ANY) * sum(was.digits.values())
        least, expected = 1 if padded else 2, column.values * was.zeros / was.values
        described = f"{_span(was.digits) if not padded else f'{usual} digits'}, some with leading zeros"
    else:
        usual = max(was.widths, key=lambda width: was.widths[width], default=0)
        is_fixed = was.values >= CERTAIN and was.widths.get(usual, 0) >= (1 - HARDLY_ANY) * was.values
        if not is_fixed or sum(was.digits.values()) > HARDLY_ANY * was.values:
            return None  # a shorter number without zeros is only a smaller one
        least, expected = SOME, float(column.values)
        described = f"{usual} characters"
    shorter = {width: n for width, n in column.digits.items() if width < usual}
    count = sum(shorter.values())
    if expected < least or count < least or 2 * count < expected:
        return None
    return Drift(Kind.ZEROS_LOST, name, described, f"{_span(shorter)}, none with leading zeros", count, column.values)


def _narrowest(widths: Mapping[int, int]) -> int:
    """The smallest usual width; a few odd values do not count."""
    total, below = sum(widths.values()), 0
    for width in sorted(widths):
        below += widths[width]
        if below > HARDLY_ANY * total:
            return width
    return 0


def _span(widths: Mapping[int, int]) -> str:
    least, most = min(widths), max(widths)
    return f"{least} digits" if least == most else f"{least} to {most} digits"


def _retyped(name: str, was: ColumnShape, column: ColumnShape) -> Drift | None:
    if was.values < ENOUGH:
        return None
    fresh = {look: n for look, n in column.looks.items() if was.looks.get(look, 0) <= HARDLY_ANY * was.values}
    count = sum(fresh.values())
    if count < SOME or count <= SMALL * column.values:
        return None
    return Drift(Kind.RETYPED, name, _told(was.looks), _told(fresh), count, column.values)


def _told(looks: Mapping[Look, int]) -> str:
    ordered = sorted(looks, key=lambda look: (-looks[look], look))
    total = sum(looks.values())
    return " and ".join(look for look in ordered if looks[look] > HARDLY_ANY * total)
