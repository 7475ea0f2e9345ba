"""Sessions that can only read: one connection, one snapshot, bounded statements. Knows no streams."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import sqlalchemy as sa
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from sqlalchemy.pool import NullPool

from connectors.database.faults import translated
from connectors.database.settings import Account

_CONNECT_SECONDS = 10
_LOCK_SECONDS = 10.0  # how long SQLite waits for a writer
_STEPS_BETWEEN_LOOKS = 10_000  # virtual machine steps of SQLite between two looks at the deadline


class ReadOnlyDatabase:
    """Opens read-only sessions on one database. Holds no connection between them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._engine = _sqlite_engine(account) if account.is_sqlite else _postgres_engine(account)

    @contextmanager
    def session(self) -> Iterator[sa.Connection]:
        """A connection inside one read-only transaction with one snapshot; rolled back at the end."""
        account = self._account
        options: dict[str, Any] = {}
        if not account.is_sqlite:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with translated(account):
            connection = self._engine.connect().execution_options(**options)
        with connection:
            with translated(account):
                self._begin(connection)
            yield connection

    def _begin(self, connection: sa.Connection) -> None:
        if self._account.is_sqlite:
            connection.exec_driver_sql("BEGIN")
            return
        milliseconds = max(1, round(self._account.statement_timeout.total_seconds() * 1000))
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
        connection.exec_driver_sql("SET LOCAL TimeZone = 'UTC'")

    def close(self) -> None:
        """Let go of everything."""
        self._engine.dispose()


def _postgres_engine(account: Account) -> sa.Engine:
    engine = sa.create_engine(
        account.url,
        poolclass=NullPool,
        hide_parameters=True,  # rows hold personal data, and errors are logged
        connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": "concilia", "client_encoding": "utf8"},
    )
    sa.event.listen(engine, "connect", _teach_infinity)
    return engine


def _teach_infinity(connection: psycopg.Connection[Any], _: Any) -> None:
    connection.adapters.register_loader("date", _AnyDate)
    connection.adapters.register_loader("timestamp", _AnyTimestamp)
    connection.adapters.register_loader("timestamptz", _AnyTimestamptz)


# PostgreSQL knows 'infinity', BC and years beyond 9999; Python does not. Such a value is handed over as its text:
# one of them must not end the read of a table.


class _AnyDate(DateLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


class _AnyTimestamp(TimestampLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


class _AnyTimestamptz(TimestamptzLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


def _sqlite_engine(account: Account) -> sa.Engine:
    limit = account.statement_timeout.total_seconds()

    def opened() -> sqlite3.Connection:
        address = f"file:{quote(str(Path(str(account.url.database)).absolute()))}?mode=ro"
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False, timeout=min(limit, _LOCK_SECONDS)
        )
        # bytes that are not UTF-8 become surrogates: the row is bad, not the read
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        connection.execute("PRAGMA query_only = ON")
        return connection

    engine = sa.create_engine("sqlite+pysqlite://", creator=opened, poolclass=NullPool, hide_parameters=True)

    @sa.event.listens_for(engine, "before_cursor_execute")
    def bounded(connection: sa.Connection, *_: Any) -> None:
        bound_sqlite(connection, seconds=limit)

    return engine


def bound_sqlite(connection: sa.Connection, *, seconds: float) -> None:
    """Interrupt this SQLite connection when it works longer than that from now on; no-op elsewhere."""
    raw = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        deadline = time.monotonic() + seconds
        raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
