"""Money above what is written without approval waits for its plan; below it, nothing changes. Counted in the ERP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import AskSteward
from concilia.store import outbox, write_plans
from connectors.sandbox.server import SandboxServer, Setup
from sync import actions
from sync import write_plans as plans
from sync.hub import Hub
from tests.conftest import OpenHub

YAML = """\
version: 1
connections:
  erp:
    connector: sandbox
    country: CL
    creditor: acme
    settings: {{url: "{url}", api_key: "${{file:key}}", system: erp, overlap_seconds: 0}}
    push: {{payments: true, approval: {{money: {{CLP: 1000}}}}}}
creditors:
  acme: {{owner: erp}}
"""


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=20)) as running:
        yield running


@pytest.fixture
def hub(tmp_path: Path, server: SandboxServer, opened: OpenHub) -> Hub:
    (tmp_path / "concilia.yaml").write_text(YAML.format(url=server.url), "utf-8")
    (tmp_path / "key").write_text("sandbox-key", "utf-8")
    found = opened(tmp_path)
    actions.apply(found)
    assert actions.run(found, []).exit_code == 0
    actions.approve(found, "erp", by="ana")
    return found


def pay(hub: Hub, server: SandboxServer, amount: str, number: int) -> dict[str, Any]:
    """A payment on an open invoice in pesos."""
    rows = server.world.ledger.rows("invoices")
    found = [row for row in rows if row["currency"] == "CLP" and row["status"] == "open"]
    debt = {"connection": "erp", "external_id": found[number]["id"]}
    body = {
        "debt": debt, "amount": amount, "unit": "CLP", "value_date": "2026-11-20", "method": "transfer",
        "reference": f"TRX-9{number}",
    }  # fmt: skip
    actions.register_payment(hub, body, key_id=1, idempotency_key=f"k{number}")
    return dict(found[number])


def paid(server: SandboxServer) -> list[str]:
    """The amounts that came in through the API, by the ERP's own ledger."""
    return [
        p["amount"] for ps in server.world.ledger.payments_by_invoice().values() for p in ps if p["channel"] == "api"
    ]


def test_a_large_payment_waits_for_its_plan_and_a_small_one_does_not(hub: Hub, server: SandboxServer) -> None:
    pay(hub, server, "900", 0)
    invoice = pay(hub, server, "1500", 1)
    actions.push(hub, ["erp"])
    assert paid(server) == ["900"]
    with hub.store.read() as tx:
        assert outbox.counts(tx)[("erp", write_plans.HELD)] == 1
    plan = plans.make(hub, ["erp"], made_by="ana")
    (row,) = plan.rows
    assert (row.operation, row.field, row.ours, row.theirs) == (
        "register_payment",
        "balance",
        "1500",
        invoice["balance"],
    )
    assert plans.row_json(row)["writes"]["amount"] == "1500"
    with pytest.raises(AskSteward, match="1500 CLP is more"):
        plans.apply(hub, plan.head.id)
    plans.approve(hub, plan.head.id, connection="erp", by="carla")
    plans.apply(hub, plan.head.id)
    assert sorted(paid(server)) == ["1500", "900"]
    assert plans.show(hub, plan.head.id).rows[0].state == write_plans.WRITTEN
    actions.push(hub, ["erp"])
    assert len(paid(server)) == 2


def test_a_plan_writes_no_payment_that_came_after_it(hub: Hub, server: SandboxServer) -> None:
    pay(hub, server, "800", 0)
    plan = plans.make(hub, ["erp"], made_by="ana")
    pay(hub, server, "700", 1)
    plans.apply(hub, plan.head.id)
    assert paid(server) == ["800"]
    actions.push(hub, ["erp"])
    assert sorted(paid(server)) == ["700", "800"]


def test_a_payment_whose_balance_moved_since_the_plan_stops(hub: Hub, server: SandboxServer) -> None:
    invoice = pay(hub, server, "800", 0)
    pay(hub, server, "600", 1)
    plan = plans.make(hub, ["erp"], made_by="ana")
    server.world.ledger.edit("invoices", invoice["id"], {"balance": "850"})
    actions.run(hub, ["erp"], push=False)
    plans.apply(hub, plan.head.id)
    assert paid(server) == ["600"]
    states = {row.ours: row.state for row in plans.show(hub, plan.head.id).rows}
    assert states == {"800": "stopped", "600": "written"}
