"""Rows as text: CSV for spreadsheets and programs, JSON Lines for programs. No file, no query.

What a spreadsheet would run as a formula is the question here. Names, addresses and e-mails come from strangers, and
`=HYPERLINK(...)` in a name is an attack on whoever opens the file, so such a text gets a leading apostrophe. But
exports are read back by programs too, so nothing is touched that cannot be a formula or that a program joins on:

- numbers, signed ones too (`-150.00`), and phones in E.164 (`+56961234567`), alone or joined in a list;
- the columns of `EXACT`: hub ids, external ids and the identifiers and sources made of them. An apostrophe there
  would break the join back to the source, silently. Whoever distrusts their own ERP's ids reads JSON Lines, where
  no value is ever changed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

EXACT = frozenset(
    {"golden_id", "debt_id", "payment_id", "connection", "stream", "external_id", "creditor", "owner", "origin"}
    | {"sources", "identifiers", "applications", "subject", "seq", "at"}
)
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_HARMLESS = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(\|\+[0-9]+)*", re.ASCII)


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    """A line with the names of the columns, then one for each row; quoted where needed."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")  # so that it quotes a carriage return inside a cell as well
    for cells in _table(rows, columns):
        writer.writerow(cells)
        yield f"{buffer.getvalue()[:-2]}\n"
        buffer.seek(0)
        buffer.truncate()


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One JSON object a row."""
    return (f"{json.dumps(row, ensure_ascii=False, default=str)}\n" for row in rows)


def cell(column: str, value: Any) -> str:
    """A value as one cell: nothing is empty, lists are joined by `|` with `\\|` for one inside, objects are JSON."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            text = "|".join(str(part).replace("\\", "\\\\").replace("|", "\\|") for part in value)
        case Mapping():
            text = json.dumps(value, ensure_ascii=False, default=str)
        case _:
            text = str(value)
    is_formula = text.startswith(_RISKY) and column not in EXACT and not _HARMLESS.fullmatch(text)
    return f"'{text}" if is_formula else text


def _table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[list[str]]:
    yield list(columns)
    for row in rows:
        yield [cell(column, row.get(column)) for column in columns]
