"""Lines that prove each other: each names the hash of the one before, so that none can be changed or taken out unseen.

The hash of a line is SHA-256 over its JSON without `hash`, keys sorted, no spaces, in UTF-8; the line holds the hash of
the one before as `previous`. The last line says how many there are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from concilia.errors import RequestInvalid

FIRST: Final = "0" * 64
Line = dict[str, Any]


def chained(head: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    """The head, the entries and the end, each with its number, the hash of the line before, and its own."""
    line = _linked(0, head, FIRST)
    yield line
    for told in entries:
        line = _linked(line["n"] + 1, told, line["hash"])
        yield line
    yield _linked(line["n"] + 1, {"end": True, "entries": line["n"]}, line["hash"])


def checked(lines: Iterable[str]) -> int:
    """How many entries the lines hold; RequestInvalid names the first line that is not what it was."""
    previous, number, last = FIRST, -1, Line()
    for number, text in enumerate(lines):
        last = _read(text)
        if not last or last["hash"] != _hash(last) or last.get("previous") != previous or last.get("n") != number:
            raise RequestInvalid(f"Line {number + 1} is not what was written.", mend="Export it again.", field="file")
        previous = last["hash"]
    if not last.get("end") or last.get("entries") != number - 1:
        raise RequestInvalid("The end is missing.", mend="Export it again.", field="file")
    return number - 1


def _read(text: str) -> Line:
    """A line as it stands; empty when it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and "hash" in found else {}


def _linked(number: int, told: Mapping[str, Any], previous: str) -> Line:
    line = {"n": number, **told, "previous": previous}
    return {**line, "hash": _hash(line)}


def _hash(line: Mapping[str, Any]) -> str:
    told = {name: value for name, value in line.items() if name != "hash"}
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
