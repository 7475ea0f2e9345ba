"""Reading one stream: one snapshot, one ordered pass, pages with bookmarks. Builds no SQL itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from concilia.records import BadRow, Bookmark, Page, Record
from connectors.contract import KeyPage
from connectors.database.catalog import shape_of
from connectors.database.client import ReadOnlyDatabase, bound_sqlite
from connectors.database.faults import translated
from connectors.database.settings import Account, Source
from connectors.database.statements import in_order, rows_of, since
from connectors.database.values import Shape, record_of
from connectors.database.watermark import Watermark, cursor_value, lowest_cursor

PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Pass:
    """One read of one source: from where (None: everything), and the moment after which cursors do not count."""

    source: Source
    account: Account
    before: Bookmark | None
    now: datetime | None  # None: the database's own clock


def read_pages(database: ReadOnlyDatabase, asked: Pass) -> Iterator[Page]:
    """The pages of the pass; the bookmark of each allows to go on after it, reading the overlap again."""
    source, account = asked.source, asked.account
    with database.session() as connection:
        shape = shape_of(connection, source, account=account)
        statement = rows_of(source, names=source.columns)
        if asked.before is not None and asked.before.cursor:
            lowest = lowest_cursor(cursor_value(asked.before.cursor, sqlite=account.is_sqlite), account=account)
            statement = since(statement, source, lowest=lowest, sqlite=account.is_sqlite)
        now = asked.now or _database_now(connection, account)
        mark = Watermark(asked.before, now=now, zone=account.zone, sqlite=account.is_sqlite)
        with translated(account, what=source.called):
            result = connection.execute(in_order(statement, source), execution_options={"yield_per": PAGE_ROWS})
        while rows := _next_rows(connection, result, asked=asked):
            yield _page(rows, shape=shape, mark=mark)


def key_pages(database: ReadOnlyDatabase, source: Source, *, account: Account) -> Iterator[KeyPage]:
    """The keys of all rows; the end of the result is the proof that there are no others."""
    asked = Pass(replace(source, columns=source.key, cursor=None), account, None, None)
    with database.session() as connection:
        shape = shape_of(connection, asked.source, account=account)
        with translated(account, what=source.called):
            statement = rows_of(asked.source, names=asked.source.columns)
            result = connection.execute(statement, execution_options={"yield_per": PAGE_ROWS})
        while rows := _next_rows(connection, result, asked=asked):
            made = [record_of(values, shape) for values in rows]
            keys = tuple(one.key for one in made if one.key)
            yield KeyPage(keys, unknown=len(made) - len(keys))
    yield KeyPage(last=True)


def _next_rows(connection: sa.Connection, result: sa.CursorResult[Any], *, asked: Pass) -> list[sa.Row[Any]]:
    bound_sqlite(connection, seconds=asked.account.statement_timeout.total_seconds())
    with translated(asked.account, what=asked.source.called):
        return list(result.fetchmany(PAGE_ROWS))


def _database_now(connection: sa.Connection, account: Account) -> datetime:
    """The moment by the clock that writes the cursors, so that skew between machines does not matter."""
    if account.is_sqlite:
        text = connection.execute(sa.text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")).scalar_one()
        return datetime.fromisoformat(text)
    moment: datetime = connection.execute(sa.text("SELECT now()")).scalar_one()
    return moment


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
            mark.seen(values[shape.cursor], made.key)
    return Page(tuple(records), tuple(bad_rows), mark.bookmark if shape.cursor is not None else None)
