"""JSON with exact decimals in both directions. No network, no meaning of any member."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

# Beyond the range of IEEE doubles: no system means such a number, and writing it out fills memory.
_LARGEST_EXPONENT = 400
_MARK = "\x00number:"
_MARKED = re.compile(r'"\\u0000number:(-?\d+(?:\.\d+)?)"', re.ASCII)


@dataclass(frozen=True, slots=True)
class Number:
    """An amount that a system wants as a JSON number and not as text; written out exactly."""

    amount: Decimal


def loads(raw: bytes | str) -> Any:
    """The value; ValueError or RecursionError when it is no JSON, or holds a number out of range."""
    return json.loads(raw, parse_float=_exact, parse_constant=_no_constant)


def dumps(value: Any) -> bytes:
    """The value as JSON: a Decimal as text, a Number as a number, dates in ISO 8601. Never NaN."""
    text = json.dumps(value, default=_wire, allow_nan=False)
    return (_MARKED.sub(r"\1", text) if _MARK[1:] in text else text).encode()


def _exact(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as fault:
        raise ValueError("a number out of range") from fault
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("a number out of range")
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _wire(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Number):
        return f"{_MARK}{value.amount:f}"
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no wire form")
