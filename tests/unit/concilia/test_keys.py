"""Identifiers depend on what they name and on nothing else, and no two things share one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.keys import debt_id, external_id, golden_id, idempotency_key, payment_id

parts = st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"]), max_size=20)


def test_the_ids_are_those_of_every_earlier_version() -> None:
    assert golden_id("erp", "clientes", "12.531.909-2", 1) == "ggtl677g6cfmntphvrzqa"
    assert debt_id("acme", "document", "33", "F-1") == "dyw2eyb2kgiw2m3sh5wpa"
    assert payment_id("api", "1:abc") == "puk4zipslaokju3wd6rea"
    assert idempotency_key("erp", "register_payment", "p1") == "eb3e0aff0168402dff49a6bfe462f050"


@given(parts, parts, parts, st.integers(1, 99))
def test_an_id_says_what_it_names_by_its_first_letter(a: str, b: str, c: str, n: int) -> None:
    found = {golden_id(a, b, c, n): "g", debt_id(a, b, c): "d", payment_id(a, b, c): "p"}
    assert len(found) == 3
    assert all(re.fullmatch(letter + "[a-z2-7]{20}", name) for name, letter in found.items())
    assert re.fullmatch("[0-9a-f]{32}", idempotency_key(a, b, c))


@given(st.lists(st.tuples(parts, parts, parts), min_size=2, max_size=20, unique=True))
def test_different_things_have_different_ids(named: list[tuple[str, str, str]]) -> None:
    assert len({golden_id(*name, 1) for name in named}) == len(named)
    assert len({debt_id(*name) for name in named}) == len(named)
    assert len({idempotency_key(*name) for name in named}) == len(named)


def test_the_place_where_a_name_ends_makes_a_difference() -> None:
    assert debt_id("ab", "c") != debt_id("a", "bc") != debt_id("a", "b", "c")
    assert golden_id("a", "b", "c", 11) != golden_id("a", "b", "c1", 1)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (("F-1",), "F-1"),
        (("a|b",), "a|b"),
        (("a", "b"), "a|b"),
        (("a|b", "c"), "a\\|b|c"),
        (("a\\", "b"), "a\\\\|b"),
        (("", ""), "|"),
        ((), ""),
    ],
)
def test_a_key_of_several_parts_is_joined(key: tuple[str, ...], text: str) -> None:
    assert external_id(key) == text


whole = st.text("ab|\\", min_size=1, max_size=4)


@given(st.lists(st.lists(whole, min_size=2, max_size=3).map(tuple), min_size=2, max_size=9, unique=True))
def test_different_keys_of_several_parts_are_different_texts(keys: list[tuple[str, ...]]) -> None:
    assert len({external_id(key) for key in keys}) == len(keys)


def test_bars_inside_parts_do_not_make_two_keys_one() -> None:
    assert external_id(("a|", "b")) != external_id(("a", "|b"))
