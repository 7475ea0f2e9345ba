"""Locks between processes that vanish with their holder: a killed process never leaves one behind."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text

from concilia.store.round_trips import Statement
from concilia.store.unit_of_work import Store, Tx


@contextmanager
def hold(store: Store, name: str) -> Iterator[bool]:
    """Hold the lock of that name; False when another process holds it now."""
    if store.engine.dialect.name == "postgresql":
        with _advisory(store, name) as mine:
            yield mine
        return
    folder = Path(store.engine.url.database or "hub.db").parent / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


@contextmanager
def _advisory(store: Store, name: str) -> Iterator[bool]:
    number = _number(name)
    # A connection of its own, outside the pool: a run holds one lock for each of its connections while it works.
    engine = create_engine(store.engine.url, poolclass=NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = bool(connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar_one())
        try:
            yield mine
        finally:
            if mine:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})


def in_turn(tx: Tx, name: str) -> None:
    """Make transactions that take the same name follow one another. SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _number(name)})


def turns(tx: Tx, names: Sequence[str]) -> list[Statement]:
    """What makes `in_turn` true of these names, one after another, for a round trip that has more to do."""
    if tx.dialect.name != "postgresql":
        return []
    return [Statement("SELECT pg_advisory_xact_lock(CAST(:n AS bigint))", {"n": _number(name)}) for name in names]


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
