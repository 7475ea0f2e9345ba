"""Payments that cannot be taken as told, and payments that do not stand: each answer has a name, and each can be mended."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from admin_api.cli import main
from connectors.sandbox.ledger import Mode
from sync import actions
from sync.hub import Hub
from tests import delivery
from tests.delivery import World
from tests.door import Door, opened_door


@pytest.fixture
def world(tmp_path: Path, database_url: str | None) -> Iterator[World]:
    with delivery.sandbox(63) as server:
        yield delivery.prepared(tmp_path, database_url, server)


@pytest.fixture
def hub(world: World) -> Iterator[Hub]:
    with world.opened() as found:
        yield found


@pytest.fixture
def door(hub: Hub) -> Iterator[Door]:
    with opened_door(hub) as found:
        yield found


@pytest.fixture
def invoice(world: World) -> dict[str, Any]:
    return next(
        r for r in world.server.world.ledger.rows("invoices") if r["status"] == "open" and r["currency"] == "CLP"
    )


def payment(invoice: dict[str, Any], amount: str = "1000", reference: str = "TRX-1", **more: Any) -> dict[str, Any]:
    debt = {"connection": "erp", "external_id": invoice["id"]}
    told = {"debt": debt, "amount": amount, "unit": "CLP", "value_date": "2026-11-20", "reference": reference}
    return {**told, **more}


def kind(answer: Any) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


def balance_there(world: World, invoice: dict[str, Any]) -> Decimal:
    return Decimal(world.server.world.ledger.get("invoices", invoice["id"])["balance"])


def reversed_by(door: Door, payment_id: str, *, key: str = "r-1", **told: Any) -> Any:
    return door.call("POST", f"/v1/payments/{payment_id}/reversal", json=told, headers={"Idempotency-Key": key})


def test_a_payment_that_was_written_is_taken_back_here_and_there_once(
    world: World, hub: Hub, door: Door, invoice: dict[str, Any]
) -> None:
    before = Decimal(invoice["balance"])
    made = door.pay(payment(invoice)).json()
    actions.push(hub, [])
    assert balance_there(world, invoice) == before - 1000
    answer = reversed_by(door, made["id"], reason="cheque sin fondos")
    assert answer.status_code == 201
    assert (answer.json()["status"], Decimal(answer.json()["balance"])) == ("reversed", before)
    actions.push(hub, [])
    assert balance_there(world, invoice) == before
    again = reversed_by(door, made["id"], reason="cheque sin fondos")
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    assert reversed_by(door, made["id"], key="r-2").status_code == 200
    actions.run(hub, [])
    actions.run(hub, [])
    assert balance_there(world, invoice) == before, "its echo changes nothing"
    assert Decimal(door.get(f"/v1/debts/{made['applications'][0]['debt']}").json()["balance"]) == before
    kinds = [e.kind for e in world.server.world.ledger.effects]
    assert (kinds.count("payment"), kinds.count("reversal")) == (1, 1)


def test_an_echo_of_the_payment_does_not_pass_for_its_reversal(
    world: World, hub: Hub, door: Door, invoice: dict[str, Any]
) -> None:
    made = door.pay(payment(invoice)).json()
    actions.push(hub, [])
    reversed_by(door, made["id"])
    actions.run(hub, [], push=False)  # the payment comes back as it was written, still standing there
    actions.push(hub, [])
    assert balance_there(world, invoice) == Decimal(invoice["balance"])


def test_a_payment_taken_back_before_it_was_sent_is_never_sent(
    world: World, hub: Hub, door: Door, invoice: dict[str, Any]
) -> None:
    made = door.pay(payment(invoice)).json()
    reversed_by(door, made["id"])
    actions.push(hub, [])
    assert world.server.world.ledger.effects == []
    assert [one["state"] for one in actions.intents(hub, state="all")] == ["abandoned"]
    actions.run(hub, [])
    debt = door.get(f"/v1/debts/{made['applications'][0]['debt']}").json()
    assert Decimal(debt["balance"]) == Decimal(invoice["balance"])


@pytest.mark.parametrize("kind_of", ["drop_after_commit", "error_before_commit"])
def test_a_lost_answer_to_a_reversal_is_looked_up(
    world: World, hub: Hub, door: Door, invoice: dict[str, Any], kind_of: str
) -> None:
    made = door.pay(payment(invoice)).json()
    actions.push(hub, [])
    reversed_by(door, made["id"])
    world.server.misbehave({"kind": kind_of, "path": "/erp/reversals", "method": "POST", "first": 1})
    delivery.drained(world)
    kinds = [e.kind for e in world.server.world.ledger.effects]
    assert kinds.count("reversal") == 1
    assert balance_there(world, invoice) == Decimal(invoice["balance"])


def test_a_reversal_of_what_was_never_applied_has_a_name(hub: Hub, door: Door, invoice: dict[str, Any]) -> None:
    answer = reversed_by(door, "pnothing")
    assert (answer.status_code, kind(answer)) == (404, "payment-unknown")
    whole = door.pay(payment(invoice, amount=invoice["balance"])).json()
    assert whole["unapplied"] == "0"
    late = door.pay(payment(invoice, reference="TRX-2")).json()
    assert (late["applications"], late["unapplied"]) == ([], "1000")
    answer = reversed_by(door, late["id"], key="r-9")
    assert (answer.status_code, kind(answer)) == (422, "reversal-never-applied")
    assert [one["code"] for one in actions.refused_payments(hub)] == ["payment-unknown", "reversal-never-applied"]


def test_more_than_the_debt_owes_is_said_and_kept_unapplied(door: Door, invoice: dict[str, Any]) -> None:
    answer = door.pay(payment(invoice, amount=str(int(invoice["balance"]) + 500))).json()
    assert answer["unapplied"] == "500"
    assert [note["code"] for note in answer["notes"]] == ["payment-above-balance"]


@pytest.mark.parametrize(
    ("changes", "status", "name", "mended"),
    [
        ({"unit": "USD"}, 422, "payment-other-unit", {"unit": "CLP"}),
        ({"unit": "ZZZ"}, 422, "payment-unit-unknown", {"unit": "CLP"}),
        ({"debt": {"connection": "erp", "external_id": "F-no"}}, 404, "debt-unknown", {"debt": None}),
        ({"amount": "0"}, 422, "payment-not-positive", {"amount": "1000"}),
        ({"amount": "10.555"}, 422, "payment-bad-amount", {"amount": "10"}),
        ({"value_date": "2026-02-30"}, 422, "payment-bad-day", {"value_date": "2026-02-28"}),
        ({"debtor": "gunknown"}, 422, "payment-debtor-unknown", {"debtor": None}),
    ],
)
def test_a_refused_payment_has_a_name_is_kept_and_is_taken_once_it_is_mended(
    hub: Hub, door: Door, invoice: dict[str, Any], changes: Any, status: int, name: str, mended: Any
) -> None:
    answer = door.pay(payment(invoice, **changes), key="k-1")
    assert (answer.status_code, kind(answer)) == (status, name)
    [kept] = door.every("/v1/payments/refused")
    assert (kept["code"], kept["operation"]) == (name, "register_payment")
    fixed = {**mended, **({"debt": {"connection": "erp", "external_id": invoice["id"]}} if "debt" in mended else {})}
    answer = door.call("POST", f"/v1/payments/refused/{kept['id']}/retry", json={"changes": fixed})
    assert answer.status_code == 200, answer.text
    assert answer.json()["applications"]
    assert door.every("/v1/payments/refused") == []


def test_a_payment_naming_a_merged_debtor_is_taken_and_says_where_it_went(
    world: World, hub: Hub, door: Door, invoice: dict[str, Any]
) -> None:
    rows = [r for r in world.server.world.ledger.rows("customers") if r["id"] != invoice["customer"]]
    golden = {r["external_id"]: r["golden_id"] for r in actions.export(hub, "crosswalk")}
    first, second = invoice["customer"], rows[0]["id"]
    actions.rule(hub, f"erp/customers/{first}", f"erp/customers/{second}", judgement="same", by="ana")
    after = {r["external_id"]: r["golden_id"] for r in actions.export(hub, "crosswalk")}
    assert after[first] == after[second]
    gone = next(g for g in (golden[first], golden[second]) if g != after[first])
    answer = door.pay(payment(invoice, debtor=gone)).json()
    assert [note["code"] for note in answer["notes"]] == ["debtor-merged"]
    stranger = next(g for n, g in after.items() if n not in (first, second) and g != after[first])
    refused = door.pay(payment(invoice, reference="TRX-3", debtor=stranger))
    assert kind(refused) == "payment-other-debtor"


def test_a_closed_period_is_named_and_the_payment_is_written_with_another_day(
    world: World, hub: Hub, door: Door, invoice: dict[str, Any]
) -> None:
    world.server.world.ledger.mode = Mode(closed_until="2026-11-30")
    door.pay(payment(invoice))
    actions.push(hub, [])
    [dead] = door.every("/v1/intents")
    assert (dead["state"], dead["code"]) == ("dead", "period_closed")
    answer = door.call("POST", f"/v1/intents/{dead['id']}/retry", json={"changes": {"value_date": "2026-12-01"}})
    assert (answer.json()["state"], answer.json()["receipts"][-1]["outcome"]) == ("new", "retried")
    actions.push(hub, [])
    assert balance_there(world, invoice) == Decimal(invoice["balance"]) - 1000
    assert door.every("/v1/intents") == []
    assert [one["state"] for one in door.get("/v1/intents", params={"state": "done"}).json()["items"]] == ["done"]


def test_above_the_balance_there_is_named_and_is_taken_back_here(
    world: World, hub: Hub, door: Door, invoice: dict[str, Any]
) -> None:
    made = door.pay(payment(invoice, amount=invoice["balance"])).json()
    ledger = world.server.world.ledger
    ledger.edit("invoices", invoice["id"], {"balance": "1"})  # paid at the counter meanwhile
    actions.push(hub, [])
    [dead] = actions.intents(hub)
    assert dead["code"] == "above_balance"
    assert reversed_by(door, made["id"]).status_code == 201
    assert actions.intents(hub) == []


def test_the_same_from_the_command_line(
    world: World, hub: Hub, invoice: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_KEY", delivery.KEY)
    if world.database_url:
        monkeypatch.setenv("CONCILIA_DATABASE_URL", world.database_url)
    made = actions.register_payment(hub, payment(invoice), key_id=1, idempotency_key="k").body
    world.server.world.ledger.mode = Mode(closed_until="2026-11-30")
    actions.push(hub, [])
    where = ["-w", str(world.folder)]
    assert main([*where, "intents", "list"]) == 0
    assert "period_closed" in capsys.readouterr().out
    assert main([*where, "intents", "retry", "1", "--set", "value_date=2026-12-02", "--by", "ana"]) == 0
    assert main([*where, "intents", "show", "1"]) == 0
    assert "retried" in capsys.readouterr().out
    assert main([*where, "intents", "abandon", "1", "--reason", "by hand"]) == 0
    assert main([*where, "intents", "done", "1", "--id", "P-1"]) == 0
    assert main([*where, "payments", "reverse", str(made["id"]), "--reason", "cheque"]) == 0
    assert main([*where, "payments", "reverse", "pnone"]) == 2
    assert main([*where, "payments", "refused"]) == 0
    assert "payment-unknown" in capsys.readouterr().out
    assert main([*where, "payments", "retry", "1", "--set", f"payment={made['id']}"]) == 0
