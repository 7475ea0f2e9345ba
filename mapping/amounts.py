"""Read and write amounts as sources write them. An amount that can be read in two ways is refused, never guessed."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from concilia.money import DECIMALS, LARGEST, fits_unit
from mapping.columns import clean
from mapping.issues import BadCell, Code

LONGEST = 40
_MINUS: Final = "-−"
_GROUPS: Final = ".,' "  # clean() has already made every kind of space a plain one
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3})*")


def read_amount(value: Any, *, decimal: str | None, thousands: str | None = None) -> Decimal:
    """The amount in a cell. `decimal` and `thousands` are the declared signs; None means not declared.

    Raises BadCell for binary floats, for text that is no number, and for text with two readings.
    """
    match value:
        case bool() | float():
            raise BadCell(Code.BAD_AMOUNT, "an amount must be text, a whole number or a decimal")
        case int() | Decimal():
            return _bounded(Decimal(value))
        case str():
            return _bounded(_from_text(clean(value), decimal, thousands))
        case _:
            raise BadCell(Code.BAD_AMOUNT, "no amount")


def amount_text(amount: Decimal, unit: str) -> str:
    """The canonical text at the unit's decimals; BadCell when the amount has more of them."""
    if not fits_unit(amount, unit):
        raise BadCell(Code.BAD_AMOUNT, f"more decimals than {unit} has ({DECIMALS[unit]})")
    return format(amount.quantize(Decimal(1).scaleb(-DECIMALS[unit])) + 0, "f")  # + 0: no negative zero


def write_amount(text: str, *, decimal: str | None) -> str:
    """A canonical amount as the source writes it: its decimal sign, no thousands."""
    return text.replace(".", decimal) if decimal else text


def _bounded(amount: Decimal) -> Decimal:
    if not amount.is_finite() or abs(amount) >= LARGEST:
        raise BadCell(Code.BAD_AMOUNT, "too large for an amount of money")
    return amount


def _from_text(text: str, decimal: str | None, thousands: str | None) -> Decimal:
    if len(text) > LONGEST:
        raise BadCell(Code.BAD_AMOUNT, "too long for an amount")
    sign, body = _sign(text)
    if not body or not body.isascii() or body.strip(f"0123456789{_GROUPS}"):
        raise BadCell(Code.BAD_AMOUNT, "no number")
    decimal = decimal or _decimal_sign(body)
    whole, point, part = body.partition(decimal)
    if (point and not _is_digits(part)) or (not whole and not part):
        raise BadCell(Code.BAD_AMOUNT, f'no number with "{decimal}" as its decimal sign')
    return Decimal(f"{sign}{_ungrouped(whole, decimal, thousands)}.{part or '0'}")


def _sign(text: str) -> tuple[str, str]:
    """The sign and the rest: `-5`, `5-`, `(5)` and `$ -5` as ledgers write them."""
    body, negative = text, False
    if body.startswith("(") and body.endswith(")"):
        body, negative = body[1:-1], True
    body = body.strip().removeprefix("$").lstrip()
    if body[:1] in ("+", *_MINUS) and not negative:
        body, negative = body[1:].lstrip().removeprefix("$").lstrip(), body[0] != "+"
    elif body[-1:] in tuple(_MINUS) and not negative:
        body, negative = body[:-1].rstrip(), True
    return "-" if negative else "", body


def _decimal_sign(body: str) -> str:
    """The only possible decimal sign of an amount whose source declared none."""
    signs = [c for c in body if c in ".,"]
    if len(set(signs)) == 2:
        return signs[-1]
    if not signs:
        return "."
    if len(signs) > 1:
        return "," if signs[0] == "." else "."
    whole, _, part = body.partition(signs[0])
    if len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        raise BadCell(
            Code.BAD_AMOUNT, f'may be {whole}{part} or {whole}.{part}: declare "decimal" in the connection\'s settings'
        )
    return signs[0]


def _ungrouped(whole: str, decimal: str, thousands: str | None) -> str:
    if not whole:
        return "0"
    if _is_digits(whole):
        return whole
    found = _GROUPED.fullmatch(whole)
    mark = found[1] if found else ""
    if not mark or mark == decimal or (thousands is not None and mark != thousands):
        raise BadCell(Code.BAD_AMOUNT, f'no number with "{decimal}" as its decimal sign')
    return whole.replace(mark, "")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
