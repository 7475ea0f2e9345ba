"""Source records as read: what is known, landing, mapping issues. No policy, no commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

APPLIED, BLOCKED = "applied", "blocked"
MAPPED_AGAIN = 1000  # records mapped again in one transaction


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What the store holds of one record, enough to decide whether it changed."""

    id: int
    content_hash: str
    source_updated_at: str | None
    run_id: int


@dataclass(frozen=True, slots=True)
class LandedRecord:
    """A record to be stored under its id."""

    id: int
    connection: str
    stream: str
    key: str
    payload: str
    content_hash: str
    map_hash: str
    cursor: str | None
    position: str
    source_updated_at: str | None
    received_at: str
    run_id: int


@dataclass(frozen=True, slots=True)
class StoredPayload:
    """A stored record to be mapped again."""

    id: int
    key: str
    payload: str
    position: str
    source_updated_at: str | None
    received_at: str


_LANDED = (
    "id", "connection", "stream", "key", "payload", "content_hash", "map_hash", "cursor", "position",
    "source_updated_at", "received_at", "run_id",
)  # fmt: skip


def known(tx: Tx, connection: str, *, stream: str, keys: Iterable[str]) -> dict[str, KnownRecord]:
    """The stored records of these keys."""
    sql = (
        "SELECT key, id, content_hash, source_updated_at, run_id FROM source_record "
        "WHERE connection = :connection AND stream = :stream AND key IN :values"
    )
    rows = bulk.select_in(tx, sql, keys, connection=connection, stream=stream)
    return {row[0]: KnownRecord(*row[1:]) for row in rows}


def land(tx: Tx, records: Sequence[LandedRecord]) -> None:
    """Insert or overwrite records; each counts as applied until resolving says that it waits."""
    rows = [(*(getattr(r, name) for name in _LANDED), APPLIED) for r in records]
    bulk.upsert(tx, tables.source_record, (*_LANDED, "state"), rows, key=("id",))


def mapped_otherwise(tx: Tx, connection: str, *, stream: str, map_hash: str, after: int) -> list[StoredPayload]:
    """The next stored records whose entities were made by another version of the mapping, in order of id."""
    sql = text(
        "SELECT id, key, payload, position, source_updated_at, received_at FROM source_record "
        "WHERE connection = :connection "
        "AND stream = :stream AND map_hash <> :map_hash AND id > :after ORDER BY id LIMIT :limit"
    )
    values = {"connection": connection, "stream": stream, "map_hash": map_hash, "after": after, "limit": MAPPED_AGAIN}
    return [StoredPayload(*row) for row in tx.execute(sql, values)]


def set_map_hash(tx: Tx, record_ids: Sequence[int], *, map_hash: str) -> None:
    """Note which version of the mapping made the entities of these records."""
    bulk.execute_in(
        tx, "UPDATE source_record SET map_hash = :map_hash WHERE id IN :values", record_ids, map_hash=map_hash
    )


def set_state(tx: Tx, record_ids: Iterable[int], *, state: str) -> None:
    """Mark records as applied or as waiting, writing only those that differ."""
    sql = "UPDATE source_record SET state = :state WHERE state <> :state AND id IN :values"
    bulk.execute_in(tx, sql, record_ids, state=state)


def blocked_in_run(tx: Tx, run_id: int) -> dict[tuple[str, str], int]:
    """How many of the records that a run landed now wait, by connection and stream."""
    sql = text(
        "SELECT connection, stream, count(*) FROM source_record WHERE run_id = :run_id AND state = 'blocked' "
        "GROUP BY connection, stream"
    )
    return {(row[0], row[1]): row[2] for row in tx.execute(sql, {"run_id": run_id})}


def replace_issues(tx: Tx, record_ids: Sequence[int], rows: Sequence[tuple[object, ...]]) -> None:
    """Swap the mapping issues of these records; rows follow the columns of the table."""
    bulk.execute_in(tx, "DELETE FROM mapping_issue WHERE record_id IN :values", record_ids)
    columns = ("record_id", "ordinal", "connection", "entity", "field", "column", "value", "code", "reason")
    bulk.insert(tx, tables.mapping_issue, columns, rows)


def quality(tx: Tx) -> list[tuple[str, str, int]]:
    """Connection, issue code and how many of its records carry at least one such issue."""
    sql = text("SELECT connection, code, count(DISTINCT record_id) FROM mapping_issue GROUP BY connection, code")
    return sorted((row[0], row[1], row[2]) for row in tx.execute(sql))


def record_counts(tx: Tx) -> dict[str, int]:
    """Stored source records by connection."""
    sql = text("SELECT connection, count(*) FROM source_record GROUP BY connection")
    return {row[0]: row[1] for row in tx.execute(sql)}
