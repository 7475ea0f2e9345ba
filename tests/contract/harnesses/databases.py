"""Databases as peers of the conformance suite: the same table, edited by an administrator's own connection."""

from __future__ import annotations

import itertools
import os
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from concilia.vault import Secret
from connectors.contract import StreamRequest
from connectors.database import connect
from connectors.testing import Harness, Network, Reading, Signing

PASSWORD = "clave-de-prueba-canario"
Key = tuple[str, ...]


@dataclass
class Desk:
    """What an administrator does to the table `clientes`: `run` gives a statement to a connection of his own."""

    run: Callable[..., list[Any]]
    mark: str  # how the driver writes a parameter
    as_stamp: Callable[[datetime], Any] = lambda moment: moment
    transaction: Callable[[], AbstractContextManager[Callable[..., list[Any]]]] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def keys(self) -> set[Key]:
        """All rows."""
        return {(str(row[0]),) for row in self.run("SELECT id FROM clientes")}

    def insert(self, count: int, at: datetime | None) -> list[Key]:
        """New rows, those with a stamp in one transaction."""
        return [self.put(self.run, at=at) for _ in range(count)]

    def insert_text(self, text: str) -> tuple[Key, str]:
        """A row with that name."""
        return self.put(self.run, name=text), "nombre"

    def put(self, run: Callable[..., list[Any]], *, at: datetime | None = None, name: str = "Peñaloza Ñ") -> Key:
        """One row."""
        key = f"{next(self.numbers):06d}-{uuid.uuid4().hex[:6]}"
        stamp = self.as_stamp(at or datetime.now(UTC))
        run(
            f"INSERT INTO clientes (id, nombre, monto, upd) VALUES ({', '.join([self.mark] * 4)})", key, name, 10, stamp
        )
        return (key,)

    def update(self, key: Key) -> None:
        """Another amount, stamped now."""
        self.run(
            f"UPDATE clientes SET monto = monto + 1, upd = {self.mark} WHERE id = {self.mark}",
            self.as_stamp(datetime.now(UTC)),
            key[0],
        )

    def delete(self, key: Key) -> None:
        """Gone."""
        self.run(f"DELETE FROM clientes WHERE id = {self.mark}", key[0])

    @contextmanager
    def late(self) -> Iterator[Key]:
        """A row in a transaction that commits at the end."""
        assert self.transaction is not None
        with self.transaction() as run:
            yield self.put(run)

    @contextmanager
    def vanished(self) -> Iterator[str]:
        """The column `nota` is renamed for a while."""
        self.run("ALTER TABLE clientes RENAME COLUMN nota TO otra")
        try:
            yield "nota"
        finally:
            self.run("ALTER TABLE clientes RENAME COLUMN otra TO nota")


def reading_of(desk: Desk, request: StreamRequest, **more: Any) -> Reading:
    """The table as the stream of the suite."""
    given: dict[str, Any] = {
        "keys": desk.keys,
        "insert": desk.insert,
        "update": desk.update,
        "delete": desk.delete,
        "insert_text": desk.insert_text,
        "now": lambda: datetime.now(UTC),
        "late": desk.late if desk.transaction else "no transaction can be held open while others write to the file",
        "drifts": {"vanished": desk.vanished, **more.pop("drifts", {})},
        **more,
    }
    return Reading(stream=request, page_size=40, small_pages={"page_size": 40}, **given)


def request(**more: Any) -> StreamRequest:
    """The stream, by its stamp unless said otherwise."""
    how = {"cursor": "upd", **more.pop("how", {})}
    return StreamRequest("clientes", key=("id",), cursor=how["cursor"], options={"table": "clientes", **more})


@contextmanager
def sqlite(folder: Path, stream: StreamRequest | None = None) -> Iterator[Harness]:
    """A file of SQLite."""
    with closing(sqlite3.connect(folder / "erp.db", isolation_level=None, check_same_thread=False)) as admin:
        admin.execute("PRAGMA synchronous = OFF")
        admin.execute("PRAGMA journal_mode = WAL")
        admin.execute("CREATE TABLE clientes (id TEXT PRIMARY KEY, nombre TEXT, monto INTEGER, upd TEXT, nota TEXT)")
        desk = Desk(
            run=lambda sql, *given: admin.execute(sql, given).fetchall(),
            mark="?",
            as_stamp=lambda moment: moment.isoformat(timespec="microseconds"),
        )
        yield Harness(
            name="erp",
            connect=connect,
            settings={"url": "sqlite:///erp.db"},
            folder=str(folder),
            reading=reading_of(
                desk,
                stream or request(columns=["id", "nombre", "monto", "upd", "nota"]),
                drifts={"retyped": "a column of SQLite holds values of any type"},
            ),
            signing=Signing(
                wrong="a file has no credentials",
                unreachable={"url": "sqlite:///nowhere/erp.db"},
                forbidden="whoever runs these tests may read every file",
            ),
            network="a file has no network",
            tested_against=f"SQLite {sqlite3.sqlite_version}",
        )


