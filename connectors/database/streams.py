"""Reading one stream: one snapshot, one ordered pass, pages with bookmarks. Builds no SQL itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from concilia.records import BadRow, Bookmark, Page, Record
from connectors.contract import KeyPage
from connectors.database.catalog import shape_of
from connectors.database.client import ReadOnlyDatabase, streamed
from connectors.database.engines import bound_sqlite
from connectors.database.faults import translated
from connectors.database.settings import Account, Source
from connectors.database.snapshot import Comparison
from connectors.database.statements import in_order, rows_of, since
from connectors.database.values import Shape, record_of
from connectors.database.versions import Versions, is_xmin, versions_of
from connectors.database.watermark import Watermark, cursor_value, lowest_cursor


@dataclass(frozen=True, slots=True)
class Pass:
    """One read of one source: from where (None: everything), and the moment after which cursors do not count."""

    source: Source
    account: Account
    before: Mapping[str, Bookmark]
    now: datetime | None  # None: the database's own clock


def read_pages(database: ReadOnlyDatabase, asked: Pass) -> Iterator[Page]:
    """The pages of the pass; the bookmark of each allows to go on after it, reading the overlap again."""
    source, account = asked.source, asked.account
    with database.session() as connection:
        shape = shape_of(connection, source, account=account)
        if source.snapshot:
            yield from _compared(connection, shape=shape, asked=asked)
            return
        versions = versions_of(connection, source, account=account) if shape.versions else None
        now = asked.now or _database_now(connection, account)
        bound = versions.bound if versions else None
        zone = shape.zone_of(shape.cursor)
        before = asked.before.get("") if source.cursor else None
        mark = Watermark(before, now=now, zone=zone, sqlite=account.is_sqlite, bound=bound)
        statement = _statement(asked, versions=versions)
        with streamed(connection, statement, account=account, what=source.called) as result:
            while rows := _next_rows(connection, result, asked=asked):
                yield _page(rows, shape=shape, mark=mark)


def _statement(asked: Pass, *, versions: Versions | None) -> sa.Select[Any]:
    """The rows that may have changed since the bookmark, oldest change first."""
    source, account = asked.source, asked.account
    before = asked.before.get("") if source.cursor else None
    known = cursor_value(before.cursor, sqlite=account.is_sqlite) if before is not None and before.cursor else None
    if versions is None:
        statement = rows_of(source, names=source.columns)
        if known is not None:
            lowest = lowest_cursor(known, account=account)
            statement = since(statement, source, lowest=lowest, sqlite=account.is_sqlite)
        return in_order(statement, source, nulls_last=account.dialect.nulls_last)
    by_xmin = is_xmin(source, account=account)
    names = tuple(name for name in source.columns if not (by_xmin and name == source.cursor))
    statement = rows_of(source, names=names)
    if by_xmin:
        statement = statement.add_columns(versions.number.label("row_version"))
    if isinstance(known, int):
        statement = versions.since(statement, lowest=known)
    return versions.in_order(statement, source)


def _compared(connection: sa.Connection, *, shape: Shape, asked: Pass) -> Iterator[Page]:
    """The rows of the runs that differ from what was read last time, in the order of their keys."""
    statement = in_order(rows_of(asked.source, names=asked.source.columns), asked.source)
    comparison = Comparison(asked.before, page_size=asked.account.page_size)
    with streamed(connection, statement, account=asked.account, what=asked.source.called) as result:
        while rows := _next_rows(connection, result, asked=asked):
            for values in rows:
                yield from comparison.take(record_of(values, shape), tuple(values))
    yield from comparison.end()


def key_pages(database: ReadOnlyDatabase, source: Source, *, account: Account) -> Iterator[KeyPage]:
    """The keys of all rows; the end of the result is the proof that there are no others."""
    asked = Pass(replace(source, columns=source.key, cursor=None), account, {}, None)
    with database.session() as connection:
        shape = shape_of(connection, asked.source, account=account)
        statement = rows_of(asked.source, names=asked.source.columns)
        with streamed(connection, statement, account=account, what=source.called) as result:
            while rows := _next_rows(connection, result, asked=asked):
                made = [record_of(values, shape) for values in rows]
                keys = tuple(one.key for one in made if one.key)
                yield KeyPage(keys, unknown=len(made) - len(keys))
    yield KeyPage(last=True)


def _next_rows(connection: sa.Connection, result: sa.CursorResult[Any], *, asked: Pass) -> list[sa.Row[Any]]:
    bound_sqlite(connection, seconds=asked.account.statement_timeout.total_seconds())
    with translated(asked.account, what=asked.source.called):
        return list(result.fetchmany(asked.account.page_size))


def _database_now(connection: sa.Connection, account: Account) -> datetime:
    """The moment by the clock that writes the cursors, so that skew between machines does not matter."""
    found = connection.exec_driver_sql(account.dialect.now).scalar_one()
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _page(rows: list[sa.Row[Any]], *, shape: Shape, mark: Watermark) -> Page:
    records: list[Record] = []
    bad_rows: list[BadRow] = []
    for values in rows:
        made = record_of(values, shape)
        if isinstance(made, Record):
            records.append(made)
        else:
            bad_rows.append(made)
        if shape.cursor is not None:
            mark.seen(shape.cursor_in(values), made.key)
    return Page(tuple(records), tuple(bad_rows), mark.bookmark if shape.cursor is not None else None)
