"""Contact data changed in the sandbox: under a version or by comparing, once, and never over what a person typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from concilia.errors import OutcomeUnknown, RecordRejected, RemoteMoved
from concilia.vault import Secret
from connectors.contract import ContactOrder, Operation, Receipt, Rung
from connectors.rest import Patience
from connectors.sandbox import Sandbox, SandboxSettings
from connectors.sandbox.server import SandboxServer, Setup

OF = {"erp": ("customers", "mobile"), "crm": ("contacts", "phone")}
NUMBERS = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=40)) as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> SandboxServer:
    running.misbehave()
    running.world.ledger.mode = replace(running.world.ledger.mode, versions=True)
    return running


@pytest.fixture(params=["erp", "crm"])
def system(request: pytest.FixtureRequest, server: SandboxServer) -> Iterator[tuple[Sandbox, ContactOrder]]:
    """One system, and a change of a phone that it can make."""
    connector = connected(server, request.param)
    stream, column = OF[request.param]
    row = server.world.ledger.rows(stream)[0]
    order = ContactOrder(
        key="k", reference="k", stream=stream, record=row["id"], field="phone",
        cells={column: f"+5695100{next(NUMBERS):04d}"}, expected={column: row[column]},
    )  # fmt: skip
    yield connector, order
    connector.close()


def connected(server: SandboxServer, system: str, *, versions: bool = True) -> Sandbox:
    settings = SandboxSettings(server.url, Secret("sandbox-key"), system, versions=versions)
    return Sandbox(system, settings, patience=Patience(timeout=2, sleep=lambda _: None))


def write(connector: Sandbox, *orders: ContactOrder) -> list[Any]:
    return list(connector.write(Operation.UPDATE_CONTACT, orders))


def patches(server: SandboxServer, order: ContactOrder) -> int:
    """How often the record was changed through the API, by the server's own ledger."""
    effects = server.world.ledger.effects
    return sum(e.kind == "patch" and order.record in e.changes.get(order.stream, {}) for e in effects)


def test_it_is_written_once_and_only_what_was_ordered(system: Any, server: SandboxServer) -> None:
    connector, order = system
    before, made = server.world.ledger.get(order.stream, order.record), patches(server, order)
    first, again = write(connector, order, order)
    assert (first.found_before, again.found_before) == (False, True)
    after = server.world.ledger.get(order.stream, order.record)
    assert {n for n in after if after[n] != before[n]} == {*order.cells, "updated_at", "version"}
    assert patches(server, order) == made + 1


def test_what_a_person_typed_is_not_written_over(system: Any, server: SandboxServer) -> None:
    connector, order = system
    (column,) = order.cells
    server.world.ledger.edit(order.stream, order.record, {column: "+56951999999"})
    (answer,) = write(connector, order)
    assert isinstance(answer, RemoteMoved)
    assert answer.now is not None
    assert answer.now[column] == "+56951999999"
    assert server.world.ledger.get(order.stream, order.record)[column] == "+56951999999"


class Typist(Sandbox):
    """Somebody types in the moment between the look and the write."""

    def meddle(self, server: SandboxServer, order: ContactOrder, cells: dict[str, str]) -> None:
        """Once, before the next change."""
        change, client = self._client.change, self._client

        def after_typing(*args: Any, **named: Any) -> Any:
            client.change = change  # type: ignore[method-assign]
            server.world.ledger.edit(order.stream, order.record, cells)
            return change(*args, **named)

        client.change = after_typing  # type: ignore[method-assign]


@pytest.mark.parametrize("same_cell", [True, False])
def test_an_edit_between_look_and_write_is_noticed_by_the_version(server: SandboxServer, same_cell: bool) -> None:
    settings = SandboxSettings(server.url, Secret("sandbox-key"), "crm")
    connector = Typist("crm", settings, patience=Patience(timeout=2, sleep=lambda _: None))
    row = server.world.ledger.rows("contacts")[3]
    cells, expected = {"phone": f"+5695100{next(NUMBERS):04d}"}, {"phone": row["phone"]}
    order = ContactOrder("k", "k", "contacts", row["id"], "phone", cells, expected)
    connector.meddle(server, order, {"phone": "+56951888888"} if same_cell else {"city": "Arica"})
    (answer,) = write(connector, order)
    held = server.world.ledger.get("contacts", row["id"])
    if same_cell:
        assert isinstance(answer, RemoteMoved)
        assert held["phone"] == "+56951888888"
    else:
        assert isinstance(answer, Receipt)
        assert (held["phone"], held["city"]) == (cells["phone"], "Arica")
    connector.close()


@pytest.mark.parametrize("kind", ["error_after_commit", "drop_after_commit", "half_body"])
def test_a_lost_answer_is_unknown_and_then_found(kind: str, system: Any, server: SandboxServer) -> None:
    connector, order = system
    made = patches(server, order)
    server.misbehave({"kind": kind, "method": "PATCH", "first": 1})
    first, again = write(connector, order, order)
    assert isinstance(first, OutcomeUnknown)
    assert isinstance(again, Receipt)
    assert again.found_before
    assert patches(server, order) == made + 1


def test_each_mode_declares_its_rung(server: SandboxServer) -> None:
    for versions, rung in ((True, Rung.PRECONDITION), (False, Rung.READ_COMPARE)):
        connector = connected(server, "crm", versions=versions)
        assert connector.capabilities.writes[Operation.UPDATE_CONTACT] is rung
        connector.close()


def test_a_system_without_versions_is_read_and_compared(server: SandboxServer) -> None:
    server.world.ledger.mode = replace(server.world.ledger.mode, versions=False)
    connector = connected(server, "crm", versions=False)
    row = server.world.ledger.rows("contacts")[5]
    order = ContactOrder("k", "k", "contacts", row["id"], "phone", {"phone": "+56951777777"}, {"phone": row["phone"]})
    (first,) = write(connector, order)
    assert isinstance(first, Receipt)
    (moved,) = write(connector, replace(order, cells={"phone": "+56951666666"}))
    assert isinstance(moved, RemoteMoved)
    connector.close()


def test_what_is_gone_and_what_is_no_column_are_refused(system: Any) -> None:
    connector, order = system
    gone, listed, good = (
        replace(order, record="X-99999"), replace(order, member="phones"), order,
    )  # fmt: skip
    answers = write(connector, gone, listed, good)
    assert [type(a) for a in answers] == [RemoteMoved, RecordRejected, Receipt]
    assert answers[0].now is None
