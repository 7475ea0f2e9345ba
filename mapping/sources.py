"""Read the small parts of a mapping document: sources, words, keys, conditions. Errors carry their place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from concilia.documents import Document, did_you_mean
from concilia.schema import Field, Kind
from mapping.amounts import read_amount
from mapping.context import MapContext
from mapping.convert import CONVERTERS, Converter, converter
from mapping.issues import BadCell
from mapping.kinds import canonical_for
from mapping.rules import Condition, FieldRule, Source
from mapping.value_maps import Unknown, ValueMap

_NOWHERE = MapContext(country="")
_TEXT = Field("text")
_CODED = (Kind.CHOICE, Kind.BOOLEAN, Kind.UNIT, Kind.COUNTRY)


def source(document: Document, *, field: Field = _TEXT) -> Source:
    """A source: a column name, or a group with from, convert, values, unknown, constant, default."""
    content = document.content
    if isinstance(content, str):
        return Source((_column(document, content),))
    if ("from" in content) == ("constant" in content):
        raise document.error('a value needs either "from" or "constant".', mend="Name a column, or give the constant.")
    if "constant" in content and not {"convert", "values", "default"}.isdisjoint(content):
        raise document.error("a constant is taken as it is.", mend='Remove "convert", "values" and "default".')
    if "unknown" in content and "values" not in content:
        raise document.error('"unknown" says what to do with codes missing in "values".', mend='Add "values".')
    named = content.get("from", ())
    return Source(
        columns=tuple(_column(document.part("from"), name) for name in ([named] if isinstance(named, str) else named)),
        converters=_converters(document),
        values=_values(document, field) if "values" in content else None,
        constant=_literal(document.part("constant"), field) if "constant" in content else None,
        default=_literal(document.part("default"), field) if "default" in content else None,
    )


def part_source(document: Document) -> Source:
    """The source of one part of a key: a column with converters, never a constant."""
    found = source(document)
    if found.constant is not None or found.default is not None or len(found.columns) != 1:
        raise document.error("a part of a key is one column.", mend="Name one column, with converters if need be.")
    return found


def word(document: Document, name: str, *, field: Field) -> FieldRule | None:
    """The rule of a setting in which a text is the word itself, except for dates, where it is a column."""
    if name not in document.content:
        return None
    part = document.part(name)
    if isinstance(part.content, str) and field.kind is not Kind.DATETIME:
        return FieldRule(field, Source(constant=_literal(part, field)))
    return FieldRule(field, source(part, field=field))


def condition(document: Document) -> Condition:
    """A condition of `when`: a column and at least one test."""
    content = document.content
    if len(content) < 2:
        raise document.error("a condition needs a test.", mend="Add in, not_in, equals or present.")
    if "equals" in content and "in" in content:
        raise document.error('"equals" and "in" cannot both be given.', mend="Keep one of them.")
    allowed = [content["equals"]] if "equals" in content else content.get("in")
    return Condition(
        column=_column(document.part("column"), content["column"]),
        allowed=None if allowed is None else frozenset(_plain(value) for value in allowed),
        refused=frozenset(_plain(value) for value in content.get("not_in", ())),
        present=content.get("present"),
    )


def _column(document: Document, name: str) -> str:
    if "[]" in name:
        before, _, after = name.partition("[]")
        mend = f"To go through a list, write each: {before} and from: {after.strip('.') or 'value'}"
        raise document.error(f'"{name}" is no column.', mend=mend)
    return name


def _converters(document: Document) -> tuple[Converter, ...]:
    calls = document.content.get("convert", [])
    found = []
    for call in [calls] if isinstance(calls, str) else calls:
        try:
            found.append(converter(call))
        except ValueError as fault:
            name = call.partition("(")[0].strip()
            mend = "" if name in CONVERTERS else did_you_mean(name, CONVERTERS) or f"Known: {', '.join(CONVERTERS)}."
            raise document.error(str(fault), at=("convert",), mend=mend) from fault
    return tuple(found)


def _values(document: Document, field: Field) -> ValueMap:
    codes: dict[str, str] = {}
    for code, meaning in document.content["values"].items():
        text = "" if meaning is None else _plain(meaning)
        if text and field.kind in _CODED:
            text = _canonical(document.part("values", code), text, field)
        codes[code.strip()] = text
    return ValueMap(codes, Unknown(document.content.get("unknown", "issue") or "null"))


def _literal(document: Document, field: Field) -> str:
    text = _plain(document.content)
    if field.kind is Kind.AMOUNT:
        return _amount(document, text)
    return _canonical(document, text, field)


def _amount(document: Document, text: str) -> str:
    try:
        amount: Decimal = read_amount(text, decimal=".")
    except BadCell as bad:
        raise document.error(f'"{text}" is no amount.', mend="Write digits with a point, such as 1500.50.") from bad
    return format(amount, "f")


def _canonical(document: Document, text: str, field: Field) -> str:
    try:
        return canonical_for(field.kind)(text, field, _NOWHERE)
    except BadCell as bad:
        mend = did_you_mean(text, field.choices) if field.choices else ""
        mend = mend or (f"Use one of: {', '.join(field.choices)}." if field.choices else "")
        said = f'"{text}" is no {field.name.replace("_", " ")}' + ("." if field.choices else f": {bad.reason}.")
        raise document.error(said, mend=mend) from bad


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()
