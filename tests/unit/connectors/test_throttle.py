"""What systems say of their limits, and the pace of one process. No time passes here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from concilia.budget import Allowance
from concilia.clock import fixed_clock
from connectors.throttle import PacedGate, Throttle

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW = fixed_clock(NOON)


def waits(throttle: Throttle, status: int, **headers: str) -> float:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return throttle.wait_of(status, told, now=NOW).total_seconds()


def test_retry_after_counts_where_a_system_refused_for_its_limits() -> None:
    assert waits(Throttle(), 429, retry_after="7") == 7
    assert waits(Throttle(), 503, retry_after="Fri, 20 Nov 2026 12:00:30 GMT") == 30
    assert waits(Throttle(), 200, retry_after="7") == 0


@pytest.mark.parametrize(
    ("reset_in", "text", "seconds"),
    [
        ("seconds", "30", 30),
        ("milliseconds", "1500", 1.5),
        ("epoch", str(int(NOON.timestamp()) + 45), 45),
        ("date", "Fri, 20 Nov 2026 12:01:00 GMT", 60),
        ("epoch", "1", 0),
        ("seconds", "soon", 0),
        ("seconds", "-5", 0),
        ("milliseconds", "9" * 16, 7 * 86400),
        ("epoch", "9" * 16, 0),
    ],
)
def test_a_reset_is_read_as_the_vendor_writes_it(reset_in: str, text: str, seconds: float) -> None:
    throttle = Throttle(reset="x-reset", reset_in=reset_in)  # type: ignore[arg-type]
    assert waits(throttle, 429, x_reset=text) == seconds


def test_nothing_left_is_a_wait_although_the_call_went_well() -> None:
    throttle = Throttle(remaining="x-left", reset="x-reset")
    assert waits(throttle, 200, x_left="0", x_reset="9") == 9
    assert waits(throttle, 200, x_left="1", x_reset="9") == 0


def test_calls_of_a_process_leave_at_their_pace() -> None:
    slept: list[float] = []
    moment = [NOON]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        moment[0] += timedelta(seconds=seconds)

    gate = PacedGate(Allowance(calls_per_minute=60, burst=2, reserve=0.0), clock=lambda: moment[0], sleep=sleep)
    for _ in range(5):
        gate.enter()
    assert sum(slept) == pytest.approx(3, abs=0.01)
