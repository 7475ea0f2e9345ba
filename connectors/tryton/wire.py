"""Tryton's typed JSON to Python values and back, and domains as lists. No calls.

Values that JSON lacks travel as objects with `__class__` (trytond.protocols.jsonrpc of the series 8.0). Moments
have no zone on the wire; Tryton keeps them in UTC, so they come out as UTC and go in as UTC.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from concilia.errors import RunMustStop

Row = dict[str, Any]
Domain = list[Any]


def to_wire(value: Any) -> Any:
    """The value as plain JSON in Tryton's notation."""
    match value:
        case Mapping():
            return {name: to_wire(member) for name, member in value.items()}
        case list() | tuple():
            return [to_wire(member) for member in value]
        case Decimal() | date() | bytes():
            return _labelled(value)
        case _:
            return value


def _labelled(value: Decimal | date | bytes) -> dict[str, Any]:
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": format(value, "f")}
        case datetime():
            moment = value.astimezone(UTC)
            day = {"year": moment.year, "month": moment.month, "day": moment.day}
            clock = {"hour": moment.hour, "minute": moment.minute, "second": moment.second}
            return {"__class__": "datetime", **day, **clock, "microsecond": moment.microsecond}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
        case _:
            return {"__class__": "bytes", "base64": base64.b64encode(value).decode()}


def from_wire(value: Any) -> Any:
    """The Python value of what Tryton sent; RunMustStop when an object claims a type and lacks its parts."""
    match value:
        case {"__class__": str(kind)}:
            try:
                return _typed(kind, value)
            except (KeyError, ValueError, TypeError, ArithmeticError) as fault:
                raise RunMustStop(f"Tryton sent a broken {kind} value.") from fault
        case dict():
            return {name: from_wire(member) for name, member in value.items()}
        case list():
            return [from_wire(member) for member in value]
        case _:
            return value


def _typed(kind: str, value: Mapping[str, Any]) -> Any:
    match kind:
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return date(value["year"], value["month"], value["day"])
        case "datetime":
            clock = (value["hour"], value["minute"], value["second"], value["microsecond"])
            return datetime(value["year"], value["month"], value["day"], *clock, tzinfo=UTC)
        case "timedelta":
            return timedelta(seconds=float(value["seconds"]))
        case "bytes":
            return base64.b64decode(value["base64"])
        case _:
            return dict(value)


def any_of(*clauses: Any) -> Domain:
    """A domain that holds where at least one clause does."""
    return ["OR", *clauses]


def changed_since(moment: datetime, *, paths: tuple[str, ...]) -> Domain:
    """Rows stamped at `moment` or later, themselves (path "") or at the end of one of the paths.

    Both stamps are asked for: a row that was never changed has no write_date.
    """
    names = [f"{path}.{stamp}" if path else stamp for path in paths for stamp in ("write_date", "create_date")]
    return any_of(*([name, ">=", moment] for name in names))
