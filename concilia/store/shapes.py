"""What the columns of a stream looked like when it was read, and where a run found them otherwise. No policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class DriftRow:
    """A column of a stream that a run found otherwise than before: in `records` records `of` those looked at."""

    run_id: int
    connection: str
    stream: str
    column: str
    kind: str
    before: str
    now: str
    records: int
    of: int


_SHAPE = ("connection", "stream", "basis", "body", "seen_at")
_DRIFT = tuple(DriftRow.__dataclass_fields__)
_DRIFT_KEY = _DRIFT[:5]
_DRIFT_NAMES = ", ".join(f'"{name}"' for name in _DRIFT)  # `column` and `of` are words of SQL


def kept(tx: Tx, connection: str, *, stream: str, basis: str) -> str | None:
    """The shape kept of a stream; None when there is none, or it was taken under another mapping or setting."""
    sql = text("SELECT body FROM stream_shape WHERE connection = :connection AND stream = :stream AND basis = :basis")
    found: str | None = tx.execute(sql, {"connection": connection, "stream": stream, "basis": basis}).scalar()
    return found


def keep(tx: Tx, stream: tuple[str, str], body: str, *, basis: str, at: str) -> None:
    """Keep the shape of a stream, named with its connection, instead of the one before."""
    bulk.upsert(tx, tables.stream_shape, _SHAPE, [(*stream, basis, body, at)], key=_SHAPE[:2])


def note(tx: Tx, rows: Sequence[DriftRow]) -> None:
    """Keep what a run found; told again, the later counts stand."""
    values = [tuple(getattr(row, name) for name in _DRIFT) for row in rows]
    bulk.upsert(tx, tables.drift, _DRIFT, values, key=_DRIFT_KEY)


def of_run(tx: Tx, run_id: int) -> list[DriftRow]:
    """What a run found, by stream and column."""
    sql = text(f'SELECT {_DRIFT_NAMES} FROM drift WHERE run_id = :run ORDER BY connection, stream, "column", kind')
    return [DriftRow(*row) for row in tx.execute(sql, {"run": run_id})]
