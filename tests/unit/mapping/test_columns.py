"""Reading cells: paths, clean text and keys."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from concilia.records import ABSENT
from mapping.columns import clean, elements, getter, is_empty, key_part, text_of
from mapping.issues import BadCell, shown

RECORD = {"a": {"b": [{"c": 1}, "x"]}, "a.b": None, "n": 5, "p": [7, "Acme"]}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("n", 5),
        ("a.b", None),
        ("a.b.0.c", 1),
        ("a.b.1", "x"),
        ("p.1", "Acme"),
        ("p.2", ABSENT),
        ("p.-1", ABSENT),
        ("p.x", ABSENT),
        ("n.x", ABSENT),
        ("zz", ABSENT),
        ("a..b", ABSENT),
    ],
)
def test_a_path_goes_into_objects_and_lists_unless_a_column_has_that_name(column: str, value: Any) -> None:
    assert getter(column)(RECORD) == value


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  a  b\t c\r\n", "a b c"),
        ("José", "José"),
        ("Jose\u0301", "José"),
        ("a\u00a0b\u200bc\x00\ufeff", "a bc"),
        ("x\ud800y", "xy"),
        ("ÑUÑOA 👍", "ÑUÑOA 👍"),
    ],
)
def test_text_is_cleaned_without_losing_letters(raw: str, text: str) -> None:
    assert clean(raw) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (ABSENT, ""), (True, "true"), (15, "15"), (Decimal("1E+2"), "100"), (date(2026, 1, 31), "2026-01-31")],
)
def test_a_cell_that_is_no_text_has_one(value: Any, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize("value", [1.5, [], {}, b"x", 10**900, Decimal("NaN"), Decimal("1E+9999"), "x" * 1001])
def test_a_cell_without_a_text_is_refused(value: Any) -> None:
    with pytest.raises(BadCell):
        text_of(value)


@pytest.mark.parametrize(("value", "text"), [(" 12 ", "12"), (12, "12"), ("a  b", "a  b"), (Decimal(12), "12")])
def test_a_key_is_trimmed_and_otherwise_kept(value: Any, text: str) -> None:
    assert key_part(value) == text


@pytest.mark.parametrize("value", ["", "  ", None, ABSENT, "a\x1fb", "a\nb", "x" * 201, True, 1.5, ["a"], {}, "\ud800"])
def test_a_key_that_is_empty_or_odd_is_refused(value: Any) -> None:
    with pytest.raises(BadCell):
        key_part(value)


def test_one_object_counts_as_a_list_of_one_and_a_huge_list_is_refused() -> None:
    assert elements({"a": 1}) == [{"a": 1}]
    assert elements(None) == elements("") == elements([]) == []
    with pytest.raises(BadCell):
        elements([1] * 1001)


def test_an_empty_cell_is_told_from_one_that_says_something() -> None:
    assert all(is_empty(value) for value in (None, ABSENT, "", " \t", [], ()))
    assert not any(is_empty(value) for value in (0, False, "0", [None], {}))


def test_what_an_issue_shows_of_a_cell_is_short() -> None:
    assert len(shown("x" * 5000)) == 200
    assert shown([1, 2]) == "a list of 2"
    assert shown({"a": 1}) == "an object"
    assert len(shown(10**5000)) < 200
