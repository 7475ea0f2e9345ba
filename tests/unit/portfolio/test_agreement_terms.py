"""What may be agreed: every rule objects under a code of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from concilia.portfolio.agreement import Covered, Kind, Terms, scheduled
from concilia.portfolio.agreement_terms import OwedDebt, Situation, cover, objection

TODAY = date(2026, 11, 22)
DEBT = OwedDebt("d1", "CLP", Decimal(150000), "open")
GOOD = Terms(
    kind=Kind.PLAN,
    unit="CLP",
    debts=(Covered("d1", Decimal(150000), Decimal(150000)),),
    schedule=scheduled([(date(2026, 12, 4), Decimal(75000)), (date(2027, 1, 4), Decimal(75000))]),
    agreed_on=TODAY,
)
SETTLED = replace(
    GOOD, kind=Kind.SETTLEMENT_DISCOUNT, discount=Decimal(50000),
    schedule=scheduled([(date(2026, 12, 4), Decimal(100000))]),
)  # fmt: skip


def test_a_plan_of_the_whole_balance_may_be_agreed() -> None:
    assert objection(GOOD, Situation([DEBT], TODAY)) is None
    assert objection(SETTLED, Situation([DEBT], TODAY)) is None


def parts(*told: tuple[str, str]) -> Any:
    return scheduled([(date.fromisoformat(day), Decimal(amount)) for day, amount in told])


@pytest.mark.parametrize(
    ("code", "terms", "debt"),
    [
        ("agreement-wrong-unit", {"unit": "CLF"}, {}),
        ("agreement-debt-not-owed", {}, {"status": "settled"}),
        ("agreement-debt-not-owed", {}, {"balance": Decimal(0)}),
        ("agreement-debt-not-owed", {}, {"status": "cancelled"}),
        ("agreement-already-active", {}, {"under": "a9"}),
        ("agreement-dated-ahead", {"agreed_on": date(2026, 11, 23)}, {}),
        ("agreement-past-date", {"schedule": parts(("2026-11-21", "150000"))}, {}),
        ("agreement-past-date", {"expires_on": date(2026, 11, 21)}, {}),
        ("agreement-dates-out-of-order", {"schedule": parts(("2026-12-04", "75000"), ("2026-12-04", "75000"))}, {}),
        ("agreement-bad-amount", {"schedule": parts(("2026-12-04", "150000.5"))}, {}),
        ("agreement-bad-amount", {"schedule": parts(("2026-12-04", "150000"), ("2026-12-05", "0"))}, {}),
        ("agreement-above-balance", {}, {"balance": Decimal(149999)}),
        ("agreement-bad-discount", {"discount": Decimal(1)}, {}),
        ("agreement-bad-discount", {"kind": Kind.SETTLEMENT_DISCOUNT}, {}),
        ("agreement-does-not-add-up", {"schedule": parts(("2026-12-04", "149999"))}, {}),
        ("agreement-bad-tolerance", {"tolerance_days": 91}, {}),
        ("agreement-bad-tolerance", {"tolerance_days": -1}, {}),
        ("agreement-bad-tolerance", {"tolerance_amount": Decimal(75000)}, {}),
    ],
)
def test_what_cannot_be_agreed_has_a_code_and_a_sentence(code: str, terms: Any, debt: Any) -> None:
    found = objection(replace(GOOD, **terms), Situation([replace(DEBT, **debt)], TODAY))
    assert found is not None
    assert (found.code, found.message[-1], bool(found.field)) == (code, ".", True)


def test_a_settlement_is_of_whole_debts_and_adds_up_with_its_discount() -> None:
    part = replace(SETTLED, debts=(Covered("d1", Decimal(100000), Decimal(150000)),))
    assert _code(part) == "agreement-settles-a-part"
    assert _code(replace(SETTLED, discount=Decimal(40000))) == "agreement-does-not-add-up"
    assert _code(replace(SETTLED, discount=Decimal(150000))) == "agreement-bad-discount"
    assert _code(replace(SETTLED, discount=Decimal("0.5"))) == "agreement-bad-amount"


def test_the_agreement_that_gives_way_is_no_obstacle() -> None:
    held = replace(DEBT, under="a9")
    assert objection(GOOD, Situation([held], TODAY, replaces="a9")) is None
    assert objection(GOOD, Situation([held], TODAY, replaces="a8")) is not None


def test_a_promise_reaches_the_debts_in_their_order() -> None:
    other = replace(DEBT, id="d2", balance=Decimal(20000))
    wanted = [(other, None), (DEBT, None)]
    found = cover(Kind.PROMISE, wanted, promised=Decimal(50000))
    assert [(c.debt_id, c.amount) for c in found] == [("d2", 20000), ("d1", 30000)]
    too_much = cover(Kind.PROMISE, wanted, promised=Decimal(200000))
    assert too_much[-1].amount == 180000, "what exceeds all of them stays on the last, for the rules to refuse"
    whole = cover(Kind.PLAN, [(other, Decimal(5)), (DEBT, None)], promised=Decimal(0))
    assert [c.amount for c in whole] == [5, 150000]


def _code(terms: Terms) -> str:
    found = objection(terms, Situation([DEBT], TODAY))
    return found.code if found else ""
