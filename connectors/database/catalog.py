"""What the database has: tables, columns, types, keys; and whether a stream's source fits. Reads no rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError

from concilia.errors import ConfigurationInvalid
from connectors.contract import StreamSchema
from connectors.database.faults import translated
from connectors.database.settings import Account, Source, close_to
from connectors.database.statements import rows_of
from connectors.database.values import Shape

# object identifiers of the PostgreSQL types whose order is the order of change
_COMPARABLE = frozenset({20, 21, 23, 1700, 1082, 1114, 1184})
_TYPES: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (sa.Boolean, "boolean"),
    (sa.DateTime, "datetime"),
    (sa.Date, "date"),
    (sa.Integer, "integer"),
    (sa.Numeric, "decimal"),
    (sa.Float, "decimal"),  # their values are handed over as decimals
    (sa.JSON, "object"),
    (sa.ARRAY, "object"),
)


def shape_of(connection: sa.Connection, source: Source, *, account: Account) -> Shape:
    """The columns a source really has; ConfigurationInvalid names a missing table or column and the nearest one."""
    if source.table:
        there = _table_columns(connection, source, account=account)
        _refuse_missing(source.columns, there, source=source)
    with translated(account, what=source.called):
        result = connection.execute(rows_of(source, names=source.columns).limit(0))
        names = tuple(result.keys())
        codes = [column[1] for column in result.cursor.description or ()]
        result.close()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationInvalid(f"{source.called} has two columns called {twice[0]!r}.", mend="Rename one with AS.")
    _refuse_missing((*source.key, *([source.cursor] if source.cursor else [])), names, source=source)
    cursor = names.index(source.cursor) if source.cursor else None
    if cursor is not None and not account.is_sqlite and codes[cursor] not in _COMPARABLE:
        raise ConfigurationInvalid(
            f"The cursor column {source.cursor} of {source.called} is no timestamp, date or whole number.",
            mend="Choose a column that grows with every change, or leave the cursor out and read in full.",
        )
    return Shape(names, tuple(names.index(each) for each in source.key), cursor, account.zone, source.called)


def _table_columns(connection: sa.Connection, source: Source, *, account: Account) -> list[str]:
    with translated(account, what=source.called):
        inspector = sa.inspect(connection)
        try:
            return [column["name"] for column in inspector.get_columns(source.table, schema=source.schema)]
        except NoSuchTableError as fault:
            there = [*inspector.get_table_names(source.schema), *inspector.get_view_names(source.schema)]
            raise ConfigurationInvalid(
                f"{account.system}: there is no table {source.called} for stream {source.stream}.",
                mend=close_to(source.table, sorted(there)),
            ) from fault


def _refuse_missing(wanted: Sequence[str], there: Sequence[str], *, source: Source) -> None:
    for name in wanted:
        if name not in there:
            raise ConfigurationInvalid(f"{source.called} has no column {name!r}.", mend=close_to(name, there))


def schemas(connection: sa.Connection, *, account: Account) -> list[StreamSchema]:
    """Every table and view with typed columns and primary key, by name."""
    with translated(account):
        inspector = sa.inspect(connection)
        kind, scope = sa.engine.reflection.ObjectKind.ANY, sa.engine.reflection.ObjectScope.DEFAULT
        columns = inspector.get_multi_columns(account.schema, kind=kind, scope=scope)
        found = inspector.get_multi_pk_constraint(account.schema, kind=kind, scope=scope)
    keys = {table: tuple(constraint["constrained_columns"]) for table, constraint in found.items()}
    return sorted(
        (
            StreamSchema(
                name=name,
                columns={column["name"]: type_name(column["type"]) for column in described},
                key=keys.get((schema, name), ()),
            )
            for (schema, name), described in columns.items()
        ),
        key=lambda each: each.name,
    )


def type_name(column: sa.types.TypeEngine[Any]) -> str:
    """The contract's word for a column type."""
    return next((word for kind, word in _TYPES if isinstance(column, kind)), "text")
