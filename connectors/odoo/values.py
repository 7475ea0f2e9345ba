"""Odoo's values as ours: False for empty, [id, name] for a link, moments without a zone, amounts as floats. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

Row = dict[str, Any]
Domain = list[Any]

ZERO: Final = Decimal(0)
_STATE: Final = re.compile(r"\s*\([A-Z]{2}\)$")
# A float of IEEE 754 keeps 15 decimal digits: what is further from a value of the currency's own is no rounding.
_NOISE: Final = Decimal("1e-6")


class Malformed(ValueError):
    """A cell is not of the kind its field has always been; `column` names it."""

    def __init__(self, column: str, value: object) -> None:
        super().__init__(f"{column} holds {str(value)[:60]!r} ({type(value).__name__})")
        self.column = column


def text(row: Mapping[str, Any], name: str) -> str | None:
    """The text in a cell, None when it is empty or the field is not there."""
    value = row.get(name, False)
    if value is False or value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Malformed(name, value)
    return value


def ident(value: Any) -> int | None:
    """The id of a link, which comes as [id, name]."""
    match value:
        case [int(number), *_]:
            return number
        case _:
            return None


def label(value: Any) -> str | None:
    """The name of a link."""
    match value:
        case [int(), str(name), *_]:
            return name
        case _:
            return None


def subdivision(value: Any) -> str | None:
    """The name of a state or region; Odoo shows it with its country, as "Metropolitana (CL)"."""
    name = label(value)
    return _STATE.sub("", name) if name else None


def day(row: Mapping[str, Any], name: str) -> date | None:
    """The date in a cell."""
    value = text(row, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError as fault:
        raise Malformed(name, value) from fault


def moment(value: Any) -> datetime | None:
    """A moment, which Odoo keeps in UTC and writes without a zone; None when it is none."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def odoo_moment(value: datetime) -> str:
    """A moment as Odoo's domains take it: UTC, whole seconds, rounded down."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def amount(row: Mapping[str, Any], name: str, *, digits: int) -> Decimal:
    """The amount in a cell, to the digits of its currency: Odoo sends binary floats of exact amounts."""
    value = row.get(name, False)
    if value is False or value is None:
        return ZERO
    try:
        number = Decimal(value) if isinstance(value, int | Decimal | str) else Decimal(repr(value))
        exact = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    except (InvalidOperation, TypeError, ValueError) as fault:
        raise Malformed(name, value) from fault
    if isinstance(value, bool | str) or abs(exact - number) > max(_NOISE, abs(number) * Decimal("1e-14")):
        raise Malformed(name, value)
    return exact


def last_stamp(*rows: Mapping[str, Any]) -> datetime | None:
    """The latest write or creation among the rows."""
    stamps = (moment(row.get(name)) for row in rows for name in ("write_date", "create_date"))
    return max((stamp for stamp in stamps if stamp is not None), default=None)


def any_of(*clauses: Any) -> Domain:
    """A domain that holds where at least one of the conditions does: Odoo writes the signs first."""
    return [*["|"] * (len(clauses) - 1), *clauses]
