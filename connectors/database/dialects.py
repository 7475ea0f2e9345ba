"""What differs between the kinds of databases, as data: drivers, ports, types. Knows no streams and no rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from concilia.errors import ConfigurationInvalid


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of database. Type codes are those of the driver's cursor description."""

    name: str  # as SQLAlchemy calls its backend
    title: str
    driver: str
    module: str  # what has to be importable
    extra: str = ""  # the optional part of this distribution that brings it
    port: int = 0
    now: str = ""  # a SELECT of the server's clock
    nulls_last: bool = False  # ascending order puts rows without cursor behind the others
    comparable: frozenset[int] = frozenset()  # type codes whose order is the order of change; empty: not checked
    in_utc: frozenset[int] = frozenset()  # type codes whose moments carry no zone and are UTC
    common_table_expressions: bool = True  # whether a query in parentheses may begin with WITH


POSTGRESQL: Final = Dialect(
    "postgresql", "PostgreSQL", "postgresql+psycopg", "psycopg", port=5432, now="SELECT now()", nulls_last=True,
    # int8, int2, int4, numeric, date, timestamp, timestamptz
    comparable=frozenset({20, 21, 23, 1700, 1082, 1114, 1184}),
)  # fmt: skip
MYSQL: Final = Dialect(
    "mysql", "MySQL or MariaDB", "mysql+pymysql", "pymysql", extra="mysql", port=3306, now="SELECT UTC_TIMESTAMP(6)",
    # TINY, SHORT, LONG, TIMESTAMP, LONGLONG, INT24, DATE, DATETIME, YEAR, DECIMAL, NEWDECIMAL
    comparable=frozenset({0, 1, 2, 3, 7, 8, 9, 10, 12, 13, 246}),
    in_utc=frozenset({7}),  # TIMESTAMP follows the session, which is set to UTC
)  # fmt: skip
SQLSERVER: Final = Dialect(
    "mssql", "SQL Server", "mssql+pytds", "pytds", extra="sqlserver", port=1433, now="SELECT SYSUTCDATETIME()",
    common_table_expressions=False,
)  # fmt: skip
SQLITE: Final = Dialect(
    "sqlite", "SQLite", "sqlite+pysqlite", "sqlite3", now="SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
)
# What may stand before :// or under `dialect` -> the kind of database.
NAMES: Final[Mapping[str, Dialect]] = {
    "postgresql": POSTGRESQL, "postgres": POSTGRESQL, "mysql": MYSQL, "mariadb": MYSQL,
    "sqlserver": SQLSERVER, "mssql": SQLSERVER, "sqlite": SQLITE,
}  # fmt: skip


def dialect_called(name: str, *, where: str) -> Dialect:
    """The kind of database of that name, its driver installed; ConfigurationInvalid otherwise."""
    from importlib.util import find_spec

    found = NAMES.get(name)
    if found is None:
        kinds = "postgresql, mysql, sqlserver or sqlite"
        raise ConfigurationInvalid(f"{where}: databases of kind {name!r} are not read yet.", mend=f"Use {kinds}.")
    if find_spec(found.module) is None:
        raise ConfigurationInvalid(
            f"{where}: the driver of {found.title} is not installed.", mend=f"Install concilia[{found.extra}]."
        )
    return found
