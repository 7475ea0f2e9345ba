"""Rows from one of the hub's databases to another, table by table. Knows no table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, select

from concilia.store import bulk
from concilia.store.unit_of_work import Tx

_PAGE = 1_000


def copy(source: Tx, target: Tx, table: Table, *, instead: Mapping[str, Any] | None = None) -> int:
    """Copy all rows of a table into the same, empty one; columns named in `instead` get that value. How many."""
    columns = [column.name for column in table.columns]
    other = instead or {}
    count = 0
    rows = source.execution_options(yield_per=_PAGE).execute(select(table))
    for page in rows.partitions(_PAGE):
        values = [tuple(other.get(name, row[n]) for n, name in enumerate(columns)) for row in page]
        bulk.insert(target, table, columns, values)
        count += len(values)
    return count
