"""A subscriber, or the hub, killed at random and started again: every event, in order for each debtor, none missing."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from sync import subscriptions
from sync.hub import Hub
from sync.postman import telling
from sync.subscriptions import Wanted
from tests.eventful import HURRY, all_events, event_world, happen, missing_and_disordered
from tests.receivers import Receiver, receiver, wait_until

SEED = 20261122


def subscribed(hub: Hub, peer: Receiver, **wanted: object) -> str:
    standing, secret = subscriptions.subscribe(hub, Wanted(peer.url, after=0, **wanted), by="tests")  # type: ignore[arg-type]
    peer.trust(secret.reveal())
    return standing.row.id


def told_all(hub: Hub, subscription: str) -> bool:
    one = subscriptions.one(hub, subscription)
    return one.row.delivered == one.latest and not one.waiting


def kill_and_restart(peer: Receiver, kills: int, *, chance: random.Random) -> None:
    """Kill it in the middle of what it takes, or just anywhere; start it with other manners."""
    for _ in range(kills):
        anywhere = chance.random() < 0.2
        enough = peer.count() + chance.randint(1, 12)
        end = time.monotonic() + (chance.uniform(0, 0.3) if anywhere else 10)
        while peer.count() < enough and time.monotonic() < end:
            time.sleep(0.003)
        peer.kill()
        peer.start(seed=chance.randrange(10**6), fail=chance.choice([0, 0, 0.1]), lose=chance.choice([0, 0.05]))


def kills_of_a_subscriber(folder: Path, database_url: str | None, kills: int, each: int = 12) -> tuple[int, int]:
    """The story; how many events there were, and how often one was told again."""
    chance = random.Random(SEED)
    world = event_world(folder / "w", database_url)
    over = threading.Event()

    def feed(hub: Hub, subscription: str) -> None:
        """As much as is told, and a little more."""
        while not over.wait(0.05):
            if subscriptions.one(hub, subscription).as_json()["lag"] < 100:
                happen(hub.store, chance.randint(1, each), chance=random.Random(chance.random()))

    with world.opened() as hub, receiver(folder / "r") as peer:
        subscription = subscribed(hub, peer)
        feeding = threading.Thread(target=feed, args=(hub, subscription))
        with telling(hub, patience=HURRY):
            feeding.start()
            try:
                kill_and_restart(peer, kills, chance=random.Random(SEED + 1))
            finally:
                over.set()
                feeding.join()
            wait_until(lambda: told_all(hub, subscription), seconds=120)
        happened = all_events(hub.store)
        assert missing_and_disordered(happened, peer.firsts()) == []
        assert peer.kills == kills
        return len(happened), len(peer.taken()) - len(happened)


def test_a_subscriber_killed_at_random_sees_every_event_in_order(tmp_path: Path, database_url: str | None) -> None:
    kills_of_a_subscriber(tmp_path, database_url, kills=15)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_subscriber_killed_a_thousand_times_sees_every_event_in_order(tmp_path: Path) -> None:
    happened, again = kills_of_a_subscriber(tmp_path, None, kills=1000)
    print(f"{happened} events, told again {again} times")


def test_a_hub_killed_while_it_tells_misses_nothing(tmp_path: Path, database_url: str | None) -> None:
    chance = random.Random(SEED)
    world = event_world(tmp_path / "w", database_url)
    with world.opened() as hub, receiver(tmp_path / "r", slow=0.002) as peer:
        subscription = subscribed(hub, peer)
        for _ in range(10):
            happen(hub.store, 60, chance=chance)
            enough = len(peer.taken()) + chance.randint(1, 50)
            postman = world.postman()
            postman.start()
            wait_until(lambda enough=enough: len(peer.taken()) >= enough or told_all(hub, subscription))
            postman.kill()
            postman.join()
        with telling(hub, patience=HURRY):
            wait_until(lambda: told_all(hub, subscription))
        assert missing_and_disordered(all_events(hub.store), peer.firsts()) == []


def test_two_hubs_at_once_tell_a_subscriber_each_event_in_order(tmp_path: Path, database_url: str | None) -> None:
    chance = random.Random(SEED)
    world = event_world(tmp_path / "w", database_url)
    with world.opened() as hub, receiver(tmp_path / "r") as peer:
        subscription = subscribed(hub, peer)
        others = [world.postman() for _ in range(2)]
        for other in others:
            other.start()
        try:
            for _ in range(20):
                happen(hub.store, 20, chance=chance)
            wait_until(lambda: told_all(hub, subscription))
        finally:
            for other in others:
                other.kill()
                other.join()
        assert missing_and_disordered(all_events(hub.store), peer.taken()) == []
        assert len(peer.taken()) == 400, "nobody died, so nothing came twice"