@contextmanager
def postgresql(uri: str, folder: Path, stream: StreamRequest | None = None) -> Iterator[Harness]:
    """A schema of a PostgreSQL server, read by a role of its own."""
    import psycopg

    with psycopg.connect(uri, autocommit=True) as admin:
        name = admin.info.dbname
        role = f"lector_{uuid.uuid4().hex[:8]}"
        admin.execute("CREATE TABLE clientes (id text PRIMARY KEY, nombre text, monto int, upd timestamptz, nota text)")
        admin.execute("CREATE TABLE privado (id text PRIMARY KEY)")
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        admin.execute(f"GRANT SELECT ON clientes TO {role}")

        @contextmanager
        def transaction() -> Iterator[Callable[..., list[Any]]]:
            with psycopg.connect(uri) as other:
                yield lambda sql, *given: _fetched(other.execute(sql, given))

        @contextmanager
        def retyped() -> Iterator[str]:
            admin.execute("ALTER TABLE clientes ALTER nota TYPE int USING 7")
            try:
                yield "nota"
            finally:
                admin.execute("ALTER TABLE clientes ALTER nota TYPE text USING NULL")

        desk = Desk(run=lambda sql, *given: _fetched(admin.execute(sql, given)), mark="%s", transaction=transaction)
        yield Harness(
            name="erp",
            connect=connect,
            settings={"url": uri, "username": role, "password": Secret(PASSWORD)},
            folder=str(folder),
            reading=reading_of(
                desk,
                stream or request(columns=["id", "nombre", "monto", "upd", "nota"]),
                drifts={"retyped": retyped},
            ),
            signing=Signing(
                wrong="the server of these tests trusts whoever comes by its socket; see its integration tests",
                unreachable={"url": "postgresql://127.0.0.1:9/erp"},
                forbidden={"schema": "pg_catalog"},
                permission="clientes",
            ),
            network=Network(
                address=f"unix:{parse_qs(urlsplit(uri).query)['host'][0]}/.s.PGSQL.5432",
                through=lambda line: {"url": f"postgresql://{line}/{name}?sslmode=disable"},
            ),
            tested_against=f"PostgreSQL {admin.info.server_version // 10000}",
        )


@contextmanager
def mariadb(port: int, folder: Path, stream: StreamRequest | None = None) -> Iterator[Harness]:
    """A database of a MariaDB server, read by an account of its own."""
    import pymysql

    name = f"erp_{uuid.uuid4().hex[:8]}"
    base = {"host": "127.0.0.1", "port": port, "user": "root", "charset": "utf8mb4"}
    with closing(pymysql.connect(**base, autocommit=True)) as admin:

        def on(connection: Any) -> Callable[..., list[Any]]:
            def run(sql: str, *given: Any) -> list[Any]:
                with connection.cursor() as cursor:
                    cursor.execute(sql, given)
                    return list(cursor.fetchall())

            return run

        @contextmanager
        def transaction() -> Iterator[Callable[..., list[Any]]]:
            with closing(pymysql.connect(**base, database=name)) as other:
                yield on(other)
                other.commit()

        run = on(admin)
        for statement in (
            f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            f"USE {name}",
            "CREATE TABLE clientes (id varchar(40) PRIMARY KEY, nombre text, monto int, upd timestamp(6), nota text)",
            f"CREATE USER {name}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
            f"CREATE USER {name}_x@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT SELECT ON {name}.clientes TO {name}@'127.0.0.1'",
            "CREATE TABLE otra (id int PRIMARY KEY)",
            f"GRANT SELECT ON {name}.otra TO {name}_x@'127.0.0.1'",
            "SET time_zone = '+00:00'",
        ):
            run(statement)

        @contextmanager
        def retyped() -> Iterator[str]:
            run("ALTER TABLE clientes MODIFY nota int")
            run("UPDATE clientes SET nota = 7")
            try:
                yield "nota"
            finally:
                run("ALTER TABLE clientes MODIFY nota text")

        desk = Desk(run=run, mark="%s", as_stamp=lambda moment: moment.replace(tzinfo=None), transaction=transaction)
        yield Harness(
            name="erp",
            connect=connect,
            settings={"url": f"mysql://127.0.0.1:{port}/{name}", "username": name, "password": Secret(PASSWORD)},
            folder=str(folder),
            reading=reading_of(
                desk,
                stream or request(columns=["id", "nombre", "monto", "upd", "nota"]),
                drifts={"retyped": retyped},
            ),
            signing=Signing(
                wrong={"password": Secret("clave-equivocada")},
                unreachable={"url": "mysql://127.0.0.1:9/erp"},
                forbidden={"username": f"{name}_x"},
                permission="clientes",
            ),
            network=Network(address=f"tcp://127.0.0.1:{port}", through=lambda line: {"url": f"mysql://{line}/{name}"}),
            tested_against=f"MariaDB {run('SELECT VERSION()')[0][0]}",
        )


def _fetched(cursor: Any) -> list[Any]:
    return cursor.fetchall() if cursor.description else []


def in_ci() -> bool:
    """Whether a missing server is a failure and no reason to skip."""
    return bool(os.environ.get("CI"))
