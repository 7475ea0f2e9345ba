"""Business days by country and subdivision, and what a workspace changes in them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from concilia.portfolio.business_days import ZONES, BusinessDays, is_known, subdivisions


@pytest.mark.parametrize(
    ("country", "day", "why"),
    [
        ("CL", date(2026, 9, 18), "Día de la Independencia"),
        ("CL", date(2026, 12, 31), "Feriado bancario"),  # banks are closed, shops are not
        ("CO", date(2026, 7, 13), "Día de Nuestra Señora del Rosario de Chiquinquirá (observado)"),
        ("BR", date(2026, 2, 17), "Carnaval"),  # optional in the country's list, closed at the exchange
        ("MX", date(2026, 4, 2), "Jueves Santo"),
        ("AR", date(2026, 11, 6), "Día del Bancario"),
        ("PE", date(2026, 7, 28), "Día de la Independencia"),
        ("EC", date(2026, 8, 10), "Primer Grito de Independencia"),
        ("CL", date(2026, 11, 21), "weekend"),
    ],
)
def test_a_closed_day_says_why(country: str, day: date, why: str) -> None:
    assert BusinessDays(country).why_closed(day) == why


def test_a_holiday_of_a_subdivision_closes_only_there() -> None:
    arica = date(2027, 6, 7)
    assert not BusinessDays("CL", "AP").is_open(arica)
    assert BusinessDays("CL", "RM").is_open(arica)
    assert BusinessDays("CL").is_open(arica)


def test_a_due_day_moves_over_holidays_and_weekend() -> None:
    assert BusinessDays("CL").on_or_after(date(2026, 9, 18)) == date(2026, 9, 21)  # Friday and Saturday are holidays
    assert BusinessDays("CL").on_or_after(date(2026, 9, 17)) == date(2026, 9, 17)


def test_days_of_tolerance_count_only_when_offices_work() -> None:
    calendar = BusinessDays("CL")
    assert calendar.after(date(2026, 12, 30), 0) == date(2026, 12, 30)
    assert calendar.after(date(2026, 12, 30), 1) == date(2027, 1, 4)  # 31st: banks; 1st: New Year; then a weekend


def test_a_workspace_closes_and_opens_days() -> None:
    calendar = BusinessDays("CL", closed=frozenset({date(2026, 11, 23)}), opened=frozenset({date(2026, 12, 31)}))
    assert calendar.on_or_after(date(2026, 11, 23)) == date(2026, 11, 24)
    assert calendar.why_closed(date(2026, 11, 23)) == "closed by the workspace"
    assert calendar.is_open(date(2026, 12, 31))
    assert calendar.name.startswith("CL, holidays 0.")
    assert calendar.name.endswith(", 2 days changed")


def test_a_day_ends_where_the_calendar_counts() -> None:
    evening = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
    assert BusinessDays("CL").day_of(evening) == date(2026, 11, 23)
    assert BusinessDays("CL", zone="Pacific/Easter").day_of(evening) == date(2026, 11, 23)
    assert BusinessDays("").day_of(evening) == date(2026, 11, 24)


def test_a_country_that_nobody_lists_has_weekends_only() -> None:
    calendar = BusinessDays("ZZ")
    assert calendar.on_or_after(date(2026, 12, 25)) == date(2026, 12, 25)
    assert calendar.on_or_after(date(2026, 12, 26)) == date(2026, 12, 28)
    assert calendar.name == "ZZ, weekends only"


def test_a_calendar_that_never_opens_is_a_mistake_and_not_an_endless_loop() -> None:
    days = frozenset(date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(800))
    with pytest.raises(ValueError, match="no day after"):
        BusinessDays("CL", closed=days).on_or_after(date(2026, 1, 1))


@pytest.mark.parametrize("country", sorted(ZONES))
def test_every_country_with_a_zone_has_a_calendar(country: str) -> None:
    assert is_known(country)
    assert BusinessDays(country).on_or_after(date(2026, 12, 25)) > date(2026, 12, 25)
    assert all(isinstance(name, str) for name in subdivisions(country))
