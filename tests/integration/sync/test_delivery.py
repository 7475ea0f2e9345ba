"""Order, isolation and fencing of delivery, over a system that is only a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from concilia.clock import to_text
from concilia.errors import ConciliaError, OutcomeUnknown, RecordRejected, RequestInvalid, RetryLater, SystemUnreachable
from concilia.store import fences, outbox
from concilia.store.outbox import IntentRow
from connectors.contract import Capabilities, Found, Operation, Receipt, Rung, Step
from sync import actions
from sync.hub import Hub
from sync.intents import Said
from sync.push import deliver
from tests.conftest import OpenHub
from tests.worlds import workspace

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Clockwork:
    """A clock that moves when somebody sleeps."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Listed:
    """A system that is a list of references; `says` decides what a call for one of them comes to."""

    says: Callable[[str], ConciliaError | None] = lambda _reference: None
    late: timedelta = timedelta()
    held: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    parallel: int = 1
    steps: tuple[str, ...] = ()
    lock: Lock = field(default_factory=Lock)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(writes={Operation.REGISTER_PAYMENT: Rung.LOOK_UP}, parallel=self.parallel, late=self.late)

    def look_up(self, _stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        self.looked_up += references
        return {r: Found(f"id-{r}", {}) for r in references if r in self.held}

    def write(self, _operation: Operation, orders: Sequence[Any]) -> Iterator[Receipt | Step | Exception]:
        for order in orders:
            for name in self.steps:
                if name not in order.done:
                    with self.lock:
                        self.calls.append(f"{order.reference}:{name}")
                    yield Step(name, external_id=f"{order.reference}:{name}")
            with self.lock:
                self.calls.append(order.reference)
                fault = self.says(order.reference)
                if fault is None or isinstance(fault, OutcomeUnknown):
                    self.held.append(order.reference)
            yield fault or Receipt(f"id-{order.reference}")


@pytest.fixture
def clock() -> Clockwork:
    return Clockwork()


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub, clock: Clockwork) -> Hub:
    found = opened(workspace(tmp_path), database_url=database_url)
    return replace(found, clock=clock)


def add(hub: Hub, *subjects: tuple[str, str], waits_for: int | None = None) -> None:
    """One intent for each (reference, record)."""
    rows = []
    for reference, record in subjects:
        order = {
            "key": reference, "debt": record, "amount": "10", "unit": "CLP", "value_date": "2026-11-20",
            "method": "transfer", "reference": reference,
        }  # fmt: skip
        at = to_text(START)
        text = json.dumps(order)
        row = IntentRow(
            0, reference, "erp", "register_payment", "0", record, text, "new", 0, at, "", at, at, waits_for=waits_for
        )
        rows.append(row)
    with hub.store.begin() as tx:
        outbox.add(tx, rows)


def states(hub: Hub) -> dict[str, str]:
    return {one["order"]["reference"]: one["state"] for one in actions.intents(hub, state="all", limit=1000)}


def test_of_one_record_the_first_goes_first_and_the_next_only_when_it_is_over(hub: Hub, clock: Clockwork) -> None:
    busy = [RetryLater("busy", after=timedelta(seconds=2))]
    system = Listed(says=lambda reference: busy.pop() if reference == "a1" and busy else None)
    add(hub, ("a1", "A"), ("b1", "B"), ("a2", "A"), ("b2", "B"), ("a3", "A"))
    deliver(hub, system, "erp", sleep=clock.sleep)  # type: ignore[arg-type]
    assert system.held.index("a1") < system.held.index("a2") < system.held.index("a3")
    assert system.held.index("b2") < system.held.index("a1"), "another record does not wait"
    assert set(states(hub).values()) == {"done"}


def test_a_refused_row_blocks_neither_its_neighbours_nor_what_follows_on_its_record(hub: Hub) -> None:
    system = Listed(says=lambda r: RecordRejected("closed", code="period_closed") if r == "a1" else None, parallel=3)
    add(hub, *[(f"x{n}", f"X{n}") for n in range(60)], ("a1", "A"), ("a2", "A"))
    delivery = deliver(hub, system, "erp")  # type: ignore[arg-type]
    assert (delivery.delivered, delivery.dead) == (61, 1)
    [dead] = actions.intents(hub, state="dead")
    assert (dead["order"]["reference"], dead["code"]) == ("a1", "period_closed")


