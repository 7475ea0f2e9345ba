"""What every format gives of one file: its columns, its rows in order, and the totals it states. No format here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from concilia.errors import RunMustStop
from concilia.records import BadRow, Record
from connectors.files.table import Columns


@dataclass(frozen=True, slots=True)
class Totals:
    """What a file says of itself at its end: how many rows, and their sum. None: it does not say."""

    rows: int | None = None
    sum: Decimal | None = None
    place: str = ""


class Item(NamedTuple):
    """One record, bad row or statement of totals, the last line it came from, and its size in characters."""

    row: Record | BadRow | Totals
    last: int
    size: int


@dataclass(frozen=True, slots=True)
class Opened:
    """One file with its columns known; `columns` is None when the file is empty."""

    columns: Columns | None
    items: Iterator[Item]


def number(text: str, *, decimal: str, thousands: str = "") -> Decimal | None:
    """An amount as a file writes it; None when it is none."""
    plain = text.strip().replace(thousands, "") if thousands else text.strip()
    plain = plain.replace(decimal, ".") if decimal != "." else plain
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def check_totals(items: Iterator[Item], *, name: str, column: str, decimal: str, thousands: str) -> None:
    """Read a file to its end and compare it with what it states of itself.

    Raises RunMustStop when they differ or nothing is stated: then the file was cut, or something in it was changed.
    """
    rows, total, stated = 0, Decimal(0), None
    for item in items:
        if isinstance(item.row, Totals):
            stated = item.row
            continue
        rows += 1
        amount = number(str(item.row.fields.get(column, "")), decimal=decimal, thousands=thousands) if column else None
        total += amount or Decimal(0)
    if stated is None:
        raise RunMustStop(
            f"{name} ends without the totals that it should have: it was cut.",
            mend="Ask for the file again; nothing of it was stored.",
        )
    if stated.rows is not None and stated.rows != rows:
        raise _differs(name, f"{stated.rows} rows are stated, {rows} are there")
    if stated.sum is not None and stated.sum != total:
        raise _differs(name, f"a sum of {stated.sum} is stated, the rows add up to {total}")


def _differs(name: str, what: str) -> RunMustStop:
    return RunMustStop(
        f"The totals of {name} are wrong: {what}.", mend="Ask for the file again; nothing of it was stored."
    )
