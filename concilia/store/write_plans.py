"""Plans of writes: their connections, their rows, what became of each; and up to where planning got. No policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

# Of a plan.
MADE, APPLIED, STALE = "made", "applied", "stale"
# Of a row. `stopped`: what was planned on is no longer so; `dropped`: a newer decision took its place.
PLANNED, QUEUED, WRITTEN, STOPPED, REFUSED, DROPPED = "planned", "queued", "written", "stopped", "refused", "dropped"
# Of an intent, besides the states of the outbox: waits for approval; put aside while a plan without it is applied.
HELD: Final = "held"
ASIDE: Final = "aside"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One planned write as stored; `body` is JSON text of the order and of what was decided."""

    plan_id: int
    number: int
    connection: str
    operation: str
    golden_id: str | None
    stream: str
    external_id: str
    field: str
    base: str
    ours: str
    theirs: str
    body: str
    why: str
    idempotency_key: str
    state: str
    reason: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class PlanTarget:
    """A plan's part for one connection: what it was made by, and why it waits for approval (empty: it does not)."""

    plan_id: int
    connection: str
    fingerprint: str
    changes: int
    waits: str
    approved_at: str | None = None
    approved_by: str | None = None


@dataclass(frozen=True, slots=True)
class PlanHead:
    """A plan without its rows."""

    id: int
    status: str
    made_by: str
    made_at: str
    applied_at: str | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to which event a connection was planned, and under which mapping and policy."""

    connection: str
    fingerprint: str
    seq: int
    at: str


_ROW, _TARGET, _HEAD = (tuple(kind.__dataclass_fields__) for kind in (PlanRow, PlanTarget, PlanHead))
_ROWS = ", ".join(_ROW)


def add(tx: Tx, *, made_by: str, at: str) -> int:
    """A new plan; its number."""
    number = bulk.reserve(tx, "write_plan", 1)
    bulk.insert(tx, tables.write_plan, _HEAD, [(number, MADE, made_by, at, None)])
    return number


def add_targets(tx: Tx, targets: Sequence[PlanTarget]) -> None:
    """The connections of a plan."""
    bulk.insert(tx, tables.plan_target, _TARGET, [tuple(getattr(t, name) for name in _TARGET) for t in targets])


def add_rows(tx: Tx, rows: Sequence[PlanRow]) -> None:
    """The rows of a plan."""
    bulk.insert(tx, tables.plan_row, _ROW, [tuple(getattr(r, name) for name in _ROW) for r in rows])


def head(tx: Tx, number: int) -> PlanHead | None:
    """One plan."""
    row = tx.execute(text(f"SELECT {', '.join(_HEAD)} FROM write_plan WHERE id = :id"), {"id": number}).first()
    return None if row is None else PlanHead(*row)


def heads(tx: Tx, *, limit: int) -> list[PlanHead]:
    """The latest plans, newest first."""
    sql = text(f"SELECT {', '.join(_HEAD)} FROM write_plan ORDER BY id DESC LIMIT :limit")
    return [PlanHead(*row) for row in tx.execute(sql, {"limit": limit})]


def targets(tx: Tx, plan_ids: Iterable[int]) -> dict[int, list[PlanTarget]]:
    """The connections of plans."""
    found: dict[int, list[PlanTarget]] = {}
    sql = f"SELECT {', '.join(_TARGET)} FROM plan_target WHERE plan_id IN :values ORDER BY connection"
    for row in bulk.select_in(tx, sql, plan_ids):
        found.setdefault(row[0], []).append(PlanTarget(*row))
    return found


def rows(tx: Tx, plan_id: int, *, after: int = 0, limit: int = 1_000_000) -> list[PlanRow]:
    """The rows of a plan in order."""
    sql = text(f"SELECT {_ROWS} FROM plan_row WHERE plan_id = :id AND number > :after ORDER BY number LIMIT :limit")
    return [PlanRow(*row) for row in tx.execute(sql, {"id": plan_id, "after": after, "limit": limit})]


def row_of_key(tx: Tx, idempotency_key: str) -> PlanRow | None:
    """The latest row that became the intent with that key."""
    sql = text(f"SELECT {_ROWS} FROM plan_row WHERE idempotency_key = :key ORDER BY plan_id DESC LIMIT 1")
    row = tx.execute(sql, {"key": idempotency_key}).first()
    return None if row is None else PlanRow(*row)


def debtors_of(tx: Tx, idempotency_keys: Iterable[str]) -> dict[str, str]:
    """The golden debtor of the rows under these keys."""
    sql = "SELECT idempotency_key, golden_id FROM plan_row WHERE golden_id IS NOT NULL AND idempotency_key IN :values"
    return dict(bulk.select_in(tx, sql, idempotency_keys))


def set_rows(tx: Tx, rows: Sequence[PlanRow], *, state: str, at: str, reason: str = "") -> None:
    """What became of rows, all of one plan."""
    sql = (
        "UPDATE plan_row SET state = :state, reason = :reason, changed_at = :at "
        "WHERE plan_id = :plan_id AND number IN :values"
    )
    if rows:
        numbers = [row.number for row in rows]
        bulk.execute_in(tx, sql, numbers, plan_id=rows[0].plan_id, state=state, reason=reason, at=at)


def set_by_key(tx: Tx, key: str, *, state: str, at: str, reason: str = "") -> None:
    """What became of the queued rows with that idempotency key."""
    sql = text(
        "UPDATE plan_row SET state = :state, reason = :reason, changed_at = :at "
        "WHERE idempotency_key = :key AND state = 'queued'"
    )
    tx.execute(sql, {"key": key, "state": state, "reason": reason, "at": at})


def set_status(tx: Tx, plan_id: int, *, status: str, at: str | None) -> None:
    """Move a plan on."""
    sql = text("UPDATE write_plan SET status = :status, applied_at = coalesce(:at, applied_at) WHERE id = :id")
    tx.execute(sql, {"id": plan_id, "status": status, "at": at})


def approve(tx: Tx, plan_id: int, *, connection: str, by: str, at: str) -> None:
    """A person allows a plan's part for one connection."""
    sql = text(
        "UPDATE plan_target SET approved_at = :at, approved_by = :by WHERE plan_id = :id AND connection = :connection"
    )
    tx.execute(sql, {"id": plan_id, "connection": connection, "by": by, "at": at})


