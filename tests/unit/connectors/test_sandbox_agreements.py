"""What befalls agreements, written to the sandbox: on an invoice or as a task, once each whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from concilia.errors import OutcomeUnknown, RecordRejected, RetryLater
from concilia.vault import Secret
from connectors.contract import AgreementOrder, Operation, Receipt
from connectors.rest import Patience
from connectors.sandbox import Sandbox, SandboxSettings
from connectors.sandbox.server import SandboxServer, Setup


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=40)) as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> SandboxServer:
    running.misbehave()
    running.world.ledger.honours_keys = False
    return running


@pytest.fixture(params=["erp", "crm"])
def system(request: pytest.FixtureRequest, server: SandboxServer) -> Iterator[tuple[Sandbox, AgreementOrder]]:
    """One system, and an order for something it knows."""
    settings = SandboxSettings(server.url, Secret("sandbox-key"), request.param)
    connector = Sandbox(request.param, settings, patience=Patience(timeout=2, sleep=lambda _: None))
    ledger = server.world.ledger
    order = AgreementOrder(
        key="k", reference=f"a{len(ledger.effects)}{request.param}.1.1", agreement="a1", happening="broken",
        debt=ledger.rows("invoices")[0]["id"] if request.param == "erp" else "",
        debtor=ledger.rows("contacts")[0]["id"], kind="promise", state="broken", amount="50000", unit="CLP",
        agreed_on="2026-11-23", schedule=(("2026-12-04", "50000"),), text="Promesa de pago: incumplida.\nTotal: 1",
    )  # fmt: skip
    yield connector, order
    connector.close()


def write(connector: Sandbox, *orders: AgreementOrder) -> list[Any]:
    return list(connector.write(Operation.RECORD_AGREEMENT, orders))


def held(server: SandboxServer, reference: str) -> list[dict[str, Any]]:
    rows = server.world.ledger.rows("agreements") + server.world.ledger.rows("tasks")
    return [row for row in rows if row["reference"] == reference]


def test_it_is_written_once_and_found_afterwards(system: Any, server: SandboxServer) -> None:
    connector, order = system
    first, again = write(connector, order, order)
    assert (first.found_before, again.found_before) == (False, True)
    assert first.external_id == again.external_id
    (row,) = held(server, order.reference)
    told = row["text"] if order.debt else row["body"]
    assert told == order.text
    found = connector.look_up("agreements", [order.reference, "a.9.9"])
    assert {reference: one.external_id for reference, one in found.items()} == {order.reference: first.external_id}


@pytest.mark.parametrize("kind", ["error_after_commit", "drop_after_commit", "half_body"])
def test_a_lost_answer_is_unknown_and_then_found(kind: str, system: Any, server: SandboxServer) -> None:
    connector, order = system
    server.misbehave({"kind": kind, "method": "POST", "first": 1})
    (answer,) = write(connector, order)
    assert isinstance(answer, OutcomeUnknown)
    (settled,) = write(connector, order)
    assert settled.found_before
    assert len(held(server, order.reference)) == 1


def test_throttled_it_comes_later_with_the_rest_of_its_batch(system: Any, server: SandboxServer) -> None:
    connector, order = system
    server.misbehave({"kind": "throttle", "method": "POST", "first": 1, "retry_after": 60})
    answers = write(connector, order, replace(order, reference=order.reference + "1"))
    assert [type(answer) for answer in answers] == [RetryLater, RetryLater]
    assert held(server, order.reference) == []


def test_an_honoured_key_gets_its_first_answer_again(system: Any, server: SandboxServer) -> None:
    connector, order = system
    server.world.ledger.honours_keys = True
    fresh = replace(order, key=f"k-{order.reference}")
    server.misbehave({"kind": "drop_after_commit", "method": "POST", "first": 1})
    write(connector, fresh)
    assert isinstance(write(connector, fresh)[0], Receipt)
    assert len(held(server, order.reference)) == 1


def test_what_the_system_does_not_know_is_refused(system: Any) -> None:
    connector, order = system
    (gone,) = write(connector, replace(order, debt=order.debt and "F-0", debtor="C-0"))
    assert isinstance(gone, RecordRejected)
    (nowhere,) = write(connector, replace(order, debt="", debtor=""))
    assert "knows nothing that agreement a1 is about" in str(nowhere)
