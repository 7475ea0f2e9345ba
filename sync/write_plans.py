"""Plans of what is pushed: made and stored, shown, approved, applied exactly as they are. The verbs of write-back.

A plan is made for connections; its rows become intents only when it is applied. A row whose record was edited since
stops and the others go on; a plan made under another mapping or policy is stale as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from concilia.clock import to_text
from concilia.errors import AskSteward, ConciliaError, NotFound, RequestInvalid
from concilia.records import RecordRef
from concilia.store import connections, outbox, write_plans
from concilia.store.unit_of_work import Tx
from concilia.store.write_plans import PlanHead, PlanRow, PlanTarget
from sync.hub import Hub
from sync.plan_rows import BATCH, add, not_under_way, queue, store, waiting_money
from sync.planning import Planned, desk_of, fingerprint_of, plan_debtors
from sync.push import Delivery
from sync.runs import chosen, deliver_all, held


@dataclass(frozen=True, slots=True)
class Plan:
    """A stored plan: its connections, and its rows with what became of each."""

    head: PlanHead
    targets: tuple[PlanTarget, ...]
    rows: tuple[PlanRow, ...]
    impossible: tuple[tuple[RecordRef, str, str], ...] = field(default=())  # only when it was just made

    def as_json(self) -> dict[str, Any]:
        """The plan as plain JSON, each row with its difference."""
        return {
            **asdict(self.head),
            "targets": [asdict(target) for target in self.targets],
            "rows": [row_json(row) for row in self.rows],
            "impossible": [{**asdict(ref), "field": name, "why": why} for ref, name, why in self.impossible],
        }


def row_json(row: PlanRow) -> dict[str, Any]:
    """One row: base, ours, theirs, what will be written and why, and what became of it."""
    found = asdict(row)
    body = json.loads(found.pop("body"))
    return {**found, "writes": body["writes"]}


def make(hub: Hub, names: Sequence[str], *, made_by: str) -> Plan:
    """Plan everything that would be pushed to these connections now, and store it. Writes to no system."""
    wanted = chosen(hub, names)
    desk = desk_of(hub)
    at = to_text(hub.clock())
    planned = Planned()
    after = ""
    while desk.policies:
        with hub.store.begin() as tx:
            batch = write_plans.active_goldens(tx, after=after, limit=BATCH)
            add(planned, plan_debtors(tx, desk, batch, at=at))
        if len(batch) < BATCH:
            break
        after = batch[-1]
    with hub.store.begin() as tx:
        fresh = not_under_way(tx, [row for row in planned.rows if row.write.at.connection in wanted])
        money = [row for name in wanted for row in waiting_money(tx, name)]
        number = store(tx, hub, wanted, rows=[*fresh, *money], made_by=made_by)
        plan = _load(tx, number)
    return Plan(plan.head, plan.targets, plan.rows, tuple(planned.impossible))


def apply(hub: Hub, number: int) -> list[Delivery]:
    """Write exactly what a plan says. Rows whose record was edited since stop; the others go on.

    AskSteward when it is stale, its connection is not approved, or it waits for approval; RequestInvalid when it was
    applied before.
    """
    plan = show(hub, number)
    if plan.head.status != write_plans.MADE:
        mend = "Make a new one: concilia push --plan."
        raise RequestInvalid(f"Plan {number} is {plan.head.status} already.", mend=mend, field="plan")
    names = [target.connection for target in plan.targets if any(r.connection == target.connection for r in plan.rows)]
    for target in plan.targets:
        if target.connection in names:
            _check(hub, plan, target)
    busy: dict[str, ConciliaError] = {}
    with held(hub, names, busy) as free:
        if busy:
            raise next(iter(busy.values()))
        with _only_planned(hub, plan, free):
            deliveries = deliver_all(hub, free)
    _take_stock(hub, number)
    return deliveries


def show(hub: Hub, number: int) -> Plan:
    """One plan with its rows; NotFound for an unknown number."""
    with hub.store.read() as tx:
        return _load(tx, number)


def listed(hub: Hub, *, limit: int = 20) -> list[Plan]:
    """The latest plans without their rows, newest first."""
    with hub.store.read() as tx:
        heads = write_plans.heads(tx, limit=limit)
        targets = write_plans.targets(tx, [head.id for head in heads])
    return [Plan(head, tuple(targets.get(head.id, ())), ()) for head in heads]


def approve(hub: Hub, number: int, *, connection: str, by: str) -> PlanTarget:
    """Allow a plan's part for one connection; its rows are written when it is applied."""
    chosen(hub, [connection])
    plan = show(hub, number)
    target = next((t for t in plan.targets if t.connection == connection), None)
    if target is None or plan.head.status != write_plans.MADE:
        what = f"is {plan.head.status} already" if target else f"has nothing for {connection}"
        raise RequestInvalid(f"Plan {number} {what}.", mend="See them: concilia plans.", field="plan")
    _check_fresh(hub, plan, target)
    with hub.store.begin() as tx:
        write_plans.approve(tx, number, connection=connection, by=by, at=to_text(hub.clock()))
        return next(t for t in write_plans.targets(tx, [number])[number] if t.connection == connection)


