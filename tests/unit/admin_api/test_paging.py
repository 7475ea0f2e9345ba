"""Cursors: what one list gives out it takes back, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api import paging
from admin_api.problems import CursorInvalid


@given(st.integers(0, 2**62 - 1))
def test_a_number_comes_back(place: int) -> None:
    assert paging.number_of("runs", paging.cursor_of("runs", place)) == place


@given(st.text(st.characters(categories=["L", "N", "P"]), max_size=50))
def test_a_name_comes_back(place: str) -> None:
    assert paging.name_of("quality", paging.cursor_of("quality", place)) == place


def test_without_a_cursor_a_list_starts_at_its_beginning() -> None:
    assert (paging.number_of("runs", ""), paging.name_of("debtors", "")) == (0, "")


@given(st.text(max_size=80))
def test_any_other_text_is_refused(text: str) -> None:
    for read in (paging.number_of, paging.name_of):
        if text:
            with pytest.raises(CursorInvalid):
                read("runs", text)


def test_a_cursor_of_another_list_or_kind_is_refused() -> None:
    with pytest.raises(CursorInvalid):
        paging.number_of("runs", paging.cursor_of("events", 1))
    with pytest.raises(CursorInvalid):
        paging.name_of("runs", paging.cursor_of("runs", 1))
    with pytest.raises(CursorInvalid):
        paging.number_of("runs", paging.cursor_of("runs", 2**62))


def test_a_page_has_a_next_one_only_when_rows_follow() -> None:
    def size(rows: list[int]) -> dict[str, object]:
        return paging.page("runs", rows, limit=2, place=lambda row: row)

    assert size([]) == {"items": [], "next": None}
    assert size([1, 2]) == {"items": [1, 2], "next": None}
    assert size([1, 2, 3]) == {"items": [1, 2], "next": paging.cursor_of("runs", 2)}
