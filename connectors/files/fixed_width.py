"""Files of fixed width to records: fields by place, lines told apart by how they start. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from connectors.files.fixed_layout import FixedField, FixedLayout
from connectors.files.lines import Line, decoded
from connectors.files.opened import Item, Totals
from connectors.files.rows import Fault, Row
from connectors.files.table import Columns, record_of

_POSITIVE = {"{": "0", **{chr(ord("A") + n): str(n + 1) for n in range(9)}}
_NEGATIVE = {"}": "0", **{chr(ord("J") + n): str(n + 1) for n in range(9)}}


def fixed_items(lines: Iterator[Line], columns: Columns, layout: FixedLayout, *, after: int) -> Iterator[Item]:
    """The records behind the line `after`, bad lines among them, and the totals of the footer."""
    encoding = columns.layout.encoding
    for line in lines:
        if line.number <= after:
            continue
        text, damage = decoded(line, encoding=encoding)
        if not text.strip():
            continue
        if layout.footer and text.startswith(layout.footer):
            yield Item(_stated(text, layout, place=f"{columns.place}{line.number}"), line.number, len(text))
        elif text.startswith(layout.prefix):
            yield Item(_record(line, text, columns, layout, damage.reason if damage else None), line.number, len(text))


def _record(line: Line, text: str, columns: Columns, layout: FixedLayout, damage: str | None) -> Any:
    fault = Fault(damage) if damage else _ill_sized(line, text, layout)
    cells: list[str] = []
    for at, field in enumerate(layout.fields):
        cell = text[field.start - 1 : field.start - 1 + field.length]
        value = cell.strip() if field.decimals is None else amount_of(cell, field)
        if value is None and fault is None:
            fault = Fault(f"{cell.strip()!r} is no amount of {field.length} digits.", at)
        cells.append(cell.strip() if value is None else value)
    return record_of(Row(line.number, line.number, cells, text, fault), columns)


def _ill_sized(line: Line, text: str, layout: FixedLayout) -> Fault | None:
    if line.cut:
        return Fault(f"The line is {len(line.raw) + line.cut} bytes long.")
    if layout.width and len(text) != layout.width:
        return Fault(f"The line has {len(text)} characters instead of {layout.width}: its fields would be shifted.")
    if len(text) < layout.least:
        return Fault(f"The line has {len(text)} characters, its fields need {layout.least}: it was cut.")
    return None


def amount_of(cell: str, field: FixedField) -> str | None:
    """The digits of a cell as a plain decimal; an empty cell stays empty; None when it is no amount."""
    text, minus = cell.strip(), False
    if not text:
        return ""
    match field.sign:
        case "leading":
            minus, text = text.startswith("-"), text.lstrip("+-")
        case "trailing":
            minus, text = text.endswith(("-", "D")), text.rstrip("+-DC")
        case "overpunch":
            last = text[-1]
            minus = last in _NEGATIVE
            text = text[:-1] + (_POSITIVE.get(last) or _NEGATIVE.get(last) or last)
        case _:
            pass
    if not (text.isascii() and text.isdigit()):
        return None
    found = Decimal(text).scaleb(-(field.decimals or 0))
    return format(-found if minus else found, "f")


def _stated(text: str, layout: FixedLayout, *, place: str) -> Totals:
    found = {
        field.name: amount_of(text[field.start - 1 : field.start - 1 + field.length], field) for field in layout.totals
    }
    rows, total = found.get("rows"), found.get("sum")
    # A footer whose own figures cannot be read states what no file fulfils, so it is refused.
    return Totals(
        rows=None if "rows" not in found else int(Decimal(rows)) if rows else -1,
        sum=None if "sum" not in found else Decimal(total) if total else Decimal("NaN"),
        place=place,
    )
