"""Intents to write to other systems, and the receipts of what they answered. No policy, no commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

NEW, SENT_UNKNOWN, DONE, DEAD, PARKED = "new", "sent_unknown", "done", "dead", "parked"


@dataclass(frozen=True, slots=True)
class IntentRow:
    """One decided write. `body` is JSON text of the order; `entity_key` orders intents of one debt."""

    id: int
    idempotency_key: str
    connection: str
    operation: str
    subject_id: str
    entity_key: str
    body: str
    state: str
    attempts: int
    next_attempt_at: str
    reason: str
    created_at: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """The state an intent goes to, from when it may be tried again, and why."""

    state: str
    until: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a system answered to one attempt; `body` is JSON text."""

    outcome: str
    external_id: str | None
    body: str


_COLUMNS = tuple(IntentRow.__dataclass_fields__)
_NAMES = ", ".join(_COLUMNS)


def add(tx: Tx, rows: Sequence[IntentRow]) -> None:
    """Store intents; one whose idempotency key is known already is the same intent and is left as it is."""
    known = {
        row[0]
        for row in bulk.select_in(
            tx, "SELECT idempotency_key FROM intent WHERE idempotency_key IN :values", [r.idempotency_key for r in rows]
        )
    }
    fresh = list({r.idempotency_key: r for r in reversed(rows) if r.idempotency_key not in known}.values())[::-1]
    if fresh:
        first = bulk.reserve(tx, "intent", len(fresh))
        values = [(first + n, *(getattr(r, name) for name in _COLUMNS[1:])) for n, r in enumerate(fresh)]
        bulk.insert(tx, tables.intent, _COLUMNS, values)


def ready(tx: Tx, connection: str, *, now: str, after: int, limit: int) -> list[IntentRow]:
    """The next intents of a connection that may be delivered now, oldest first."""
    sql = text(
        f"SELECT {_NAMES} FROM intent WHERE connection = :connection AND state IN ('new', 'sent_unknown') "
        "AND next_attempt_at <= :now AND id > :after ORDER BY id LIMIT :limit"
    )
    values = {"connection": connection, "now": now, "after": after, "limit": limit}
    return [IntentRow(*row) for row in tx.execute(sql, values)]


def mark(tx: Tx, intent_ids: Iterable[int], *, state: str, reason: str, at: str) -> None:
    """Move intents to another state."""
    sql = "UPDATE intent SET state = :state, reason = :reason, changed_at = :at WHERE id IN :values"
    bulk.execute_in(tx, sql, intent_ids, state=state, reason=reason, at=at)


def mark_sent(tx: Tx, intent_ids: Iterable[int], *, at: str) -> None:
    """Written before the call: from now on only an answer or a look-up may say what happened."""
    sql = "UPDATE intent SET state = 'sent_unknown', attempts = attempts + 1, changed_at = :at WHERE id IN :values"
    bulk.execute_in(tx, sql, intent_ids, at=at)


def postpone(tx: Tx, intent_id: int, next_step: NextStep, *, at: str) -> None:
    """Note what follows on an attempt that brought no receipt."""
    sql = text(
        "UPDATE intent SET state = :state, next_attempt_at = :until, reason = :reason, changed_at = :at WHERE id = :id"
    )
    tx.execute(
        sql, {"id": intent_id, "state": next_step.state, "until": next_step.until, "reason": next_step.reason, "at": at}
    )


def add_receipt(tx: Tx, intent_id: int, answer: KeptAnswer, *, at: str) -> None:
    """Keep what the system answered."""
    number = bulk.reserve(tx, "receipt", 1)
    columns = ("id", "intent_id", "outcome", "external_id", "body", "at")
    bulk.insert(tx, tables.receipt, columns, [(number, intent_id, answer.outcome, answer.external_id, answer.body, at)])


def counts(tx: Tx) -> dict[tuple[str, str], int]:
    """How many intents there are by connection and state."""
    sql = text("SELECT connection, state, count(*) FROM intent GROUP BY connection, state")
    return {(row[0], row[1]): row[2] for row in tx.execute(sql)}


def of_subjects(tx: Tx, subject_ids: Iterable[str]) -> dict[str, IntentRow]:
    """The latest intent of each subject."""
    rows = bulk.select_in(tx, f"SELECT {_NAMES} FROM intent WHERE subject_id IN :values ORDER BY id", subject_ids)
    return {row[4]: IntentRow(*row) for row in rows}


def listed(tx: Tx, *, state: str = "", after: int = 0, limit: int = 100) -> list[IntentRow]:
    """Intents in order of id, of one state or of all."""
    where = "AND state = :state" if state else ""
    sql = text(f"SELECT {_NAMES} FROM intent WHERE id > :after {where} ORDER BY id LIMIT :limit")
    return [IntentRow(*row) for row in tx.execute(sql, {"after": after, "state": state, "limit": limit})]


def next_due(tx: Tx, connection: str) -> str | None:
    """When the next open intent of a connection may be tried, or None when there is none."""
    sql = text("SELECT min(next_attempt_at) FROM intent WHERE connection = :c AND state IN ('new', 'sent_unknown')")
    found: str | None = tx.execute(sql, {"c": connection}).scalar()
    return found
