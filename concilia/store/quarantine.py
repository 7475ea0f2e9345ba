"""Rows that could not be applied, kept for repair and replay. No policy, no commit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from concilia.errors import NotFound
from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

OPEN, FIXED, REPLAYED, SUPERSEDED = "open", "fixed", "replayed", "superseded"


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One refused row: where it stood, which column, why, and its content for repair."""

    id: int
    connection: str
    stream: str
    fingerprint: str
    key: str
    position: str
    column: str
    code: str
    reason: str
    fields: str  # JSON text as `records.to_wire` writes it
    raw: str
    status: str
    created_at: str
    changed_at: str
    run_id: int


_COLUMNS = tuple(QuarantinedRow.__dataclass_fields__)
_LIST = ", ".join(f'"{name}"' for name in _COLUMNS)


def known(tx: Tx, connection: str, *, stream: str, fingerprints: Iterable[str]) -> dict[str, str]:
    """Status of those fingerprints that are in quarantine already."""
    sql = (
        "SELECT fingerprint, status FROM quarantine WHERE connection = :connection AND stream = :stream "
        "AND fingerprint IN :values"
    )
    return dict(bulk.select_in(tx, sql, fingerprints, connection=connection, stream=stream))


def add(tx: Tx, rows: Sequence[QuarantinedRow]) -> None:
    """Store newly refused rows."""
    values = [tuple(getattr(row, name) for name in _COLUMNS) for row in rows]
    bulk.insert(tx, tables.quarantine, _COLUMNS, values)


def get(tx: Tx, row_id: int) -> QuarantinedRow:
    """One row; NotFound when there is none of that id."""
    found = tx.execute(text(f"SELECT {_LIST} FROM quarantine WHERE id = :id"), {"id": row_id}).first()
    if found is None:
        raise NotFound(f"There is no quarantined row {row_id}.", mend="`concilia quarantine list` shows them.")
    return QuarantinedRow(*found)


def listed(
    tx: Tx, *, statuses: Sequence[str] = (OPEN, FIXED), connection: str = "", after: int = 0, limit: int = 100
) -> list[QuarantinedRow]:
    """Rows of those states in order of id."""
    chosen = ", ".join(f"'{s}'" for s in statuses if s in (OPEN, FIXED, REPLAYED, SUPERSEDED))
    where = "AND connection = :connection" if connection else ""
    sql = text(
        f"SELECT {_LIST} FROM quarantine WHERE status IN ({chosen}) AND id > :after {where} ORDER BY id LIMIT :limit"
    )
    return [QuarantinedRow(*row) for row in tx.execute(sql, {"after": after, "limit": limit, "connection": connection})]


def set_fields(tx: Tx, row_id: int, *, fields: str, at: str) -> None:
    """Store corrected fields and mark the row as fixed."""
    sql = text("UPDATE quarantine SET fields = :fields, status = 'fixed', changed_at = :at WHERE id = :id")
    tx.execute(sql, {"id": row_id, "fields": fields, "at": at})


def set_status(tx: Tx, row_ids: Iterable[int], *, status: str, at: str) -> None:
    """Move rows to another state."""
    bulk.execute_in(
        tx,
        "UPDATE quarantine SET status = :status, changed_at = :at WHERE id IN :values",
        row_ids,
        status=status,
        at=at,
    )


def refuse_again(tx: Tx, row_id: int, *, refusal: Mapping[str, str], at: str) -> None:
    """A replay was refused too: keep the row open with its new column and reason."""
    sql = text(
        "UPDATE quarantine SET \"column\" = :column, code = :code, reason = :reason, status = 'open', changed_at = :at "
        "WHERE id = :id"
    )
    tx.execute(sql, {"id": row_id, "at": at, **refusal})


def supersede(tx: Tx, connection: str, *, stream: str, keys: Iterable[str], at: str) -> None:
    """A good version of these keys has arrived: their waiting rows need no repair any more."""
    sql = (
        "UPDATE quarantine SET status = 'superseded', changed_at = :at WHERE connection = :connection "
        "AND stream = :stream AND status IN ('open', 'fixed') AND key IN :values"
    )
    bulk.execute_in(tx, sql, keys, connection=connection, stream=stream, at=at)


def waiting(tx: Tx, connection: str = "", *, stream: str = "") -> int:
    """How many rows wait for repair, in all or in one stream."""
    where = "AND connection = :connection AND stream = :stream" if connection else ""
    sql = text(f"SELECT count(*) FROM quarantine WHERE status IN ('open', 'fixed') {where}")
    return int(tx.execute(sql, {"connection": connection, "stream": stream}).scalar_one())


def as_json(row: QuarantinedRow) -> dict[str, Any]:
    """The row for people and programs, its fields opened."""
    shown = {name: getattr(row, name) for name in _COLUMNS if name not in ("fingerprint", "fields")}
    return {**shown, "fields": json.loads(row.fields)}
