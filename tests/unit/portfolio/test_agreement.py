"""Agreements as values: the state machine of the domain, and amounts that add up to the last decimal of the unit."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.money import DECIMALS, fits_unit
from concilia.portfolio.agreement import (
    MOVES,
    STANDING,
    WAYS,
    Covered,
    Every,
    Happening,
    Kind,
    State,
    Terms,
    discounted,
    due_days,
    equal_parts,
    from_json,
    may_become,
    scheduled,
    to_json,
)
from concilia.portfolio.agreement_evaluation import Evidence, evaluate
from concilia.portfolio.agreement_text import note
from concilia.portfolio.business_days import BusinessDays

# The arrows as the domain draws them.
DRAWN = """
proposed -> accepted -> active -> kept
active -> partially_kept -> kept
partially_kept -> broken
active -> broken -> reinstated -> active
active -> renegotiated
proposed -> rejected
proposed -> expired
accepted -> cancelled
accepted -> withdrawn
active -> cancelled
active -> withdrawn
"""
# A partially kept agreement is an active one on which something was paid: it may end as that one may.
ALSO = {("partially_kept", end) for end in ("renegotiated", "cancelled", "withdrawn")}


def test_the_state_machine_has_the_arrows_of_the_domain_and_no_other() -> None:
    drawn = set()
    for line in DRAWN.split("\n"):
        steps = line.split(" -> ")
        drawn |= set(itertools.pairwise(steps))
    assert {(a.value, b.value) for a, ends in MOVES.items() for b in ends} == drawn | ALSO
    assert set(MOVES) == set(State)


def test_each_happening_goes_only_through_arrows() -> None:
    for happening, way in WAYS.items():
        assert all(may_become(a, b) for a, b in itertools.pairwise(way)), happening
    assert set(WAYS) == set(Happening)


def test_a_state_that_ends_an_agreement_lets_go_of_its_debts() -> None:
    ended = {state for state, ends in MOVES.items() if not ends}
    assert not ended & STANDING
    assert State.BROKEN not in STANDING
    assert State.PROPOSED not in STANDING


@given(
    unit=st.sampled_from(sorted(DECIMALS)),
    steps=st.integers(min_value=1, max_value=10**12),
    count=st.integers(min_value=1, max_value=600),
)
def test_equal_parts_add_up_exactly_and_only_the_last_differs(unit: str, steps: int, count: int) -> None:
    total = Decimal(steps).scaleb(-DECIMALS[unit])
    parts = equal_parts(total, unit=unit, count=count)
    assert sum(parts) == total
    assert len(parts) == count
    assert len(set(parts[:-1])) <= 1
    assert all(fits_unit(part, unit) and part >= 0 for part in parts)
    assert parts[-1] - parts[0] < Decimal(count).scaleb(-DECIMALS[unit])


@pytest.mark.parametrize(
    ("total", "unit", "count", "parts"),
    [
        ("100", "CLP", 3, "33 33 34"),
        ("100.00", "MXN", 3, "33.33 33.33 33.34"),
        ("10", "CLF", 3, "3.3333 3.3333 3.3334"),
        ("1", "MXV", 3, "0.333333 0.333333 0.333334"),
        ("7.5", "COU", 2, "3.7500 3.7500"),
        ("2", "UVA", 3, "0.66 0.66 0.68"),
    ],
)
def test_parts_are_rounded_at_the_decimals_of_the_unit(total: str, unit: str, count: int, parts: str) -> None:
    assert equal_parts(Decimal(total), unit=unit, count=count) == tuple(Decimal(p) for p in parts.split())


@pytest.mark.parametrize(
    ("covered", "percent", "unit", "discount"),
    [("99999", "30", "CLP", "30000"), ("100.01", "12.5", "PEN", "12.50"), ("3.3333", "10", "CLF", "0.3333")],
)
def test_a_share_is_rounded_as_ledgers_do(covered: str, percent: str, unit: str, discount: str) -> None:
    assert discounted(Decimal(covered), percent=Decimal(percent), unit=unit) == Decimal(discount)


def test_months_keep_their_day_or_take_their_last() -> None:
    days = due_days(date(2027, 1, 31), count=4, every=Every.MONTH)
    assert days == (date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30))
    assert due_days(date(2026, 12, 25), count=2, every=Every.WEEK)[1] == date(2027, 1, 1)
    assert due_days(date(2026, 12, 25), count=2, every=Every.FORTNIGHT)[1] == date(2027, 1, 8)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2080, 1, 1)), st.sampled_from(Every))
def test_days_follow_one_another(first: date, every: Every) -> None:
    days = due_days(first, count=30, every=every)
    assert all(timedelta(7) <= b - a <= timedelta(31) for a, b in itertools.pairwise(days))


def terms(kind: Kind = Kind.PROMISE, discount: str = "0") -> Terms:
    return Terms(
        kind=kind,
        unit="CLF",
        debts=(Covered("d1", Decimal("10.5"), Decimal("12.25")),),
        schedule=scheduled([(date(2026, 12, 5), Decimal(5)), (date(2027, 1, 5), Decimal("5.5"))]),
        agreed_on=date(2026, 11, 22),
        discount=Decimal(discount),
        tolerance_days=2,
        expires_on=date(2026, 12, 1),
        said={"channel": "whatsapp", "agent": "Íñigo Ñáñez"},
    )


def test_terms_survive_being_stored() -> None:
    assert from_json(to_json(terms())) == terms()


def test_the_note_says_in_spanish_what_happened_and_what_was_missing() -> None:
    evidence = Evidence(paid=[], owed=Decimal("12.25"))
    seen = evaluate(terms(), evidence, now=State.ACTIVE, on=date(2026, 12, 20), calendar=BusinessDays("CL"))
    assert note(terms(), Happening.BROKEN, found=seen).split("\n") == [
        "Promesa de pago: incumplida.",
        "Total a pagar: 10.5 CLF. Acordado el 2026-11-22.",
        "Cuota 1/2: 5 CLF hasta el 2026-12-05.",
        "Cuota 2/2: 5.5 CLF hasta el 2027-01-05.",
        "Al 2026-12-10 faltaban 5 CLF de lo acordado hasta la cuota 1.",  # Saturday 5, Monday 7, holiday 8
    ]
    settled = note(terms(Kind.SETTLEMENT_DISCOUNT, "1.75"), Happening.RECORDED)
    assert settled.startswith("Acuerdo con descuento: registrado.")
    assert "Descuento si se cumple: 1.75 CLF." in settled
