"""How a cell becomes canonical text by the kind of its field, when a mapping says nothing else. Pure tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from concilia.money import DECIMALS
from concilia.schema import Field, Kind
from mapping.amounts import amount_text, read_amount, write_amount
from mapping.columns import text_of
from mapping.context import MapContext
from mapping.convert import NO, YES
from mapping.dates import day_text, moment_text
from mapping.issues import BadCell, Code

Canonical = Callable[[Any, Field, MapContext], str]

# What people write for the units of COUNTRY_UNIT that have no ISO code in daily use.
_UNIT_NAMES = {"UF": "CLF", "UVR": "COU", "UDI": "MXV", "UDIS": "MXV"}


def canonical_for(kind: Kind) -> Canonical:
    """The conversion of that kind; it returns "" for what says nothing and raises BadCell."""
    return _BY_KIND[kind]


def written(text: str, field: Field, context: MapContext) -> str:
    """A canonical text as the source writes it when its mapping declares no converter."""
    return write_amount(text, decimal=context.decimal) if field.kind is Kind.AMOUNT else text


def _text(value: Any, _: Field, __: MapContext) -> str:
    return text_of(value)


def _day(value: Any, _: Field, __: MapContext) -> str:
    return day_text(value)


def _instant(value: Any, _: Field, context: MapContext) -> str:
    return moment_text(value, zone=context.time_zone)


def _amount(value: Any, _: Field, context: MapContext) -> str:
    if context.unit is None:
        raise BadCell(Code.BAD_UNIT, "no unit is known for this amount", fatal=True)
    return amount_text(read_amount(value, decimal=context.decimal), context.unit)


def _unit(value: Any, _: Field, __: MapContext) -> str:
    """An unknown unit refuses the record: its amounts would be taken for another currency."""
    named = text_of(value).upper()
    unit = _UNIT_NAMES.get(named, named)
    if unit and unit not in DECIMALS:
        raise BadCell(Code.BAD_UNIT, "no known unit; map it with values", fatal=True)
    return unit


def _choice(value: Any, field: Field, _: MapContext) -> str:
    word = text_of(value).casefold()
    if word and word not in field.choices:
        raise BadCell(Code.UNKNOWN_CODE, f"none of {', '.join(field.choices)}; map it with values")
    return word


def _boolean(value: Any, _: Field, __: MapContext) -> str:
    word = text_of(value).casefold()
    if word in YES:
        return "true"
    if word and word not in NO:
        raise BadCell(Code.BAD_VALUE, "neither yes nor no")
    return "false" if word else ""


def _country(value: Any, _: Field, __: MapContext) -> str:
    code = text_of(value).upper()
    if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise BadCell(Code.BAD_VALUE, "no country code of two letters")
    return code


_BY_KIND: dict[Kind, Canonical] = {
    Kind.TEXT: _text,
    Kind.NAME: _text,
    Kind.TAX_ID: _text,
    Kind.DATE: _day,
    Kind.DATETIME: _instant,
    Kind.AMOUNT: _amount,
    Kind.UNIT: _unit,
    Kind.CHOICE: _choice,
    Kind.BOOLEAN: _boolean,
    Kind.COUNTRY: _country,
}
