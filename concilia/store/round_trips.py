"""Several statements in one round trip to the database: PostgreSQL gets them together, SQLite one after another.

For what is asked many times a second. Each statement sees what was committed when it began, so one that takes a lock
stands before those that read under it. PostgreSQL is spoken to through the driver alone, which prepares each statement
that comes again; texts are the same for both databases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from concilia.store import bulk
from concilia.store.unit_of_work import Tx

Row = tuple[Any, ...]
# What is asked here are look-ups by key. They are planned once for all keys, and no plan that reads a whole table is
# ever right, whatever the statistics of a table say that was empty an hour ago. Until the end of the transaction.
_BY_KEY = (
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true), "
    "set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"
)
_NAME = re.compile(r"(?<![:\w]):([a-z_]\w*)")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its parameters; `:values` in its text stands for the list of keys, if it has one."""

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    values: Sequence[Any] | None = None


def together(tx: Tx, statements: Sequence[Statement]) -> list[list[Row]]:
    """The rows of each of the statements, which run in order; none for one that gives back nothing."""
    if tx.dialect.name == "postgresql":
        return _pipelined(tx, statements)
    return [_one(tx, statement) for statement in statements]


def inserting(table: Table, row: Any) -> Statement:
    """Insert one row, a dataclass whose fields are named as the columns."""
    names = tuple(type(row).__dataclass_fields__)
    return Statement(_insert(table.name, names), {name: getattr(row, name) for name in names})


@lru_cache(maxsize=64)
def _insert(table: str, names: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join(f':{name}' for name in names)})"


def _one(tx: Tx, statement: Statement) -> list[Row]:
    if statement.values is None:
        return bulk.every(tx, statement.sql, **statement.parameters)
    return list(bulk.select_in(tx, statement.sql, statement.values, **statement.parameters))


def _pipelined(tx: Tx, statements: Sequence[Statement]) -> list[list[Row]]:
    import psycopg  # takes a while to load, and a hub on SQLite never needs it

    raw = tx.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101 - the two databases there are
    try:
        with raw.pipeline():
            raw.execute(_BY_KEY, prepare=True)
            cursors = [raw.execute(_text(one.sql), _given(one), prepare=True) for one in statements]
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
    except psycopg.Error as fault:
        raise DBAPIError.instance("several statements", None, fault, psycopg.Error, hide_parameters=True) from fault


def _given(statement: Statement) -> Mapping[str, Any]:
    return statement.parameters if statement.values is None else {**statement.parameters, "values": statement.values}


@lru_cache(maxsize=256)
def _text(sql: str) -> bytes:
    with_arrays = sql.replace("%", "%%").replace("IN :values", "= ANY(:values)")
    return _NAME.sub(r"%(\1)s", with_arrays).encode()
