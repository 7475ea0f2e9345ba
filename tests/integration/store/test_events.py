"""Events have one order without gaps, whoever writes at the same time and whatever is rolled back."""

from __future__ import annotations

import os
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from concilia.store import events
from concilia.store.events import Fact
from concilia.store.unit_of_work import Store

SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))
AT = "2026-11-22T12:00:00.000000+00:00"
THREADS, TURNS = 8, 20


class TakenBack(Exception):
    """What makes a transaction of these tests roll back."""


def take_back(*, when: bool) -> None:
    if when:
        raise TakenBack


def write_some(store: Store, name: int) -> list[tuple[str, int]]:
    """Append in several transactions of which some are rolled back; the transactions that were committed."""
    chance = random.Random(SEED + name)
    committed = []
    for turn in range(TURNS):
        size, label = chance.randint(0, 5), f"{name}:{turn}"
        facts = [Fact("debtor.updated", label, None, {"n": n}) for n in range(size)]
        try:
            with store.begin() as tx:
                events.append(tx, facts, at=AT)
                take_back(when=chance.random() < 0.4)
        except TakenBack:
            continue
        committed.append((label, size))
    return committed


def follow(store: Store, total: int) -> list[int]:
    """Read as a subscriber does, from the last number seen, until everything was seen."""
    seen: list[int] = []
    for _ in range(100_000):
        with store.read() as tx:
            seen += [fact.seq for fact in events.after(tx, seen[-1] if seen else 0, limit=7)]
        if len(seen) >= total:
            break
    return seen


def test_numbers_have_no_gaps_under_concurrent_writers_and_rollbacks(store: Store) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        done = [turn for turns in pool.map(lambda name: write_some(store, name), range(THREADS)) for turn in turns]
    with store.read() as tx:
        facts = list(events.after(tx, 0, limit=10_000))
    assert [fact.seq for fact in facts] == list(range(1, len(facts) + 1)), f"seed {SEED}"
    assert len(facts) == sum(size for _, size in done)
    places: dict[str, list[int]] = {}
    for fact in facts:
        places.setdefault(fact.subject, []).append(fact.seq)
    for label, size in done:
        mine = places.get(label, [])
        assert mine == list(range(mine[0], mine[0] + size)) if size else not mine, "one transaction stays together"


def test_a_subscriber_never_sees_a_later_event_before_an_earlier_one(store: Store) -> None:
    total = sum(size for name in range(2) for _, size in _planned(name))
    with ThreadPoolExecutor(3) as pool:
        reading = pool.submit(follow, store, total)
        list(pool.map(lambda name: write_some(store, name), range(2)))
        assert reading.result(timeout=120) == list(range(1, total + 1)), f"seed {SEED}"


def _planned(name: int) -> list[tuple[str, int]]:
    chance = random.Random(SEED + name)
    plan = [(f"{name}:{turn}", chance.randint(0, 5), chance.random()) for turn in range(TURNS)]
    return [(label, size) for label, size, dice in plan if dice >= 0.4]


def test_an_event_comes_back_with_its_body_as_it_was(store: Store) -> None:
    body = {"ñ": "José 🇨🇱", "amounts": ["1.50", None], "deep": {"a": [1, True]}}
    with store.begin() as tx:
        events.append(tx, [], at=AT)
        events.append(tx, [Fact("payment.received", "p1", None, body), Fact("debtor.created", "g1", "g1", {})], at=AT)
    with store.read() as tx:
        first, second = events.after(tx, 0)
        assert (first.seq, first.at, first.type, first.subject, first.golden_id, first.body) == (
            1, AT, "payment.received", "p1", None, body,
        )  # fmt: skip
        assert [second] == list(events.after(tx, 1)) == list(events.after(tx, 1, limit=1))
        assert list(events.after(tx, 2)) == []


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_events_are_read_page_by_page(store: Store, limit: int) -> None:
    with store.begin() as tx:
        events.append(tx, [Fact("x.happened", str(n), None, {}) for n in range(3)], at=AT)
    with store.read() as tx:
        assert [fact.seq for fact in events.after(tx, 0, limit=limit)] == [1, 2, 3][:limit]
