"""The hub's own PostgreSQL is killed in the middle of writing payments: nothing is lost and nothing doubled."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

import pytest

from tests import delivery
from tests.conftest import load_peer

SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))


@pytest.mark.timeout(900)
def test_a_database_that_is_killed_while_payments_are_written_loses_and_doubles_none() -> None:
    print(f"CONCILIA_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="concilia-pg-") as folder, delivery.sandbox(60) as server:
        Path(folder).chmod(0o755)  # as root the server runs under another user, who has to reach it
        postgres = load_peer("restartable_postgres").RestartablePostgres(Path(folder) / "pg")
        try:
            world = delivery.prepared(Path(folder) / "w", postgres.url, server)
            payments = delivery.pay_many(world, 250, chance=chance)
            for _ in range(2):
                postgres.restart_during(chance.uniform(0.2, 0.8))
                delivery.killed_at_random(world, 2, chance=chance, longest=1.5)
                postgres.wait_until_up()
            delivery.drained(world)
            found = delivery.counted_there(world, payments)
            assert found == {"lost": 0, "doubled": 0, "there": len(payments)}, SEED
            assert delivery.states(world) == {"done": len(payments)}
        finally:
            postgres.stop()
