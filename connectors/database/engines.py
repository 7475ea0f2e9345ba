"""How each kind of database is connected to: driver, time limits, values no other system has. No session, no query."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psycopg
import sqlalchemy as sa
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from sqlalchemy.pool import NullPool

from connectors.database.dialects import MYSQL, POSTGRESQL, SQLITE, SQLSERVER
from connectors.database.settings import Account

_CONNECT_SECONDS = 10
_LOCK_SECONDS = 10.0  # how long SQLite waits for a writer
_STEPS_BETWEEN_LOOKS = 10_000  # virtual machine steps of SQLite between two looks at the deadline


def engine_of(account: Account) -> sa.Engine:
    """The engine of an account. Connects when it is first asked to, and keeps no connection."""
    return _ENGINES[account.dialect.name](account)


def _mysql_engine(account: Account) -> sa.Engine:
    limit = account.statement_timeout.total_seconds()
    return sa.create_engine(
        account.url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "charset": "utf8mb4",
            "password": (account.url.password or "").encode(),  # PyMySQL would take a text for Latin-1
            # Rows are sent while they are fetched, so that a limit on the statement would be one on the whole pass:
            # instead, each wait for the server is bounded.
            "read_timeout": limit,
            "write_timeout": limit,
            "program_name": "concilia",
            **({"ssl_ca": account.ca_file, "ssl_verify_cert": True} if account.ca_file else {}),
        },
    )


def _sqlserver_engine(account: Account) -> sa.Engine:
    from connectors.database import sqlserver

    return sa.create_engine(
        account.url.set(drivername=f"mssql+{sqlserver.TdsDialect.driver}"),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={
            "login_timeout": _CONNECT_SECONDS,
            "disable_connect_retry": True,
            "timeout": account.statement_timeout.total_seconds(),
            **({"cafile": account.ca_file, "validate_host": True} if account.ca_file else {}),
        },
    )


def _postgres_engine(account: Account) -> sa.Engine:
    engine = sa.create_engine(
        account.url,
        poolclass=NullPool,
        hide_parameters=True,  # rows hold personal data, and errors are logged
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": "concilia",
            "client_encoding": "utf8",
            **({"sslmode": "verify-full", "sslrootcert": account.ca_file} if account.ca_file else {}),
        },
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


_ENGINES: Final[Mapping[str, Callable[[Account], sa.Engine]]] = {
    POSTGRESQL.name: _postgres_engine,
    MYSQL.name: _mysql_engine,
    SQLSERVER.name: _sqlserver_engine,
    SQLITE.name: _sqlite_engine,
}
