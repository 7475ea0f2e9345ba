"""JSON Lines: one object on each line, numbers exact. Opens nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from concilia.records import BadRow, Record
from connectors import exact_json
from connectors.contract import StreamRequest
from connectors.files.layout import Layout, instant
from connectors.files.lines import Damage, Line, decoded, printable
from connectors.files.opened import Item
from connectors.files.table import key_text

_RAW = 16 * 1024


def json_items(
    lines: Iterator[Line], *, name: str, request: StreamRequest, layout: Layout, after: int = 0
) -> Iterator[Item]:
    """The objects behind the line `after`, and the lines that hold none."""
    for line in lines:
        if line.number > after and line.raw.strip():
            yield Item(_row(line, name=name, request=request, layout=layout), line.number, len(line.raw))


def columns_seen(lines: Iterator[Line], *, layout: Layout, most: int = 100) -> dict[str, str]:
    """The members of the first objects with their types, in order of appearance."""
    found: dict[str, str] = {}
    for line, _ in zip(lines, range(most), strict=False):
        text, damage = decoded(line, encoding=layout.encoding)
        try:
            value = None if damage else exact_json.loads(text)
        except (ValueError, RecursionError):
            continue
        for member, held in value.items() if isinstance(value, dict) else ():
            if held is not None:
                found.setdefault(member, _type(held))
    return found


def _row(line: Line, *, name: str, request: StreamRequest, layout: Layout) -> Record | BadRow:
    place = f"{name} line {line.number}"
    text, damage = decoded(line, encoding=layout.encoding)
    value, reason, column = _object(line, text, damage, layout=layout)
    key, empty = _key(value, request.key) if value is not None else ((), "")
    if value is None or empty:
        return _bad(place, reason or "The key is missing or empty.", text, column=column or empty)
    if request.cursor is None:
        return Record(key, value, place)
    written = key_text(value.get(request.cursor))
    moment = instant(written, written=request.cursor_format, zone=layout.zone)
    return Record(key, value, place, written, moment)


def _object(line: Line, text: str, damage: Damage | None, *, layout: Layout) -> tuple[dict[str, Any] | None, str, str]:
    """The object of a line; or None, why there is none, and the member that is to blame."""
    if line.cut or damage is not None:
        size = len(line.raw) + line.cut
        return None, damage.reason if damage and not line.cut else f"The line is {size} bytes long.", ""
    try:
        value = exact_json.loads(text)
    except (ValueError, RecursionError) as fault:
        where = f" at column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else ""
        return None, f"The line is no JSON{where}.", ""
    if not isinstance(value, dict):
        return None, "The line is JSON, but no object.", ""
    large = next((member for member, held in value.items() if _size(held) > layout.largest_cell), None)
    if large is not None:
        return None, f"The value is larger than {layout.largest_cell} characters.", large
    return value, "", ""


def _key(value: dict[str, Any], names: Sequence[str]) -> tuple[tuple[str, ...], str]:
    key = tuple(key_text(value.get(name)) for name in names)
    bad = next((name for name, part in zip(names, key, strict=True) if not part.strip() or not part.isprintable()), "")
    return key, bad


def _bad(place: str, reason: str, text: str, *, column: str = "") -> BadRow:
    return BadRow(position=place, reason=reason, column=column, raw=printable(text)[:_RAW])


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    return len(str(value)) if isinstance(value, dict | list) else 0


def _type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case Decimal():
            return "decimal"
        case str():
            return "text"
        case _:
            return "object"
