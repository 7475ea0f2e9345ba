"""A promise of two instalments, the first late but tolerated, the second missed: ERP, CRM and channel hear it once each.

Counted in the systems' own ledger, while a third of the calls fail before or after their effect, receipts get lost, and
two processes judge at the same time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from concilia.store import outbox
from concilia.vault import Secret
from connectors.rest import Patience
from connectors.sandbox import Sandbox, SandboxSettings
from connectors.sandbox.server import SandboxServer, Setup
from sync import actions, agreements
from sync.hub import Hub
from sync.push import deliver
from tests.conftest import OpenHub

WORKSPACE = """\
version: 1
connections:
  erp:
    connector: sandbox
    settings: {{url: "{url}", api_key: "${{env:KEY}}", system: erp}}
    country: CL
    creditor: acme
    push: {{agreements: true}}
  crm:
    connector: sandbox
    settings: {{url: "{url}", api_key: "${{env:KEY}}", system: crm}}
    country: CL
    creditor: acme
    push: {{agreements: true}}
creditors:
  acme: {{owner: erp}}
agreements: {{tolerance_days: 1}}
"""
PROMISES = 12
MISHAPS = (
    {"kind": "error_after_commit", "method": "POST", "probability": 0.12},
    {"kind": "drop_after_commit", "method": "POST", "probability": 0.12},
    {"kind": "half_body", "method": "POST", "probability": 0.12},
    {"kind": "error_before_commit", "method": "POST", "probability": 0.12, "status": 503},
    {"kind": "throttle", "method": "POST", "probability": 0.08},
    {"kind": "error_before_commit", "method": "GET", "probability": 0.1},
)


class Calendar:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    def on(self, year: int, month: int, day: int) -> None:
        self.moment = max(self.moment, datetime(year, month, day, 15, tzinfo=UTC))


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=300)) as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, server: SandboxServer, database_url: str | None, opened: OpenHub) -> tuple[Hub, Calendar]:
    (tmp_path / "concilia.yaml").write_text(WORKSPACE.format(url=server.url), "utf-8")
    clock = Calendar()
    hub = opened(tmp_path, database_url=database_url, environment={"KEY": server.world.api_key})
    hub = replace(hub, clock=clock)
    actions.apply(hub)
    assert actions.run(hub, []).exit_code == 0
    return hub, clock


def in_both(hub: Hub) -> list[dict[str, Any]]:
    """Debts of more than 1,000 in pesos whose debtor the CRM knows too, one for each debtor."""
    crm = {row["golden_id"] for row in actions.export(hub, "crosswalk") if row["connection"] == "crm"}
    found: dict[str, dict[str, Any]] = {}
    for row in actions.export(hub, "debts"):
        if row["golden_id"] in crm and row["unit"] == "CLP" and Decimal(row["balance"]) > 1000:
            found.setdefault(row["golden_id"], row)
    return list(found.values())[:PROMISES]


def push(hub: Hub, clock: Calendar, server: SandboxServer) -> Counter[str]:
    """Deliver both outboxes until nothing is open, losing every third receipt on the way."""
    done: Counter[str] = Counter()
    for system in ("erp", "crm"):
        settings = SandboxSettings(server.url, Secret(server.world.api_key), system)
        connector = Sandbox(system, settings, patience=Patience(timeout=2, sleep=lambda _: None))
        for lost in (True, False):
            delivery = deliver(hub, connector, system, sleep=clock.move)
            while unfinished(hub, system):
                clock.move(3600)
                delivery = deliver(hub, connector, system, sleep=clock.move)
            done[delivery.error] += 1
            if lost:
                with hub.store.begin() as tx:
                    tx.execute(
                        text("UPDATE intent SET state = 'sent_unknown' WHERE connection = :c AND id % 3 = 0"),
                        {"c": system},
                    )
        connector.close()
    return done


def unfinished(hub: Hub, system: str) -> int:
    with hub.store.read() as tx:
        counts = outbox.counts(tx)
    assert not counts.get((system, outbox.DEAD)), [i["reason"] for i in actions.waiting_intents(hub)]
    return sum(counts.get((system, state), 0) for state in (outbox.NEW, outbox.SENT_UNKNOWN))


def heard(server: SandboxServer) -> dict[str, Counter[tuple[str, str]]]:
    """What each system was told of each agreement, as its own ledger holds it."""
    found: dict[str, Counter[tuple[str, str]]] = {"agreements": Counter(), "tasks": Counter()}
    for effect in server.world.ledger.effects:
        for collection, changed in effect.changes.items():
            for row in changed.values():
                if effect.kind == "note" and row is not None:
                    happening = row.get("happening") or row["subject"]
                    found[collection][row["reference"].partition(".")[0], happening] += 1
    return found


def test_a_broken_promise_reaches_each_system_exactly_once(world: tuple[Hub, Calendar], server: SandboxServer) -> None:
    hub, clock = world
    debts = in_both(hub)
    assert len(debts) == PROMISES
    ids = [record(hub, debt) for debt in debts]
    server.misbehave(*MISHAPS, seed=709)
    push(hub, clock, server)

    clock.on(2026, 12, 7)  # Monday: one business day after the first part fell due
    for debt in debts:
        pay(hub, debt)
    assert {c.happening for c in judged_twice_at_once(hub)} == {"partially_kept"}
    clock.on(2027, 1, 6)  # Wednesday: Monday the second part fell due, Tuesday was tolerated
    broken = judged_twice_at_once(hub)
    assert {c.agreement_id for c in broken} == set(ids)
    assert {c.happening for c in broken} == {"broken"}
    assert len(broken) == PROMISES
    push(hub, clock, server)

    told = heard(server)
    assert told["agreements"] == Counter({(i, h): 1 for i in ids for h in ("recorded", "broken")})
    spoken = ("Promesa de pago: registrada.", "Promesa de pago: incumplida.")
    assert told["tasks"] == Counter({(i, h): 1 for i in ids for h in spoken})
    channel = Counter(e.subject for e in actions.events_after(hub, 0, limit=10_000) if e.type == "agreement.broken")
    assert channel == Counter(dict.fromkeys(ids, 1))
    written = agreements.one(hub, ids[0])["written_back"]
    assert [(w["connection"], w["state"]) for w in written] == [("crm", "done"), ("erp", "done")] * 2
    assert all(w["external_id"] for w in written)
    parts = agreements.one(hub, ids[0])["evaluation"]["parts"]
    assert [part["standing"] for part in parts] == ["kept_late", "missed"]
    effects = len(server.world.ledger.effects)
    assert judged_twice_at_once(hub) == []
    push(hub, clock, server)
    assert len(server.world.ledger.effects) == effects, "nothing is said again"


def record(hub: Hub, debt: dict[str, Any]) -> str:
    third = str(int(Decimal(debt["balance"])) // 3)
    body = {
        "kind": "promise",
        "debts": [{"debt": {"id": debt["debt_id"]}}],
        "unit": "CLP",
        "schedule": [{"due_date": "2026-12-04", "amount": third}, {"due_date": "2027-01-04", "amount": third}],
    }
    return str(agreements.record(hub, body, told=agreements.Telling("ana")).body["id"])


def pay(hub: Hub, debt: dict[str, Any]) -> None:
    body = {
        "debt": {"id": debt["debt_id"]},
        "amount": str(int(Decimal(debt["balance"])) // 3),
        "value_date": "2026-12-07",
        "reference": f"TRX-{debt['debt_id']}",
    }
    assert actions.register_payment(hub, body, key_id=1, idempotency_key=debt["debt_id"]).status == 201


def judged_twice_at_once(hub: Hub) -> list[agreements.Change]:
    with ThreadPoolExecutor(2) as two:
        return [change for found in two.map(lambda _: agreements.evaluate(hub), range(2)) for change in found]
