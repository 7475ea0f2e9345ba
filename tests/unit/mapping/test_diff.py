"""Differences of two records, and code lists in both directions."""

from __future__ import annotations

from mapping.diff import Difference, diff
from mapping.value_maps import Unknown, ValueMap


def test_a_difference_names_the_field_and_both_values() -> None:
    found = diff({"a": "1", "b": "2", "d": "4"}, {"a": "1", "b": "3", "c": "5"})
    assert found == (Difference("b", "2", "3"), Difference("c", None, "5"), Difference("d", "4", None))
    assert [str(one) for one in found] == ["b: 2 → 3", "c: + 5", "d: - 4"]


def test_equal_records_do_not_differ() -> None:
    assert diff({"a": "1"}, {"a": "1"}) == ()


def test_a_code_list_is_read_in_both_directions_and_the_first_code_wins() -> None:
    codes = ValueMap({"Z3": "written_off", "Z4": "written_off"})
    assert codes.meaning("Z4") == "written_off"
    assert codes.meaning("Z9") is None
    assert codes.code_for("written_off") == "Z3"
    assert codes.code_for("open") is None


def test_a_kept_unknown_code_is_written_back_as_it_is() -> None:
    assert ValueMap({"A": "b"}, Unknown.KEEP).code_for("c") == "c"
