"""What the API may say of a payment, and the sentence for everything else."""

from __future__ import annotations

from typing import Any

import pytest

from concilia.errors import RequestInvalid
from concilia.servicing.register import LONGEST_KEY, _check_key, _fields
from concilia.store.debts import DebtRow

AT = "2026-11-22T12:00:00.000000+00:00"
SAID = {"amount": "15000", "value_date": "2026-11-22"}


def debt(unit: str) -> DebtRow:
    return DebtRow("d1", "acme", "erp", 1, None, None, unit, "1", "1", "open", None, "{}", 1, AT)


def refused(body: dict[str, Any], unit: str = "CLP") -> RequestInvalid:
    with pytest.raises(RequestInvalid) as fault:
        _fields({**SAID, **body}, debt(unit))
    return fault.value


def test_a_payment_is_in_the_debts_own_unit_when_none_is_said() -> None:
    assert _fields(SAID, debt("CLF")) == {**SAID, "unit": "CLF", "method": "other"}


def test_what_is_said_is_kept_and_what_is_empty_is_left_out() -> None:
    found = _fields({**SAID, "method": "transfer", "reference": " TRX-1 ", "bank": "", "payer": None}, debt("CLP"))
    assert found == {**SAID, "unit": "CLP", "method": "transfer", "reference": "TRX-1"}


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"amount": "15.000,00"}, "amount", "15.000,00"),
        ({"amount": "0"}, "amount", "more than zero"),
        ({"amount": "-1"}, "amount", "more than zero"),
        ({"amount": "1e3"}, "amount", "1e3"),
        ({"amount": "0.5"}, "amount", "CLP, which has 0 decimals"),
        ({"amount": "1" + "0" * 15}, "amount", "is no amount"),
        ({"unit": "USD"}, "unit", "The debt is in CLP and the payment in USD"),
        ({"unit": "pesos"}, "unit", "'pesos' is no known unit"),
        ({"method": "trueque"}, "method", "'trueque' is no payment method"),
        ({"value_date": "22-11-2026"}, "value_date", "'22-11-2026' is no date"),
        ({"value_date": "2026-02-30"}, "value_date", "'2026-02-30' is no date"),
        ({"value_date": ""}, "value_date", "is no date"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_field_and_a_sentence(
    body: dict[str, Any], field: str, said: str
) -> None:
    fault = refused(body)
    assert (fault.field, fault.exit_code) == (field, 2)
    assert said in str(fault)


def test_decimals_fit_the_unit_of_the_debt() -> None:
    assert _fields({**SAID, "amount": "0.0001"}, debt("CLF"))["amount"] == "0.0001"
    assert refused({"amount": "0.00001"}, "CLF").field == "amount"


@pytest.mark.parametrize("key", ["", " " * 0, "a\nb", "a\x1fb", "x" * (LONGEST_KEY + 1)])
def test_an_unusable_idempotency_key_is_refused(key: str) -> None:
    with pytest.raises(RequestInvalid, match="Idempotency-Key"):
        _check_key(key)


@pytest.mark.parametrize("key", ["a", "ñ", "x" * LONGEST_KEY, "7f9c-…"])
def test_printable_keys_up_to_the_longest_are_taken(key: str) -> None:
    _check_key(key)


@pytest.mark.parametrize("amount", ["1" * 30, "1." + "1" * 40])
def test_an_amount_of_many_digits_is_refused_too(amount: str) -> None:
    assert refused({"amount": amount}).field == "amount"
