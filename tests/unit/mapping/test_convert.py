"""Converters by name: what each does, and what it refuses."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.context import MapContext
from mapping.convert import CONVERTERS, converter
from mapping.issues import BadCell

CHILE = MapContext(country="CL", unit="CLP", decimal=",")


def convert(call: str, value: Any) -> Any:
    return converter(call).apply(value, CHILE)


@pytest.mark.parametrize(
    ("call", "value", "expected"),
    [
        ("trim", "  José\u00a0 Ñandú\u200b ", "José Ñandú"),
        ("upper", "ñandú", "ÑANDÚ"),
        ("lower", "ÑANDÚ", "ñandú"),
        ("digits", "12.345.678-K", "12345678"),
        ("digits", 12, "12"),
        ("replace(-, /)", "1-2-3", "1/2/3"),
        ('replace(",", "")', "1,2", "12"),
        ("prefix(CL)", "123", "CL123"),
        ("prefix(CL)", "", None),
        ("suffix(-K)", "123", "123-K"),
        ("pad_left(8)", "123", "00000123"),
        ("pad_left(5, x)", "123", "xx123"),
        ("strip_left(0)", "0000123", "123"),
        ("left(3)", "12345", "123"),
        ("right(3)", "12345", "345"),
        ("before(|)", "a | b", "a"),
        ("after(|)", "a | b", "b"),
        ("after(|)", "a", ""),
        ("split(;)", "a; b;;c", ["a", "b", "c"]),
        ("upper", ["a", "b"], ["A", "B"]),
        ("first", ["", None, "b"], "b"),
        ("first", "b", "b"),
        ("item(2)", ["a", "b"], "b"),
        ("item(3)", ["a", "b"], None),
        ("join", ["a", "", "b"], "a b"),
        ('join(", ")', ["a", "b"], "a, b"),
        ("nullif(N/A, -)", "n/a", None),
        ("nullif(N/A, -)", "x", "x"),
        ("boolean", "Sí", "true"),
        ("boolean", "NO", "false"),
        ("boolean(A)", "a", "true"),
        ("boolean", True, "true"),
        ("date(%d-%m-%Y)", "31-01-2026", date(2026, 1, 31)),
        ("date(%Y%m%d)", 20260131, date(2026, 1, 31)),
        ("date(%d-%m-%Y)", date(2026, 1, 31), date(2026, 1, 31)),
        ("date(%d-%m-%Y)", None, None),
        ("datetime(%d-%m-%Y %H:%M)", "31-01-2026 10:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("datetime(%d-%m-%Y %H:%M, America/Bogota)", "31-01-2026 10:00", datetime(2026, 1, 31, 15, tzinfo=UTC)),
        ("iso_date", "2026-01-31T23:00:00Z", date(2026, 1, 31)),
        ("excel_date", "45688.5", date(2025, 1, 31)),
        ("excel_date", Decimal(45688), date(2025, 1, 31)),
        ("epoch", 1769817600, datetime(2026, 1, 31, tzinfo=UTC)),
        ("epoch(ms)", "1769817600000", datetime(2026, 1, 31, tzinfo=UTC)),
        ("decimal(point)", "1,500.5", Decimal("1500.5")),
        ("decimal(comma, point)", "1.500,5", Decimal("1500.5")),
        ("cents", "150050", Decimal("1500.50")),
        ("round(0)", "1500,5", Decimal(1501)),
        ("round(2)", Decimal("-1.005"), Decimal("-1.01")),
        ("negate", "1.500", Decimal(-1500)),
        ("absolute", "(1.500)", Decimal(1500)),
    ],
)
def test_a_converter_does_what_its_name_says(call: str, value: Any, expected: Any) -> None:
    assert convert(call, value) == expected


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("trim", {"a": 1}),
        ("trim", 1.5),
        ("trim", "x" * 1001),
        ("upper", [["a"]]),
        ("replace(a, bbbbbbbbbb)", "a" * 900),
        ("boolean", "maybe"),
        ("date(%d-%m-%Y)", "2026-01-31"),
        ("cents", "1500,5"),
        ("cents", Decimal("1.5")),
        ("excel_date", "x"),
        ("epoch", "--5"),
        ("epoch", "9" * 20),
        ("decimal(comma)", "x"),
        ("split(;)", ["a"]),
        ("join", ["a"] * 101),
        ("nullif(-)", {"a": 1}),
        ("trim", ["x"] * 1001),
    ],
)
def test_a_cell_that_cannot_be_converted_is_refused(call: str, value: Any) -> None:
    with pytest.raises(BadCell):
        convert(call, value)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("dat(%d)", 'there is no converter "dat"'),
        ("trim(x)", "trim is written trim."),
        ("date", r"date is written date\(format\)"),
        ("date(%d-%b-%Y)", "%b cannot be used"),
        ("date(%d", "lacks its closing bracket"),
        ("join(', )", "lacks a closing quote"),
        ("decimal(;)", "decimal is written"),
        ("decimal(comma, comma)", "decimal is written"),
        ("pad_left(x)", "must be a whole number"),
        ("pad_left(500)", "must be a whole number"),
        ("pad_left(5, xy)", "one character"),
        ("item(0)", "first item"),
        ("epoch(h)", "epoch is written"),
        ("round(9)", "must be a whole number"),
        ("datetime(%d-%m-%Y, Mars/Base)", "no known time zone"),
        ('replace("", x)', "needs a text to replace"),
        ('split("")', "needs a text to split at"),
    ],
)
def test_a_call_that_cannot_be_used_is_refused_when_it_is_declared(call: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        converter(call)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
CALLS = [
    "trim", "upper", "lower", "digits", "replace(a, b)", "prefix(a)", "suffix(a)", "pad_left(9)", "strip_left(0)",
    "left(2)", "right(2)", "before(a)", "after(a)", "split(a)", "first", "item(2)", "join", "nullif(a)", "boolean",
    "date(%d-%m-%Y)", "datetime(%d-%m-%Y)", "iso_date", "excel_date", "epoch", "epoch(ms)", "decimal(comma)", "cents",
    "round(2)", "negate", "absolute",
]  # fmt: skip


def test_every_converter_is_tried_with_anything() -> None:
    assert {call.partition("(")[0] for call in CALLS} == set(CONVERTERS)


@given(st.sampled_from(CALLS), ANYTHING)
def test_a_converter_converts_or_refuses_and_nothing_else(call: str, value: Any) -> None:
    with contextlib.suppress(BadCell):
        convert(call, value)


def test_every_converter_is_in_the_reference() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "mapping.md").read_text(encoding="utf-8")
    missing = [name for name, kind in CONVERTERS.items() if f"| `{name}{kind.arguments}` | {kind.says}" not in page]
    assert not missing
