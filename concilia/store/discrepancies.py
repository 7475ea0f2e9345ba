"""Discrepancies between systems: what stands, what was resolved and how. No policy, no commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

OPEN, ACCEPTED, RESOLVED = "open", "accepted", "resolved"


@dataclass(frozen=True, slots=True)
class DiscrepancyRow:
    """One debt, two systems. `owner` is the connection whose word counts; `accepted` stands until a figure changes."""

    id: int
    kind: str
    debt_id: str
    connection: str
    unit: str
    ours: str
    theirs: str
    status: str
    opened_at: str
    resolved_at: str | None = None
    owner: str | None = None
    resolution: str | None = None
    resolved_by: str | None = None
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The row by column."""
        return {name: getattr(self, name) for name in _COLUMNS}


_COLUMNS = tuple(DiscrepancyRow.__dataclass_fields__)
_NAMES = ", ".join(_COLUMNS)


def standing(tx: Tx, debt_ids: Iterable[str]) -> list[DiscrepancyRow]:
    """What is open or accepted about these debts."""
    sql = f"SELECT {_NAMES} FROM discrepancy WHERE status IN ('open', 'accepted') AND debt_id IN :values ORDER BY id"
    return [DiscrepancyRow(*row) for row in bulk.select_in(tx, sql, debt_ids)]


def add(tx: Tx, rows: Sequence[DiscrepancyRow]) -> list[int]:
    """Open discrepancies under fresh ids."""
    if not rows:
        return []
    first = bulk.reserve(tx, "discrepancy", len(rows))
    values = [(first + n, *(getattr(row, name) for name in _COLUMNS[1:])) for n, row in enumerate(rows)]
    bulk.insert(tx, tables.discrepancy, _COLUMNS, values)
    return list(range(first, first + len(rows)))


def close(tx: Tx, numbers: Iterable[int], *, resolution: str, at: str) -> None:
    """They do not stand any more, by themselves."""
    sql = "UPDATE discrepancy SET status = 'resolved', resolution = :how, resolved_at = :at WHERE id IN :values"
    bulk.execute_in(tx, sql, numbers, how=resolution, at=at)


def decide(tx: Tx, row: DiscrepancyRow) -> None:
    """Store what a person decided."""
    bulk.upsert(tx, tables.discrepancy, _COLUMNS, [tuple(getattr(row, name) for name in _COLUMNS)], key=("id",))


def get(tx: Tx, number: int) -> DiscrepancyRow | None:
    """One discrepancy."""
    row = tx.execute(text(f"SELECT {_NAMES} FROM discrepancy WHERE id = :id"), {"id": number}).first()
    return None if row is None else DiscrepancyRow(*row)


def listed(tx: Tx, *, status: str = OPEN, kind: str = "", after: int = 0, limit: int = 100) -> list[DiscrepancyRow]:
    """Discrepancies of one status, or of every one when it is empty, oldest first."""
    sql = text(
        f"SELECT {_NAMES} FROM discrepancy WHERE id > :after AND (:status = '' OR status = :status) "
        "AND (:kind = '' OR kind = :kind) ORDER BY id LIMIT :limit"
    )
    values = {"status": status, "kind": kind, "after": after, "limit": limit}
    return [DiscrepancyRow(*row) for row in tx.execute(sql, values)]


def counts(tx: Tx) -> dict[str, int]:
    """Open discrepancies by kind."""
    sql = text("SELECT kind, count(*) FROM discrepancy WHERE status = 'open' GROUP BY kind")
    return {row[0]: row[1] for row in tx.execute(sql)}
