"""When a stream looks otherwise than before, and when it only has other records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.records import ABSENT
from sync.shapes import (
    Column,
    Drift,
    Kind,
    Look,
    Shape,
    drifted,
    look_of,
    shape_from_json,
    shape_of,
    shape_to_json,
    together,
)

COLUMNS = (Column("doc", identity=True), Column("due"), Column("address.city"))
Rows = Sequence[Mapping[str, Any]]


def rows(count: int, *, without: str = "", **cells: Callable[[int], Any]) -> Rows:
    """So many records, with the cells that these functions make of a record's number."""
    made: dict[str, Callable[[int], Any]] = {
        "doc": lambda n: f"{n * 7919 % 100_000:08d}",
        "due": lambda _n: "01-10-2026",
        "address": lambda _n: {"city": "Ñuñoa"},
        **cells,
    }
    return [{name: make(n) for name, make in made.items() if name != without} for n in range(1, count + 1)]


def compared(before: Rows, now: Rows) -> list[tuple[str, Kind]]:
    found = drifted(shape_of(before, columns=COLUMNS), shape_of(now, columns=COLUMNS))
    return [(one.column, one.kind) for one in found]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (rows(300), rows(300)),
        (rows(3), rows(1)),
        (rows(300), []),
        ([], rows(300)),
        (rows(300, without="due"), rows(300)),  # a column more
        (rows(300), rows(300, due=lambda _n: None)),  # null is said, absent is not
        (rows(300), rows(300, due=lambda _n: "")),
        (rows(300, doc=lambda n: str(n)), rows(300, doc=lambda n: str(n % 9))),  # never had zeros
        (rows(300, doc=lambda n: f"{n % 1000:04d}"), rows(300, doc=lambda n: str(1000 + n))),  # grew, and kept its width
        (rows(300, due=lambda n: 10 * n), rows(300, due=lambda n: Decimal(n) / 8)),  # a fraction is no other type
        (rows(300), rows(300, due=lambda n: "mañana" if n % 9 == 0 else "01-10-2026")),  # slips
    ],
)  # fmt: skip
def test_other_records_are_no_drift(before: Rows, now: Rows) -> None:
    assert compared(before, now) == []


@pytest.mark.parametrize(
    ("known", "count", "gone"),
    [(300, 300, True), (300, 1, True), (20, 1, True), (19, 1, False), (5, 5, True), (3, 3, True), (3, 2, False),
     (1, 1, False), (1, 2, True)],
)  # fmt: skip
def test_a_column_of_a_table_is_gone_when_enough_records_lack_it(known: int, count: int, *, gone: bool) -> None:
    expected = [("due", Kind.VANISHED)] if gone else []
    assert compared(rows(known), rows(count, without="due")) == expected


def test_a_member_that_some_objects_leave_out_has_not_vanished_with_one_object() -> None:
    some_lack_it = [*rows(97), *rows(3, without="due")]
    assert compared(some_lack_it, rows(4, without="due")) == []
    assert compared(some_lack_it, rows(5, without="due")) == [("due", Kind.VANISHED)]
    often_lacks_it = [*rows(90), *rows(10, without="due")]
    assert compared(often_lacks_it, rows(500, without="due")) == []


def test_a_member_inside_an_object_vanishes_like_a_column() -> None:
    assert compared(rows(50), rows(50, address=lambda _n: {"town": "Ñuñoa"})) == [("address.city", Kind.VANISHED)]


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        # As a spreadsheet saves them: all of one width before, shorter ones now.
        (lambda n: f"{n:08d}", lambda n: str(n), True),
        (lambda n: f"{n:08d}", lambda n: n, True),
        (lambda n: f"{n:08d}", lambda n: Decimal(f"{n}.0"), True),
        # Only a quarter had zeros, and as many are shorter now.
        (lambda n: f"{'0' if n % 4 == 0 else '8'}123{n:04d}", lambda n: f"{'' if n % 4 == 0 else '8'}123{n:04d}", True),
        # Widths of all kinds, with zeros.
        (lambda n: "0" * (n % 3) + str(n * 1000), lambda n: str(n)[:2], True),
        # Codes of one width whose letters and zeros are gone.
        (lambda n: f"FA{n:06d}", lambda n: str(n), True),
        (lambda n: f"FA{n:06d}", lambda n: f"FB{n:05d}", False),
        # Somebody's short number among those with zeros.
        (lambda n: f"{n:08d}", lambda n: "123456" if n == 3 else f"{n:08d}", False),
        (lambda n: f"{n:08d}", lambda n: f"{n:09d}", False),
        (lambda n: f"{n:08d}", lambda n: f"{n:08d}-K", False),
    ],
)
def test_numbers_that_had_zeros_and_come_shorter_without_any_lost_them(
    before: Callable[[int], Any], now: Callable[[int], Any], *, lost: bool
) -> None:
    found = compared(rows(40, doc=before), rows(40, doc=now))
    assert (("doc", Kind.ZEROS_LOST) in found) is lost


