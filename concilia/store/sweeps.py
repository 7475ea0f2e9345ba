"""Key sweeps, the records they did not see, and where the breaker asks a person. No policy, no commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

COMPLETE, INCOMPLETE, STOPPED = "complete", "incomplete", "stopped"
OPEN, ALLOWED, USED, OVER = "open", "allowed", "used", "over"
_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One listing of all keys of a stream: `complete` is a proof, anything else is none."""

    id: int
    connection: str
    stream: str
    run_id: int
    status: str
    reason: str
    listed: int
    absent: int
    evidence: str
    at: str


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """A record that complete sweeps did not see; `missing_since` from the second sighting on."""

    record_id: int
    connection: str
    stream: str
    sightings: int
    sweep_id: int
    first_seen: str
    missing_since: str | None = None


@dataclass(frozen=True, slots=True)
class TripRow:
    """Where the breaker stopped a stream: how many records of how many, and how many pass unasked."""

    id: int
    run_id: int
    connection: str
    stream: str
    kind: str
    found: int
    known: int
    allowance: int
    status: str
    at: str
    decided_by: str | None = None
    decided_at: str | None = None


_SWEEP = tuple(SweepRow.__dataclass_fields__)
_ABSENCE = tuple(AbsenceRow.__dataclass_fields__)
_TRIP = tuple(TripRow.__dataclass_fields__)
_TRIP_NAMES = ", ".join(_TRIP)


def add(tx: Tx, row: SweepRow) -> int:
    """Keep how a sweep went under a fresh id."""
    number = bulk.reserve(tx, "key_sweep", 1)
    bulk.insert(tx, tables.key_sweep, _SWEEP, [(number, *(getattr(row, n) for n in _SWEEP[1:]))])
    return number


def last(tx: Tx, connection: str, *, stream: str) -> SweepRow | None:
    """The last complete sweep of a stream."""
    sql = text(
        f"SELECT {', '.join(_SWEEP)} FROM key_sweep WHERE connection = :connection AND stream = :stream "
        "AND status = 'complete' ORDER BY id DESC LIMIT 1"
    )
    row = tx.execute(sql, {"connection": connection, "stream": stream}).first()
    return None if row is None else SweepRow(*row)


def first_read(tx: Tx, connection: str, *, stream: str, before: int) -> str | None:
    """When a run before that one first read the stream; None when none did."""
    sql = text(
        "SELECT started_at FROM run WHERE id = (SELECT min(run_id) FROM run_stream WHERE connection = :connection "
        "AND stream = :stream AND run_id < :before AND status = 'done')"
    )
    values = {"connection": connection, "stream": stream, "before": before}
    found: str | None = tx.execute(sql, values).scalar()
    return found


def known_keys(tx: Tx, connection: str, *, stream: str) -> Iterator[list[tuple[int, str]]]:
    """Record ids and keys of a stream, page by page in order of key."""
    after = ""
    sql = text(
        "SELECT id, key FROM source_record WHERE connection = :connection AND stream = :stream AND key > :after "
        "ORDER BY key LIMIT :limit"
    )
    while True:
        values = {"connection": connection, "stream": stream, "after": after, "limit": _PAGE}
        page = [(row[0], row[1]) for row in tx.execute(sql, values)]
        if not page:
            return
        yield page
        after = page[-1][1]


def absences(tx: Tx, connection: str, *, stream: str) -> dict[int, AbsenceRow]:
    """The records of a stream that the last complete sweep did not see, by id."""
    sql = text(f"SELECT {', '.join(_ABSENCE)} FROM absence WHERE connection = :connection AND stream = :stream")
    rows = tx.execute(sql, {"connection": connection, "stream": stream})
    return {row[0]: AbsenceRow(*row) for row in rows}


def store_absences(tx: Tx, rows: Sequence[AbsenceRow]) -> None:
    """Insert or overwrite absences."""
    values = [tuple(getattr(row, n) for n in _ABSENCE) for row in rows]
    bulk.upsert(tx, tables.absence, _ABSENCE, values, key=("record_id",))


def forget_absences(tx: Tx, record_ids: Iterable[int]) -> None:
    """These records were seen again."""
    bulk.execute_in(tx, "DELETE FROM absence WHERE record_id IN :values", record_ids)


def set_missing(tx: Tx, record_ids: Iterable[int], *, since: str | None) -> list[str]:
    """Mark what these records state of debts as missing, or with None as stated again; the debts concerned."""
    ids = list(record_ids)
    bulk.execute_in(tx, "UPDATE source_debt SET missing_since = :since WHERE record_id IN :values", ids, since=since)
    sql = "SELECT DISTINCT debt_id FROM source_debt WHERE debt_id IS NOT NULL AND record_id IN :values"
    return sorted({row[0] for row in bulk.select_in(tx, sql, ids)})


def count_records(tx: Tx, connection: str, *, stream: str) -> int:
    """How many records of a stream the hub holds."""
    sql = text("SELECT count(*) FROM source_record WHERE connection = :connection AND stream = :stream")
    return int(tx.execute(sql, {"connection": connection, "stream": stream}).scalar_one())


def trip(tx: Tx, row: TripRow) -> None:
    """Ask a person about a stream; what was asked about it before and not answered is over."""
    end_trips(tx, (row.connection, row.stream), kind=row.kind, of=OPEN, status=OVER)
    number = bulk.reserve(tx, "breaker_trip", 1)
    bulk.insert(tx, tables.breaker_trip, _TRIP, [(number, *(getattr(row, n) for n in _TRIP[1:]))])


def trips(tx: Tx, connection: str, *, stream: str, kind: str, status: str) -> list[TripRow]:
    """What was asked about a stream, newest first."""
    sql = text(
        f"SELECT {_TRIP_NAMES} FROM breaker_trip WHERE connection = :connection AND stream = :stream "
        "AND kind = :kind AND status = :status ORDER BY id DESC"
    )
    values = {"connection": connection, "stream": stream, "kind": kind, "status": status}
    return [TripRow(*row) for row in tx.execute(sql, values)]


def trips_of_run(tx: Tx, run_id: int) -> list[TripRow]:
    """What a run asked."""
    sql = text(f"SELECT {_TRIP_NAMES} FROM breaker_trip WHERE run_id = :run ORDER BY id")
    return [TripRow(*row) for row in tx.execute(sql, {"run": run_id})]


def end_trips(tx: Tx, stream: tuple[str, str], *, kind: str, of: str, status: str) -> None:
    """Move what was asked about a stream from one state to the next."""
    sql = text(
        "UPDATE breaker_trip SET status = :after WHERE connection = :connection AND stream = :stream "
        "AND kind = :kind AND status = :before"
    )
    values = {"connection": stream[0], "stream": stream[1], "kind": kind, "before": of, "after": status}
    tx.execute(sql, values)


def allow(tx: Tx, run_id: int, *, by: str, at: str) -> int:
    """Answer what a run asked with yes; how many questions that were."""
    sql = text(
        "UPDATE breaker_trip SET status = 'allowed', decided_by = :by, decided_at = :at "
        "WHERE run_id = :run AND status = 'open'"
    )
    return int(tx.execute(sql, {"run": run_id, "by": by, "at": at}).rowcount)
