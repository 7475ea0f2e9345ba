"""Files of interactions as dialers, bots and agencies write them, line by line as the API takes them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from admin_api.told_interactions import checked
from concilia.errors import RequestInvalid
from concilia.servicing.interactions import mark
from sync.interactions import Line

_MOMENTS: Final = ("started_at", "ended_at")
_PARTED: Final = re.compile(r"\s*[;|]\s*")


def lines_of(file: Path, *, usual: Mapping[str, str], zone: str) -> list[tuple[int, Line]]:
    """Each line with its number; one that cannot be read says why. RequestInvalid for a file that is none of these.

    A line without a reference of its own is known again by what it says, and by how often the file says it.
    """
    text = _text_of(file)
    local = _zone(zone)
    read = _json_lines(text) if file.suffix.lower() in (".jsonl", ".ndjson", ".json") else _csv_lines(text)
    seen: Counter[str] = Counter()
    found = []
    for number, told in read:
        try:
            whole = checked(_completed(told, usual, local)) if isinstance(told, Mapping) else checked(told)
        except RequestInvalid as fault:
            found.append((number, Line(fault)))
            continue
        digest = mark(whole)
        seen[digest] += 1
        found.append((number, Line(whole, ("line", digest, str(seen[digest])))))
    return found


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError as fault:
        raise RequestInvalid(f"There is no file {file}.", mend="Check its name.", field="file") from fault
    except (UnicodeDecodeError, OSError) as fault:
        raise RequestInvalid(f"{file} is no text in UTF-8.", mend="Save it in UTF-8.", field="file") from fault


def _json_lines(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError:
                yield number, line


def _csv_lines(text: str) -> Iterator[tuple[int, Any]]:
    head = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    names = [name.strip() for name in next(rows, [])]
    for row in rows:
        if any(cell.strip() for cell in row):
            yield rows.line_num, _nested(dict(zip(names, row, strict=False)))


def _nested(cells: Mapping[str, str]) -> dict[str, Any]:
    """Cells by dotted names as an object; empty ones are left out, and documents in `debts` are parted."""
    found: dict[str, Any] = {}
    for name, cell in cells.items():
        value = cell.strip()
        if not value:
            continue
        if name == "debts":
            found[name] = [{"document": one} for one in _PARTED.split(value) if one]
            continue
        inner = found
        *path, last = name.split(".")
        for step in path:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return found


def _completed(told: Mapping[str, Any], usual: Mapping[str, str], local: ZoneInfo | None) -> dict[str, Any]:
    """A line with the members that all lines share, and its times with the offset of their place."""
    found = {**told}
    for name, value in _nested(usual).items():
        was = found.get(name)
        found[name] = {**value, **was} if isinstance(value, dict) and isinstance(was, Mapping) else was or value
    for name in _MOMENTS:
        if local is not None and isinstance(found.get(name), str):
            found[name] = _placed(found[name], local)
    return found


def _placed(text: str, local: ZoneInfo) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if moment.tzinfo is not None else moment.replace(tzinfo=local).isoformat()


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError) as fault:
        raise RequestInvalid(
            f"There is no time zone {name!r}.", mend="Name it as America/Santiago.", field="zone"
        ) from fault
