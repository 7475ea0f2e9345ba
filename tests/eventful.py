"""Worlds for tests of events: a hub with subscribers on this machine, made-up facts, and what a subscriber must see."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from admin_api.bootstrap import open_hub
from concilia.clock import to_text
from concilia.portfolio.event_types import order_keys
from concilia.sealing import new_key
from concilia.settings import Settings
from concilia.store import events
from concilia.store.events import Fact
from concilia.store.unit_of_work import Store
from sync.event_retry import Patience
from sync.hub import Hub
from sync.postman import telling

_NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORKSPACE = "version: 1\nevents: {allow_hosts: [127.0.0.1]}\n"
HURRY = Patience(haste=50, allowed=frozenset({"127.0.0.1"}))
MASTER = {"CONCILIA_MASTER_KEY": new_key("tests")}
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["admin_api.bootstrap", "sync.postman"])


@dataclass(frozen=True, slots=True)
class EventWorld:
    """A workspace without connections, whose subscribers may be on this machine."""

    folder: Path
    database_url: str | None
    secrets: dict[str, str] = field(default_factory=lambda: dict(MASTER))

    @contextmanager
    def opened(self) -> Iterator[Hub]:
        """Its hub."""
        hub = open_hub(Settings(self.folder, self.database_url, self.secrets))
        try:
            yield hub
        finally:
            hub.store.close()

    def postman(self) -> Any:
        """A process that tells subscribers until it is killed."""
        return _processes.Process(target=tell_for_ever, args=(self.folder, self.database_url, self.secrets))


def event_world(folder: Path, database_url: str | None) -> EventWorld:
    """The world, on an empty database."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "concilia.yaml").write_text(WORKSPACE, encoding="utf-8")
    return EventWorld(folder, database_url)


def tell_for_ever(folder: Path, database_url: str | None, secrets: dict[str, str]) -> None:
    """What the postman process does."""
    hub = open_hub(Settings(folder, database_url, secrets))
    with telling(hub, patience=HURRY):
        multiprocessing.Event().wait()


def happen(store: Store, count: int, *, chance: random.Random, debtors: int = 12) -> None:
    """So many facts about a few debtors: debts that change, payments of two, merges and splits."""
    facts = [_fact(chance, debtors) for _ in range(count)]
    with store.begin() as tx:
        events.append(tx, facts, at=to_text(_NOW))


def missing_and_disordered(happened: Sequence[events.RecordedFact], firsts: Sequence[dict[str, Any]]) -> list[str]:
    """What is wrong with what a subscriber saw: events it never saw, and those it saw before an earlier one of theirs."""
    seen = [int(event["id"]) for event in firsts]
    faults = [f"event {fact.seq} is missing" for fact in happened if fact.seq not in set(seen)]
    last: dict[str, int] = {}
    by_number = {fact.seq: fact for fact in happened}
    for number in seen:
        fact = by_number[number]
        for key in order_keys(subject=fact.subject, golden_id=fact.golden_id, data=fact.body):
            if last.get(key, 0) > number:
                faults.append(f"event {number} of {key} came after {last[key]}")
            last[key] = max(last.get(key, 0), number)
    return faults


def all_events(store: Store) -> list[events.RecordedFact]:
    """Every fact there is."""
    with store.read() as tx:
        return list(events.after(tx, 0, limit=1_000_000))


def _fact(chance: random.Random, debtors: int) -> Fact:
    one, other = (f"g{chance.randrange(debtors)}" for _ in range(2))
    match chance.randrange(10):
        case 0 if one != other:
            return Fact("debtor.merged", one, other, {"gone": [one], "into": other, "version": 2})
        case 1 if one != other:
            return Fact("debtor.split", one, one, {"into": other})
        case 2 if one != other:
            return Fact("payment.received", f"p{chance.randrange(50)}", one, {"debtors": [one, other]})
        case _:
            debt = f"d{one}{chance.randrange(3)}"
            return Fact("debt.changed", debt, one, {"balance": str(chance.randrange(10**6)), "unit": "CLP"})
