"""How many intents a CPU-second delivers to a system that answers at once, with receipt, state, ledger and debts.

    python benchmarks/delivery.py --payments 5000
    python benchmarks/delivery.py --payments 5000 --queue      the bare queue: claim and receipt, no ledger

The system is a list in memory. CPU is that of this process (SQLite works inside it), from the first claim to the last
receipt. Payments are on debts of their own, as the sandbox seeds them.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from concilia.clock import to_text
from concilia.store import outbox
from concilia.store.outbox import IntentRow
from connectors.contract import Capabilities, Found, Operation, Receipt, Rung, Step
from sync.hub import Hub
from sync.push import deliver
from tests import delivery


class Null:
    """A system that takes everything at once, and owes nothing afterwards."""

    capabilities = Capabilities(writes=dict.fromkeys(Operation, Rung.SERVER_KEY))

    def look_up(self, _stream: str, _references: Sequence[str]) -> Mapping[str, Found]:
        """Nothing is in doubt."""
        return {}

    def write(self, _operation: Operation, orders: Sequence[Any]) -> Iterator[Receipt | Step | Exception]:
        """A receipt for each, with the balance read back."""
        for order in orders:
            yield Receipt(f"there-{order.reference}", balance=getattr(order, "amount", None))


def _bare(hub: Hub, count: int) -> float:
    """CPU seconds of claiming and receipting so many intents in batches, and nothing else."""
    at = to_text(hub.clock())
    rows = [
        IntentRow(0, f"q{n}", "queue", "register_payment", "0", f"Q{n}", "{}", "new", 0, at, "", at, at)
        for n in range(count)
    ]
    with hub.store.begin() as tx:
        outbox.add(tx, rows)
    began = time.process_time()
    while True:
        with hub.store.begin() as tx:
            batch = outbox.ready(tx, "queue", now=at, after=0, limit=50)
            outbox.claim(tx, [i.id for i in batch], fence=1, at=at)
        if not batch:
            return time.process_time() - began
        with hub.store.begin() as tx:
            kept = outbox.KeptAnswer("written", "1", "{}")
            outbox.add_receipts(tx, [(i.id, kept) for i in batch], at=at)
            outbox.mark(tx, [i.id for i in batch], state=outbox.DONE, reason="written", at=at)


def measure(said: argparse.Namespace) -> dict[str, object]:
    """One drain, measured."""
    with tempfile.TemporaryDirectory(prefix="concilia-drain-") as folder, delivery.sandbox(said.customers) as server:
        world = delivery.prepared(Path(folder), None, server)
        with world.opened() as hub:
            if said.queue:
                spent = _bare(hub, said.payments)
                return {"bare_queue": said.payments, "per_cpu_second": round(said.payments / spent)}
        delivery.pay_many(world, said.payments, chance=random.Random(7))
        with world.opened() as hub:
            began = time.process_time()
            found = deliver(hub, Null(), "erp")  # type: ignore[arg-type]
            spent = time.process_time() - began
    return {
        "delivered": found.delivered,
        "cpu_seconds": round(spent, 2),
        "per_cpu_second": round(found.delivered / spent),
    }


def main() -> None:
    """Run and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=5000)
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--queue", action="store_true")
    print(json.dumps(measure(parser.parse_args())))


if __name__ == "__main__":
    main()
