"""Amounts as sources write them: one reading or none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.amounts import amount_text, read_amount, write_amount
from mapping.issues import BadCell, Code


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [
        ("1.500", ",", "1500"),
        ("1.500", ".", "1.5"),
        ("1,500", ".", "1500"),
        ("1,500", ",", "1.5"),
        ("1.234.567,89", ",", "1234567.89"),
        ("1,234,567.89", ".", "1234567.89"),
        ("1 234 567,89", ",", "1234567.89"),
        ("1\u00a0234,5", ",", "1234.5"),
        ("1'500.50", ".", "1500.5"),
        ("40880,36", ",", "40880.36"),
        ("15000", ",", "15000"),
        ("-15000", ",", "-15000"),
        ("15000-", ",", "-15000"),
        ("(15.000)", ",", "-15000"),
        ("−3,5", ",", "-3.5"),
        ("$ 1.500", ",", "1500"),
        ("$-1.500", ",", "-1500"),
        ("-$1.500", ",", "-1500"),
        ("+7", ",", "7"),
        (",5", ",", "0.5"),
        (" 12 ", ",", "12"),
        ("1500.50", None, "1500.5"),
        ("1500,5", None, "1500.5"),
        ("1.234.567", None, "1234567"),
        ("1.234,5", None, "1234.5"),
        ("1,234.5", None, "1234.5"),
        ("0.500", None, "0.5"),
        ("1234.567", None, "1234.567"),
        ("1500", None, "1500"),
        (1500, ",", "1500"),
        (Decimal("1.5"), ",", "1.5"),
    ],
)
def test_an_amount_is_read_with_the_declared_decimal_sign(text: Any, decimal: str | None, amount: str) -> None:
    assert read_amount(text, decimal=decimal) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("1.50", ","),
        ("1.5000", ","),
        ("1500.50", ","),
        ("12.34.567", ","),
        ("1.234 567", ","),
        ("1,5,5", ","),
        ("1,", ","),
        ("", ","),
        ("-", ","),
        ("--5", ","),
        ("(-5)", ","),
        ("US$ 5", ","),
        ("5 UF", ","),
        ("1e5", "."),
        ("NaN", "."),
        ("Infinity", "."),
        ("١٢٣", "."),
        ("9" * 16, ","),
        ("9" * 50, ","),
        (1.5, ","),
        (True, ","),
        (Decimal("NaN"), ","),
        (Decimal("sNaN"), ","),
        (Decimal("1E+999999"), ","),
        (10**15, ","),
        (10**900, ","),
        ([1], ","),
    ],
)
def test_what_is_no_amount_is_refused(text: Any, decimal: str) -> None:
    with pytest.raises(BadCell) as caught:
        read_amount(text, decimal=decimal)
    assert caught.value.code is Code.BAD_AMOUNT


@pytest.mark.parametrize("text", ["1.500", "1,500", "12.345", "999,999"])
def test_an_amount_with_two_readings_is_refused_when_no_sign_is_declared(text: str) -> None:
    with pytest.raises(BadCell, match='declare "decimal"'):
        read_amount(text, decimal=None)


def test_a_declared_thousands_sign_refuses_another_one() -> None:
    assert read_amount("1.500,5", decimal=",", thousands=".") == Decimal("1500.5")
    with pytest.raises(BadCell):
        read_amount("1 500,5", decimal=",", thousands=".")


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [("1500", "CLP", "1500"), ("1500.00", "CLP", "1500"), ("1.5", "USD", "1.50"), ("-0", "USD", "0.00"), ("2.5", "CLF", "2.5000")],
)  # fmt: skip
def test_a_canonical_amount_has_the_decimals_of_its_unit(amount: str, unit: str, text: str) -> None:
    assert amount_text(Decimal(amount), unit) == text


@pytest.mark.parametrize(("amount", "unit"), [("1500.5", "CLP"), ("1.005", "USD"), ("1E-999", "USD")])
def test_an_amount_is_never_rounded_in_silence(amount: str, unit: str) -> None:
    with pytest.raises(BadCell, match="more decimals than"):
        amount_text(Decimal(amount), unit)


@given(
    st.decimals(min_value=-(10**14), max_value=10**14, places=2, allow_nan=False),
    st.sampled_from([",", "."]),
)
def test_what_is_written_is_read_as_the_same_amount(amount: Decimal, decimal: str) -> None:
    text = amount_text(amount, "USD")
    assert read_amount(write_amount(text, decimal=decimal), decimal=decimal) == amount


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=2, allow_nan=False))
def test_groups_of_three_never_change_an_amount(amount: Decimal) -> None:
    assert read_amount(f"{amount:,.2f}", decimal=".") == amount
    spanish = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    assert read_amount(spanish, decimal=",") == amount
