"""What waits is written by itself while the hub is served, once, and never for a connection nobody approved."""

from __future__ import annotations

import random
import threading
from datetime import timedelta
from pathlib import Path

from sync.courier import Courier, delivering
from tests.delivery import open_intents, pay_many, prepared, sandbox


def test_a_payment_told_while_the_courier_works_reaches_the_system_without_a_command(
    tmp_path: Path, database_url: str | None
) -> None:
    with sandbox(20) as server:
        world = prepared(tmp_path, database_url, server)
        done = threading.Event()
        with world.opened() as hub, delivering(hub, every=timedelta(milliseconds=50)):
            pay_many(world, 12, chance=random.Random(1))
            for _ in range(600):
                if len(server.world.ledger.effects) >= 12 and not open_intents(world):
                    done.set()
                    break
                done.wait(0.05)
        assert done.is_set()
        assert len(server.world.ledger.effects) == 12


def test_two_couriers_write_each_payment_once_and_an_idle_one_writes_nothing(
    tmp_path: Path, database_url: str | None
) -> None:
    with sandbox(20) as server:
        world = prepared(tmp_path, database_url, server)
        pay_many(world, 10, chance=random.Random(2))
        with world.opened() as first, world.opened() as second:
            looks = [threading.Thread(target=Courier(hub).look) for hub in (first, second)]
            for look in looks:
                look.start()
            for look in looks:
                look.join()
            Courier(second).look()
            assert Courier(first).look() == []
        assert len(server.world.ledger.effects) == 10