def waiting(tx: Tx, connection: str) -> PlanTarget | None:
    """The latest plan of a connection that waits for approval and was not applied."""
    names = ", ".join(f"t.{name}" for name in _TARGET)
    sql = text(
        f"SELECT {names} FROM plan_target t JOIN write_plan p ON p.id = t.plan_id WHERE t.connection = :connection "
        "AND t.waits <> '' AND p.status = 'made' ORDER BY t.plan_id DESC LIMIT 1"
    )
    row = tx.execute(sql, {"connection": connection}).first()
    return None if row is None else PlanTarget(*row)


def mark(tx: Tx, connection: str) -> Mark | None:
    """Up to where a connection was planned."""
    sql = text("SELECT connection, fingerprint, seq, at FROM plan_mark WHERE connection = :connection")
    row = tx.execute(sql, {"connection": connection}).first()
    return None if row is None else Mark(*row)


def set_mark(tx: Tx, found: Mark) -> None:
    """Remember up to where a connection was planned."""
    columns = tuple(Mark.__dataclass_fields__)
    values = [tuple(getattr(found, name) for name in columns)]
    bulk.upsert(tx, tables.plan_mark, columns, values, key=("connection",))


def touched_since(tx: Tx, seq: int) -> tuple[list[str], int]:
    """The golden debtors with an event behind that number, and the number of the last event."""
    last = int(tx.execute(text("SELECT coalesce(max(seq), 0) FROM event")).scalar_one())
    sql = text(
        "SELECT DISTINCT golden_id FROM event WHERE seq > :seq AND golden_id IS NOT NULL AND "
        "(type LIKE 'debtor.%' OR type IN ('contact_point.confirmed', 'contact_point.rejected')) "
        "ORDER BY golden_id"
    )
    return [row[0] for row in tx.execute(sql, {"seq": seq})], last


def active_goldens(tx: Tx, *, after: str, limit: int) -> list[str]:
    """The ids of active golden debtors, in order."""
    sql = text("SELECT id FROM golden_debtor WHERE status = 'active' AND id > :after ORDER BY id LIMIT :limit")
    return [row[0] for row in tx.execute(sql, {"after": after, "limit": limit})]


def intent_states(tx: Tx, idempotency_keys: Iterable[str]) -> dict[str, str]:
    """The states of the intents with these keys."""
    sql = "SELECT idempotency_key, state FROM intent WHERE idempotency_key IN :values"
    return {row[0]: row[1] for row in bulk.select_in(tx, sql, idempotency_keys)}


def drop_open(tx: Tx, connection: str, *, entity_keys: Iterable[str], subject_ids: Sequence[str], at: str) -> None:
    """Contact intents of these records and subjects that no call was made for: a newer decision takes their place."""
    sql = (
        "SELECT id, subject_id, idempotency_key FROM intent WHERE connection = :connection AND state = 'new' "
        "AND operation = 'update_contact' AND entity_key IN :values"
    )
    wanted = set(subject_ids)
    found = [row for row in bulk.select_in(tx, sql, entity_keys, connection=connection) if row[1] in wanted]
    move = "UPDATE intent SET state = 'abandoned', reason = 'a newer decision', changed_at = :at WHERE id IN :values"
    bulk.execute_in(tx, move, [row[0] for row in found], at=at)
    for row in found:
        set_by_key(tx, row[2], state=DROPPED, reason="a newer decision took its place", at=at)


def swap_state(tx: Tx, connection: str, *, keys: Iterable[str], before: str, after: str) -> None:
    """Move the intents with these keys from one state to another."""
    sql = (
        "UPDATE intent SET state = :after WHERE connection = :connection AND state = :before "
        "AND idempotency_key IN :values"
    )
    bulk.execute_in(tx, sql, keys, connection=connection, before=before, after=after)


def put_aside(tx: Tx, connection: str, *, but: Iterable[str]) -> None:
    """Set all new intents aside but those with these keys."""
    sql = text("UPDATE intent SET state = 'aside' WHERE connection = :connection AND state = 'new'")
    tx.execute(sql, {"connection": connection})
    swap_state(tx, connection, keys=but, before=ASIDE, after="new")


def bring_back(tx: Tx, connection: str) -> None:
    """What was set aside is new again."""
    sql = text("UPDATE intent SET state = 'new' WHERE connection = :connection AND state = 'aside'")
    tx.execute(sql, {"connection": connection})


def approved_keys(tx: Tx, idempotency_keys: Iterable[str]) -> set[str]:
    """Those of the keys that stand in an approved plan which was applied."""
    sql = (
        "SELECT r.idempotency_key FROM plan_row r JOIN plan_target t ON t.plan_id = r.plan_id "
        "AND t.connection = r.connection JOIN write_plan p ON p.id = r.plan_id "
        "WHERE t.approved_at IS NOT NULL AND p.status = 'applied' AND r.idempotency_key IN :values"
    )
    return {row[0] for row in bulk.select_in(tx, sql, idempotency_keys)}
