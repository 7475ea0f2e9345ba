"""What is left of each credential's budget, shared by all processes. One row each; no policy, no commit."""

from __future__ import annotations

from sqlalchemy import text

from concilia.budget import Bucket
from concilia.clock import from_text, to_text
from concilia.store import bulk, locks, tables
from concilia.store.unit_of_work import Tx

_COLUMNS = ("credential", "level", "filled_at", "not_before")


def load(tx: Tx, credential: str) -> Bucket | None:
    """The bucket of a credential, to be changed in this transaction: others wait. None when nobody used it yet."""
    locks.in_turn(tx, f"budget {credential}")
    return peek(tx, credential)


def peek(tx: Tx, credential: str) -> Bucket | None:
    """The bucket of a credential as it is now."""
    sql = text("SELECT level, filled_at, not_before FROM budget WHERE credential = :credential")
    row = tx.execute(sql, {"credential": credential}).first()
    if row is None:
        return None
    return Bucket(float(row[0]), from_text(row[1]), None if row[2] is None else from_text(row[2]))


def store(tx: Tx, credential: str, bucket: Bucket) -> None:
    """Keep the bucket."""
    quiet = None if bucket.not_before is None else to_text(bucket.not_before)
    row = (credential, bucket.level, to_text(bucket.filled_at), quiet)
    bulk.upsert(tx, tables.budget, _COLUMNS, [row], key=("credential",))
