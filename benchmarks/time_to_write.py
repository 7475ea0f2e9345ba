"""How long after the hub was told does another system hold it: payments told one by one while the courier works.

    python -m benchmarks.time_to_write --payments 100 [--database-url URL]

The other system is the sandbox in this process, quiet and at once. Wall time, from before the hub is told to the
effect in the sandbox's own ledger.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

from sync.courier import delivering
from tests.delivery import pay_many, prepared, sandbox

_PATIENCE = 30.0


def main() -> None:
    """Tell, wait, print."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.time_to_write")
    asked.add_argument("--payments", type=int, default=100)
    asked.add_argument("--database-url")
    given = asked.parse_args()
    dice = random.Random(5)
    spent: list[float] = []
    with tempfile.TemporaryDirectory() as folder, sandbox(60) as server:
        world = prepared(Path(folder), given.database_url, server)
        with world.opened() as hub, delivering(hub):
            for number in range(given.payments):
                time.sleep(dice.uniform(0, 1.5))  # at any moment between two looks
                began = time.monotonic()
                pay_many(world, 1, chance=dice, first=number)
                while len(server.world.ledger.effects) <= number and time.monotonic() - began < _PATIENCE:
                    time.sleep(0.005)
                spent.append(time.monotonic() - began)
    spent.sort()
    shown = ", ".join(f"p{percent} {spent[len(spent) * percent // 100]:.2f} s" for percent in (50, 95, 99))
    print(f"{len(spent)} payments from told to written: {shown}, the slowest {spent[-1]:.2f} s")


if __name__ == "__main__":
    main()
