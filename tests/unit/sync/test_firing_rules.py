"""What becomes of firings that are late, that overlap, and that are spread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from concilia.timetable import CatchUp, Overlap, Schedule
from sync.firing_rules import Skip, Start, Wait, to_write, turn_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOURLY = [NOON + timedelta(hours=n) for n in range(4)]


def schedule(**told: object) -> Schedule:
    return Schedule("s", "0 * * * *", "UTC", "sync", **told)  # type: ignore[arg-type]


def missed(catch_up: CatchUp, now: datetime) -> list[bool]:
    due = [at for at in HOURLY if at <= now]
    written = to_write(schedule(catch_up=catch_up, grace=timedelta(minutes=5)), due, now=now)
    assert [one.due_at for one in written] == due
    return [bool(one.missed) for one in written]


@pytest.mark.parametrize("catch_up", CatchUp)
def test_what_is_within_its_grace_is_not_late(catch_up: CatchUp) -> None:
    assert missed(catch_up, NOON + timedelta(minutes=5)) == [False]


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        (CatchUp.ONCE, [True, True, True, False]),
        (CatchUp.ALL, [False, False, False, False]),
        (CatchUp.NONE, [True, True, True, True]),
    ],
)
def test_late_firings_are_caught_up_as_declared(catch_up: CatchUp, expected: list[bool]) -> None:
    assert missed(catch_up, NOON + timedelta(hours=3, minutes=30)) == expected


def test_one_in_time_is_the_catching_up_of_those_before_it() -> None:
    assert missed(CatchUp.ONCE, NOON + timedelta(hours=3, minutes=1)) == [True, True, True, False]


def test_a_missed_firing_says_why() -> None:
    (one,) = to_write(schedule(catch_up=CatchUp.NONE, grace=timedelta(hours=1)), [NOON], now=NOON + timedelta(hours=2))
    assert one.missed == "nobody was there within 1 hour"


@pytest.mark.parametrize("overlap", Overlap)
def test_a_firing_alone_starts(overlap: Overlap) -> None:
    assert turn_of(schedule(overlap=overlap), running=False, ahead=0) == Start()


def test_firings_that_overlap_are_skipped_or_wait_as_declared() -> None:
    def turn(overlap: Overlap, ahead: int) -> object:
        return type(turn_of(schedule(overlap=overlap), running=True, ahead=ahead))

    assert [turn(Overlap.SKIP, n) for n in (0, 1)] == [Skip, Skip]
    assert [turn(Overlap.QUEUE, n) for n in (0, 1)] == [Wait, Wait]
    assert [turn(Overlap.ONE, n) for n in (0, 1)] == [Wait, Skip]


def test_jitter_spreads_firings_the_same_way_for_everybody() -> None:
    spread = schedule(jitter=timedelta(minutes=10))
    starts = [one.start_at - one.due_at for one in to_write(spread, HOURLY, now=HOURLY[-1])]
    assert starts == [one.start_at - one.due_at for one in to_write(spread, HOURLY, now=HOURLY[-1])]
    assert len(set(starts)) > 1
    assert all(timedelta() <= delay <= timedelta(minutes=10) for delay in starts)
