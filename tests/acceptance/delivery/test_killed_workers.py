"""A worker killed at any moment leaves nothing lost and nothing doubled, counted in the other system's own ledger.

Workers are killed with SIGKILL at seeded random delays and amounts of delivered payments. `CONCILIA_TEST_SEED` replays
a failure. The soak does the same a thousand times: `pytest -m soak`.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests import delivery

SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rung", ["look_up", "server_key"])
def test_nothing_is_lost_or_doubled_when_workers_are_killed(
    rung: str, tmp_path: Path, database_url: str | None
) -> None:
    print(f"CONCILIA_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    with delivery.sandbox(60) as server:
        server.world.ledger.mode = type(server.world.ledger.mode)(honour_idempotency_key=rung == "server_key")
        world = delivery.prepared(tmp_path / "w", database_url, server, rung=rung)
        payments = delivery.pay_many(world, 400, chance=chance)
        hit = delivery.killed_at_random(world, 10, chance=chance, longest=0.6)
        delivery.drained(world)
        found = delivery.counted_there(world, payments)
        assert hit >= 5, "the kills must hit a worker that works"
        assert found == {"lost": 0, "doubled": 0, "there": len(payments)}, SEED
        assert delivery.states(world) == {"done": len(payments)}
