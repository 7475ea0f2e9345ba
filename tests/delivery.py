"""Worlds for tests of delivery: a sandbox ERP, a hub with payments to write to it, and a worker that can be killed."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from admin_api.bootstrap import open_hub
from concilia.clock import to_text
from concilia.errors import SystemUnreachable
from concilia.servicing import register
from concilia.servicing.register import Call
from concilia.settings import Settings
from connectors.sandbox.server import SandboxServer, Setup
from sync import actions
from sync.hub import Hub

KEY = "sandbox-key"
CONFIGURATION = """\
version: 1
connections:
  erp:
    connector: sandbox
    settings: {{url: "{url}", api_key: "${{env:SANDBOX_KEY}}", system: erp{more}}}
    country: CL
    creditor: andina
    trust: 80
    push: {{payments: true}}
creditors:
  andina: {{owner: erp}}
"""
# A fork of a process that has imported everything: starting a worker costs little, and kill -9 is kill -9.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["admin_api.bootstrap", "sync.actions", "connectors.sandbox"])


@dataclass(frozen=True, slots=True)
class World:
    """A workspace with an approved ERP, on one database."""

    folder: Path
    database_url: str | None
    server: Any  # the sandbox, or whatever else is written to
    secrets: dict[str, str] = field(default_factory=lambda: {"SANDBOX_KEY": KEY})

    @contextmanager
    def opened(self) -> Iterator[Hub]:
        """Its hub."""
        hub = open_hub(Settings(self.folder, self.database_url, self.secrets))
        try:
            yield hub
        finally:
            hub.store.close()

    def worker(self) -> Any:
        """A process that pushes once."""
        return _processes.Process(target=push_once, args=(self.folder, self.database_url, self.secrets))


def prepared(folder: Path, database_url: str | None, server: SandboxServer, **settings: str) -> World:
    """The world, with everything read and writing approved."""
    given = {"timeout_seconds": "2", **settings}
    more = "".join(f", {name}: {value}" for name, value in given.items())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "concilia.yaml").write_text(CONFIGURATION.format(url=server.url, more=more), encoding="utf-8")
    world = World(folder, database_url, server)
    with world.opened() as hub:
        actions.apply(hub)
        report = actions.run(hub, [], push=False)
        assert report.exit_code == 0, report.failures
        actions.approve(hub, "erp", by="tests")
    return world


def sandbox(customers: int, *, seed: int = 7, journal: Path | None = None) -> SandboxServer:
    """A server with that many customers; start it with `with`."""
    return SandboxServer(Setup(seed=seed, customers=customers, journal=journal))


def pay_many(world: World, count: int, *, chance: random.Random, first: int = 0) -> list[str]:
    """Tell the hub so many payments on open invoices, of an amount that all of them together leave open; their ids."""
    rows = [r for r in world.server.world.ledger.rows("invoices") if r["status"] in ("open", "partially_paid")]
    payable = [r for r in rows if Decimal(r["balance"]) >= 1]
    each = count // len(payable) + 1
    found = []
    with world.opened() as hub:
        told = list(range(first, first + count))
        while told:
            part, told = told[:200], told[200:]
            with hub.store.begin() as tx:
                for n in part:
                    row = payable[n % len(payable)]
                    amount = _share(row, each)
                    body = {
                        "debt": {"connection": "erp", "external_id": row["id"]},
                        "amount": amount,
                        "unit": row["currency"],
                        "value_date": f"2026-11-{chance.randint(1, 20):02d}",
                        "method": "transfer",
                        "reference": f"TRX-{n}",
                    }
                    call = Call(1, f"key-{n}", to_text(hub.clock()))
                    found.append(str(register.register(tx, body, call=call, policy=hub.policies.ledger).body["id"]))
    return found


def _share(row: dict[str, Any], each: int) -> str:
    """An amount that may be paid so often: whole where the unit has no decimals."""
    places = Decimal(1) if row["currency"] in ("CLP", "COP", "PYG") else Decimal("0.01")
    return format((Decimal(row["balance"]) / each).quantize(places, rounding="ROUND_DOWN"), "f")


def push_once(folder: Path, database_url: str | None, secrets: dict[str, str]) -> None:
    """What the worker process does."""
    hub = open_hub(Settings(folder, database_url, secrets))
    actions.push(hub, [])
    hub.store.close()


def open_intents(world: World) -> int:
    """How many are not over and not for a person. A database that is just being restarted is asked again."""
    sql = text("SELECT count(*) FROM intent WHERE state IN ('new', 'sent_unknown')")
    for _ in range(300):
        try:
            with world.opened() as hub, hub.store.read() as tx:
                return int(tx.execute(sql).scalar_one())
        except (SystemUnreachable, DBAPIError):
            time.sleep(0.1)
    raise AssertionError("the database does not come back")


def killed_at_random(world: World, kills: int, *, chance: random.Random, longest: float) -> int:
    """Start workers and kill each at a random moment, until so many were hit or nothing is left; how many were hit."""
    hit = 0
    while hit < kills and open_intents(world):
        process = world.worker()
        process.start()
        _wait_for(process, _moment(world, chance, longest))
        process.kill()
        process.join()
        hit += process.exitcode != 0
        process.close()
    return hit


def _moment(world: World, chance: random.Random, longest: float) -> Callable[[], bool]:
    """Some time from now, or some number of effects from those there are."""
    effects = world.server.world.ledger.effects if isinstance(world.server, SandboxServer) else []
    enough = len(effects) + chance.randint(1, 40)
    end = time.monotonic() + chance.uniform(0, longest)
    by_count = chance.random() < 0.5 and isinstance(world.server, SandboxServer)
    late = time.monotonic() + 20
    return lambda: time.monotonic() >= late or (len(effects) >= enough if by_count else time.monotonic() >= end)


def _wait_for(process: Any, when: Callable[[], bool]) -> None:
    while process.is_alive() and not when():
        time.sleep(0.002)


def drained(world: World, *, rounds: int = 60) -> None:
    """Push until nothing is open."""
    for _ in range(rounds):
        with world.opened() as hub:
            actions.push(hub, [])
        if not open_intents(world):
            return
        time.sleep(0.2)
    raise AssertionError("it never ends")


def counted_there(world: World, payments: list[str]) -> dict[str, int]:
    """What the sandbox's own ledger says of these payments: how many are lost, doubled, and there in all."""
    effects = world.server.world.ledger.effects
    there = Counter(
        row["reference"]
        for effect in effects
        if effect.kind == "payment"
        for row in effect.changes.get("payments", {}).values()
        if row is not None
    )
    return {
        "lost": sum(1 for one in payments if not there[one]),
        "doubled": sum(1 for one in payments if there[one] > 1),
        "there": sum(there.values()),
    }


def states(world: World) -> dict[str, int]:
    """How many intents are in each state."""
    with world.opened() as hub, hub.store.read() as tx:
        return {
            str(row[0]): int(row[1]) for row in tx.execute(text("SELECT state, count(*) FROM intent GROUP BY state"))
        }


def receipts(world: World) -> list[dict[str, Any]]:
    """Every receipt, oldest first."""
    with world.opened() as hub, hub.store.read() as tx:
        rows = tx.execute(text("SELECT intent_id, outcome, external_id, body, at FROM receipt ORDER BY id"))
        return [{**row._asdict(), "body": json.loads(row.body)} for row in rows]