def test_an_intent_waits_for_the_one_it_follows_from(hub: Hub) -> None:
    system = Listed(says=lambda r: OutcomeUnknown("lost") if r == "a1" else None)
    add(hub, ("a1", "A"))
    add(hub, ("b1", "B"), waits_for=1)
    with hub.store.begin() as tx:
        outbox.mark(tx, [1], state=outbox.PARKED, reason="", at=to_text(START))
    deliver(hub, system, "erp")  # type: ignore[arg-type]
    assert system.calls == []
    actions.intent_done(hub, 1, Said("ana"), external_id="7")
    deliver(hub, system, "erp")  # type: ignore[arg-type]
    assert system.calls == ["b1"]


def test_a_lost_answer_is_looked_up_and_never_repeated_blindly(hub: Hub) -> None:
    system = Listed(says=lambda _: OutcomeUnknown("lost"))
    add(hub, ("a1", "A"))
    delivery = deliver(hub, system, "erp")  # type: ignore[arg-type]
    assert (delivery.found_before, system.calls, system.looked_up) == (1, ["a1"], ["a1"])
    assert states(hub) == {"a1": "done"}


def test_what_is_not_there_yet_is_not_written_again_before_a_late_call_is_out_of_the_question(
    hub: Hub, clock: Clockwork
) -> None:
    system = Listed(says=lambda _: OutcomeUnknown("lost"), late=timedelta(seconds=10))
    add(hub, ("a1", "A"))
    system.held = _Late(clock, START + timedelta(seconds=8))
    delivery = deliver(hub, system, "erp", sleep=clock.sleep)  # type: ignore[arg-type]
    assert system.calls == ["a1"], "it took effect late, and was found"
    assert (delivery.found_before, states(hub)) == (1, {"a1": "done"})
    assert clock.now >= START + timedelta(seconds=10)


class _Late(list[str]):
    """What is written shows only from a moment on."""

    def __init__(self, clock: Clockwork, shows_at: datetime) -> None:
        super().__init__()
        self._clock = clock
        self._shows_at = shows_at

    def __contains__(self, reference: object) -> bool:
        return self._clock.now >= self._shows_at and super().__contains__(reference)


def test_an_outcome_that_no_look_up_resolves_is_parked_after_a_number_of_them(hub: Hub, clock: Clockwork) -> None:
    system = Listed(says=lambda _: OutcomeUnknown("lost"))
    system.held = _Late(clock, START + timedelta(days=999))
    add(hub, ("a1", "A"), ("b1", "B"))
    for _ in range(20):
        deliver(hub, system, "erp", sleep=clock.sleep)  # type: ignore[arg-type]
        clock.sleep(3600)
    assert states(hub) == {"a1": "parked", "b1": "parked"}
    assert len(system.calls) == 16
    [one, _] = actions.intents(hub, state="parked")
    assert (one["code"], one["unknowns"]) == ("outcome_unknown", 8)


def test_a_system_that_is_away_is_no_reason_to_ask_a_person(hub: Hub, clock: Clockwork) -> None:
    system = Listed(says=lambda _: OutcomeUnknown("lost"))
    add(hub, ("a1", "A"))
    away = Listed(says=lambda _: SystemUnreachable("away"))
    with hub.store.begin() as tx:
        outbox.claim(tx, [1], fence=99, at=to_text(START))

    def nobody(_stream: str, _references: Sequence[str]) -> Mapping[str, Found]:
        raise SystemUnreachable("away")

    away.look_up = nobody  # type: ignore[method-assign]
    for _ in range(12):
        delivery = deliver(hub, away, "erp", sleep=clock.sleep)  # type: ignore[arg-type]
        assert delivery.error or delivery.postponed == 0
        clock.sleep(3600)
    assert states(hub) == {"a1": "sent_unknown"}
    assert away.calls == []
    deliver(hub, system, "erp", sleep=clock.sleep)  # type: ignore[arg-type]
    assert states(hub) == {"a1": "done"}


