"""When each connection was last read well, and how many of its records the hub holds. No policy, no commit."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from concilia.store.unit_of_work import Tx

RECENT = "(SELECT coalesce(max(id), 0) - 500 FROM run)"  # older runs say nothing about freshness


@dataclass(frozen=True, slots=True)
class LastRead:
    """The last run that read every stream of a connection, and the last that tried."""

    connection: str
    run_id: int | None  # None: no run ever read it well
    finished_at: str | None
    tried_run_id: int
    tried_at: str


def last_reads(tx: Tx) -> dict[str, LastRead]:
    """By connection; one that none of the last 500 runs tried is left out."""
    tried = text(
        "SELECT s.connection, max(s.run_id), max(CASE WHEN w.well = 1 THEN s.run_id END) FROM run_stream s "
        "JOIN (SELECT connection, run_id, min(CASE WHEN status = 'done' THEN 1 ELSE 0 END) AS well "
        f"FROM run_stream WHERE run_id > {RECENT} GROUP BY connection, run_id) AS w "
        "ON w.connection = s.connection AND w.run_id = s.run_id "
        f"WHERE s.run_id > {RECENT} GROUP BY s.connection ORDER BY s.connection"
    )
    rows = tx.execute(tried).all()
    wanted = {number for row in rows for number in row[1:] if number is not None}
    # Few connections, few runs: the numbers are ours, so they can stand in the statement.
    listed = ", ".join(str(int(number)) for number in sorted(wanted)) or "0"
    times = {
        row[0]: (row[1], row[2])
        for row in tx.execute(text(f"SELECT id, started_at, finished_at FROM run WHERE id IN ({listed})"))
    }
    return {
        row[0]: LastRead(row[0], row[2], times[row[2]][1] if row[2] else None, row[1], times[row[1]][0]) for row in rows
    }
