"""Engine, pragmas and connection policy per dialect. No tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError

from concilia.errors import ConfigurationInvalid

READ_ONLY = "concilia_read_only"
_MEND = "Use postgresql://user:password@host/database, or leave it unset for SQLite."


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql://…`; nothing is connected yet."""
    if url.startswith("sqlite:"):
        return _sqlite(url)
    if url.startswith(("postgresql:", "postgresql+psycopg:", "postgres:")):
        return _postgresql("postgresql+psycopg:" + url.split(":", 1)[1])
    scheme = url.partition(":")[0] if ":" in url else ""
    shown = scheme if scheme.isascii() and len(scheme) < 20 else "without a name"
    raise ConfigurationInvalid(f"CONCILIA_DATABASE_URL names the unknown database {shown!r}.", mend=_MEND)


def sqlite_url(folder: Path) -> str:
    """The embedded database of a workspace folder."""
    return f"sqlite:///{folder / '.concilia' / 'hub.db'}"


def shown_url(engine: Engine) -> str:
    """The engine's address for people: no password, wherever the address carries it."""
    return engine.url.set(query={}).render_as_string(hide_password=True)


def _postgresql(url: str) -> Engine:
    try:
        found = make_url(url)
        # Bound values are personal data: they stay out of every error text.
        return create_engine(found, pool_size=5, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, ValueError) as fault:  # SQLAlchemy raises a bare ValueError for a port that is no number
        raise ConfigurationInvalid("CONCILIA_DATABASE_URL cannot be read.", mend=_MEND) from fault


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": 60, "check_same_thread": False, "cached_statements": 1024}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # We emit BEGIN ourselves: the driver's own habit starts transactions too late for a writer.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # An intent must survive a power cut before its call is made, so every commit reaches the disk.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA cache_size=-32000")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA journal_size_limit=67108864")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
