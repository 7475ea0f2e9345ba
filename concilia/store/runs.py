"""Runs and the disposition of every record read. No policy, no commit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from concilia.store import bulk
from concilia.store.unit_of_work import Tx

DISPOSITIONS = ("applied", "unchanged", "rejected", "quarantined", "blocked", "conflict")
RUNNING, DONE, PARTLY, FAILED, ABANDONED = "running", "done", "partly_failed", "failed", "abandoned"


@dataclass(frozen=True, slots=True)
class StreamCounts:
    """What became of the records read from one stream in one run."""

    connection: str
    stream: str
    read: int = 0
    applied: int = 0
    unchanged: int = 0
    rejected: int = 0
    quarantined: int = 0
    blocked: int = 0
    conflict: int = 0
    status: str = RUNNING
    error: str | None = None

    @property
    def adds_up(self) -> bool:
        """Whether every record read has exactly one disposition."""
        return self.read == sum(int(getattr(self, name)) for name in DISPOSITIONS)


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run with its streams."""

    id: int
    kind: str
    status: str
    started_at: str
    finished_at: str | None
    body: Mapping[str, Any]
    streams: tuple[StreamCounts, ...] = field(default=())
    schedule: str | None = None  # whose firing it is, and when that was due
    due_at: str | None = None


def start(tx: Tx, kind: str, *, at: str, schedule: str | None = None, due_at: str | None = None) -> int:
    """Open a run. Runs left open by a killed process are marked as abandoned by `abandon`."""
    run_id = bulk.reserve(tx, "run", 1)
    sql = text(
        "INSERT INTO run (id, kind, status, started_at, body, schedule, due_at) "
        "VALUES (:id, :kind, 'running', :at, '{}', :schedule, :due)"
    )
    tx.execute(sql, {"id": run_id, "kind": kind, "at": at, "schedule": schedule, "due": due_at})
    return run_id


def resume(tx: Tx, run_id: int) -> None:
    """Go on with a run whose process is gone; streams that it read to their end stay as they are."""
    tx.execute(text("UPDATE run SET status = 'running', finished_at = NULL WHERE id = :id"), {"id": run_id})
    sql = text("UPDATE run_stream SET status = 'running', error = NULL WHERE run_id = :id AND status <> 'done'")
    tx.execute(sql, {"id": run_id})


def finish(tx: Tx, run_id: int, *, status: str, body: Mapping[str, Any], at: str) -> None:
    """Close a run with what it did."""
    sql = text("UPDATE run SET status = :status, body = :body, finished_at = :at WHERE id = :id")
    tx.execute(sql, {"id": run_id, "status": status, "body": json.dumps(body), "at": at})


def abandon(tx: Tx, run_ids: list[int], *, at: str) -> None:
    """Mark runs whose process is gone."""
    sql = "UPDATE run SET status = 'abandoned', finished_at = :at WHERE status = 'running' AND id IN :values"
    bulk.execute_in(tx, sql, run_ids, at=at)
    bulk.execute_in(
        tx, "UPDATE run_stream SET status = 'abandoned' WHERE status = 'running' AND run_id IN :values", run_ids
    )


def running(tx: Tx) -> list[RunRow]:
    """Runs that say they are running, whether their process lives or not."""
    ids = [row[0] for row in tx.execute(text("SELECT id FROM run WHERE status = 'running'"))]
    return [get(tx, run_id) for run_id in ids]


def same_reading(tx: Tx, run_id: int, *, connection: str, stream: str) -> frozenset[int]:
    """The run and the killed runs it goes on with: those abandoned since the stream was last read to its end."""
    sql = text(
        "SELECT run_id FROM run_stream WHERE connection = :connection AND stream = :stream AND status = 'abandoned' "
        "AND run_id > (SELECT coalesce(max(run_id), 0) FROM run_stream WHERE connection = :connection "
        "AND stream = :stream AND status = 'done')"
    )
    rows = tx.execute(sql, {"connection": connection, "stream": stream})
    return frozenset({run_id, *(row[0] for row in rows)})


def open_stream(tx: Tx, run_id: int, *, connection: str, stream: str) -> None:
    """Begin counting a stream."""
    sql = text(
        "INSERT INTO run_stream (run_id, connection, stream, status) VALUES (:run_id, :connection, :stream, 'running') "
        "ON CONFLICT (run_id, connection, stream) DO NOTHING"
    )
    tx.execute(sql, {"run_id": run_id, "connection": connection, "stream": stream})


def count(tx: Tx, run_id: int, *, connection: str, stream: str, counts: Mapping[str, int]) -> None:
    """Add to a stream's counters, in the transaction that stored what is counted."""
    sets = ", ".join(f"{name} = {name} + :{name}" for name in counts)
    sql = text(f"UPDATE run_stream SET {sets} WHERE run_id = :run_id AND connection = :connection AND stream = :stream")
    tx.execute(sql, {**counts, "run_id": run_id, "connection": connection, "stream": stream})


def close_stream(tx: Tx, run_id: int, *, connection: str, stream: str, error: str | None = None) -> None:
    """Say how a stream ended."""
    sql = text(
        "UPDATE run_stream SET status = :status, error = :error "
        "WHERE run_id = :run_id AND connection = :connection AND stream = :stream"
    )
    status = DONE if error is None else FAILED
    tx.execute(sql, {"status": status, "error": error, "run_id": run_id, "connection": connection, "stream": stream})


def latest(tx: Tx, *, before: int | None = None, limit: int = 20) -> list[RunRow]:
    """Runs, newest first, with their streams."""
    sql = text(
        "SELECT id, kind, status, started_at, finished_at, body, schedule, due_at FROM run WHERE id < :before "
        "ORDER BY id DESC LIMIT :limit"
    )
    rows = tx.execute(sql, {"before": before or 2**62, "limit": limit}).all()
    streams = _streams(tx, [row[0] for row in rows])
    return [
        RunRow(
            row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), tuple(streams.get(row[0], ())), row[6], row[7]
        )
        for row in rows
    ]


def get(tx: Tx, run_id: int) -> RunRow:
    """One run; it must exist."""
    return latest(tx, before=run_id + 1, limit=1)[0]


def _streams(tx: Tx, run_ids: list[int]) -> dict[int, list[StreamCounts]]:
    names = ", ".join(StreamCounts.__dataclass_fields__)
    sql = f"SELECT run_id, {names} FROM run_stream WHERE run_id IN :values ORDER BY run_id, connection, stream"
    found: dict[int, list[StreamCounts]] = {}
    for row in bulk.select_in(tx, sql, run_ids):
        found.setdefault(row[0], []).append(StreamCounts(*row[1:]))
    return found
