"""Who works on something now: a number that grows with every holder, so that a late one is told apart. No policy."""

from __future__ import annotations

from sqlalchemy import text

from concilia.errors import RunMustStop
from concilia.store.unit_of_work import Tx


def take(tx: Tx, name: str, *, holder: str, at: str) -> int:
    """Become the holder: the new token. Whoever held an older one can store nothing any more."""
    sql = text(
        "INSERT INTO fence (name, token, holder, taken_at, seen_at) VALUES (:name, 1, :holder, :at, :at) "
        "ON CONFLICT (name) DO UPDATE SET token = fence.token + 1, holder = :holder, taken_at = :at, seen_at = :at "
        "RETURNING token"
    )
    return int(tx.execute(sql, {"name": name, "holder": holder, "at": at}).scalar_one())


def keep(tx: Tx, name: str, *, token: int, at: str) -> None:
    """Make sure, until this transaction ends, that the token is the newest; RunMustStop when it is not."""
    sql = text("UPDATE fence SET seen_at = :at WHERE name = :name AND token = :token")
    if tx.execute(sql, {"name": name, "token": token, "at": at}).rowcount != 1:
        raise RunMustStop(f"Another process has taken over {name}.", mend="Nothing: it goes on from what is stored.")
