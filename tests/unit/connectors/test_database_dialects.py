"""Statements and faults of the kinds of databases, and snapshots compared, without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pymysql
import pytds
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mssql, mysql, postgresql
from sqlalchemy.exc import DBAPIError

from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    PermissionMissing,
    RetryLater,
    RunMustStop,
    SystemUnreachable,
)
from concilia.records import Bookmark, Page, Record
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, StreamRequest
from connectors.database import connect, settings, snapshot, versions
from connectors.database.faults import translated
from connectors.database.snapshot import Comparison
from connectors.database.statements import in_order, rows_of, since
from connectors.database.versions import Versions, versions_of
from connectors.database.watermark import Watermark

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def account(url: str) -> settings.Account:
    return settings.account_of(ConnectionSettings("erp", {"url": url, "password": Secret("clave")}, "."))


def source(at: settings.Account, **options: Any) -> settings.Source:
    cursor = options.pop("cursor", "upd")
    request = StreamRequest("deudas", key=("id",), cursor=cursor, options={"table": "deudas", **options})
    return settings.source_of(request, account=at)


def sql(statement: sa.Select[Any], dialect: Any) -> str:
    return " ".join(str(statement.compile(dialect=dialect)).split())


# statements


@pytest.mark.parametrize(
    ("url", "dialect", "expected"),
    [
        ("postgresql://h/d", postgresql.dialect(), "ORDER BY upd ASC NULLS FIRST, id ASC"),
        ("mysql://h/d", mysql.dialect(), "ORDER BY upd ASC, id ASC"),
        ("mariadb://h/d", mysql.dialect(), "ORDER BY upd ASC, id ASC"),
        ("sqlserver://h/d", mssql.dialect(), "ORDER BY upd ASC, id ASC"),
    ],
)
def test_rows_without_cursor_come_first_in_the_words_of_each_kind(url: str, dialect: Any, expected: str) -> None:
    at = account(url)
    statement = since(rows_of(source(at), names=()), source(at), lowest=NOW, sqlite=at.is_sqlite)
    said = sql(in_order(statement, source(at), nulls_last=at.dialect.nulls_last), dialect)
    assert said.endswith(expected)
    assert "upd IS NULL OR upd >= " in said


def test_row_versions_of_sql_server_are_compared_as_the_eight_bytes_they_are() -> None:
    at = account("sqlserver://h/d")
    asked = Versions(sa.column("rv"), bound=9, as_bytes=True)
    statement = asked.in_order(
        asked.since(rows_of(source(at, cursor="rv"), names=()), lowest=7), source(at, cursor="rv")
    )
    assert sql(statement, mssql.dialect()).endswith("WHERE rv >= CONVERT(binary(8), :lowest) ORDER BY rv, id")


def test_sql_server_takes_no_with_inside_another_query() -> None:
    at = account("sqlserver://h/d")
    request = StreamRequest("x", key=("id",), options={"query": "WITH a AS (SELECT 1 AS id) SELECT id FROM a"})
    with pytest.raises(ConfigurationInvalid, match="Make a view of it"):
        settings.source_of(request, account=at)
    assert settings.source_of(request, account=account("postgresql://h/d")).query


@pytest.mark.parametrize(
    ("url", "place"),
    [("mysql://h/d", "h:3306"), ("sqlserver://h:1500/d", "h:1500"), ("postgres://h/d", "h:5432")],
)
def test_the_usual_port_is_taken_where_none_is_said(url: str, place: str) -> None:
    assert account(url).place == place


class Answering:
    """A connection that answers the numbers of the transactions."""

    def __init__(self, oldest: int, following: int) -> None:
        self._said = (oldest, following)

    def execute(self, _: Any) -> Any:
        return self

    def one(self) -> tuple[int, int]:
        return self._said


def test_transactions_before_the_numbers_began_anew_are_older() -> None:
    at = account("postgresql://h/d")
    epoch = 5 << 32
    made = versions_of(Answering(epoch + 90, epoch + 100), source(at, cursor="xmin"), account=at)  # type: ignore[arg-type]
    assert made.bound == epoch + 90
    with sa.create_engine("sqlite://").connect() as calculator:
        told = str(made.number.compile(dialect=postgresql.dialect()))

        def number(xmin: int) -> int:
            return int(calculator.execute(sa.text("SELECT " + told.replace(versions._RAW, str(xmin)))).scalar_one())

        assert number(99) == epoch + 99
        assert number(4_294_967_290) == epoch - 6  # given before the numbers began anew
        assert number(99) > number(4_294_967_290)


def test_a_bookmark_never_passes_a_transaction_that_is_still_open() -> None:
    mark = Watermark(None, now=NOW, zone=UTC, bound=50)
    for version in (10, 49, 60):
        mark.seen(version, (str(version),))
    assert mark.bookmark == Bookmark("", "50", "60")


def test_a_snapshot_and_a_cursor_exclude_each_other() -> None:
    with pytest.raises(ConfigurationInvalid, match="Write true, and no cursor"):
        source(account("postgresql://h/d"), snapshot=True)


# faults


def judged(url: str, fault: BaseException) -> ConciliaError:
    at = account(url)
    wrapped = DBAPIError("SELECT", {}, fault) if not isinstance(fault, OSError) else fault
    with pytest.raises(ConciliaError) as raised, translated(at, what="deudas"):
        raise wrapped
    assert "clave" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("number", "said", "ours"),
    [
        (1045, "Access denied for user 'u'@'h'", CredentialsRefused),
        (1049, "Unknown database 'd'", ConfigurationInvalid),
        (1142, "SELECT command denied to user 'u'@'h' for table 'deudas'", PermissionMissing),
        (1146, "Table 'd.deudas' doesn't exist", ConfigurationInvalid),
        (1205, "Lock wait timeout exceeded", RetryLater),
        (1213, "Deadlock found", RetryLater),
        (1040, "Too many connections", RetryLater),
        (2003, "Can't connect to MySQL server on 'h'", SystemUnreachable),
        (2013, "Lost connection to MySQL server during query", SystemUnreachable),
        (2013, "Lost connection to MySQL server during query (timed out)", RunMustStop),
        (1792, "Cannot execute statement in a READ ONLY transaction", ConfigurationInvalid),
        (9999, "something new", RunMustStop),
    ],
)
def test_faults_of_mysql_are_ours(number: int, said: str, ours: type[ConciliaError]) -> None:
    assert type(judged("mysql://h/d", pymysql.err.OperationalError(number, said))) is ours


def test_a_value_that_mysql_quotes_in_its_fault_is_not_shown() -> None:
    fault = judged("mysql://h/d", pymysql.err.OperationalError(1292, "Incorrect datetime value: '11.111.111-1'"))
    assert "11.111.111" not in str(fault)


def tds(number: int, said: str) -> pytds.OperationalError:
    fault = pytds.OperationalError(said)
    fault.number = number
    return fault


@pytest.mark.parametrize(
    ("fault", "ours"),
    [
        (tds(18456, "Login failed for user 'u'."), CredentialsRefused),
        (pytds.LoginError("Login failed"), CredentialsRefused),
        (tds(4060, "Cannot open database"), ConfigurationInvalid),
        (tds(229, "The SELECT permission was denied on the object 'deudas'"), PermissionMissing),
        (tds(208, "Invalid object name 'deudas'."), ConfigurationInvalid),
        (tds(1205, "was deadlocked"), RetryLater),
        (tds(245, "Conversion failed when converting the varchar value '11.111.111-1'"), RunMustStop),
        (pytds.ClosedConnectionError(), SystemUnreachable),
        (TimeoutError("timed out"), RunMustStop),
        (ConnectionRefusedError("refused"), SystemUnreachable),
    ],
)
def test_faults_of_sql_server_are_ours(fault: BaseException, ours: type[ConciliaError]) -> None:
    found = judged("sqlserver://h/d", fault)
    assert type(found) is ours
    assert "11.111.111" not in str(found)


def test_a_sql_server_that_is_not_there_is_named() -> None:
    given = {"url": "sqlserver://127.0.0.1:9/d", "username": "u", "password": Secret("clave")}
    connector = connect(ConnectionSettings("erp", given, "."))
    (finding,) = connector.check()
    connector.close()
    assert not finding.ok
    assert "no answer from the database at 127.0.0.1:9" in finding.detail


# snapshots


def told(rows: dict[str, str], before: dict[str, Bookmark], *, page_size: int = 7) -> list[Page]:
    comparison = Comparison(before, page_size=page_size)
    pages: list[Page] = []
    for key in sorted(rows):
        pages += comparison.take(Record((key,), {"v": rows[key]}), (key, rows[key]))
    return [*pages, *comparison.end()]


def kept(pages: list[Page], before: dict[str, Bookmark]) -> dict[str, Bookmark]:
    return {**before, **{p.bookmark.partition: p.bookmark for p in pages if p.bookmark is not None}}


def seen(pages: list[Page]) -> dict[str, str]:
    return {record.key[0]: record.fields["v"] for page in pages for record in page.records}


def table(count: int) -> dict[str, str]:
    return {f"{n:05d}": "x" for n in range(count)}


def test_a_table_that_did_not_change_is_compared_and_not_told_again() -> None:
    rows = table(5000)
    first = told(rows, {})
    assert seen(first) == rows
    assert told(rows, kept(first, {})) == []


def test_one_change_tells_its_own_run_and_no_other() -> None:
    rows = table(5000)
    before = kept(told(rows, {}), {})
    changed = told({**rows, "02500": "y"}, before)
    assert seen(changed)["02500"] == "y"
    assert len(seen(changed)) < 4 * snapshot.RUN
    inserted = told({**rows, "02500a": "new"}, before)
    assert len(seen(inserted)) < 4 * snapshot.RUN


def test_a_run_is_bookmarked_with_its_last_page_only() -> None:
    pages = told(table(30), {})
    assert [page.bookmark is not None for page in pages] == [False] * (len(pages) - 1) + [True]


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.sampled_from("xyz"), max_size=60),
    st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.sampled_from("xyz"), max_size=60),
    st.integers(0, 20),
)
def test_whatever_changes_and_wherever_it_stops_nothing_is_missed(
    first: dict[str, str], second: dict[str, str], stop: int
) -> None:
    snapshot.RUN, usual = 4, snapshot.RUN  # type: ignore[misc]
    try:
        known = kept(told(first, {}), {})
        holding = dict(seen(told(first, {})))
        part = told(second, known)[:stop]  # killed behind that page
        holding |= seen(part)
        rest = told(second, kept(part, known))
        holding |= seen(rest)
        assert {key: value for key, value in holding.items() if key in second} == second
        assert told(second, kept(rest, kept(part, known))) == []
    finally:
        snapshot.RUN = usual  # type: ignore[misc]
