"""A credential's budget: never more calls than granted, the reserve kept for people, quiet obeyed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from concilia.budget import Allowance, Granted, Lane, Wait, full, quiet, take

START = datetime(2026, 11, 22, tzinfo=UTC)
PER_SECOND = Allowance(calls_per_minute=60, burst=10, reserve=0.2)


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from(Lane), st.integers(1, 5)), max_size=200))
def test_no_more_calls_are_granted_than_the_burst_and_what_came_since(asked: list[tuple[float, Lane, int]]) -> None:
    bucket, now, granted = full(PER_SECOND, now=START), START, 0
    for pause, lane, most in asked:
        now += timedelta(seconds=pause)
        found = take(bucket, PER_SECOND, lane=lane, now=now, most=most)
        if isinstance(found, Granted):
            granted += found.calls
            bucket = found.bucket
            assert 1 <= found.calls <= most
        else:
            again = take(bucket, PER_SECOND, lane=lane, now=now + found.after + timedelta(milliseconds=1), most=most)
            assert isinstance(again, Granted), "the wait is long enough, and not a moment longer is asked for"
    assert granted <= 10 + (now - START).total_seconds() + 1e-6


def test_reading_leaves_the_reserve_to_people_and_urgent_writes() -> None:
    bucket, taken = full(PER_SECOND, now=START), 0
    while isinstance(found := take(bucket, PER_SECOND, lane=Lane.BULK, now=START), Granted):
        bucket, taken = found.bucket, taken + found.calls
    assert taken == 8
    assert isinstance(take(bucket, PER_SECOND, lane=Lane.URGENT, now=START, most=5), Granted)


def test_nobody_calls_before_the_quiet_is_over() -> None:
    bucket = quiet(full(PER_SECOND, now=START), until=START + timedelta(seconds=30))
    bucket = quiet(bucket, until=START + timedelta(seconds=5))
    for lane in Lane:
        assert take(bucket, PER_SECOND, lane=lane, now=START + timedelta(seconds=10)) == Wait(timedelta(seconds=20))
        assert isinstance(take(bucket, PER_SECOND, lane=lane, now=START + timedelta(seconds=30)), Granted)


def test_a_clock_that_goes_back_gives_no_calls_twice() -> None:
    found = take(full(PER_SECOND, now=START), PER_SECOND, lane=Lane.URGENT, now=START, most=10)
    assert isinstance(found, Granted)
    back = take(found.bucket, PER_SECOND, lane=Lane.URGENT, now=START - timedelta(hours=1))
    assert isinstance(back, Wait)
