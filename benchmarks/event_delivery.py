"""How soon a subscriber hears of a payment, and how many events a CPU-second tells.

    python -m benchmarks.event_delivery --payments 200 --events 10000 [--database-url URL]

The subscriber is another process on this machine that checks every signature and puts each event on the disk before
it answers. Latency is wall time, from before the payment is posted to the hub's HTTP API until the subscriber holds
`payment.received`; CPU is that of the hub's process alone.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
import threading
import time
from pathlib import Path

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync import actions, subscriptions
from sync.hub import Hub
from sync.postman import deliver_once, telling
from sync.subscriptions import Wanted
from tests.acceptance.api.conftest import write_world
from tests.door import Door, opened_door
from tests.eventful import MASTER, happen
from tests.receivers import Receiver, receiver, wait_until

_PATIENCE = 30.0


def main() -> None:
    """Measure both, and print."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.event_delivery")
    asked.add_argument("--payments", type=int, default=200)
    asked.add_argument("--events", type=int, default=10_000)
    asked.add_argument("--database-url")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = write_world(Path(folder) / "w")
        with (world / "concilia.yaml").open("a") as file:
            file.write("events: {allow_hosts: [127.0.0.1]}\n")
        hub = open_hub(Settings(world, given.database_url, MASTER))
        actions.apply(hub)
        actions.run(hub, [])
        with receiver(Path(folder) / "latency") as peer:
            latency(hub, peer, given.payments)
        with receiver(Path(folder) / "throughput") as peer:
            throughput(hub, peer, given.events)
        hub.store.close()


def latency(hub: Hub, peer: Receiver, payments: int) -> None:
    """Post payments one by one, at any moment between two looks."""
    standing, secret = subscriptions.subscribe(hub, Wanted(peer.url, ("payment.received",)), by="bench")
    peer.trust(secret.reveal())
    wait_until(lambda: subscriptions.try_out(hub, standing.row.id).taken)
    dice, spent = random.Random(5), []
    with telling(hub), opened_door(hub) as door:
        for number in range(payments):
            time.sleep(dice.uniform(0.05, 0.4))
            spent.append(_heard(door, peer, number))
    subscriptions.remove(hub, standing.row.id, by="bench")
    spent.sort()
    shown = ", ".join(f"p{p} {spent[len(spent) * p // 100] * 1000:.0f} ms" for p in (50, 95, 99))
    print(f"{payments} payments from posted to heard: {shown}, the slowest {spent[-1] * 1000:.0f} ms")


def _heard(door: Door, peer: Receiver, number: int) -> float:
    body = {"debt": {"document": "F-4"}, "amount": "1", "unit": "CLP", "value_date": "2026-11-22"}
    journal = peer.folder / "taken.jsonl"
    before = journal.stat().st_size
    began = time.monotonic()
    assert door.pay({**body, "reference": f"B{number}"}).status_code == 201
    while journal.stat().st_size == before and time.monotonic() - began < _PATIENCE:
        time.sleep(0.001)
    return time.monotonic() - began


def throughput(hub: Hub, peer: Receiver, count: int) -> None:
    """Tell many facts about many debtors to one subscriber."""
    standing, secret = subscriptions.subscribe(hub, Wanted(peer.url), by="bench")
    peer.trust(secret.reveal())
    chance = random.Random(6)
    for _ in itertools.repeat(None, count // 1000):
        happen(hub.store, 1000, chance=chance, debtors=2000)
    wall, cpu = time.monotonic(), time.process_time()
    rounds = deliver_once(hub)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    told = sum(one.told for one in rounds)
    print(
        f"{told} events told in {wall:.1f} s: {told / cpu:,.0f} a CPU-second, {told / wall:,.0f} a second; "
        f"{threading.active_count()} threads left, {subscriptions.one(hub, standing.row.id).waiting} apart"
    )


if __name__ == "__main__":
    main()
