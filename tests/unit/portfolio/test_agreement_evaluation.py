"""Kept or broken: by what was paid until which business day, with the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from concilia.portfolio.agreement import Covered, Kind, State, Terms, scheduled
from concilia.portfolio.agreement_evaluation import Evaluation, Evidence, Paid, Standing, evaluate
from concilia.portfolio.business_days import BusinessDays

CALENDAR = BusinessDays("CL")
FRIDAY = date(2026, 12, 4)


def terms(*parts: tuple[date, str], days: int = 0, amount: str = "0") -> Terms:
    told = parts or ((FRIDAY, "50000"),)
    schedule = scheduled([(day, Decimal(text)) for day, text in told])
    whole = sum(part.amount for part in schedule)
    return Terms(
        kind=Kind.PROMISE,
        unit="CLP",
        debts=(Covered("d1", Decimal(whole), Decimal(150000)),),
        schedule=schedule,
        agreed_on=date(2026, 11, 20),
        tolerance_days=days,
        tolerance_amount=Decimal(amount),
    )


def judged(agreed: Terms, *paid: tuple[date, str], on: date, undated: str = "0", owed: str = "150000") -> Evaluation:
    evidence = Evidence([Paid(day, Decimal(text)) for day, text in paid], Decimal(owed), Decimal(undated))
    return evaluate(agreed, evidence, now=State.ACTIVE, on=on, calendar=CALENDAR)


def standings(found: Evaluation) -> list[Standing]:
    return [part.standing for part in found.parts]


def test_a_promise_is_kept_as_soon_as_it_is_paid() -> None:
    found = judged(terms(), (date(2026, 12, 1), "50000"), on=date(2026, 12, 1))
    assert (found.state, found.missing, found.late) == (State.KEPT, 0, False)


def test_its_last_day_counts_whole() -> None:
    assert judged(terms(), on=FRIDAY).state is State.ACTIVE
    found = judged(terms(), on=FRIDAY + timedelta(days=1))
    assert (found.state, found.missing) == (State.BROKEN, 50000)
    assert found.reason == "Part 1 fell due on 2026-12-04; 50000 CLP were missing."


def test_a_due_day_on_a_holiday_moves_and_the_reason_says_so() -> None:
    agreed = terms((date(2026, 12, 8), "50000"), days=1)  # Inmaculada, a Tuesday
    assert judged(agreed, on=date(2026, 12, 10)).state is State.ACTIVE
    found = judged(agreed, on=date(2026, 12, 11))
    assert found.state is State.BROKEN
    assert found.reason == (
        "Part 1 fell due on 2026-12-08, moved to 2026-12-09 (La Inmaculada Concepción) and could be paid until "
        "2026-12-10; 50000 CLP were missing."
    )
    assert found.parts[0].moved_because == "La Inmaculada Concepción"
    assert found.calendar.startswith("CL, holidays ")


def test_paying_within_the_tolerance_is_late_and_kept() -> None:
    agreed = terms(days=2)
    assert judged(agreed, (date(2026, 12, 9), "50000"), on=date(2026, 12, 9)).late  # Friday, Monday, (8th), Wednesday
    found = judged(agreed, (date(2026, 12, 10), "50000"), on=date(2026, 12, 10))
    assert (found.state, standings(found)) == (State.BROKEN, [Standing.MISSED])


def test_a_part_of_a_promise_keeps_a_part_of_it() -> None:
    found = judged(terms(), (date(2026, 12, 1), "20000"), on=date(2026, 12, 2))
    assert (found.state, found.paid, found.missing) == (State.PARTIALLY_KEPT, 20000, 30000)
    assert judged(terms(), (date(2026, 12, 1), "20000"), on=date(2026, 12, 7)).state is State.BROKEN


def test_two_instalments_the_first_late_in_tolerance_the_second_missed() -> None:
    agreed = terms((FRIDAY, "25000"), (date(2027, 1, 4), "25000"), days=1)
    late = (date(2026, 12, 7), "25000")
    found = judged(agreed, late, on=date(2026, 12, 7))
    assert (found.state, standings(found)) == (State.PARTIALLY_KEPT, [Standing.KEPT_LATE, Standing.OPEN])
    broken = judged(agreed, late, on=date(2027, 1, 6))
    assert (broken.state, standings(broken)) == (State.BROKEN, [Standing.KEPT_LATE, Standing.MISSED])
    assert broken.parts[1].missing == 25000


def test_paying_early_counts_for_what_comes_later() -> None:
    agreed = terms((FRIDAY, "25000"), (date(2027, 1, 4), "25000"))
    found = judged(agreed, (date(2026, 11, 30), "40000"), (date(2027, 1, 4), "10000"), on=date(2027, 1, 4))
    assert (found.state, standings(found)) == (State.KEPT, [Standing.KEPT_ON_SCHEDULE, Standing.KEPT_ON_SCHEDULE])


def test_a_tolerated_amount_may_be_missing_in_the_end_but_does_not_add_up_over_parts() -> None:
    agreed = terms((FRIDAY, "25000"), (date(2027, 1, 4), "25000"), amount="10")
    short = [(date(2026, 12, 1), "24990"), (date(2027, 1, 4), "24990")]
    assert standings(judged(agreed, *short, on=date(2027, 1, 5))) == [Standing.KEPT_ON_SCHEDULE, Standing.MISSED]
    assert judged(agreed, short[0], (date(2027, 1, 4), "25000"), on=date(2027, 1, 4)).state is State.KEPT


def test_a_reversal_takes_back_what_its_payment_kept() -> None:
    paid = [(date(2026, 12, 1), "50000"), (date(2026, 12, 1), "-50000")]
    assert judged(terms(), *paid, on=date(2026, 12, 2)).state is State.ACTIVE
    assert judged(terms(), *paid, on=date(2026, 12, 7)).state is State.BROKEN


def test_a_payment_dated_ahead_does_not_count_yet() -> None:
    assert judged(terms(), (date(2026, 12, 3), "50000"), on=date(2026, 12, 2)).state is State.ACTIVE


def test_a_balance_that_fell_without_a_known_payment_counts_in_time() -> None:
    found = judged(terms(), on=date(2026, 12, 9), undated="50000")
    assert (found.state, found.undated) == (State.KEPT, 50000)


def test_nothing_owed_keeps_and_annulled_debts_cancel() -> None:
    found = judged(terms(), on=date(2026, 12, 1), owed="0")
    assert (found.state, found.reason) == (State.KEPT, "Nothing is owed any more.")
    evidence = Evidence([], Decimal(150000), annulled=True)
    annulled = evaluate(terms(), evidence, now=State.ACTIVE, on=date(2026, 12, 9), calendar=CALENDAR)
    assert annulled.state is State.CANCELLED


def test_a_reinstated_agreement_has_until_its_new_day() -> None:
    again = replace(terms(), extended_to=date(2026, 12, 18))
    assert judged(again, on=date(2026, 12, 18)).state is State.ACTIVE
    assert judged(again, (date(2026, 12, 18), "50000"), on=date(2026, 12, 18)).state is State.KEPT
    assert judged(again, on=date(2026, 12, 19)).state is State.BROKEN


def test_unit_decimals_count_to_the_last() -> None:
    agreed = replace(terms((FRIDAY, "3.3334")), unit="CLF")
    assert judged(agreed, (FRIDAY, "3.3333"), on=date(2026, 12, 7)).state is State.BROKEN
    assert (
        judged(replace(agreed, tolerance_amount=Decimal("0.0001")), (FRIDAY, "3.3333"), on=FRIDAY).state is State.KEPT
    )


PARTS = st.lists(st.integers(1, 1000), min_size=1, max_size=6)
PAID = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 1500)), max_size=8)


@given(PARTS, PAID, st.integers(0, 100))
def test_kept_needs_all_of_it_and_broken_a_day_on_which_something_was_missing(
    parts: list[int], paid: list[tuple[int, int]], day: int
) -> None:
    first = date(2026, 12, 1)
    agreed = terms(*((first + timedelta(days=10 * n), str(amount)) for n, amount in enumerate(parts)))
    money = [(first + timedelta(days=n), str(amount)) for n, amount in paid]
    on = first + timedelta(days=day)
    found = judged(agreed, *money, on=on)
    known = sum(amount for n, amount in paid if n <= day)
    if found.state is State.KEPT:
        assert known >= sum(parts)
    if found.state is State.BROKEN:
        missed = next(part for part in found.parts if part.standing is Standing.MISSED)
        assert missed.last_day < on
        by_then = sum(amount for n, amount in paid if first + timedelta(days=n) <= missed.last_day)
        assert missed.missing == sum(parts[: missed.number]) - by_then > 0
    later = judged(agreed, *money, on=on + timedelta(days=1))
    assert not (found.state is State.BROKEN and later.state is not State.BROKEN), "what was missed stays missed"
