"""What is stored of a record comes back as it was, and equal content has equal text and equal hash."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.records import BadRow, Page, Record, content_hash, from_wire, to_wire

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.datetimes(timezones=st.none() | zones)
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)
rows = st.dictionaries(names, values, max_size=6)


def typed(value: Any) -> Any:
    """A value with its types, which `==` does not look at: True is not 1, 1 is not Decimal(1)."""
    match value:
        case dict():
            return {name: typed(item) for name, item in value.items()}
        case list():
            return [typed(item) for item in value]
        case Decimal():
            return Decimal, format(value, "f")
        case datetime():
            return datetime, value.isoformat()
        case _:
            return type(value), value


@given(rows)
def test_what_was_read_comes_back_with_its_types(fields: dict[str, Any]) -> None:
    assert typed(from_wire(to_wire(fields))) == typed(fields)


@given(rows)
def test_the_stored_text_is_canonical(fields: dict[str, Any]) -> None:
    text = to_wire(fields)
    assert to_wire(from_wire(text)) == text
    assert to_wire(dict(reversed(fields.items()))) == text


@given(rows, rows)
def test_hashes_are_equal_exactly_when_the_content_is(left: dict[str, Any], right: dict[str, Any]) -> None:
    for one, other in ((left, right), (left, dict(reversed(left.items()))), (left, {**left, "another": 1})):
        assert (content_hash(to_wire(one)) == content_hash(to_wire(other))) == (typed(one) == typed(other))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({}, {"a": None}),
        ({"a": None}, {"a": ""}),
        ({"a": "1"}, {"a": 1}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": Decimal(1)}),
        ({"a": Decimal("1.0")}, {"a": Decimal("1.00")}),
        ({"a": date(2026, 1, 1)}, {"a": "2026-01-01"}),
        ({"a": date(2026, 1, 1)}, {"a": datetime(2026, 1, 1, tzinfo=UTC)}),
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}),
        ({"a": "x", "b": "y"}, {"a": "y", "b": "x"}),
        ({"a": "é"}, {"a": "e\u0301"}),
    ],
)
def test_what_differs_in_kind_differs_in_hash(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert content_hash(to_wire(left)) != content_hash(to_wire(right))


def test_the_hash_and_the_text_are_those_of_every_earlier_version() -> None:
    text = to_wire(
        {"ñ": Decimal("1.50"), "d": date(2026, 11, 22), "a": [None, True, {"t": datetime(2026, 1, 2, 3, tzinfo=UTC)}]}
    )
    assert text == '{"a":[null,true,{"t":{"$concilia:datetime":"2026-01-02T03:00:00+00:00"}}],"d":{"$concilia:date":"2026-11-22"},"ñ":{"$concilia:decimal":"1.50"}}'  # fmt: skip
    assert content_hash("{}") == "2afb9b83f9314e5d029766197f539792"


def test_numbers_of_any_size_keep_every_digit() -> None:
    fields = {"a": Decimal("123456789012345678901234567890.000000001"), "b": 10**40, "c": Decimal("1E+20")}
    found = from_wire(to_wire(fields))
    assert found == fields
    assert format(found["c"], "f") == "1" + "0" * 20


def test_a_text_that_looks_like_a_tag_stays_a_text() -> None:
    fields = {"a": '{"$concilia:decimal": "1"}', "b": "$concilia:", "c": {"$concilia:decimal": "1", "unit": "CLP"}}
    assert from_wire(to_wire(fields)) == fields


def test_a_half_of_a_surrogate_pair_has_a_hash() -> None:
    assert content_hash(to_wire({"a": "\ud800"})) != content_hash(to_wire({"a": "\udc00"}))


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), timedelta(1)])
def test_what_a_record_may_not_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="a record may not hold"):
        to_wire({"a": value})


@pytest.mark.parametrize(
    "value", [{"$date": "2026-11-22T10:00:00Z"}, {"$date": 17}, {"$decimal": "uno"}, {"$date": "2026-11-22"}]
)
def test_an_object_of_the_source_that_looks_like_a_tag_stays_what_it_is(value: dict[str, Any]) -> None:
    assert from_wire(to_wire({"a": value})) == {"a": value}


def test_a_float_is_refused() -> None:
    for value in (0.1, [1, 0.1], {"b": [{"c": float("nan")}]}):
        with pytest.raises(TypeError, match="a record may not hold a float"):
            to_wire({"a": value})


def test_a_page_counts_good_and_bad_rows() -> None:
    assert Page((Record(("1",), {}),) * 2, (BadRow("line 3", "no key"),)).read == 3
    assert json.loads(to_wire({})) == {}