def _load(tx: Tx, number: int) -> Plan:
    head = write_plans.head(tx, number)
    if head is None:
        raise NotFound(f"There is no plan {number}.", mend="See them: concilia plans.")
    targets = write_plans.targets(tx, [number]).get(number, [])
    return Plan(head, tuple(targets), tuple(write_plans.rows(tx, number)))


def _check(hub: Hub, plan: Plan, target: PlanTarget) -> None:
    _check_fresh(hub, plan, target)
    with hub.store.read() as tx:
        known = connections.every(tx).get(target.connection)
    if known is None or known.approved_at is None:
        name = target.connection
        raise AskSteward(f"Writing to {name} is not approved.", mend=f"Allow it: concilia approve {name}.")
    if target.waits and target.approved_at is None:
        raise AskSteward(
            f"Plan {plan.head.id} waits for approval at {target.connection}: {target.waits}.",
            mend=f"Look at it, then: concilia approve {target.connection} --plan {plan.head.id}.",
        )


def _check_fresh(hub: Hub, plan: Plan, target: PlanTarget) -> None:
    if target.fingerprint == fingerprint_of(hub, target.connection):
        return
    with hub.store.begin() as tx:
        write_plans.set_status(tx, plan.head.id, status=write_plans.STALE, at=None)
    raise AskSteward(
        f"Plan {plan.head.id} was made under another mapping or policy of {target.connection}.",
        mend=f"Make a new one: concilia push {target.connection} --plan.",
    )


@contextmanager
def _only_planned(hub: Hub, plan: Plan, names: Sequence[str]) -> Iterator[None]:
    """Queue the rows of a plan, and set everything else aside while they are delivered."""
    at = to_text(hub.clock())
    with hub.store.begin() as tx:
        write_plans.set_status(tx, plan.head.id, status=write_plans.APPLIED, at=at)
        for name in names:
            write_plans.bring_back(tx, name)  # what a killed process left aside
            rows = [row for row in plan.rows if row.connection == name]
            write_plans.put_aside(tx, name, but=queue(tx, name, rows, at=at))
    try:
        yield
    finally:
        with hub.store.begin() as tx:
            for name in names:
                write_plans.bring_back(tx, name)


def _take_stock(hub: Hub, number: int) -> None:
    """Rows of money are followed by their intents; contact rows were followed as they were answered."""
    became = {outbox.DONE: write_plans.WRITTEN, outbox.DEAD: write_plans.REFUSED}
    with hub.store.begin() as tx:
        rows = [row for row in write_plans.rows(tx, number) if row.state == write_plans.QUEUED]
        states = write_plans.intent_states(tx, [row.idempotency_key for row in rows])
        for row in rows:
            state = became.get(states.get(row.idempotency_key, ""))
            if state is not None:
                write_plans.set_rows(tx, [row], state=state, at=to_text(hub.clock()))
