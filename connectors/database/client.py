"""Sessions that can only read: one connection, one snapshot, bounded statements. Knows no streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from connectors.database.dialects import MYSQL, POSTGRESQL, SQLSERVER
from connectors.database.engines import engine_of
from connectors.database.faults import translated
from connectors.database.settings import Account

# Whether the database lets a transaction have a snapshot of its own; 1: it does.
_SNAPSHOTS_ALLOWED = "SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()"


class ReadOnlyDatabase:
    """Opens read-only sessions on one database. Holds no connection between them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._engine = engine_of(account)

    @contextmanager
    def session(self) -> Iterator[sa.Connection]:
        """A connection inside one read-only transaction with one snapshot; rolled back at the end."""
        account = self._account
        options: dict[str, Any] = {}
        if account.dialect is POSTGRESQL:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with translated(account):
            connection = self._engine.connect().execution_options(**options)
        with connection:
            with translated(account):
                self._begin(connection)
            whole = False
            try:
                yield connection
                whole = True
            finally:
                if not whole:
                    connection.invalidate()  # left in the middle: rows may still be on their way

    def _begin(self, connection: sa.Connection) -> None:
        seconds = self._account.statement_timeout.total_seconds()
        milliseconds = max(1, round(seconds * 1000))
        if self._account.is_sqlite:
            connection.exec_driver_sql("BEGIN")
        elif self._account.dialect is POSTGRESQL:
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
            connection.exec_driver_sql("SET LOCAL TimeZone = 'UTC'")
        elif self._account.dialect is MYSQL:
            connection.exec_driver_sql("SET time_zone = '+00:00'")
            connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        elif self._account.dialect is SQLSERVER:
            allowed = connection.exec_driver_sql(_SNAPSHOTS_ALLOWED).scalar() == 1
            level = "SNAPSHOT" if allowed else "READ COMMITTED"
            connection.exec_driver_sql(f"SET LOCK_TIMEOUT {milliseconds}")
            connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {level}")
            connection.exec_driver_sql("BEGIN TRANSACTION")

    def close(self) -> None:
        """Let go of everything."""
        self._engine.dispose()


@contextmanager
def streamed(
    connection: sa.Connection, statement: sa.Select[Any], *, account: Account, what: str
) -> Iterator[sa.CursorResult[Any]]:
    """The rows of a statement, sent while they are fetched. Those that nobody fetched are not waited for at the end."""
    with translated(account, what=what):
        result = connection.execute(statement, execution_options={"yield_per": account.page_size})
    try:
        yield result
    finally:
        unread = getattr(result.cursor, "_result", None)
        if account.dialect is MYSQL and unread is not None:
            unread.unbuffered_active = False  # PyMySQL would read all that is still to come before it lets go
        result.close()
