"""Conflicts between edits in different systems: decided by policy, parked, or resolved. No policy, no commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

OPEN: Final = "open"  # parked: a person decides
DECIDED: Final = "decided"  # the policy decided; kept so that nothing is written over in silence
RESOLVED: Final = "resolved"  # a person decided, and it is being carried out
SETTLED: Final = "settled"  # carried out
SUPERSEDED: Final = "superseded"  # over before anybody decided: a newer look at the systems replaced it


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One conflict. `body` is JSON text with every voice that was heard; `base`, `ours` and `theirs` are values."""

    id: int
    fingerprint: str
    kind: str
    status: str
    golden_id: str | None
    field: str
    connection: str
    stream: str
    external_id: str
    base: str
    ours: str
    theirs: str
    policy: str
    why: str
    body: str
    opened_at: str
    taken: str | None = None
    resolved_by: str | None = None
    resolved_at: str | None = None


_COLUMNS = tuple(ConflictRow.__dataclass_fields__)
_NAMES = ", ".join(_COLUMNS)


def add(tx: Tx, rows: Sequence[ConflictRow]) -> int:
    """Store conflicts; one whose fingerprint is known is the same conflict and is left as it is. How many are new."""
    distinct = {row.fingerprint: row for row in rows}
    sql = "SELECT fingerprint FROM conflict WHERE fingerprint IN :values"
    known = {row[0] for row in bulk.select_in(tx, sql, distinct)}
    fresh = [row for mark, row in distinct.items() if mark not in known]
    if fresh:
        first = bulk.reserve(tx, "conflict", len(fresh))
        numbered = [replace(row, id=first + n) for n, row in enumerate(fresh)]
        bulk.insert(tx, tables.conflict, _COLUMNS, [tuple(getattr(r, name) for name in _COLUMNS) for r in numbered])
    return len(fresh)


def load(tx: Tx, number: int) -> ConflictRow | None:
    """One conflict."""
    row = tx.execute(text(f"SELECT {_NAMES} FROM conflict WHERE id = :id"), {"id": number}).first()
    return None if row is None else ConflictRow(*row)


def listed(tx: Tx, *, status: str = "", connection: str = "", after: int = 0, limit: int = 100) -> list[ConflictRow]:
    """Conflicts in order of id, of one status and connection or of all."""
    where = ("AND status = :status " if status else "") + ("AND connection = :connection " if connection else "")
    sql = text(f"SELECT {_NAMES} FROM conflict WHERE id > :after {where}ORDER BY id LIMIT :limit")
    values = {"status": status, "connection": connection, "after": after, "limit": limit}
    return [ConflictRow(*row) for row in tx.execute(sql, values)]


def of_goldens(
    tx: Tx, golden_ids: Iterable[str], *, statuses: Sequence[str]
) -> dict[tuple[str, str], list[ConflictRow]]:
    """The conflicts of these golden debtors in these states, by golden id and field, oldest first."""
    found: dict[tuple[str, str], list[ConflictRow]] = {}
    rows = bulk.select_in(tx, f"SELECT {_NAMES} FROM conflict WHERE golden_id IN :values", golden_ids)
    for row in sorted((ConflictRow(*row) for row in rows), key=lambda one: one.id):
        if row.status in statuses and row.golden_id is not None:
            found.setdefault((row.golden_id, row.field), []).append(row)
    return found


def move(tx: Tx, numbers: Iterable[int], *, status: str) -> None:
    """Move conflicts to another status."""
    bulk.execute_in(tx, "UPDATE conflict SET status = :status WHERE id IN :values", numbers, status=status)


def resolve(tx: Tx, row: ConflictRow) -> None:
    """Note what a person decided: status, body, taken, by whom and when."""
    names = ("status", "body", "taken", "resolved_by", "resolved_at")
    sql = text(f"UPDATE conflict SET {', '.join(f'{name} = :{name}' for name in names)} WHERE id = :id")
    tx.execute(sql, {"id": row.id, **{name: getattr(row, name) for name in names}})


def counts(tx: Tx) -> Mapping[str, int]:
    """How many conflicts there are by status."""
    rows = tx.execute(text("SELECT status, count(*) FROM conflict GROUP BY status"))
    return {row[0]: row[1] for row in rows}


def goldens_of(tx: Tx, *, status: str) -> list[str]:
    """The golden debtors with a conflict in that status."""
    sql = text("SELECT DISTINCT golden_id FROM conflict WHERE status = :status AND golden_id IS NOT NULL")
    return [row[0] for row in tx.execute(sql, {"status": status})]
