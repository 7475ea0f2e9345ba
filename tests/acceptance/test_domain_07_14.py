"""A CNPJ with letters travels through CSV, database, API, matching and write-back unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connectors.sandbox.server import SandboxServer, Setup
from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.door import Door, opened_door

CNPJ = "12.ABC.345/01DE-35"
CANONICAL = "12ABC34501DE35"
CONFIGURATION = """\
version: 1
connections:
  erp:
    connector: sandbox
    settings: {{url: "{url}", api_key: "${{env:SANDBOX_KEY}}", system: erp}}
    country: BR
    creditor: andina
    trust: 80
    push: {{payments: true}}
  legado:
    connector: files
    settings: {{path: legado, encoding: utf-8, delimiter: ";"}}
    country: BR
    trust: 40
    streams:
      clientes: {{file: "*.csv", key: [ID], map: clientes.yaml}}
creditors:
  andina: {{owner: erp}}
"""
MAP = "entities:\n- {entity: debtor, key: [ID], fields: {tax_id: CNPJ, full_name: NOME}}\n"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=63)) as running:
        yield running


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub, server: SandboxServer) -> Hub:
    (tmp_path / "legado").mkdir()
    (tmp_path / "concilia.yaml").write_text(CONFIGURATION.format(url=server.url), encoding="utf-8")
    (tmp_path / "clientes.yaml").write_text(MAP, encoding="utf-8")
    name = next(c["name"] for c in server.world.portfolio.customers if c["tax_id"] == CNPJ)
    rows = f"ID;CNPJ;NOME\n1;{CNPJ};{name}\n2;{CANONICAL.lower()};{name.upper()}\n"
    (tmp_path / "legado" / "clientes.csv").write_text(rows, encoding="utf-8")
    hub = opened(tmp_path, database_url=database_url, environment={"SANDBOX_KEY": "sandbox-key"})
    assert actions.run(hub, [], push=False).exit_code == 0
    return hub


@pytest.fixture
def door(hub: Hub) -> Iterator[Door]:
    with opened_door(hub) as found:
        yield found


def open_debt(debtor: dict[str, Any]) -> dict[str, Any]:
    return next(d for d in debtor["debts"] if d["status"] in ("open", "partially_paid"))


def test_both_notations_of_two_systems_are_one_debtor_under_the_canonical_number(door: Door) -> None:
    for written in (CNPJ, CANONICAL, CANONICAL.lower(), "12ABC345/01DE-35"):
        debtor = door.debtor_of(written)
        (identifier,) = debtor["identifiers"]
        assert (identifier["type"], identifier["value"], identifier["raw"]) == ("CNPJ", CANONICAL, CNPJ)
        assert debtor["tax_id"] == CANONICAL
        assert {s["connection"] for s in debtor["sources"]} == {"erp", "legado"}
        assert [s["stream"] for s in debtor["sources"]].count("clientes") == 2
    assert door.get("/v1/debtors", params={"q": CNPJ}).json()["items"][0]["id"] == debtor["id"]


def test_the_database_holds_it_as_it_was_written_and_in_canonical_form(hub: Hub) -> None:
    with hub.store.read() as tx:
        payloads = " ".join(tx.execute(text("SELECT payload FROM source_record")).scalars())
        keys = set(tx.execute(text("SELECT key FROM match_key")).scalars())
    assert CNPJ in payloads
    assert f"id:BR:CNPJ:{CANONICAL}" in keys


def test_the_payer_of_a_payment_reaches_the_erp_as_it_is_written(hub: Hub, door: Door, server: SandboxServer) -> None:
    debtor = door.debtor_of(CNPJ)
    debt = open_debt(debtor)
    told = {
        "debt": {"id": debt["id"]},
        "amount": "1.00",
        "unit": debt["unit"],
        "value_date": "2026-11-02",
        "method": "pix",
        "reference": "E2E-1",
        "payer": debtor["identifiers"][0]["raw"],
    }
    answer = door.pay(told)
    assert answer.status_code == 201
    actions.approve(hub, "erp", by="ana")
    assert [d.delivered for d in actions.push(hub, ["erp"])] == [1]
    (invoice,) = [s["external_id"] for s in debt["sources"]]
    (written,) = server.world.ledger.payments_by_invoice()[invoice]
    assert CNPJ in written["memo"]
    assert (written["amount"], written["reference"]) == ("1.00", answer.json()["id"])
    customer = server.world.ledger.get("customers", server.world.ledger.get("invoices", invoice)["customer"])
    assert customer["tax_id"] == CNPJ
    actions.run(hub, [])
    assert door.debtor_of(CNPJ)["id"] == debtor["id"], "reading it all back changes nothing"
    assert door.get(f"/v1/debts/{debt['id']}").json()["balance"] == answer.json()["balance"]
