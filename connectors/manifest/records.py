"""From an object of a described system to a Record: columns by type, key, cursor; or to a bad row. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from concilia.clock import to_text
from concilia.records import BadRow, Record
from connectors.manifest.conditions import cell, number
from connectors.manifest.document import Column, StreamSpec
from connectors.manifest.moments import Moments, day_of

_YES, _NO = ("1", "true", "yes"), ("0", "false", "no", "")


@dataclass(frozen=True, slots=True)
class Shaping:
    """How the objects of one stream become records. `moments` reads its cursor; `zone` is that of naive moments."""

    spec: StreamSpec
    moments: Moments
    zone: tzinfo = UTC

    def shaped(self, items: Sequence[Any]) -> tuple[tuple[Record, ...], tuple[BadRow, ...]]:
        """The records of one page and the rows that are none."""
        found = [self.record(item, position=f"{self.spec.name} row {n}") for n, item in enumerate(items, start=1)]
        records = tuple(one for one in found if isinstance(one, Record))
        return records, tuple(one for one in found if isinstance(one, BadRow))

    def record(self, item: Any, *, position: str) -> Record | BadRow:
        """The record of an object."""
        if not isinstance(item, Mapping):
            return BadRow(position, "It is no object.", raw=str(item)[:200])
        fields = self.fields(item)
        key = tuple(_text(cell(fields, name)) for name in self.spec.key)
        if not all(key):
            return BadRow(position, "Its key is empty.", column=self.spec.key[0], fields=fields)
        place = f"{self.spec.name} {'/'.join(key)}"
        moment = self.moment(item)
        if moment is None and self._says_moment(item):
            reason = f"{cell(item, str(self.spec.cursor))!r} is no moment as the manifest says they are written."
            return BadRow(place, reason, column=str(self.spec.cursor), key=key, fields=fields)
        return Record(key, fields, place, to_text(moment) if moment else None, moment)

    def fields(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of an object by their types; those the schema does not know as they came, unless dropped."""
        named = {column.name: self._typed(column, cell(item, column.source)) for column in self.spec.columns.values()
                 if column.source in item or "." in column.source}  # fmt: skip
        for name in self.spec.key:  # a key is text, whatever it came as; any other column shows when its type changes
            if isinstance(named.get(name, item.get(name)), int | Decimal):
                named[name] = _text(named.get(name, item.get(name)))
        if self.spec.said.get("keep") == "schema":
            return named
        return {**item, **named}

    def moment(self, item: Any) -> datetime | None:
        """The value of the object's cursor."""
        if self.spec.cursor is None or not isinstance(item, Mapping):
            return None
        value = cell(item, self.spec.cursor)
        return None if value in (None, "") else self.moments.read(value)

    def _says_moment(self, item: Mapping[str, Any]) -> bool:
        return self.spec.cursor is not None and cell(item, self.spec.cursor) not in (None, "")

    def _typed(self, column: Column, value: Any) -> Any:
        """The value as its type has it; as it came when it is not written so: the mapping names it then."""
        if value in (None, ""):
            return value if column.type == "text" else None
        match column.type:
            case "date" if column.formats:
                return day_of(value, forms=column.formats, zone=self.zone) or value
            case "datetime":
                return Moments(reads=_forms(column, self.moments), zone=self.zone).read(value) or value
            case kind:
                return _PLAIN[kind](value) if kind in _PLAIN else value


def _forms(column: Column, moments: Moments) -> tuple[str, ...]:
    return column.formats or moments.reads or (moments.writes,)


def _amount(value: Any) -> Any:
    """Exact, without the zeros that some systems append: 1234.50000000 is 1234.5."""
    amount = number(value)
    if amount is None:
        return value
    return Decimal(format(amount.normalize(), "f"))


def _boolean(value: Any) -> Any:
    word = str(value).strip().casefold()
    return True if word in _YES else False if word in _NO else value


def _text(value: Any) -> str:
    if value is None or isinstance(value, Mapping | list):
        return ""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


_PLAIN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "decimal": _amount,
    "boolean": _boolean,
}
