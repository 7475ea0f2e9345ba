"""How far each partition of each stream was read: rows, moved in the transaction that stored the page."""

from __future__ import annotations

from sqlalchemy import text

from concilia.records import Bookmark
from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


def of_stream(tx: Tx, connection: str, *, stream: str) -> dict[str, Bookmark]:
    """The bookmarks of a stream by partition."""
    sql = text('SELECT "partition", cursor, tie FROM bookmark WHERE connection = :connection AND stream = :stream')
    rows = tx.execute(sql, {"connection": connection, "stream": stream})
    return {row[0]: Bookmark(row[0], row[1], row[2]) for row in rows}


def move(tx: Tx, stream: tuple[str, str], bookmark: Bookmark, *, run_id: int, at: str) -> None:
    """Set one bookmark of a stream, named with its connection."""
    columns = ("connection", "stream", "partition", "cursor", "tie", "moved_at", "run_id")
    row = (*stream, bookmark.partition, bookmark.cursor, bookmark.tie, at, run_id)
    bulk.upsert(tx, tables.bookmark, columns, [row], key=("connection", "stream", "partition"))


def forget(tx: Tx, connection: str, *, stream: str) -> None:
    """Read the stream from its beginning next time."""
    sql = text("DELETE FROM bookmark WHERE connection = :connection AND stream = :stream")
    tx.execute(sql, {"connection": connection, "stream": stream})
