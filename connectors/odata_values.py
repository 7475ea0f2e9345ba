"""Values of OData on the wire: literals in addresses and filters by Edm type, and what JSON of V2 and V4 holds. Pure.

Rules: OData V2 "Primitive Data Types" (literal forms, /Date()/) and OData V4.01 URL conventions, 5.1.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

_JSON_DATE = re.compile(r"/Date\((-?\d{1,16})([+-]\d{4})?\)/", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_NUMBERS: Final = ("Edm.Decimal", "Edm.Double", "Edm.Single")

# Edm type -> type of a column (connectors.contract.StreamSchema). Anything else is an object.
COLUMN_TYPES: Final[Mapping[str, str]] = {
    "Edm.String": "text", "Edm.Guid": "text", "Edm.Time": "text", "Edm.TimeOfDay": "text", "Edm.Duration": "text",
    "Edm.Byte": "integer", "Edm.SByte": "integer", "Edm.Int16": "integer", "Edm.Int32": "integer",
    "Edm.Int64": "integer", "Edm.Decimal": "decimal", "Edm.Double": "decimal", "Edm.Single": "decimal",
    "Edm.Boolean": "boolean", "Edm.Date": "date", "Edm.DateTime": "datetime", "Edm.DateTimeOffset": "datetime",
}  # fmt: skip


def literal(value: Any, edm: str = "", *, version: int = 4) -> str:
    """A value as it stands in `$filter` or in a key. Without an Edm type its Python type says which it is.

    ValueError when the value is none of that type.
    """
    if value is None:
        return "null"
    kind = edm or _edm_of(value)
    write = _LITERALS.get(kind)
    return write(value, version) if write else _number(value, kind, version=version)


def from_json_date(text: str) -> datetime | None:
    """The moment of `/Date(1719360000000)/`, None when the text is none. A zone behind it changes nothing."""
    found = _JSON_DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        return None


def decoded(value: Any, edm: str = "", *, day_only: bool = False) -> Any:
    """A value of an answer as a Python value: amounts exact, moments with a zone; anything odd stays as it came.

    `day_only`: an Edm.DateTime that stands for a day (SAP's display-format "Date"). Entities inside an entity become
    plain objects and lists.
    """
    match value:
        case {"results": list(rows)}:
            return [decoded(one) for one in rows]
        case dict():
            return {n: decoded(one) for n, one in value.items() if n != "__metadata" and "@" not in n}
        case list():
            return [decoded(one) for one in value]
        case str() | int() if edm in _NUMBERS:
            return _exact(value)
        case str():
            return _from_text(value, edm, day_only=day_only)
        case _:
            return value


def _from_text(value: str, edm: str, *, day_only: bool) -> Any:
    if edm == "Edm.Int64" and value.lstrip("-").isdigit():
        return int(value)
    moment = from_json_date(value)
    return value if moment is None else moment.date() if day_only else moment


def _exact(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value


def _edm_of(value: Any) -> str:
    return next((edm for kind, edm in _EDM if isinstance(value, kind)), "Edm.String")


def _bool(value: Any, _: int) -> str:
    return "true" if value in (True, "true", "True", 1) else "false"


def _text(value: Any, _: int) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _guid(value: Any, version: int) -> str:
    return f"guid'{UUID(str(value))}'" if version == 2 else str(UUID(str(value)))


def _day(value: Any, version: int) -> str:
    text = _as_moment(value).date().isoformat()
    return f"datetime'{text}T00:00:00'" if version == 2 else text


def _time(value: Any, version: int) -> str:
    return f"time'{value}'" if version == 2 else str(value)


def _duration(value: Any, version: int) -> str:
    return f"time'{value}'" if version == 2 else f"duration'{value}'"


def _as_moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return datetime.fromisoformat(str(value))


def _moment(value: datetime, kind: str, *, version: int) -> str:
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    text = aware.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    if version == 2:
        # Edm.DateTime has no zone: its moments are taken as UTC, as its JSON form is.
        return f"datetime'{text.removesuffix('.000')}'" if kind == "Edm.DateTime" else f"datetimeoffset'{text}Z'"
    return f"{text}Z"


def _number(value: Any, kind: str, *, version: int) -> str:
    try:
        text = format(Decimal(str(value)), "f")
    except InvalidOperation as fault:
        raise ValueError(f"{value!r} is no number") from fault
    if version == 2:
        return text + {"Edm.Decimal": "m", "Edm.Int64": "L", "Edm.Double": "d", "Edm.Single": "f"}.get(kind, "")
    return text


# In this order: a bool is an int, and a datetime is a date.
_EDM: Final[tuple[tuple[type, str], ...]] = (
    (bool, "Edm.Boolean"), (int, "Edm.Int32"), (Decimal, "Edm.Decimal"), (datetime, "Edm.DateTimeOffset"),
    (date, "Edm.Date"), (UUID, "Edm.Guid"),
)  # fmt: skip
_LITERALS: Final[Mapping[str, Callable[[Any, int], str]]] = {
    "Edm.Boolean": _bool,
    "Edm.String": _text,
    "Edm.Guid": _guid,
    "Edm.Date": _day,
    "Edm.Time": _time,
    "Edm.TimeOfDay": _time,
    "Edm.Duration": _duration,
    "Edm.DateTime": lambda value, version: _moment(_as_moment(value), "Edm.DateTime", version=version),
    "Edm.DateTimeOffset": lambda value, version: _moment(_as_moment(value), "Edm.DateTimeOffset", version=version),
}
