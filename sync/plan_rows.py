"""How planned writes are stored, and how stored rows become intents; what `sync` plans by itself. Makes no calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from concilia.clock import to_text
from concilia.records import RecordRef, from_wire
from concilia.store import conflicts, connections, debts, field_states, outbox, write_plans
from concilia.store.outbox import IntentRow
from concilia.store.unit_of_work import Tx
from concilia.store.write_plans import Mark, PlanRow, PlanTarget
from connectors.cells import Standing, standing
from connectors.contract import ContactOrder, Operation
from sync.approvals import MONEY
from sync.hub import Hub
from sync.plan import PlannedWrite, money_write, waits_because
from sync.planning import Planned, Row, desk_of, fingerprint_of, plan_debtors

BATCH: Final = 200


def prepare(hub: Hub, names: Sequence[str]) -> int:
    """Plan what changed since the last time for connections that may be written, and queue it; how many were queued.

    What needs approval becomes a plan that waits, and is planned again until somebody approves it.
    """
    open_ = [name for name in names if _is_open_to_contacts(hub, name)]
    if not open_:
        return 0
    desk, at = desk_of(hub), to_text(hub.clock())
    prints = {name: fingerprint_of(hub, name) for name in open_}
    with hub.store.read() as tx:
        goldens, last = _to_plan(tx, prints)
    planned = Planned()
    for first in range(0, len(goldens), BATCH):
        with hub.store.begin() as tx:
            add(planned, plan_debtors(tx, desk, goldens[first : first + BATCH], at=at))
    queued = 0
    for name, fingerprint in prints.items():
        with hub.store.begin() as tx:
            rows = not_under_way(tx, [row for row in planned.rows if row.write.at.connection == name])
            if _queued_all(tx, hub, name, rows=rows, at=at):
                write_plans.set_mark(tx, Mark(name, fingerprint, last, at))
                queued += len(rows)
    return queued


def _to_plan(tx: Tx, prints: Mapping[str, str]) -> tuple[list[str], int]:
    """The debtors with news since these connections were planned; all of them when a policy or mapping changed."""
    marks = [(write_plans.mark(tx, name), fingerprint) for name, fingerprint in prints.items()]
    known = [mark.seq for mark, fingerprint in marks if mark is not None and mark.fingerprint == fingerprint]
    if len(known) == len(marks):
        touched, last = write_plans.touched_since(tx, min(known))
        return sorted({*touched, *conflicts.goldens_of(tx, status=conflicts.RESOLVED)}), last
    _, last = write_plans.touched_since(tx, 2**62)
    return write_plans.active_goldens(tx, after="", limit=2**31), last


def _is_open_to_contacts(hub: Hub, name: str) -> bool:
    with hub.store.read() as tx:
        known = connections.every(tx).get(name)
    return known is not None and known.approved_at is not None and bool(hub.workspace.connections[name].writes.contacts)


def _queued_all(tx: Tx, hub: Hub, name: str, *, rows: Sequence[Row], at: str) -> bool:
    """Queue the rows under a plan of their own; False when they wait for approval instead."""
    if waits_because([row.write for row in rows], hub.workspace.connections[name].writes.approval):
        _store_waiting(tx, hub, name, rows=rows)
        return False
    if rows:
        number = store(tx, hub, [name], rows=rows, made_by="sync")
        queue(tx, name, write_plans.rows(tx, number), at=at)
        write_plans.set_status(tx, number, status=write_plans.APPLIED, at=at)
    return True


def add(planned: Planned, more: Planned) -> None:
    planned.rows += more.rows
    planned.impossible += more.impossible
    planned.conflicts += more.conflicts


def not_under_way(tx: Tx, rows: Sequence[Row]) -> list[Row]:
    """Without what an intent says already, whatever its state: one and the same decision is written once."""
    known = write_plans.intent_states(tx, [row.write.key for row in rows])
    return [row for row in rows if row.write.key not in known]


def _new_money(tx: Tx, connection: str, *, states: Iterable[str] = (outbox.NEW,)) -> list[IntentRow]:
    found: list[IntentRow] = []
    for state in states:
        found += outbox.listed(tx, state=state, connection=connection, limit=2**31)
    return [intent for intent in found if intent.operation in MONEY]


def waiting_money(tx: Tx, connection: str) -> Iterator[PlannedWrite]:
    waiting = _new_money(tx, connection, states=(outbox.NEW, write_plans.HELD))
    stated = debts.of_debts(tx, [intent.entity_key for intent in waiting])
    for intent in waiting:
        order = json.loads(intent.body)
        balance = next(
            (
                str(json.loads(row.body)["fields"].get("balance", ""))
                for row in stated.get(intent.entity_key, [])
                if row.connection == connection and row.external_id == order.get("debt")
            ),
            "",
        )
        given = {
            "connection": connection, "operation": intent.operation, "order": order,
            "reason": intent.reason, "key": intent.idempotency_key,
        }  # fmt: skip
        yield money_write(given, stated=balance)


def store(tx: Tx, hub: Hub, names: Sequence[str], *, rows: Sequence[Row | PlannedWrite], made_by: str) -> int:
    at = to_text(hub.clock())
    number = write_plans.add(tx, made_by=made_by, at=at)
    targets = []
    for name in names:
        own = [_write(row) for row in rows if _write(row).at.connection == name]
        waits = waits_because(own, hub.workspace.connections[name].writes.approval)
        targets.append(PlanTarget(number, name, fingerprint_of(hub, name), len(own), waits))
    write_plans.add_targets(tx, targets)
    write_plans.add_rows(tx, [_row(row, number, n, at=at) for n, row in enumerate(rows, start=1)])
    return number


def _write(row: Row | PlannedWrite) -> PlannedWrite:
    return row.write if isinstance(row, Row) else row


def _row(row: Row | PlannedWrite, plan_id: int, number: int, *, at: str) -> PlanRow:
    write = _write(row)
    decided: dict[str, Any] = {}
    if isinstance(row, Row):
        choice = row.choice
        decided = {
            "key": choice.key, "since": choice.since, "replaces": sorted(choice.replaces), "stands": row.stands,
            "was": row.was,
        }  # fmt: skip
    difference = write.difference
    body = {"order": dict(write.order), "writes": dict(difference.writes), "decided": decided}
    return PlanRow(
        plan_id=plan_id,
        number=number,
        connection=write.at.connection,
        operation=str(write.kind),
        golden_id=write.golden_id,
        stream=write.at.stream,
        external_id=write.at.external_id,
        field=difference.field,
        base=difference.base,
        ours=difference.ours,
        theirs=difference.theirs,
        body=json.dumps(body, ensure_ascii=False, sort_keys=True),
        why=difference.why,
        idempotency_key=write.key,
        state=write_plans.PLANNED,
        reason="",
        changed_at=at,
    )


def _store_waiting(tx: Tx, hub: Hub, name: str, *, rows: Sequence[Row]) -> None:
    """A plan that waits, unless the one that waits already says the same."""
    before = write_plans.waiting(tx, name)
    if before is not None:
        known = {row.idempotency_key for row in write_plans.rows(tx, before.plan_id)}
        if known >= {row.write.key for row in rows} and before.fingerprint == fingerprint_of(hub, name):
            return
        write_plans.set_status(tx, before.plan_id, status=write_plans.STALE, at=None)
    store(tx, hub, [name], rows=rows, made_by="sync")


def queue(tx: Tx, name: str, rows: Sequence[PlanRow], *, at: str) -> list[str]:
    """Rows become intents where the record still is as it was when they were planned; the others stop.

    Answers the idempotency keys of those that go on.
    """
    has_money = any(row.field == "balance" for row in rows)
    balances = {one.key: one.difference.theirs for one in waiting_money(tx, name)} if has_money else {}
    known = write_plans.intent_states(tx, [row.idempotency_key for row in rows])
    queued: list[PlanRow] = []
    for row in rows:
        stopped = _moved(tx, row) if row.stream else _moved_money(row, balances)
        if stopped:
            write_plans.set_rows(tx, [row], state=write_plans.STOPPED, reason=stopped, at=at)
        else:
            queued.append(row)
    contacts = [row for row in queued if row.stream and row.idempotency_key not in known]
    records = sorted({_entity(row) for row in contacts})
    write_plans.drop_open(tx, name, entity_keys=records, subject_ids=[_subject(row) for row in contacts], at=at)
    outbox.add(tx, [_intent(row, at=at) for row in contacts])
    keys = [row.idempotency_key for row in queued]
    write_plans.swap_state(tx, name, keys=keys, before=write_plans.HELD, after=outbox.NEW)
    write_plans.set_rows(tx, queued, state=write_plans.QUEUED, at=at)
    return keys


def _moved(tx: Tx, row: PlanRow) -> str:
    """Why a contact row cannot go on, by what the hub has read since; empty when it can."""
    found = field_states.of_record(tx, RecordRef(row.connection, row.stream, row.external_id))
    if found is None:
        return "the record is not known any more"
    order = ContactOrder(**json.loads(row.body)["order"])
    return (
        "" if standing(order, from_wire(found[1])) is Standing.FREE else "it was edited there since the plan was made"
    )


def _moved_money(row: PlanRow, balances: Mapping[str, str]) -> str:
    """Why a row of money cannot go on: the balance there is another than when it was planned."""
    now = balances.get(row.idempotency_key, row.theirs)
    return "" if now == row.theirs else f"the balance there was {row.theirs} when the plan was made, and is {now}"


def _entity(row: PlanRow) -> str:
    return f"{row.stream}/{row.external_id}"


def _subject(row: PlanRow) -> str:
    return f"{row.stream}/{row.external_id}/{row.field}"


def _intent(row: PlanRow, *, at: str) -> IntentRow:
    order: Mapping[str, Any] = json.loads(row.body)["order"]
    return IntentRow(
        id=0,
        idempotency_key=row.idempotency_key,
        connection=row.connection,
        operation=Operation.UPDATE_CONTACT.value,
        subject_id=_subject(row),
        entity_key=_entity(row),
        body=json.dumps(order, ensure_ascii=False, sort_keys=True),
        state=outbox.NEW,
        attempts=0,
        next_attempt_at=at,
        reason=f"{row.field}: {row.why}",
        created_at=at,
        changed_at=at,
    )
