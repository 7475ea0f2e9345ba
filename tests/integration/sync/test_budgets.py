"""One credential's budget shared by several gates, as several processes have them, over one database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from concilia.budget import Allowance, Lane
from concilia.errors import RetryLater
from concilia.store.engine import sqlite_url
from concilia.store.migrate import upgrade
from concilia.store.unit_of_work import Store
from sync.budgets import AT_ONCE, SharedGate

START = datetime(2026, 11, 22, tzinfo=UTC)
ALLOWANCE = Allowance(calls_per_minute=600, burst=40, reserve=0.25)


class Clockwork:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def store(tmp_path: Path, database_url: str | None) -> Iterator[Store]:
    (tmp_path / ".concilia").mkdir()
    opened = Store(database_url or sqlite_url(tmp_path))
    upgrade(opened)
    yield opened
    opened.close()


def gate(store: Store, clock: Clockwork, lane: Lane = Lane.BULK, allowance: Allowance | None = ALLOWANCE) -> SharedGate:
    return SharedGate(store, "crm", allowance, lane, clock, clock.sleep)


def test_several_gates_together_take_no_more_than_one_budget(store: Store) -> None:
    clock = Clockwork()
    gates = [gate(store, clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: [one.enter() for _ in range(100)], gates))
    passed = (clock.now - START).total_seconds()
    assert 40 + passed * 10 + 4 * AT_ONCE >= 400


def test_what_reading_may_not_take_is_there_for_a_person(store: Store) -> None:
    clock = Clockwork()
    reading = gate(store, clock)
    for _ in range(30):
        reading.enter()
    assert clock.now == START
    person = gate(store, clock, Lane.URGENT)
    for _ in range(10):
        person.enter()
    assert clock.now == START, "the reserve is his at once"


def test_what_one_was_told_to_wait_all_wait(store: Store) -> None:
    clock = Clockwork()
    told, other = gate(store, clock, allowance=None), gate(store, clock, Lane.URGENT, allowance=None)
    told.told_to_wait(timedelta(seconds=20))
    other.enter()
    assert clock.now >= START + timedelta(seconds=20)


def test_a_longer_wait_is_said_instead_of_slept(store: Store) -> None:
    clock = Clockwork()
    told = gate(store, clock)
    told.told_to_wait(timedelta(minutes=5))
    with pytest.raises(RetryLater) as raised:
        gate(store, clock).enter()
    assert raised.value.after == timedelta(minutes=5)
    assert clock.now == START
