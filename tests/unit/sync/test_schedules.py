"""When a schedule is due: cron's own meaning of its fields, and one instant for each wall time, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concilia.errors import ConfigurationInvalid
from concilia.timetable import Schedule
from sync.schedules import checked, due_between, instant_of

ZONES = ("America/Santiago", "America/Havana", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC")


def due(cron: str, zone: str, after: str, until: str) -> list[str]:
    found = due_between(Schedule("s", cron, zone, "sync"), datetime.fromisoformat(after), datetime.fromisoformat(until))
    return [one.at.isoformat() for one in found]


def test_a_time_that_the_clock_skips_is_due_once_when_the_clock_has_moved() -> None:
    assert due("30 2 * * *", "America/New_York", "2026-03-07T00:00Z", "2026-03-09T12:00Z") == [
        "2026-03-07T02:30:00-05:00",
        "2026-03-08T03:00:00-04:00",
        "2026-03-09T02:30:00-04:00",
    ]
    # In Santiago and Havana the clock moves at midnight, so the nightly job of midnight is the one skipped.
    assert due("0 0 * * *", "America/Havana", "2026-03-07T12:00Z", "2026-03-09T00:00Z") == ["2026-03-08T01:00:00-04:00"]
    assert due("30 0 * * *", "America/Santiago", "2026-09-05T12:00Z", "2026-09-07T00:00Z") == [
        "2026-09-06T01:00:00-03:00"
    ]


def test_all_times_of_one_skip_are_one_firing() -> None:
    assert due("*/15 2-3 * * *", "America/New_York", "2026-03-08T05:00Z", "2026-03-08T07:31Z") == [
        "2026-03-08T03:00:00-04:00",
        "2026-03-08T03:15:00-04:00",
        "2026-03-08T03:30:00-04:00",
    ]


def test_a_time_that_comes_twice_is_due_at_its_first_coming_only() -> None:
    assert due("30 1 * * *", "America/New_York", "2026-10-31T12:00Z", "2026-11-02T12:00Z") == [
        "2026-11-01T01:30:00-04:00",
        "2026-11-02T01:30:00-05:00",
    ]
    assert due("30 23 * * *", "America/Santiago", "2026-04-04T12:00Z", "2026-04-06T00:00Z") == [
        "2026-04-04T23:30:00-03:00"
    ]


def test_a_day_that_a_country_left_out_is_one_instant() -> None:
    assert due("0 12 * * *", "Pacific/Apia", "2011-12-30T00:00Z", "2011-12-31T00:00Z") == [
        "2011-12-31T00:00:00+14:00",
        "2011-12-31T12:00:00+14:00",
    ]


@pytest.mark.parametrize(
    ("cron", "days"),
    [
        ("0 3 * * 0", ["22"]),
        ("0 3 * * 7", ["22"]),
        ("0 3 * * sun", ["22"]),
        ("0 3 * * 1-5", ["23", "24", "25", "26", "27"]),
        ("0 3 * * 5-7", ["22", "27", "28"]),
        ("0 3 * * */3", ["22", "25", "28"]),
        ("0 3 24 * 5", ["24", "27"]),  # both restricted: either is enough
        ("0 3 24 * *", ["24"]),
    ],
)
def test_weekdays_count_as_cron_counts_them(cron: str, days: list[str]) -> None:
    found = due(cron, "UTC", "2026-11-22T00:00Z", "2026-11-29T00:00Z")
    assert [one[8:10] for one in found] == days


@pytest.mark.parametrize(
    "cron", ["", "* * * *", "61 * * * *", "a b c d e", "0 0 * * 8", "0 0 * * mon-x", "*/0 * * * *", "0 0 30 2 *"]
)
def test_what_is_no_cron_expression_is_refused_with_an_example(cron: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="Write five fields, for example"):
        checked(Schedule("s", cron, "UTC", "sync"))


instants = st.datetimes(datetime(2010, 1, 1), datetime(2037, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
crons = st.sampled_from(["*/7 * * * *", "30 */2 * * *", "0 0 * * *", "15 2 * * 0", "59 23 31 * *"])


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(ZONES), crons, instants, st.integers(1, 72))
def test_asking_in_parts_is_asking_at_once(zone: str, cron: str, start: datetime, hours: int) -> None:
    schedule = Schedule("s", cron, zone, "sync")
    end = start + timedelta(hours=hours)
    middle = start + timedelta(hours=hours) / 3
    whole = [one.at for one in due_between(schedule, start, end)]
    parts = [one.at for a, b in ((start, middle), (middle, end)) for one in due_between(schedule, a, b)]
    assert parts == whole
    assert all(a.astimezone(UTC) < b.astimezone(UTC) for a, b in pairwise(whole))
    assert all(start < one.astimezone(UTC) <= end for one in whole)


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.datetimes(datetime(2010, 1, 1), datetime(2037, 1, 1)))  # noqa: DTZ001
def test_every_wall_time_has_an_instant_and_later_ones_are_not_earlier(zone: str, wall: datetime) -> None:
    wall = wall.replace(microsecond=0)
    there = ZoneInfo(zone)
    found = instant_of(wall, there)
    shown = found.astimezone(UTC).astimezone(there).replace(tzinfo=None)
    assert shown >= wall
    assert instant_of(wall + timedelta(minutes=1), there).astimezone(UTC) >= found.astimezone(UTC)
