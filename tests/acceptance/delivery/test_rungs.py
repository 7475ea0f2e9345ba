"""Every rung of the delivery ladder, played by the sandbox: what is done when an answer is lost, and what is not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import OutcomeUnknown
from connectors.contract import Connector, Operation, Rung
from connectors.sandbox.ledger import Mode
from sync import actions
from sync.intents import Said
from sync.push import deliver
from sync.streams import open_connector
from tests import delivery
from tests.delivery import World

# What each rung needs of the system, and whether a lost answer can always be resolved without a person.
MODES = {
    Rung.SERVER_KEY: Mode(honour_idempotency_key=True),
    Rung.UPSERT: Mode(),
    Rung.PRECONDITION: Mode(),
    Rung.LOOK_UP: Mode(),
    Rung.READ_COMPARE: Mode(keep_reference=False),
    Rung.NONE: Mode(keep_reference=False),
}
WRITES = {"method": "POST", "path": "/erp/payments"}
Built = Callable[..., World]


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Built]:
    """Worlds whose ERP stands on that rung."""
    servers = []

    def build(rung: Rung, **settings: str) -> World:
        server = delivery.sandbox(63)
        server.start()
        servers.append(server)
        server.world.ledger.mode = MODES[rung]
        return delivery.prepared(tmp_path / rung, None, server, rung=rung, timeout_seconds="0.4", **settings)

    yield build
    for server in servers:
        server.stop()


def made(world: World) -> list[dict[str, Any]]:
    """The payments in the ERP's own ledger that came by its API."""
    return [row for rows in world.server.world.ledger.payments_by_invoice().values() for row in rows]


def pushed(world: World) -> Any:
    with world.opened() as hub:
        [found] = actions.push(hub, ["erp"])
        return found


@pytest.mark.parametrize("rung", list(Rung))
def test_a_payment_is_written_once_with_a_receipt_on_every_rung(built: Built, rung: Rung) -> None:
    world = built(rung)
    delivery.pay_many(world, 5, chance=random.Random(1))
    assert (pushed(world).delivered, len(made(world))) == (5, 5)
    assert delivery.states(world) == {"done": 5}
    assert [r["outcome"] for r in delivery.receipts(world) if r["outcome"] != "step"] == ["written"] * 5


@pytest.mark.parametrize("kind", ["timeout_after_commit", "drop_after_commit", "error_after_commit", "half_body"])
@pytest.mark.parametrize("rung", [rung for rung in Rung if rung is not Rung.NONE])
def test_a_payment_whose_answer_is_lost_is_found_and_not_written_again(built: Built, rung: Rung, kind: str) -> None:
    world = built(rung)
    delivery.pay_many(world, 3, chance=random.Random(1))
    method = "PUT" if rung is Rung.UPSERT else "POST"
    world.server.misbehave({"kind": kind, "method": method, "path": "/erp/payments*", "first": 2, "seconds": 2.0})
    delivery.drained(world)
    assert len(made(world)) == 3
    assert len({row["invoice"] for row in made(world)}) == 3
    assert delivery.states(world) == {"done": 3}


@pytest.mark.parametrize("rung", [rung for rung in Rung if rung is not Rung.NONE])
def test_a_payment_that_never_got_there_is_written_after_it_was_looked_for(built: Built, rung: Rung) -> None:
    world = built(rung)
    delivery.pay_many(world, 3, chance=random.Random(1))
    method = "PUT" if rung is Rung.UPSERT else "POST"
    world.server.misbehave({"kind": "error_before_commit", "method": method, "path": "/erp/payments*", "first": 3})
    delivery.drained(world)
    assert len(made(world)) == 3
    assert delivery.states(world) == {"done": 3}


def test_without_any_rung_a_lost_answer_waits_for_a_person_and_the_others_go_on(built: Built) -> None:
    world = built(Rung.NONE)
    delivery.pay_many(world, 6, chance=random.Random(1))
    world.server.misbehave({"kind": "drop_after_commit", **WRITES, "first": 1})
    delivery.drained(world)
    assert len(made(world)) == 6
    assert delivery.states(world) == {"done": 5, "parked": 1}
    with world.opened() as hub:
        [waiting] = actions.intents(hub, state="parked")
        assert waiting["code"] == "outcome_unknown"
        said = actions.intent_done(hub, waiting["id"], Said("carla", "looked there"), external_id="P-00001")
        assert (said["state"], said["receipts"][-1]["outcome"]) == ("done", "marked_done")


def test_two_that_look_alike_are_not_guessed_between(built: Built) -> None:
    """The answer is lost, and before it is looked for somebody registers the same amount for the same day there."""
    world = built(Rung.READ_COMPARE)
    delivery.pay_many(world, 1, chance=random.Random(1))
    with world.opened() as hub:
        [intent] = actions.intents(hub)
        world.server.misbehave({"kind": "drop_after_commit", **WRITES, "first": 1})
        connector = open_connector(hub.workspace, "erp", clock=hub.clock)
        answers = _LostAndCopied(connector, world, intent["order"])
        deliver(hub, answers, "erp", sleep=lambda _: None)
        connector.close()
        [waiting] = actions.intents(hub, state="parked")
    assert "may be ours" in waiting["reason"]
    assert len(made(world)) == 1


class _LostAndCopied:
    """The connector, at whose system somebody registers the same payment by hand as soon as an answer was lost."""

    def __init__(self, connector: Connector, world: World, order: dict[str, Any]) -> None:
        self.capabilities = connector.capabilities
        self.look_up = connector.look_up
        self._connector = connector
        self._world = world
        same = {"invoice": order["debt"], "amount": order["amount"], "value_date": order["value_date"]}
        self._twin = {**same, "currency": order["unit"], "channel": "api", "status": "confirmed", "reference": ""}

    def write(self, operation: Operation, orders: Any) -> Iterator[Any]:
        for answer in self._connector.write(operation, orders):
            if isinstance(answer, OutcomeUnknown):
                self._world.server.world.ledger.edit("payments", "P-90001", self._twin)
            yield answer


@pytest.mark.parametrize("step", [1, 2])
def test_a_payment_in_two_steps_goes_on_from_the_one_that_was_done(built: Built, step: int) -> None:
    world = built(Rung.LOOK_UP, drafts="true")
    delivery.pay_many(world, 2, chance=random.Random(1))
    path = "/erp/payments" if step == 1 else "/erp/payments/*/post"
    world.server.misbehave({"kind": "drop_after_commit", "method": "POST", "path": path, "first": 1})
    delivery.drained(world)
    assert len(made(world)) == 2
    effects = [effect.kind for effect in world.server.world.ledger.effects]
    assert (effects.count("draft"), effects.count("payment")) == (2, 2)
    assert delivery.states(world) == {"done": 2}
    steps = [r["body"]["step"] for r in delivery.receipts(world) if r["outcome"] == "step"]
    assert steps == ["draft", "draft"]