def test_four_rows_of_which_one_had_a_zero_are_enough() -> None:
    kept = ["01234567", "76543210", "81234567", "91234567"]
    lost = [text.lstrip("0") for text in kept]
    found = drifted(
        shape_of([{"doc": text} for text in kept], columns=COLUMNS[:1]),
        shape_of([{"doc": text} for text in lost], columns=COLUMNS[:1]),
    )
    assert found == (
        Drift(Kind.ZEROS_LOST, "doc", "8 digits, some with leading zeros", "7 digits, none with leading zeros", 1, 4),
    )
    assert found[0].stops


def test_a_column_that_names_no_record_may_lose_its_zeros() -> None:
    assert compared(rows(40, due=lambda n: f"{n:08d}"), rows(40, due=lambda n: str(n))) == []


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("01-10-2026", "mañana", "text"),
        (date(2026, 10, 1), "01-10-2026", "dates written as text"),
        ("01-10-2026", "46296", "numbers written as text"),
        ("1.000,50", Decimal("1000.5"), "numbers"),
        (1000, "mil", "text"),
        (True, "sí", "text"),
        ("Las Condes", {"city": "Las Condes"}, "objects"),
        ("Las Condes", ["Las Condes"], "lists"),
    ],
)
def test_another_type_is_told_and_does_not_stop(before: Any, now: Any, told: str) -> None:
    found = drifted(
        shape_of(rows(40, due=lambda _n: before), columns=COLUMNS),
        shape_of(rows(40, due=lambda n: now if n % 2 else before), columns=COLUMNS),
    )
    assert [(one.kind, one.column, one.now, one.records, one.of) for one in found] == [
        (Kind.RETYPED, "due", told, 20, 40)
    ]
    assert not found[0].stops


@pytest.mark.parametrize("cell", ["", "  ", None, [], (), ABSENT, float("nan")])
def test_a_cell_that_says_nothing_has_no_look(cell: Any) -> None:
    assert look_of(cell) is None


@pytest.mark.parametrize(
    ("cell", "look"),
    [
        ("12.531.909-2", Look.TEXT),
        ("12531909-2", Look.TEXT),
        ("+56 9 6123 4567", Look.TEXT),
        ("-1.500,25", Look.NUMBER_TEXT),
        ("2026-11-01T10:00:00Z", Look.DATE_TEXT),
        ("1/2/26", Look.DATE_TEXT),
        ("٣٤", Look.NUMBER_TEXT),
        (datetime(2026, 11, 1, tzinfo=UTC), Look.DATE),
        (True, Look.BOOLEAN),
        (0, Look.NUMBER),
    ],
)
def test_what_a_cell_looks_like(cell: Any, look: Look) -> None:
    assert look_of(cell) is look


cells = st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=12) | st.dates() | st.just([1])
records = st.lists(st.dictionaries(st.sampled_from(["doc", "due", "address"]), cells), max_size=30)


@given(records, records)
def test_any_cells_make_a_shape_that_is_kept_and_added_up_whole(one: Rows, other: Rows) -> None:
    left, right = shape_of(one, columns=COLUMNS), shape_of(other, columns=COLUMNS)
    assert shape_from_json(shape_to_json(left)) == left
    assert together(left, right) == shape_of([*one, *other], columns=COLUMNS)
    drifted(left, right)


@given(records)
def test_nothing_drifts_against_itself(one: Rows) -> None:
    shape = shape_of(one, columns=COLUMNS)
    assert drifted(shape, shape) == ()
    assert drifted(Shape(), shape) == ()
