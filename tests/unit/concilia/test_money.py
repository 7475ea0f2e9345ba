"""Amounts are exact, in one unit, and read only when there is one way to read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.money import COUNTRY_UNIT, DECIMALS, LARGEST, Money, fits_unit, parse_amount

units = st.sampled_from(sorted(DECIMALS))
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=6)


def test_every_country_has_a_known_unit() -> None:
    assert set(COUNTRY_UNIT.values()) <= set(DECIMALS)


@given(amounts, amounts, units)
def test_adding_and_subtracting_are_exact(a: Decimal, b: Decimal, unit: str) -> None:
    left, right = Money(a, unit), Money(b, unit)
    assert (left + right).amount == a + b
    assert left + right - right == left
    assert left - right == left + -right
    assert (left + right).unit == unit


def test_units_are_never_mixed() -> None:
    for other in ("CLF", "USD"):
        with pytest.raises(ValueError, match="CLP"):
            Money(Decimal(1), "CLP") + Money(Decimal(1), other)
        with pytest.raises(ValueError, match=other):
            Money(Decimal(1), "CLP") - Money(Decimal(1), other)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "1e15", "-1e15", str(LARGEST)])
def test_what_is_no_amount_of_money_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="is no amount of money"):
        Money(Decimal(amount), "CLP")


@pytest.mark.parametrize("unit", ["", "clp", "$", "UF", "BTC"])
def test_an_unknown_unit_is_refused(unit: str) -> None:
    with pytest.raises(ValueError, match="is no known unit"):
        Money(Decimal(1), unit)


@pytest.mark.parametrize(
    ("amount", "unit", "shown"),
    [
        ("1500", "CLP", "1500"),
        ("1500.00", "CLP", "1500"),
        ("0.5", "CLP", "0.5"),
        ("1500.5", "PEN", "1500.50"),
        ("1500.505", "PEN", "1500.505"),
        ("37.1", "CLF", "37.1000"),
        ("-0.5", "USD", "-0.50"),
        ("1E+3", "CLP", "1000"),
        ("1E+3", "USD", "1000.00"),
        ("0.0000001", "USD", "0.0000001"),
        ("0", "MXN", "0.00"),
    ],
)
def test_an_amount_shows_the_decimals_of_its_unit_and_loses_none(amount: str, unit: str, shown: str) -> None:
    assert Money(Decimal(amount), unit).text() == shown


@given(amounts, units)
def test_the_shown_amount_is_the_amount(amount: Decimal, unit: str) -> None:
    text = Money(amount, unit).text()
    assert Decimal(text) == amount
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    ("amount", "unit", "rounded"),
    [("0.5", "CLP", "1"), ("-0.5", "CLP", "-1"), ("2.5", "CLP", "3"), ("0.005", "PEN", "0.01"), ("0.00005", "CLF", "0.0001")],
)  # fmt: skip
def test_halves_are_rounded_away_from_zero(amount: str, unit: str, rounded: str) -> None:
    assert Money(Decimal(amount), unit).rounded().amount == Decimal(rounded)


@given(amounts, units)
def test_what_is_rounded_fits_its_unit(amount: Decimal, unit: str) -> None:
    rounded = Money(amount, unit).rounded()
    assert fits_unit(rounded.amount, unit)
    assert rounded.rounded() == rounded
    assert fits_unit(amount, unit) == (rounded.amount == amount)


@pytest.mark.parametrize(
    ("text", "amount"), [("15000", 15000), (" 15000.50 ", "15000.5"), ("+1", 1), ("-1.", -1), (".5", "0.5"), ("007", 7)]
)
def test_an_amount_written_with_a_point_is_read(text: str, amount: str | int) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", ".", "1,5", "1.000.000", "1e5", "1E5", "NaN", "inf", "١٢", "²", "1 000", "$1", "--1", "+-1", "0x10", "1_000", "½"],
)  # fmt: skip
def test_everything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        parse_amount(text)


@given(st.text(max_size=12))
def test_no_text_is_read_as_anything_but_a_finite_amount(text: str) -> None:
    try:
        found = parse_amount(text)
    except ValueError as refused:
        assert "is no amount" in str(refused)  # noqa: PT017  either answer is right, and none may be another error
    else:
        assert found.is_finite()
