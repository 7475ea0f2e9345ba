"""A third of the system's calls fail in every way there is, and everything converges; Retry-After is obeyed."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests import delivery

SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))
FAULTS = (
    {"kind": "throttle", "retry_after": 1, "probability": 0.05},
    {"kind": "error_before_commit", "status": 500, "probability": 0.06},
    {"kind": "error_after_commit", "status": 502, "probability": 0.06},
    {"kind": "timeout_after_commit", "seconds": 0.7, "probability": 0.03},
    {"kind": "slow", "seconds": 0.7, "probability": 0.03},  # a time-out before anything is done
    {"kind": "half_body", "probability": 0.06},
    {"kind": "drop_after_commit", "probability": 0.06},
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rung", ["look_up", "server_key", "read_compare"])
def test_with_a_third_of_all_calls_failing_everything_is_written_once(tmp_path: Path, rung: str) -> None:
    print(f"CONCILIA_TEST_SEED={SEED}")
    with delivery.sandbox(63) as server:
        mode = type(server.world.ledger.mode)
        server.world.ledger.mode = mode(
            honour_idempotency_key=rung == "server_key", keep_reference=rung != "read_compare"
        )
        # A slow call may take effect though its caller has gone, if the server is too busy to notice.
        world = delivery.prepared(tmp_path, None, server, rung=rung, timeout_seconds="0.3", late_seconds="2")
        payments = delivery.pay_many(world, 60, chance=random.Random(SEED))
        server.misbehave(*FAULTS, seed=SEED)
        delivery.drained(world)
        server.misbehave()
        there = [row for rows in server.world.ledger.payments_by_invoice().values() for row in rows]
        assert len(there) == len(payments)
        assert delivery.states(world) == {"done": len(payments)}


def test_after_retry_after_nobody_calls_before_its_time_and_all_soon_after_it(tmp_path: Path) -> None:
    with delivery.sandbox(63) as server:
        world = delivery.prepared(tmp_path, None, server)
        delivery.pay_many(world, 8, chance=random.Random(SEED))
        calls: list[tuple[float, str]] = []
        server.misbehave({"kind": "throttle", "retry_after": 3, "path": "/erp/payments", "method": "POST", "first": 1})
        watched = server.world.faults.strike

        def strike(method: str, path: str) -> object:
            found = watched(method, path)
            calls.append((time.monotonic(), "throttled" if found else method))
            return found

        server.world.faults.strike = strike  # type: ignore[method-assign, assignment]
        delivery.drained(world)
        told = next(at for at, what in calls if what == "throttled")
        under_way = 0.5  # calls of other threads that had passed the gate when the answer came
        after = [at - told for at, what in calls if at - told > under_way]
        assert min(after) >= 2.95
        assert min(after) <= 4.0
        assert delivery.states(world) == {"done": 8}
