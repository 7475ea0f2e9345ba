"""Where a record keeps a contact point or a name, and with which cells another value would be read there. Pure.

The mapping that reads a record also says how to write it: a change is offered only when the changed record, read by
the same mapping, says exactly the new value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from concilia.normalize.names import normalize_name
from concilia.portfolio.party import ContactPoint
from mapping.columns import is_empty, text_of
from mapping.contact_points import ContactPointRule
from mapping.context import MapContext
from mapping.debtor_map import DebtorMap
from mapping.entity_map import EntityMap, MapDocument
from mapping.issues import BadCell
from mapping.rules import FieldRule, Row, Source

CONTACT_FIELDS: Final = ("phone", "email", "postal_address")
NAMES: Final = ("full_name",)
_ONE_LINE: Final = ("street", "number", "unit")  # where a system has one column for the three

Cells = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Stated:
    """A value of a field as a record states it; equal keys are equal values, an empty one says nothing."""

    key: str = ""
    value: str = ""
    parts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """The cells that hold a field in one record, what they hold now, and what that says."""

    field: str
    says: Stated
    expected: Cells
    member: str = ""  # the list whose item holds it
    item: str = ""
    why_not: str = ""  # why it cannot be written


@dataclass(frozen=True, slots=True)
class Change:
    """Cells to write, and what they must hold before."""

    cells: Cells
    expected: Cells
    member: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class RecordShape:
    """A stream's mapping with what its system lets us write."""

    document: MapDocument
    context: MapContext
    writable: Collection[str]

    def says(self, fields: Mapping[str, Any], *, about: str) -> Stated:
        """What a record says of a field first."""
        slot = self.slot(fields, about=about)
        return slot.says if slot else Stated()

    def slot(self, fields: Mapping[str, Any], *, about: str) -> Slot | None:
        """Where a record keeps the field; None when its mapping has no place for it, or speaks of several debtors."""
        entities = [entity for entity in self.document.entities if isinstance(entity.reader, DebtorMap)]
        if len(entities) != 1:
            return None
        row = Row("debtor", fields, self.context, [])
        slots = list(_names(entities[0], row) if about in NAMES else _points(entities[0], row, about))
        found = next((slot for slot in slots if slot.says.key), slots[0] if slots else None)
        return None if found is None else self._allowed(found)

    def change(self, fields: Mapping[str, Any], *, about: str, to: Stated) -> Change | str:
        """The cells that make the record say that value, or a sentence saying why there are none."""
        slot = self.slot(fields, about=about)
        if slot is None or slot.why_not:
            return slot.why_not if slot else f"its mapping has no place for {about}"
        cells = self._written(slot, to)
        if cells is None:
            return f"its mapping cannot be turned round for {about}"
        expected = {name: slot.expected[name] for name in cells if name in slot.expected}
        change = Change(cells, expected, slot.member, slot.item)
        after = after_change(fields, change, item="new")
        if self.says(after, about=about).key != to.key:
            return "written there, it would not be read as the same value"
        return change

    def _allowed(self, slot: Slot) -> Slot:
        if slot.why_not:
            return slot
        named = [f"{slot.member}.{column}" if slot.member else column for column in slot.expected]
        forbidden = [column for column in named if column not in self.writable]
        if not forbidden or (slot.field == "postal_address" and len(forbidden) < len(named)):
            return slot
        return replace(slot, why_not=f"{', '.join(forbidden)} cannot be written there")

    def _written(self, slot: Slot, to: Stated) -> Cells | None:
        (entity,) = (e for e in self.document.entities if isinstance(e.reader, DebtorMap))
        if slot.field in NAMES:
            rule = _rule_of(entity, slot.field)
            pair = rule.write(to.value, self.context) if rule else None
            return None if pair is None else dict([pair])
        if slot.field == "postal_address":
            return self._address(entity, slot, to)
        if slot.member and not slot.item:
            return self._new_item(entity, slot, to)
        (column,) = slot.expected
        return {column: to.value or None}

    def _address(self, entity: EntityMap, slot: Slot, to: Stated) -> Cells | None:
        rule = next((r for r in _rules(entity, slot.field) if r.parts and r.each is None), None)
        if rule is None or (to.value and to.parts is None):
            return None
        parts = to.parts or {}
        found = {}
        for name, source in rule.parts.items():
            if source.column in self.writable:
                names = [
                    one for one in (_ONE_LINE if name == "street" else (name,)) if one == name or one not in rule.parts
                ]
                found[source.column] = " ".join(parts[one] for one in names if parts.get(one)) or None
        return found

    def _new_item(self, entity: EntityMap, slot: Slot, to: Stated) -> Cells | None:
        for rule in _rules(entity, slot.field):
            if rule.each is not None and rule.each.column == slot.member and len(rule.sources) == 1:
                kind = rule.type.source
                code = kind.values.code_for(slot.field) if kind.values and len(kind.columns) == 1 else None
                if kind.constant is None and code is None:
                    return None
                typed = {} if code is None else {kind.columns[0]: code}
                return {rule.sources[0].column: to.value, **typed}
        return None


