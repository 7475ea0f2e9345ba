"""Intents to write to other systems, and the receipts of what they answered. No policy, no commit.

An open intent is `new` or `sent_unknown`. Of one record's open intents of one connection only the oldest is ready.
Whoever carries an intent out puts the number of his fence into it; what he stores later counts only while it is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

NEW, SENT_UNKNOWN, DONE, DEAD, PARKED = "new", "sent_unknown", "done", "dead", "parked"
ABANDONED = "abandoned"
STATES = (NEW, SENT_UNKNOWN, PARKED, DEAD, DONE, ABANDONED)
STEP = "step"  # the outcome of a receipt that is not the last one


@dataclass(frozen=True, slots=True)
class IntentRow:
    """One decided write. `body` is JSON text of the order; `entity_key` orders intents of one record.

    `unknowns` counts attempts whose outcome could not be told; `code` names the rule that refused it; `waits_for` is
    the intent that has to be done first.
    """

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
    fence: int = 0
    unknowns: int = 0
    sent_at: str | None = None
    code: str | None = None
    waits_for: int | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """The state an intent goes to, from when it may be tried again, and why."""

    state: str
    until: str
    reason: str
    unknowns: int = 0
    code: str | None = None
    sent_at: str | None = None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What a system answered to one attempt; `body` is JSON text."""

    outcome: str
    external_id: str | None
    body: str


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A kept answer with its place."""

    id: int
    intent_id: int
    outcome: str
    external_id: str | None
    body: str
    at: str


_COLUMNS = tuple(IntentRow.__dataclass_fields__)
_NAMES = ", ".join(_COLUMNS)
_RECEIPT = tuple(ReceiptRow.__dataclass_fields__)
_OPEN = "state IN ('new', 'sent_unknown')"


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
    """The next intents of a connection that may be delivered now, oldest first, at most one of each record."""
    sql = text(
        f"SELECT {_NAMES} FROM intent i WHERE connection = :connection AND {_OPEN} "
        "AND next_attempt_at <= :now AND id > :after "
        "AND NOT EXISTS (SELECT 1 FROM intent e WHERE e.connection = i.connection AND e.entity_key = i.entity_key "
        "AND e.state IN ('new', 'sent_unknown') AND e.id < i.id) "
        "AND (waits_for IS NULL OR EXISTS (SELECT 1 FROM intent w WHERE w.id = i.waits_for "
        "AND w.state IN ('done', 'dead', 'abandoned'))) ORDER BY id LIMIT :limit"
    )
    values = {"connection": connection, "now": now, "after": after, "limit": limit}
    return [IntentRow(*row) for row in tx.execute(sql, values)]


def next_due(tx: Tx, connection: str) -> str | None:
    """When the next open intent of a connection may be tried, or None when none is open or all wait for a person."""
    sql = text(
        f"SELECT min(next_attempt_at) FROM intent i WHERE connection = :connection AND {_OPEN} "
        "AND NOT EXISTS (SELECT 1 FROM intent e WHERE e.connection = i.connection AND e.entity_key = i.entity_key "
        "AND e.state IN ('new', 'sent_unknown') AND e.id < i.id) "
        "AND (waits_for IS NULL OR EXISTS (SELECT 1 FROM intent w WHERE w.id = i.waits_for "
        "AND w.state IN ('done', 'dead', 'abandoned')))"
    )
    found: str | None = tx.execute(sql, {"connection": connection}).scalar()
    return found


def claim(tx: Tx, intent_ids: Iterable[int], *, fence: int, at: str) -> None:
    """Written before the call: from now on only an answer or a look-up may say what happened."""
    sql = (
        "UPDATE intent SET state = 'sent_unknown', attempts = attempts + 1, changed_at = :at, sent_at = :at, "
        "fence = :fence WHERE id IN :values"
    )
    bulk.execute_in(tx, sql, intent_ids, at=at, fence=fence)


def held(tx: Tx, intent_ids: Iterable[int], *, fence: int) -> set[int]:
    """Those of the intents that are in doubt and still carry this fence: nobody decided on them meanwhile."""
    sql = "SELECT id FROM intent WHERE id IN :values AND fence = :fence AND state = 'sent_unknown'"
    return {int(row[0]) for row in bulk.select_in(tx, sql, intent_ids, fence=fence)}


def mark(tx: Tx, intent_ids: Iterable[int], *, state: str, reason: str, at: str) -> None:
    """Move intents to another state; whoever was carrying them out has no say in them any more."""
    sql = "UPDATE intent SET state = :state, reason = :reason, changed_at = :at, fence = 0 WHERE id IN :values"
    bulk.execute_in(tx, sql, intent_ids, state=state, reason=reason, at=at)


def postpone(tx: Tx, intent_id: int, next_step: NextStep, *, at: str) -> None:
    """Note what follows on an attempt that brought no receipt."""
    sql = text(
        "UPDATE intent SET state = :state, next_attempt_at = :until, reason = :reason, unknowns = :unknowns, "
        "code = :code, sent_at = coalesce(:sent_at, sent_at), changed_at = :at, fence = 0 WHERE id = :id"
    )
    given = {name: getattr(next_step, name) for name in NextStep.__dataclass_fields__}
    tx.execute(sql, {"id": intent_id, "at": at, **given})


def release(tx: Tx, rows: Iterable[IntentRow], *, at: str) -> None:
    """Give back claimed intents for which no call was made, as they were."""
    for row in rows:
        sql = text(
            "UPDATE intent SET state = :state, attempts = :attempts, sent_at = :sent_at, changed_at = :at, fence = 0 "
            "WHERE id = :id AND state = 'sent_unknown'"
        )
        values = {"id": row.id, "state": row.state, "attempts": row.attempts, "sent_at": row.sent_at, "at": at}
        tx.execute(sql, values)


def rewrite(tx: Tx, intent_id: int, *, body: str) -> None:
    """Put another order into an intent that a person edited."""
    tx.execute(text("UPDATE intent SET body = :body WHERE id = :id"), {"id": intent_id, "body": body})


def add_receipts(tx: Tx, answers: Sequence[tuple[int, KeptAnswer]], *, at: str) -> None:
    """Keep what systems answered, by intent."""
    if answers:
        first = bulk.reserve(tx, "receipt", len(answers))
        rows = [(first + n, i, a.outcome, a.external_id, a.body, at) for n, (i, a) in enumerate(answers)]
        bulk.insert(tx, tables.receipt, _RECEIPT, rows)


def add_receipt(tx: Tx, intent_id: int, answer: KeptAnswer, *, at: str) -> None:
    """Keep what a system answered."""
    add_receipts(tx, [(intent_id, answer)], at=at)


def receipts(tx: Tx, intent_ids: Iterable[int]) -> dict[int, list[ReceiptRow]]:
    """The receipts of each intent, oldest first."""
    found: dict[int, list[ReceiptRow]] = {}
    sql = f"SELECT {', '.join(_RECEIPT)} FROM receipt WHERE intent_id IN :values"
    for row in sorted((ReceiptRow(*row) for row in bulk.select_in(tx, sql, intent_ids)), key=lambda r: r.id):
        found.setdefault(row.intent_id, []).append(row)
    return found


def steps(tx: Tx, intent_ids: Iterable[int]) -> dict[int, dict[str, tuple[str, Mapping[str, Any]]]]:
    """The steps each intent has behind it: name -> external id and fields."""
    found: dict[int, dict[str, tuple[str, Mapping[str, Any]]]] = {}
    sql = "SELECT intent_id, external_id, body FROM receipt WHERE intent_id IN :values AND outcome = 'step'"
    for intent_id, external_id, body in bulk.select_in(tx, sql, intent_ids):
        said = json.loads(body)
        found.setdefault(intent_id, {})[said["step"]] = (external_id or "", said["fields"])
    return found


def counts(tx: Tx) -> dict[tuple[str, str], int]:
    """How many intents there are by connection and state."""
    sql = text("SELECT connection, state, count(*) FROM intent GROUP BY connection, state")
    return {(row[0], row[1]): row[2] for row in tx.execute(sql)}


def is_due(tx: Tx, connection: str, *, at: str) -> bool:
    """Whether something of this connection may be written or looked up now."""
    sql = text(
        "SELECT 1 FROM intent WHERE connection = :connection AND state = :state AND next_attempt_at <= :at LIMIT 1"
    )
    asked = ({"connection": connection, "state": state, "at": at} for state in (NEW, SENT_UNKNOWN))
    return any(tx.execute(sql, values).first() is not None for values in asked)


def load(tx: Tx, intent_id: int) -> IntentRow | None:
    """One intent."""
    row = tx.execute(text(f"SELECT {_NAMES} FROM intent WHERE id = :id"), {"id": intent_id}).first()
    return None if row is None else IntentRow(*row)


def of_subjects(tx: Tx, subject_ids: Iterable[str]) -> dict[str, IntentRow]:
    """The latest intent of each subject."""
    rows = bulk.select_in(tx, f"SELECT {_NAMES} FROM intent WHERE subject_id IN :values ORDER BY id", subject_ids)
    return {row[4]: IntentRow(*row) for row in rows}


def listed(tx: Tx, *, state: str = "", connection: str = "", after: int = 0, limit: int = 100) -> list[IntentRow]:
    """Intents in order of id, of one state and connection or of all."""
    where = ("AND state = :state " if state else "") + ("AND connection = :connection " if connection else "")
    sql = text(f"SELECT {_NAMES} FROM intent WHERE id > :after {where}ORDER BY id LIMIT :limit")
    values = {"after": after, "state": state, "connection": connection, "limit": limit}
    return [IntentRow(*row) for row in tx.execute(sql, values)]
