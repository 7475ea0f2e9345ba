"""Opens and closes one transaction. The only commit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from concilia.errors import RetryLater, SystemUnreachable
from concilia.store.engine import READ_ONLY, open_engine, shown_url

Tx = Connection


class Store:
    """A database that gives transactions; it has no behaviour of its own."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_engine(url)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """A writing transaction: committed at the end, rolled back when anything is raised."""
        with self._connected() as connection, connection.begin():
            yield connection

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A reading transaction with one consistent view."""
        with self._connected() as connection:
            options = {READ_ONLY: True}
            if connection.dialect.name == "postgresql":
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}  # type: ignore[dict-item]
            quiet = connection.execution_options(**options)
            with quiet.begin():
                yield quiet

    def close(self) -> None:
        """Close pooled connections."""
        self.engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            connection = self.engine.connect()
        except PoolTimeout as fault:
            raise RetryLater(
                "The hub is busy: all its database connections are in use.", after=timedelta(seconds=5)
            ) from fault
        except (OperationalError, DBAPIError) as fault:
            where = shown_url(self.engine)
            raise SystemUnreachable(
                f"The hub's own database {where} cannot be opened ({fault.orig}).".replace("\n", " "),
                mend="Check CONCILIA_DATABASE_URL, and that the server is running.",
                system="store",
            ) from fault
        with connection:
            yield connection
