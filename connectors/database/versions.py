"""Row versions: numbers the database itself puts on every change, and the bound below which no change is still to come.

SQL Server has `rowversion` columns and MIN_ACTIVE_ROWVERSION(). PostgreSQL has `xmin`, the transaction that wrote a
row, and the oldest transaction still running; its 32 bits are made 64 here, so that they grow over all time. Nothing
that commits late can be missed, however long its transaction was open: no overlap is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from connectors.database.dialects import POSTGRESQL, SQLSERVER
from connectors.database.settings import XMIN, Account, Source
from connectors.database.statements import literal

_WRAP: Final = 1 << 32
_RAW: Final = "(xmin::text)::bigint"
# Both answer whole numbers of 64 bits: the oldest transaction still running, and the next one.
_RUNNING: Final = "SELECT txid_snapshot_xmin(s), txid_snapshot_xmax(s) FROM txid_current_snapshot() AS s"
_MIN_ACTIVE: Final = "SELECT CONVERT(bigint, MIN_ACTIVE_ROWVERSION())"


@dataclass(frozen=True, slots=True)
class Versions:
    """The version of each row as a whole number, and the lowest that a transaction still running may yet give."""

    number: sa.ColumnElement[Any]
    bound: int
    as_bytes: bool = False  # a column of eight bytes, the greatest first

    def since(self, statement: sa.Select[Any], *, lowest: int) -> sa.Select[Any]:
        """Only rows of that version or a later one."""
        least: sa.ColumnElement[Any] = sa.bindparam("lowest", lowest, type_=sa.BigInteger())
        if self.as_bytes:
            least = sa.func.CONVERT(sa.literal_column("binary(8)"), least)
        return statement.where(self.number >= least)

    def in_order(self, statement: sa.Select[Any], source: Source) -> sa.Select[Any]:
        """Oldest versions first, ties by key."""
        return statement.order_by(self.number, *(sa.column(name) for name in source.key))


def is_xmin(source: Source, *, account: Account) -> bool:
    """Whether the stream is read by the transactions of PostgreSQL."""
    return account.dialect is POSTGRESQL and source.cursor == XMIN and not source.query


def versions_of(connection: sa.Connection, source: Source, *, account: Account) -> Versions:
    """The versions of a source as of the connection's snapshot."""
    if account.dialect is SQLSERVER:
        bound = int(connection.exec_driver_sql(_MIN_ACTIVE).scalar_one()) - 1
        return Versions(sa.column(source.cursor or ""), bound, as_bytes=True)
    oldest, following = connection.execute(literal(_RUNNING)).one()
    epoch, low = int(following) // _WRAP * _WRAP, int(following) % _WRAP
    # A number above the next one was given before the numbers last began anew.
    sql = f"{_RAW} + {epoch} - CASE WHEN {_RAW} > {low} THEN {_WRAP} ELSE 0 END"
    number: sa.ColumnElement[Any] = sa.literal_column(f"({sql})", sa.BigInteger())
    return Versions(number, int(oldest))
