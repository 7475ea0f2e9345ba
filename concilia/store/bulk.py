"""Many rows at once through the driver: insert, upsert, select and delete by key lists. No policy.

SQLite takes executemany; PostgreSQL takes one statement with an array a column, which measures like COPY into a
stage table and merge but needs neither.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Double, LargeBinary, Table, TextClause, text
from sqlalchemy.exc import DBAPIError

from concilia.store.unit_of_work import Tx

Row = tuple[Any, ...]
_CHUNK = 512
_RESERVE = (
    "INSERT INTO counter (name, value) VALUES (:name, :count) "
    "ON CONFLICT (name) DO UPDATE SET value = counter.value + :count RETURNING value"
)
_ARRAYS = ((BigInteger, "bigint[]"), (Double, "float8[]"), (LargeBinary, "bytea[]"))


def insert(tx: Tx, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows whose keys are new."""
    _write(tx, table, columns=columns, rows=rows, suffix="")


def upsert(tx: Tx, table: Table, columns: Sequence[str], rows: Sequence[Row], *, key: Sequence[str]) -> None:
    """Insert rows, or overwrite the given columns where the key is known. Rows must have distinct keys."""
    changed = [c for c in columns if c not in key]
    action = "DO NOTHING" if not changed else "DO UPDATE SET " + ", ".join(f"{_q(c)}=excluded.{_q(c)}" for c in changed)
    suffix = f" ON CONFLICT ({', '.join(_q(c) for c in key)}) {action}"
    _write(tx, table, columns=columns, rows=rows, suffix=suffix)


def select_in(tx: Tx, sql: str, values: Iterable[Any], **parameters: Any) -> Iterator[Row]:
    """Rows of `sql`, in which `:values` stands for a list of keys, chunk by chunk."""
    for chunk in _chunks(values):
        yield from _run(tx, sql, chunk, parameters)


def execute_in(tx: Tx, sql: str, values: Iterable[Any], **parameters: Any) -> None:
    """Run `sql`, in which `:values` stands for a list of keys, chunk by chunk."""
    for chunk in _chunks(values):
        _run(tx, sql, chunk, parameters)


def reserve(tx: Tx, name: str, count: int) -> int:
    """The first of `count` consecutive numbers of a counter; gap-free, because it rolls back with the transaction."""
    found = one(tx, _RESERVE, name=name, count=count)
    return int(found[0]) - count + 1 if found else 0


def every(tx: Tx, sql: str, **parameters: Any) -> list[Row]:
    """All rows of a statement that is run often."""
    if tx.dialect.name == "postgresql":
        return [tuple(row) for row in tx.execute(_postgresql(sql), parameters)]
    return _embedded(tx, sql, parameters)


def one(tx: Tx, sql: str, **parameters: Any) -> Row | None:
    """The first row of a statement that is run often."""
    return next(iter(every(tx, sql, **parameters)), None)


def _write(tx: Tx, table: Table, *, columns: Sequence[str], rows: Sequence[Row], suffix: str) -> None:
    if not rows:
        return
    names = ", ".join(_q(c) for c in columns)
    if tx.dialect.name == "postgresql":
        arrays = ", ".join(f"%s::{_array(table, c)}" for c in columns)
        statement = f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}){suffix}"
        tx.exec_driver_sql(statement, tuple([array_literal(column) for column in zip(*rows, strict=True)]))
        return
    marks = ", ".join("?" for _ in columns)
    execute_each(tx, f"INSERT INTO {table.name} ({names}) VALUES ({marks}){suffix}", rows)


def execute_each(tx: Tx, sql: str, rows: Sequence[Row]) -> None:
    """Run a statement with `?` marks for each row; for the embedded database only."""
    try:
        _driver(tx).executemany(sql, rows)
    except sqlite3.Error as fault:
        raise DBAPIError.instance(sql, None, fault, sqlite3.Error, hide_parameters=True) from fault


def array_literal(values: Iterable[Any]) -> str:
    """A column as PostgreSQL writes an array. The driver would look at each value alone, at four times the cost."""
    parts = []
    for value in values:
        if value is None:
            parts.append("NULL")
        elif isinstance(value, str):
            quoted = value.replace("\\", "\\\\").replace('"', '\\"') if '"' in value or "\\" in value else value
            parts.append(f'"{quoted}"')
        elif isinstance(value, bytes | bytearray | memoryview):
            parts.append(f'"\\\\x{bytes(value).hex()}"')
        else:
            parts.append(f"{value:d}" if isinstance(value, int) else str(value))
    return "{" + ",".join(parts) + "}"


def _array(table: Table, column: str) -> str:
    kind = table.c[column].type
    return next((array for type_, array in _ARRAYS if isinstance(kind, type_)), "text[]")


def _q(name: str) -> str:
    return f'"{name}"'


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _run(tx: Tx, sql: str, chunk: list[Any], parameters: dict[str, Any]) -> list[Row]:
    if tx.dialect.name == "postgresql":
        found = tx.execute(_postgresql(sql), {**parameters, "values": chunk})
        return [tuple(row) for row in found] if found.returns_rows else []
    # A power of two of marks keeps the number of distinct statements, and so every statement cache, small.
    size = 1 << (len(chunk) - 1).bit_length()
    padded = chunk + [chunk[-1]] * (size - len(chunk))
    values = {f"v{i}": value for i, value in enumerate(padded)}
    return _embedded(tx, _sqlite(sql, size), {**parameters, **values})


def _embedded(tx: Tx, sql: str, parameters: Mapping[str, Any]) -> list[Row]:
    """Through the driver alone: a statement of some microseconds bears no layer of fifty above it."""
    try:
        return _driver(tx).execute(sql, parameters).fetchall()
    except sqlite3.Error as fault:
        raise DBAPIError.instance(sql, None, fault, sqlite3.Error, hide_parameters=True) from fault


def _driver(tx: Tx) -> sqlite3.Connection:
    found = tx.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)  # noqa: S101 - the two databases there are
    return found


@lru_cache(maxsize=1024)
def _postgresql(sql: str) -> TextClause:
    return text(sql.replace("IN :values", "= ANY(:values)"))


@lru_cache(maxsize=4096)
def _sqlite(sql: str, size: int) -> str:
    return sql.replace("IN :values", f"IN ({', '.join(f':v{i}' for i in range(size))})")
