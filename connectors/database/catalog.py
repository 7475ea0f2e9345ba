"""What the database has: tables, columns, types, keys; and whether a stream's source fits. Reads no rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mssql
from sqlalchemy.exc import NoSuchTableError

from concilia.errors import ConfigurationInvalid
from connectors.contract import StreamSchema
from connectors.database.faults import translated
from connectors.database.settings import XMIN, Account, Source, close_to
from connectors.database.statements import rows_of
from connectors.database.values import Shape
from connectors.database.versions import is_xmin

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
    types = _table_columns(connection, source, account=account) if source.table else {}
    by_xmin = is_xmin(source, account=account)
    real = replace(source, columns=tuple(c for c in source.columns if c != XMIN), cursor=None) if by_xmin else source
    if source.table:
        _refuse_missing(real.columns, tuple(types), source=source)
    with translated(account, what=source.called):
        result = connection.execute(rows_of(real, names=real.columns).limit(0))
        names = tuple(result.keys())
        codes = [column[1] for column in result.cursor.description or ()]
        result.close()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationInvalid(f"{source.called} has two columns called {twice[0]!r}.", mend="Rename one with AS.")
    _refuse_missing((*real.key, *([real.cursor] if real.cursor else [])), names, source=source)
    cursor = len(names) if by_xmin else names.index(source.cursor) if source.cursor else None
    versions = by_xmin or isinstance(types.get(source.cursor or ""), mssql.TIMESTAMP)
    if cursor is not None and not versions:
        _refuse_unordered(codes[cursor], source, account=account)
    return Shape(
        names=names,
        key=tuple(names.index(each) for each in source.key),
        cursor=cursor,
        zone=account.zone,
        called=source.called,
        in_utc=frozenset(at for at, code in enumerate(codes) if code in account.dialect.in_utc),
        versions=versions,
    )


def _refuse_unordered(code: Any, source: Source, *, account: Account) -> None:
    """ConfigurationInvalid when the cursor column is of a type whose order is not the order of change."""
    comparable = account.dialect.comparable
    if comparable and code not in comparable:
        raise ConfigurationInvalid(
            f"The cursor column {source.cursor} of {source.called} is no timestamp, date or whole number.",
            mend="Choose a column that grows with every change, or leave the cursor out and read in full.",
        )


def _table_columns(connection: sa.Connection, source: Source, *, account: Account) -> dict[str, Any]:
    with translated(account, what=source.called):
        inspector = sa.inspect(connection)
        try:
            found = inspector.get_columns(source.table, schema=source.schema)
        except NoSuchTableError as fault:
            there = [*inspector.get_table_names(source.schema), *inspector.get_view_names(source.schema)]
            raise ConfigurationInvalid(
                f"{account.system}: there is no table {source.called} for stream {source.stream}.",
                mend=close_to(source.table, sorted(there)),
            ) from fault
    return {column["name"]: column["type"] for column in found}


def _refuse_missing(wanted: Sequence[str], there: Sequence[str], *, source: Source) -> None:
    for name in wanted:
        if name not in there:
            raise ConfigurationInvalid(f"{source.called} has no column {name!r}.", mend=close_to(name, there))


def schemas(connection: sa.Connection, *, account: Account) -> list[StreamSchema]:
    """Every table and view with typed columns and primary key, by name."""
    with translated(account, what="the catalog"):
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