def test_each_step_is_stored_before_the_next_and_none_is_done_twice(hub: Hub, clock: Clockwork) -> None:
    busy = [RetryLater("busy", after=timedelta(seconds=1))] * 2
    system = Listed(says=lambda _: busy.pop() if busy else None, steps=("draft", "sign"))
    add(hub, ("a1", "A"))
    deliver(hub, system, "erp", sleep=clock.sleep)  # type: ignore[arg-type]
    assert system.calls == ["a1:draft", "a1:sign", "a1", "a1", "a1"]
    said = actions.intent(hub, 1)["receipts"]
    assert [r["said"].get("step") or r["outcome"] for r in said] == [
        "draft",
        "sign",
        "RetryLater",
        "RetryLater",
        "written",
    ]


def test_a_worker_that_was_overtaken_stores_no_state(hub: Hub) -> None:
    """It was stopped in the middle of a call; another one took over, and then it woke up."""
    add(hub, ("a1", "A"))

    def overtaken(_: str) -> None:
        with hub.store.begin() as tx:
            fences.take(tx, "push erp", holder="another", at=to_text(START))

    late = deliver(hub, Listed(says=overtaken), "erp")  # type: ignore[arg-type]
    assert "taken over" in late.error
    assert states(hub) == {"a1": "sent_unknown"}
    assert actions.intent(hub, 1)["receipts"] == []


def test_an_answer_to_what_a_person_decided_meanwhile_is_kept_and_moves_nothing(hub: Hub) -> None:
    add(hub, ("a1", "A"))
    deliver(hub, Listed(says=lambda _: _abandoned(hub)), "erp")  # type: ignore[arg-type]
    found = actions.intent(hub, 1)
    assert found["state"] == "abandoned"
    assert [r["outcome"] for r in found["receipts"]] == ["abandoned", "late"]


def _abandoned(hub: Hub) -> None:
    actions.abandon_intent(hub, 1, Said("ana", "paid in cash"))


def test_a_refused_order_is_edited_and_written_at_the_next_push(hub: Hub) -> None:
    closed = lambda _: RecordRejected("closed", code="period_closed")  # noqa: E731
    add(hub, ("a1", "A"))
    deliver(hub, Listed(says=closed), "erp")  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid, match="amount of an order cannot be changed"):
        actions.retry_intent(hub, 1, Said("ana"), changes={"amount": "5"})
    actions.retry_intent(hub, 1, Said("ana", "open period"), changes={"value_date": "2026-12-01"})
    system = Listed()
    deliver(hub, system, "erp")  # type: ignore[arg-type]
    found = actions.intent(hub, 1)
    assert (found["state"], found["order"]["value_date"]) == ("done", "2026-12-01")
    assert [r["outcome"] for r in found["receipts"]] == ["RecordRejected", "retried", "written"]


def test_what_may_have_been_written_is_looked_up_before_it_is_tried_again_and_not_edited(hub: Hub) -> None:
    add(hub, ("a1", "A"))
    with hub.store.begin() as tx:
        parked = outbox.NextStep(outbox.PARKED, to_text(START), "lost", 8, "outcome_unknown")
        outbox.postpone(tx, 1, parked, at=to_text(START))
    with pytest.raises(RequestInvalid, match="may have been written"):
        actions.retry_intent(hub, 1, Said("ana"), changes={"value_date": "2026-12-01"})
    actions.retry_intent(hub, 1, Said("ana"))
    system = Listed(held=["a1"])
    deliver(hub, system, "erp")  # type: ignore[arg-type]
    assert (system.calls, states(hub)) == ([], {"a1": "done"})


def test_what_was_claimed_and_not_called_is_given_back_as_it_was(hub: Hub) -> None:
    add(hub, *[(f"x{n}", f"X{n}") for n in range(10)])
    delivery = deliver(hub, Listed(says=lambda r: SystemUnreachable("away") if r == "x3" else None), "erp")  # type: ignore[arg-type]
    assert (delivery.delivered, delivery.error) == (3, "away")
    assert list(states(hub).values()) == ["done"] * 3 + ["new"] * 7
    assert [one["attempts"] for one in actions.intents(hub)] == [1] + [0] * 6
