"""What follows on answers to contact writes: the record as it is now, what both sides agree on, or a parked conflict.

The hooks of delivery: `keep` for receipts, `moved` for a record that was edited under its plan. Makes no calls.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from concilia.errors import RecordRejected, RemoteMoved
from concilia.records import RecordRef, from_wire, to_wire
from concilia.store import conflicts, field_states, write_plans
from concilia.store.conflicts import ConflictRow
from concilia.store.events import Fact
from concilia.store.field_states import FieldState
from concilia.store.outbox import IntentRow
from concilia.store.sources import StoredPayload
from concilia.store.unit_of_work import Tx
from concilia.store.write_plans import PlanRow
from connectors.contract import ContactOrder, Operation, Receipt
from mapping.entity_map import map_record
from sync.cells import Change, RecordShape, Stated, after_change
from sync.conflicts import Kind
from sync.entities import Landing, MappedRecord, incoming_of, store_entities
from sync.hub import Hub
from sync.streams import StreamPlan, plans_of


def order_in(intent: IntentRow) -> ContactOrder:
    """The contact order of an intent."""
    return ContactOrder(**json.loads(intent.body))


def keep(tx: Tx, hub: Hub, kept: Sequence[tuple[IntentRow, Receipt]], *, at: str) -> None:
    """The writes are made: each record is now what was written to it, and will be known again when it comes back."""
    kept = [(intent, receipt) for intent, receipt in kept if intent.operation == Operation.UPDATE_CONTACT]
    streams = {name: {p.stream: p for p in plans_of(hub.workspace.connections[name])} for name in _connections(kept)}
    for intent, receipt in kept:
        order = order_in(intent)
        plan = streams[intent.connection].get(order.stream)
        row = write_plans.row_of_key(tx, intent.idempotency_key)
        write_plans.set_by_key(tx, intent.idempotency_key, state=write_plans.WRITTEN, at=at)
        if plan is not None and row is not None:
            _take_over(tx, plan, order, item=receipt.external_id, landing=_landing(hub, plan, at=at))
            field_states.store(tx, [_agreed(intent, order, row, at=at)])


def fact(intent: IntentRow, receipt: Receipt) -> Fact:
    """What followers of events are told: which field was written where, not its value."""
    order = order_in(intent)
    outcome = "found_before" if receipt.found_before else "written"
    told = {"connection": intent.connection, "external_id": order.record, "field": order.field, "outcome": outcome}
    return Fact("contact.written", f"{intent.connection}/{order.stream}/{order.record}", None, told)


def refused(tx: Tx, hub: Hub, refusals: Sequence[tuple[IntentRow, Exception]], *, at: str) -> None:
    """Writes that were not made; where somebody edited the record, the conflict is parked with its diff."""
    for intent, fault in refusals:
        if intent.operation == Operation.UPDATE_CONTACT and isinstance(fault, (RemoteMoved, RecordRejected)):
            _refused(tx, hub, intent, fault, at=at)


def _refused(tx: Tx, hub: Hub, intent: IntentRow, fault: RemoteMoved | RecordRejected, *, at: str) -> None:
    if not isinstance(fault, RemoteMoved):
        write_plans.set_by_key(tx, intent.idempotency_key, state=write_plans.REFUSED, reason=str(fault), at=at)
        return
    write_plans.set_by_key(tx, intent.idempotency_key, state=write_plans.STOPPED, reason=str(fault), at=at)
    row = write_plans.row_of_key(tx, intent.idempotency_key)
    if row is not None:
        conflicts.add(tx, [_moved(hub, intent, row, fault=fault, at=at)])


def _connections(kept: Sequence[tuple[IntentRow, Receipt]]) -> set[str]:
    return {intent.connection for intent, _ in kept}


def _landing(hub: Hub, plan: StreamPlan, *, at: str) -> Landing:
    return Landing(plan, 0, at, hub.policies.ledger)


def _take_over(tx: Tx, plan: StreamPlan, order: ContactOrder, *, item: str, landing: Landing) -> None:
    """Our record of theirs says what we wrote, under its own time: our write is nobody's newer word."""
    found = field_states.of_record(tx, RecordRef(plan.connection, order.stream, order.record))
    if found is None:
        return
    record_id, payload, source_updated_at, received_at, run_id = found
    after = after_change(from_wire(payload), _change(order), item=item)
    wire = to_wire(after)
    record = plan.record_of(StoredPayload(record_id, order.record, wire, "", source_updated_at, received_at))
    incoming = incoming_of(record)
    field_states.set_payload(tx, record_id, payload=wire, content_hash=incoming.hash)
    mapped = map_record(plan.document, record.fields, context=plan.context)
    if mapped.refusal is None:
        place = Landing(plan, run_id, landing.at, landing.policy)
        store_entities(tx, [MappedRecord(record_id, incoming, mapped, received_at, is_new=False)], landing=place)


def _change(order: ContactOrder) -> Change:
    return Change(order.cells, order.expected, order.member, order.item)


def _agreed(intent: IntentRow, order: ContactOrder, row: PlanRow, *, at: str) -> FieldState:
    decided = json.loads(row.body)["decided"]
    seen = json.dumps({"key": decided["key"], "trail": decided["replaces"]}, ensure_ascii=False, sort_keys=True)
    return FieldState(
        connection=intent.connection,
        stream=order.stream,
        external_id=order.record,
        field=order.field,
        ours=decided["stands"],
        theirs=decided["key"],
        seen=seen,
        since=decided["since"],
        written=decided["key"],
        idempotency_key=intent.idempotency_key,
        at=at,
    )


def _moved(hub: Hub, intent: IntentRow, row: PlanRow, *, fault: RemoteMoved, at: str) -> ConflictRow:
    order = order_in(intent)
    decided = json.loads(row.body)["decided"]
    now = _says(hub, intent.connection, order, fault.now)
    ours = {"key": decided["key"], "value": row.ours}
    kind = Kind.MOVED if fault.now is not None else Kind.DELETED
    mark = hashlib.sha256("\x1f".join((kind, intent.idempotency_key, now.key)).encode()).hexdigest()[:32]
    place = {"connection": intent.connection, "stream": order.stream, "external_id": order.record}
    voice = {**place, "key": now.key, "value": now.value, "since": at, "base": decided["was"], "moved": True}
    body = {"voices": [voice], "ours": ours["key"], "theirs": now.key, "was": decided["was"]}
    return ConflictRow(
        id=0,
        fingerprint=mark,
        kind=str(kind),
        status=conflicts.OPEN,
        golden_id=row.golden_id,
        field=order.field,
        connection=intent.connection,
        stream=order.stream,
        external_id=order.record,
        base=row.theirs,
        ours=row.ours,
        theirs=now.value,
        policy="",
        why=fault.message,
        body=json.dumps(body, ensure_ascii=False, sort_keys=True),
        opened_at=at,
    )


def _says(hub: Hub, connection: str, order: ContactOrder, now: Mapping[str, Any] | None) -> Stated:
    if now is None:
        return Stated()
    plan = next(p for p in plans_of(hub.workspace.connections[connection]) if p.stream == order.stream)
    return RecordShape(plan.document, plan.context, ()).says(now, about=order.field)
