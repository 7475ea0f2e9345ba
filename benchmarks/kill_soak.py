"""Kill -9 the worker many times while it writes payments, and count in the other system's own ledger.

    python benchmarks/kill_soak.py --payments 20000 --kills 1000
    python benchmarks/kill_soak.py --database postgresql --restarts 20 --payments 2000 --kills 100

With `--restarts` the PostgreSQL server itself is killed and started again so often, at random moments. Ends with 1 when
a payment is lost or doubled. The seed is printed and replays the kills.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from connectors.sandbox.ledger import Mode
from tests import delivery
from tests.conftest import load_peer


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[Any]:
    if kind == "sqlite":
        yield None
        return
    server = load_peer("restartable_postgres").RestartablePostgres(folder / "postgres")
    try:
        yield server
    finally:
        server.stop()


def soak(said: argparse.Namespace) -> dict[str, object]:
    """One soak; what it came to."""
    chance = random.Random(said.seed)
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="concilia-soak-")))
        folder.chmod(0o755)
        postgres = stack.enter_context(_database(said.database, folder))
        server = stack.enter_context(delivery.sandbox(said.customers))
        server.world.ledger.mode = Mode(honour_idempotency_key=said.rung == "server_key")
        url = postgres.url if postgres else None
        world = delivery.prepared(folder / "w", url, server, rung=said.rung)
        payments = delivery.pay_many(world, said.payments, chance=chance)
        told = time.monotonic()
        hits, restarts = 0, 0
        while hits < said.kills and delivery.open_intents(world) and time.monotonic() - began < said.minutes * 60:
            part = min(50, said.kills - hits)
            if postgres and restarts < said.restarts:
                postgres.restart_during(chance.uniform(0.1, 2.0))
                restarts += 1
                part = min(part, max(1, said.kills // max(said.restarts, 1)))
            hits += delivery.killed_at_random(world, part, chance=chance, longest=said.longest)
            if postgres:
                postgres.wait_until_up()
        delivery.drained(world, rounds=600)
        counted = delivery.counted_there(world, payments)
        states = delivery.states(world)
    parked = states.get("parked", 0)
    return {
        "database": said.database, "rung": said.rung, "seed": said.seed, "payments": len(payments), "kills": hits,
        "restarts": restarts, **counted, "states": states, "parked_share": parked / len(payments),
        "seconds_telling": round(told - began, 1), "seconds_delivering": round(time.monotonic() - told, 1),
    }  # fmt: skip


def main() -> None:
    """Run and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rung", default="look_up")
    parser.add_argument("--payments", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--restarts", type=int, default=0)
    parser.add_argument("--customers", type=int, default=300)
    parser.add_argument("--longest", type=float, default=0.5, help="seconds until a worker is killed, at most")
    parser.add_argument("--minutes", type=float, default=15, help="kill no more after so long")
    parser.add_argument("--seed", type=int, default=20261122)
    found = soak(parser.parse_args())
    print(json.dumps(found), flush=True)
    sys.exit(bool(found["lost"] or found["doubled"]))


if __name__ == "__main__":
    main()
