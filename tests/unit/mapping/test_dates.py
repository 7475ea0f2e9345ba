"""Dates and moments: ISO 8601 by itself, the rest as declared."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.dates import date_format, day_text, epoch_moment, excel_day, moment_text, read_day
from mapping.issues import BadCell, Code


def naive(*parts: int) -> datetime:
    """A moment without a zone, as sources write them."""
    return datetime(*parts)  # noqa: DTZ001


SANTIAGO = ZoneInfo("America/Santiago")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-01-31", "2026-01-31"),
        (" 2026-01-31 ", "2026-01-31"),
        ("2026-01-31T23:59:59Z", "2026-01-31"),
        ("2026-01-31 00:00:00.000", "2026-01-31"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 23, tzinfo=UTC), "2026-01-31"),
        ("0000-00-00", ""),
        ("", ""),
    ],
)
def test_a_day_is_taken_as_it_is_written(value: Any, text: str) -> None:
    assert day_text(value) == text


@pytest.mark.parametrize(
    "value", ["31-01-2026", "2026-02-30", "20260131", "2026-1-31", "9999-12-31", "0001-01-01", "soon", 20260131, 1.5, [], True, "2026-01-31Tx"]
)  # fmt: skip
def test_a_day_in_another_form_is_refused(value: Any) -> None:
    with pytest.raises(BadCell) as caught:
        read_day(value)
    assert caught.value.code is Code.BAD_DATE


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00.000000+00:00"),
        ("2026-01-31T10:00:00-03:00", "2026-01-31T13:00:00.000000+00:00"),
        ("2026-01-31 10:00", "2026-01-31T13:00:00.000000+00:00"),
        ("2026-07-01", "2026-07-01T04:00:00.000000+00:00"),
        (naive(2026, 1, 31, 10), "2026-01-31T13:00:00.000000+00:00"),
        ("", ""),
    ],
)
def test_a_moment_without_a_zone_is_in_the_connections_zone(value: Any, text: str) -> None:
    assert moment_text(value, zone=SANTIAGO) == text


@pytest.mark.parametrize(
    ("form", "text", "moment"),
    [
        ("%d-%m-%Y", "31-01-2026", naive(2026, 1, 31)),
        ("%d-%m-%Y", "1-2-2026", naive(2026, 2, 1)),
        ("%d/%m/%y", "31/12/68", naive(2068, 12, 31)),
        ("%d/%m/%y", "31/12/69", naive(1969, 12, 31)),
        ("%Y%m%d", "20260131", naive(2026, 1, 31)),
        ("%Y%m%d%H%M%S", "20260131235901", naive(2026, 1, 31, 23, 59, 1)),
        ("%d.%m.%Y %H:%M", "31.01.2026 09:05", naive(2026, 1, 31, 9, 5)),
        ("%Y-%m-%dT%H:%M:%S.%f", "2026-01-31T09:05:00.25", naive(2026, 1, 31, 9, 5, 0, 250000)),
        ("%Y-%m-%d %H:%M %z", "2026-01-31 09:05 +0000", datetime(2026, 1, 31, 9, 5, tzinfo=UTC)),
    ],
)
def test_a_declared_format_is_read_exactly(form: str, text: str, moment: datetime) -> None:
    assert date_format(form).read(text) == moment


@pytest.mark.parametrize(
    "text", ["2026-01-31", "31-13-2026", "31-02-2026", "31-01-26", "31-01-2026 x", "", "3a-01-2026", "٣١-01-2026"]
)
def test_a_text_in_another_format_is_refused(text: str) -> None:
    with pytest.raises(BadCell):
        date_format("%d-%m-%Y").read(text)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("%d-%b-%Y", "%b cannot be used"),
        ("%Y-%m", "needs a day"),
        ("%d-%m-%Y-%d", "directive twice"),
        ("%d-%m-%Y %y", "needs a day"),
        ("100%", "% cannot be used"),
    ],
)
def test_a_format_that_cannot_be_used_is_refused_when_it_is_declared(form: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        date_format(form)


def test_a_serial_number_of_a_spreadsheet_is_a_day() -> None:
    assert excel_day(45_688) == date(2025, 1, 31)
    with pytest.raises(BadCell):
        excel_day(59)


def test_a_unix_time_is_a_moment() -> None:
    assert epoch_moment(1_769_817_600) == datetime(2026, 1, 31, tzinfo=UTC)
    with pytest.raises(BadCell):
        epoch_moment(10**12)


@given(st.dates(date(1800, 1, 1), date(2199, 12, 31)), st.sampled_from(["%d-%m-%Y", "%Y%m%d", "%m/%d/%Y", "%d.%m.%Y"]))
def test_a_day_written_in_a_format_is_read_as_the_same_day(day: date, form: str) -> None:
    written = date_format(form)
    moment = naive(day.year, day.month, day.day)
    assert written.read(written.write(moment)) == moment


@given(st.datetimes(naive(1900, 1, 1), naive(2199, 1, 1)))
def test_a_canonical_moment_stays_as_it_is(moment: datetime) -> None:
    text = moment_text(moment, zone=UTC)
    assert moment_text(text, zone=SANTIAGO) == text
    assert moment_text(moment + timedelta(days=1), zone=UTC) > text
