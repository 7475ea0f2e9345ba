"""Repair what was refused: show, correct and replay quarantined rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from concilia import keys
from concilia.clock import to_text
from concilia.errors import RequestInvalid
from concilia.records import Record, from_wire, to_wire
from concilia.store import quarantine, runs
from concilia.store.quarantine import QuarantinedRow
from concilia.store.runs import DONE
from mapping.issues import Issue
from sync import resolve
from sync.entities import Landing
from sync.hub import Hub
from sync.landing import land_repaired
from sync.streams import StreamPlan, plans_of


@dataclass(frozen=True, slots=True)
class Replayed:
    """One row fed again: landed, or refused once more with the reason."""

    id: int
    landed: bool
    column: str = ""
    reason: str = ""


def fix(hub: Hub, row_id: int, *, changes: Mapping[str, str | None]) -> dict[str, Any]:
    """Set columns of a quarantined row (None removes one, such as a surplus cell); it is not replayed yet."""
    with hub.store.begin() as tx:
        row = quarantine.get(tx, row_id)
        if row.status in (quarantine.REPLAYED, quarantine.SUPERSEDED):
            raise RequestInvalid(f"Row {row_id} is {row.status}: there is nothing left to repair.", field="id")
        fields = from_wire(row.fields)
        for column, value in changes.items():
            if value is None:
                fields.pop(column, None)
            else:
                fields[column] = value
        quarantine.set_fields(tx, row_id, fields=to_wire(fields), at=to_text(hub.clock()))
        return quarantine.as_json(quarantine.get(tx, row_id))


def replay(hub: Hub, row_ids: Sequence[int]) -> list[Replayed]:
    """Feed quarantined rows through landing and resolving again; all waiting ones when none are named."""
    with hub.store.begin() as tx:
        rows = [quarantine.get(tx, n) for n in row_ids] or _all_waiting(tx)
        run_id = runs.start(tx, "replay", at=to_text(hub.clock()))
    done = [_replay(hub, row, run_id) for row in rows]
    resolve.resolve_all(hub.store, hub.policies, clock=hub.clock)
    with hub.store.begin() as tx:
        landed = sum(d.landed for d in done)
        runs.finish(tx, run_id, status=DONE, body={"replayed": len(done), "landed": landed}, at=to_text(hub.clock()))
    return done


def _all_waiting(tx: Any) -> list[QuarantinedRow]:
    found: list[QuarantinedRow] = []
    while page := quarantine.listed(tx, after=found[-1].id if found else 0, limit=500):
        found += page
    return found


def _replay(hub: Hub, row: QuarantinedRow, run_id: int) -> Replayed:
    if row.status in (quarantine.REPLAYED, quarantine.SUPERSEDED):
        return Replayed(row.id, landed=False, reason=f"it is {row.status} already")
    plan = _plan(hub, row)
    fields = from_wire(row.fields)
    at = to_text(hub.clock())
    with hub.store.begin() as tx:
        runs.open_stream(tx, run_id, connection=row.connection, stream=row.stream)
        problem = _problem(plan, fields)
        if problem is None:
            record = Record(
                key=_key(plan, fields, row),
                fields=fields,
                position=row.position,
                source_updated_at=_moment(plan, fields),
            )
            problem = land_repaired(tx, record, landing=Landing(plan, run_id, at, hub.policies.ledger))
        disposition = "applied" if problem is None else "quarantined"
        counts = {"read": 1, disposition: 1}
        runs.count(tx, run_id, connection=row.connection, stream=row.stream, counts=counts)
        runs.close_stream(tx, run_id, connection=row.connection, stream=row.stream)
        if problem is None:
            quarantine.set_status(tx, [row.id], status=quarantine.REPLAYED, at=at)
            return Replayed(row.id, landed=True)
        refusal = {"column": problem.column, "code": problem.code, "reason": problem.reason}
        quarantine.refuse_again(tx, row.id, refusal=refusal, at=at)
        return Replayed(row.id, landed=False, column=problem.column, reason=problem.reason)


def _plan(hub: Hub, row: QuarantinedRow) -> StreamPlan:
    connection = hub.workspace.connections.get(row.connection)
    plans = () if connection is None else plans_of(connection)
    found = next((p for p in plans if p.stream == row.stream), None)
    if found is None:
        raise RequestInvalid(
            f"Row {row.id} came from {row.connection}.{row.stream}, which the workspace has no more.",
            mend="Put the stream back into concilia.yaml, then replay.",
        )
    return found


def _problem(plan: StreamPlan, fields: Mapping[str, Any]) -> Issue | None:
    surplus = sorted(name for name in fields if name.startswith("+") and name[1:].isdigit())
    if surplus:
        reason = "the row still has more cells than the header has columns"
        return Issue("", "", surplus[0], str(fields[surplus[0]])[:200], "surplus", reason)
    for column in plan.request.key:
        value = fields.get(column)
        if value is None or not str(value).strip():
            return Issue("", "", column, "", "empty_key", "the key column is empty")
    broken = next((n for n, v in fields.items() if isinstance(v, str) and ("\x00" in v or "�" in v)), None)
    if broken is not None:
        return Issue("", "", broken, "", "unreadable", "the cell still holds characters that cannot be read")
    return None


def _key(plan: StreamPlan, fields: Mapping[str, Any], row: QuarantinedRow) -> tuple[str, ...]:
    if plan.request.key:
        return tuple(str(fields[column]).strip() for column in plan.request.key)
    return (row.key or keys.external_id((row.position,)),)


def _moment(plan: StreamPlan, fields: Mapping[str, Any]) -> datetime | None:
    said = fields.get(plan.request.cursor or "")
    if isinstance(said, datetime):
        return said if said.tzinfo else said.replace(tzinfo=plan.context.time_zone)
    if not isinstance(said, str) or not said.strip():
        return None
    try:
        if plan.request.cursor_format:
            found = datetime.strptime(said.strip(), plan.request.cursor_format)  # noqa: DTZ007  the zone follows
        else:
            found = datetime.fromisoformat(said.strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=plan.context.time_zone)
