"""Read a column of a record, by name or by dotted path, and its cell as clean text. No meaning of any column."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from concilia.records import ABSENT
from mapping.issues import BadCell, Code

LONGEST_TEXT = 1000
LONGEST_KEY = 200
MOST_ELEMENTS = 1000  # of one list inside a record

Getter = Callable[[Mapping[str, Any]], Any]
_UNPRINTABLE = ("Cc", "Cf", "Cs")  # controls, invisible formatting, broken halves of characters


def getter(column: str) -> Getter:
    """The cell of that column, or ABSENT. `address.city` and `partner.0` go into objects and lists.

    A column really called `a.b` wins over the path.
    """

    def plain(fields: Mapping[str, Any]) -> Any:
        return fields.get(column, ABSENT)

    steps = column.split(".")
    if len(steps) == 1:
        return plain

    def nested(fields: Mapping[str, Any]) -> Any:
        found = fields.get(column, ABSENT)
        return found if found is not ABSENT else _walk(fields, steps)

    return nested


def _walk(fields: Mapping[str, Any], steps: list[str]) -> Any:
    found: Any = fields
    for step in steps:
        match found:
            case Mapping():
                found = found.get(step, ABSENT)
            case list() | tuple() if step.isascii() and step.isdigit() and len(step) < 5:
                found = found[int(step)] if int(step) < len(found) else ABSENT
            case _:
                return ABSENT
    return found


def is_empty(value: Any) -> bool:
    """Whether a cell says nothing: absent, null, blank text or an empty list."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is ABSENT or (isinstance(value, list | tuple) and not value)


def clean(text: str) -> str:
    """The text with white space collapsed, invisible characters removed, and accents composed (NFC)."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split()) if "  " in text or text[:1] == " " or text[-1:] == " " else text
    spaced = " ".join(text.split())
    if not spaced.isprintable():
        spaced = "".join(c for c in spaced if c == " " or unicodedata.category(c) not in _UNPRINTABLE)
        spaced = " ".join(spaced.split())
    return unicodedata.normalize("NFC", spaced)


def text_of(value: Any) -> str:
    """A cell as clean text, empty when it says nothing; BadCell for lists, objects and binary floats."""
    match value:
        case str():
            return bounded(clean(value))
        case bool():
            return "true" if value else "false"
        case int():
            if value.bit_length() > 512:
                raise BadCell(Code.BAD_VALUE, "a number of more than 150 digits")
            return str(value)
        case Decimal():
            return _plain_decimal(value)
        case datetime() | date():
            return value.isoformat()
        case _ if value is None or value is ABSENT:
            return ""
        case _:
            raise BadCell(Code.BAD_VALUE, f"{_kind(value)} stands where a text is expected")


def lines_of(value: Any) -> str:
    """A cell as clean text that keeps its lines, where people put several numbers into one cell."""
    if not isinstance(value, str):
        return text_of(value)
    return bounded("\n".join(line for line in map(clean, value.splitlines()) if line))


def bounded(text: str) -> str:
    """The text itself; BadCell when it has more than 1000 characters."""
    if len(text) > LONGEST_TEXT:
        raise BadCell(Code.TOO_LONG, f"a text of {len(text)} characters; at most {LONGEST_TEXT} are kept")
    return text


def key_part(value: Any) -> str:
    """A part of a key: trimmed text, never empty and without control characters; BadCell says why not."""
    if isinstance(value, str):
        text = value.strip()
        if not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
            raise BadCell(Code.BAD_VALUE, "a key with control characters")
    elif isinstance(value, bool):
        raise BadCell(Code.BAD_VALUE, "true or false cannot be a key")
    else:
        text = text_of(value)
    if not text:
        raise BadCell(Code.EMPTY_KEY, "the key is empty")
    if len(text) > LONGEST_KEY:
        raise BadCell(Code.TOO_LONG, f"a key of {len(text)} characters; at most {LONGEST_KEY} can be used")
    return text


def elements(value: Any) -> list[Any]:
    """The elements of a list in a record; one object alone counts as a list of one. BadCell when too many."""
    if is_empty(value):
        return []
    found = list(value) if isinstance(value, list | tuple) else [value]
    if len(found) > MOST_ELEMENTS:
        raise BadCell(Code.BAD_VALUE, f"a list of {len(found)}; at most {MOST_ELEMENTS} can be used")
    return found


def _plain_decimal(value: Decimal) -> str:
    if not value.is_finite() or abs(value.adjusted()) > 150:
        raise BadCell(Code.BAD_VALUE, "no finite number")
    return format(value, "f")


def _kind(value: Any) -> str:
    if isinstance(value, float):
        return "a binary float"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else f"a {type(value).__name__}"