def after_change(fields: Mapping[str, Any], change: Change, *, item: str) -> dict[str, Any]:
    """The record as it is once the change was written; a new item of a list gets the id `item`."""
    if not change.member:
        return {**fields, **change.cells}
    items = [dict(one) for one in fields.get(change.member) or [] if isinstance(one, Mapping)]
    if change.item:
        items = [{**one, **change.cells} if str(one.get("id")) == change.item else one for one in items]
    else:
        items.append({"id": int(item) if item.isdigit() else item, "active": True, **change.cells})
    return {**fields, change.member: items}


def key_of_name(name: str) -> str:
    """Equal for a name in any order, with or without accents: spelling is not worth a write."""
    return " ".join(sorted(normalize_name(name).tokens)) or name.casefold().strip()


def stated_by(point: ContactPoint) -> Stated:
    """A contact point as a value."""
    return Stated(point.match_key or point.value, point.value, point.parts)


def _names(entity: EntityMap, row: Row) -> Iterator[Slot]:
    rule = _rule_of(entity, "full_name")
    if rule is None or len(rule.source.columns) != 1 or rule.source.constant is not None:
        return
    said = normalize_name(rule.read(row))
    value = said.value if said.verdict.usable else ""
    says = Stated(key_of_name(value), value) if value else Stated()
    yield Slot("full_name", says, _cells(row.fields, rule.source))


def _points(entity: EntityMap, row: Row, about: str) -> Iterator[Slot]:
    for rule in _rules(entity, about):
        if rule.each is None:
            yield from _flat(rule, row, about)
        else:
            yield from _listed(rule, row, about)


def _flat(rule: ContactPointRule, row: Row, about: str) -> Iterator[Slot]:
    if rule.parts:
        points = list(rule.read(row))
        cells: dict[str, str | None] = {}
        for source in rule.parts.values():
            cells |= _cells(row.fields, source)
        yield Slot(about, stated_by(points[0]) if points else Stated(), cells)
        return
    for source in rule.sources:
        points = list(replace(rule, sources=(source,)).read(row))
        says = stated_by(points[0]) if points else Stated()
        yield Slot(about, says, _cells(row.fields, source), why_not=_unwritable(source, len(points)))


def _listed(rule: ContactPointRule, row: Row, about: str) -> Iterator[Slot]:
    assert rule.each is not None  # noqa: S101 - asked by the only caller
    if len(rule.sources) != 1:
        return
    inside, source, member = replace(rule, each=None), rule.sources[0], rule.each.column
    try:
        rows = tuple(rule.each.rows(row))
    except BadCell:
        return
    for one in rows:
        points = [point for point in inside.read(one) if point.type == about]
        number = one.fields.get("id")
        if points and number is not None:
            why_not = _unwritable(source, len(points))
            yield Slot(about, stated_by(points[0]), _cells(one.fields, source), member, str(number), why_not)
    yield Slot(about, Stated(), {source.column: None}, member)


def _rules(entity: EntityMap, about: str) -> Iterator[ContactPointRule]:
    assert isinstance(entity.reader, DebtorMap)  # noqa: S101 - asked by every caller
    for rule in entity.reader.contact_points:
        kind = rule.type.source
        known = {kind.constant} if kind.constant else set(kind.values.codes.values()) if kind.values else set()
        if about in known:
            yield rule


def _rule_of(entity: EntityMap, name: str) -> FieldRule | None:
    return next((rule for rule in entity.rules if rule.field.name == name), None)


def _unwritable(source: Source, points: int) -> str:
    if len(source.columns) != 1 or source.converters or source.values or source.constant:
        return f"{source.column or 'it'} is converted when it is read"
    return f"{source.column} holds several values" if points > 1 else ""


def _cells(fields: Mapping[str, Any], source: Source) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for column in source.columns:
        raw = fields.get(column)
        found[column] = None if is_empty(raw) else text_of(raw)
    return found
