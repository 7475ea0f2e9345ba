"""The parts of a mapping, compiled once: sources, field rules, keys, conditions. Knows no entity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from decimal import Decimal
from typing import Any, Never

from concilia.schema import Field, Kind
from mapping.columns import Getter, elements, getter, is_empty, key_part, text_of
from mapping.context import MapContext
from mapping.convert import Converter
from mapping.issues import BadCell, Code, Issue, Refused, shown
from mapping.kinds import Canonical, canonical_for, written
from mapping.value_maps import Unknown, ValueMap

_JOINED = (Kind.TEXT, Kind.NAME)


@dataclass(frozen=True, slots=True)
class Row:
    """One record (or an object inside it) being read for one entity, and where its issues are noted."""

    entity: str
    fields: Mapping[str, Any]
    context: MapContext
    issues: list[Issue]

    def note(self, bad: BadCell, *, name: str, column: str = "", value: Any = None) -> Issue:
        """Keep the issue; the caller goes on without the value."""
        issue = Issue(self.entity, name, column, shown(value), bad.code, bad.reason)
        self.issues.append(issue)
        return issue

    def refuse(self, bad: BadCell, *, name: str, column: str = "", value: Any = None) -> Never:
        """End the reading of the whole record."""
        raise Refused(Issue(self.entity, name, column, shown(value), bad.code, bad.reason))

    def inside(self, element: Any) -> Row:
        """The row of one element of a list; plain elements are objects with the one column `value`."""
        return replace(self, fields=element if isinstance(element, Mapping) else {"value": element})

    def in_unit(self, unit: str | None) -> Row:
        """The same row with another unit for its amounts."""
        return self if unit == self.context.unit else replace(self, context=replace(self.context, unit=unit))


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: columns, converters in turn, a code list; or a constant."""

    columns: tuple[str, ...] = ()
    converters: tuple[Converter, ...] = ()
    values: ValueMap | None = None
    constant: str | None = None
    default: str | None = None
    _getters: tuple[Getter, ...] = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_getters", tuple(getter(column) for column in self.columns))

    @property
    def column(self) -> str:
        """Its columns as issues name them."""
        return ", ".join(self.columns)

    def raw(self, fields: Mapping[str, Any]) -> Any:
        """The cell as the source holds it; a list of cells when there are several columns."""
        if len(self._getters) == 1:
            return self._getters[0](fields)
        return [read(fields) for read in self._getters]

    def converted(self, raw: Any, context: MapContext) -> Any:
        """The cell after converters and code list; BadCell says why not."""
        value = raw
        for converter in self.converters:
            value = converter.apply(value, context)
        return value if self.values is None else _meaning(self.values, value)


def _meaning(values: ValueMap, value: Any) -> Any:
    code = text_of(value)
    meaning = values.meaning(code)
    if meaning is not None or not code:
        return meaning
    match values.unknown:
        case Unknown.KEEP:
            return value
        case Unknown.NULL:
            return None
        case Unknown.ISSUE | Unknown.REJECT:
            fatal = values.unknown is Unknown.REJECT
            raise BadCell(Code.UNKNOWN_CODE, "the code is not in the list of values", fatal=fatal)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One canonical field and its source."""

    field: Field
    source: Source
    _canonical: Canonical = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_canonical", canonical_for(self.field.kind))

    @property
    def is_amount(self) -> bool:
        """Whether its field is money."""
        return self.field.kind is Kind.AMOUNT

    def read(self, row: Row) -> str:
        """The canonical text, "" when the source says nothing or nothing usable (then an issue says why).

        Raises Refused for a bad value of a required field.
        """
        source = self.source
        if source.constant is not None and not self.is_amount:
            return source.constant
        raw = source.raw(row.fields) if source.columns else source.constant
        try:
            value = source.converted(raw, row.context)
            if isinstance(value, list) and len(source.columns) > 1:
                value = self._one_of(value)
            if source.constant is not None:
                return self._literal(source.constant, row)
            text = "" if is_empty(value) else self._canonical(value, self.field, row.context)
            return text or (self._literal(source.default, row) if source.default else "")
        except BadCell as bad:
            if self.field.required or bad.fatal:
                row.refuse(bad, name=self.field.name, column=source.column, value=raw)
            row.note(bad, name=self.field.name, column=source.column, value=raw)
            return ""

    def _literal(self, text: str, row: Row) -> str:
        """A text of the mapping document; an amount gets the decimals of the record's unit."""
        return self._canonical(Decimal(text), self.field, row.context) if self.is_amount else text

    def write(self, text: str, context: MapContext) -> tuple[str, str] | None:
        """Column and cell that this rule would read as `text`; None when it cannot be turned round."""
        source = self.source
        if len(source.columns) != 1 or source.constant is not None:
            return None
        cell: str | None = text
        if source.values is not None:
            cell = source.values.code_for(text)
        elif not source.converters:
            cell = written(text, self.field, context)
        for converter in reversed(source.converters):
            if cell is None or converter.undo is None:
                return None
            cell = converter.undo(cell, context)
        return None if cell is None else (source.columns[0], cell)

    def _one_of(self, values: list[Any]) -> Any:
        if self.field.kind in _JOINED:
            return " ".join(text for text in map(text_of, values) if text)
        return next((value for value in values if not is_empty(value)), None)


@dataclass(frozen=True, slots=True)
class KeyRule:
    """The parts of a key, in order."""

    parts: tuple[Source, ...]

    def read(self, row: Row, *, name: str = "key") -> tuple[str, ...]:
        """The key; Refused when a part is empty or cannot be used."""
        found = []
        for part in self.parts:
            raw = part.raw(row.fields)
            try:
                found.append(key_part(part.converted(raw, row.context)))
            except BadCell as bad:
                row.refuse(bad, name=name, column=part.column, value=raw)
        return tuple(found)

    def read_if_any(self, row: Row, *, name: str) -> tuple[str, ...]:
        """The key, or () when all its parts are empty; an unusable one becomes an issue and ()."""
        if all(is_empty(part.raw(row.fields)) for part in self.parts):
            return ()
        try:
            return self.read(row, name=name)
        except Refused as refused:
            issue = refused.issue
            row.issues.append(replace(issue, code=Code.UNMAPPED_REFERENCE))
            return ()


@dataclass(frozen=True, slots=True)
class Condition:
    """A test on one column; texts compare exactly, after trimming."""

    column: str
    allowed: frozenset[str] | None = None
    refused: frozenset[str] = frozenset()
    present: bool | None = None
    _get: Getter = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_get", getter(self.column))

    def holds(self, fields: Mapping[str, Any]) -> bool:
        """Whether the record passes; a cell that is a list or an object has no text to compare."""
        value = self._get(fields)
        if self.present is not None and is_empty(value) is self.present:
            return False
        if self.allowed is None and not self.refused:
            return True
        try:
            text = text_of(value)
        except BadCell:
            return self.allowed is None
        return (self.allowed is None or text in self.allowed) and text not in self.refused


@dataclass(frozen=True, slots=True)
class ListRule:
    """A list of objects inside the record."""

    column: str
    _get: Getter = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_get", getter(self.column))

    def rows(self, row: Row) -> Iterator[Row]:
        """A row for each element; BadCell when there are too many."""
        for element in elements(self._get(row.fields)):
            if element is not None:
                yield row.inside(element)


def all_hold(conditions: tuple[Condition, ...], fields: Mapping[str, Any]) -> bool:
    """Whether the record passes every condition."""
    return all(condition.holds(fields) for condition in conditions)
