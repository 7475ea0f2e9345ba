"""What counts as paid on an agreement: which payments, which reversals, and what only a balance says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from concilia.portfolio.agreement import Covered, Kind, Terms, scheduled
from concilia.portfolio.agreement_evaluation import Paid
from concilia.servicing.agreement_evidence import Loaded, evidence_of
from concilia.store.debts import DebtRow
from concilia.store.ledger import ApplicationRow

AT = "2026-11-23T12:00:00.000000+00:00"
AGREED = date(2026, 11, 23)
TERMS = Terms(
    kind=Kind.PROMISE,
    unit="CLP",
    debts=(Covered("d1", Decimal(500), Decimal(1000)),),
    schedule=scheduled([(date(2026, 12, 4), Decimal(500))]),
    agreed_on=AGREED,
    after_application=10,
)


def line(number: int, amount: str, payment: str = "p1", reverses: int | None = None) -> ApplicationRow:
    return ApplicationRow(number, payment, "d1", amount, "CLP", AT, reverses, None, None)


def loaded(*lines: ApplicationRow, balance: str = "1000", status: str = "open", **days: date) -> Loaded:
    row = DebtRow("d1", "acme", "erp", 1, 1, None, "CLP", balance, balance, status, None, "{}", 1, AT)
    return Loaded({"d1": row}, {"d1": lines}, {"p1": AGREED, **days})


def found(terms: Terms, books: Loaded) -> tuple[list[tuple[date, int]], int]:
    evidence = evidence_of(terms, books)
    return [(paid.day, int(paid.amount)) for paid in evidence.paid], int(evidence.undated)


@pytest.mark.parametrize(
    ("day", "number", "counts"),
    [
        (date(2026, 11, 22), 11, False),  # paid before they agreed, told afterwards
        (AGREED, 10, False),  # of that very day, and in the balance they agreed about
        (AGREED, 11, True),
        (date(2026, 11, 24), 10, True),  # the agreement was recorded late
        (date(2026, 11, 24), 11, True),
    ],
)
def test_a_payment_counts_from_the_agreement_on(day: date, number: int, counts: bool) -> None:
    balance = "500" if number > 10 else "1000"
    paid, undated = found(TERMS, loaded(line(number, "500"), balance=balance, p1=day))
    assert paid == ([(day, 500)] if counts else [])
    assert undated == 0


def test_a_reversal_counts_exactly_when_what_it_takes_back_does() -> None:
    paid, _ = found(TERMS, loaded(line(11, "500"), line(12, "-500", reverses=11)))
    assert sum(amount for _, amount in paid) == 0
    before, undated = found(TERMS, loaded(line(9, "300"), line(12, "-300", reverses=9), balance="1300"))
    assert (before, undated) == ([], 0)


@pytest.mark.parametrize(
    ("balance", "discount", "undated"),
    [("1000", "0", 0), ("600", "0", 400), ("1200", "0", 0), ("300", "500", 200), ("600", "500", 0)],
)
def test_a_balance_that_fell_beyond_payments_and_discount_is_money(balance: str, discount: str, undated: int) -> None:
    terms = replace(TERMS, discount=Decimal(discount))
    assert found(terms, loaded(balance=balance)) == ([], undated)


def test_a_payment_and_its_echo_in_the_balance_count_once() -> None:
    paid, undated = found(TERMS, loaded(line(11, "500"), balance="500"))
    assert (paid, undated) == ([(AGREED, 500)], 0)


def test_annulled_debts_pay_nothing() -> None:
    evidence: Any = evidence_of(TERMS, loaded(balance="0", status="cancelled"))
    assert (evidence.annulled, evidence.undated) == (True, 0)
    assert evidence_of(TERMS, loaded(line(11, "5"), balance="995")).paid == [Paid(AGREED, Decimal(5))]
