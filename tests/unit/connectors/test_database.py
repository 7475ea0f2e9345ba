"""The database connector on SQLite files: reading, overlap, bookmarks, values, faults, and never writing."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import (
    ConfigurationInvalid,
    PermissionMissing,
    RetryLater,
    RunMustStop,
    SystemUnreachable,
)
from concilia.records import BadRow, Bookmark, Page, Record
from concilia.vault import Secret
from concilia.workspace import load
from connectors import database as database_package
from connectors.contract import ConnectionSettings, Connector, Operation, StreamRequest
from connectors.database import connect
from connectors.database.statements import refuse_unless_one_select

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
DEBTS = StreamRequest("deudas", key=("id",), cursor="upd", options={"table": "debts"})


@pytest.fixture
def source(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "erp.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # a test need not survive a power cut
        connection.execute("CREATE TABLE debts (id TEXT PRIMARY KEY, amount NUMERIC, upd TEXT)")
        yield connection


def connection(folder: Path, *streams: StreamRequest, now: datetime | None = NOW, **given: Any) -> Connector:
    settings = {"url": "sqlite:///erp.db", **given}
    return connect(ConnectionSettings("erp", settings, str(folder), streams=streams, now=now))


def pages(
    folder: Path, request: StreamRequest = DEBTS, *, bookmark: Bookmark | None = None, full: bool = False, **given: Any
) -> list[Page]:
    bookmarks: Mapping[str, Bookmark] = {bookmark.partition: bookmark} if bookmark else {}
    return list(connection(folder, **given).read(request, bookmarks=bookmarks, full=full))


def records(found: list[Page]) -> list[Record]:
    return [record for page in found for record in page.records]


def bad_rows(found: list[Page]) -> list[BadRow]:
    return [row for page in found for row in page.bad_rows]


def keys(found: list[Page]) -> list[str]:
    return [record.key[0] for record in records(found)]


def insert(source: sqlite3.Connection, *rows: tuple[Any, ...]) -> None:
    source.execute("BEGIN")
    source.executemany("INSERT INTO debts VALUES (?, ?, ?)", rows)
    source.execute("COMMIT")


# settings


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"urll": "x"}, "Did you mean 'url'?"),
        ({"url": "nonsense"}, "no database address"),
        ({"url": 7}, "no database address"),
        ({"url": "oracle://h/d"}, "not read yet"),
        ({"url": "sqlite://"}, "no SQLite file"),
        ({"host": "h"}, "both url and host"),
        ({"overlap_seconds": -1}, "overlap_seconds is -1"),
        ({"statement_timeout_seconds": True}, "statement_timeout_seconds is True"),
        ({"time_zone": "Mars"}, "time_zone is 'Mars'"),
        ({"schema": 5}, "schema is not a text"),
    ],
)
def test_a_wrong_setting_is_refused_before_connecting(wrong: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid) as refusal:
        connection(tmp_path, **wrong)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "where the database is"),
        ({"host": "h"}, "where the database is"),
        ({"host": "h", "database": "d", "port": "5432"}, "port is '5432'"),
    ],
)
def test_an_incomplete_address_is_refused(settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=words):
        connect(ConnectionSettings("erp", settings, str(tmp_path)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tabel": "debts"}, "Did you mean 'table'?"),
        ({}, "either a table or a query"),
        ({"table": "a", "query": "select 1"}, "either a table or a query"),
        ({"table": "a", "columns": "id"}, "columns is 'id'"),
        ({"table": "a", "where": "x = 1; drop table a"}, "semicolon"),
        ({"table": "a", "where": "1=1) or (1=1"}, "parentheses"),
        ({"table": "a", "where": "x = 'a"}, "left open"),
        ({"query": "delete from debts"}, "starts with DELETE"),
        ({"query": "select 1; select 2"}, "more than one statement"),
        ({"query": "select 1;;delete from debts"}, "more than one statement"),
        ({"query": "-- select\ndrop table debts"}, "starts with DROP"),
        ({"query": "/* x"}, "left open"),
        ({"query": "select 'a"}, "left open"),
        ({"query": "select 1) from (select 2"}, "parentheses"),
        ({"query": ";"}, "something else"),
        ({"query": "42"}, "something else"),
    ],
)
def test_a_wrong_stream_is_refused_before_connecting(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid) as refusal:
        connection(tmp_path, StreamRequest("deudas", key=("id",), options=options))
    assert words in str(refusal.value)
    assert "stream deudas" in str(refusal.value)


def test_the_password_is_in_no_repr_message_or_traceback(tmp_path: Path) -> None:
    secret = "p4ss-w0rd"
    given = {"url": f"postgresql://ana:{secret}@127.0.0.1:1/erp", "password": Secret(secret)}
    database = connect(ConnectionSettings("erp", given, str(tmp_path), streams=(DEBTS,)))
    with pytest.raises(SystemUnreachable) as refusal:
        list(database.read(DEBTS, bookmarks={}))
    told = (
        "".join(traceback.format_exception(refusal.value))
        + repr(database)
        + repr(vars(database))
        + repr(database.check())
    )
    assert secret not in told
    assert "127.0.0.1:1" in str(refusal.value)
    with pytest.raises(ConfigurationInvalid) as wrong:
        connect(ConnectionSettings("erp", {"url": f"postgresql://ana:{secret}@h:port/erp"}, str(tmp_path)))
    assert secret not in "".join(traceback.format_exception(wrong.value))


# reading


def test_a_row_becomes_a_record_with_key_fields_cursor_and_moment(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, ("F-1", 10.5, "2024-05-01 10:00:00"))
    (page,) = pages(tmp_path, time_zone="America/Bogota")
    assert page.records == (
        Record(
            ("F-1",),
            {"id": "F-1", "amount": Decimal("10.5"), "upd": "2024-05-01 10:00:00"},
            "debts F-1",
            "2024-05-01 10:00:00",
            datetime(2024, 5, 1, 15, tzinfo=UTC),
        ),
    )
    assert page.bookmark == Bookmark("", "2024-05-01 10:00:00", "F-1")


def test_values_are_never_floats_and_bytes_are_hexadecimal(source: sqlite3.Connection, tmp_path: Path) -> None:
    source.execute("CREATE TABLE odd (id, a, b, c, d)")
    source.execute("INSERT INTO odd VALUES (7, 0.1, x'00ff', NULL, 9e999)")
    (record,) = records(pages(tmp_path, StreamRequest("odd", key=("id",), options={"table": "odd"})))
    assert record.fields == {"id": 7, "a": Decimal("0.1"), "b": "00ff", "c": None, "d": "inf"}
    assert record.key == ("7",)


@pytest.mark.parametrize(
    ("insert_sql", "column", "reason"),
    [
        ("INSERT INTO debts VALUES ('F-1', CAST(x'41f142' AS TEXT), NULL)", "amount", "not valid UTF-8"),
        ("INSERT INTO debts VALUES ('F-1', 'A' || char(0) || 'B', NULL)", "amount", "NUL"),
        ("INSERT INTO debts VALUES (NULL, 1, NULL)", "id", "empty"),
        ("INSERT INTO debts VALUES (' ', 1, NULL)", "id", "empty"),
        ("INSERT INTO debts VALUES ('a' || char(31) || 'b', 1, NULL)", "id", "control character"),
    ],
)
def test_a_row_that_cannot_be_stored_is_bad_and_the_read_goes_on(
    insert_sql: str, column: str, reason: str, source: sqlite3.Connection, tmp_path: Path
) -> None:
    source.execute(insert_sql)
    insert(source, ("F-2", 1, None))
    found = pages(tmp_path)
    assert keys(found) == ["F-2"]
    (row,) = bad_rows(found)
    assert row.column == column
    assert reason in row.reason
    (row.position + row.raw + "".join(map(str, row.fields.values()))).encode()


def test_only_named_columns_are_read_and_key_and_cursor_always(source: sqlite3.Connection, tmp_path: Path) -> None:
    source.execute("ALTER TABLE debts ADD COLUMN secret TEXT")
    source.execute("INSERT INTO debts VALUES ('F-1', 1, '2024-05-01', 'x')")
    request = StreamRequest("deudas", key=("id",), cursor="upd", options={"table": "debts", "columns": ["amount"]})
    assert records(pages(tmp_path, request))[0].fields == {"amount": 1, "id": "F-1", "upd": "2024-05-01"}


def test_a_condition_and_a_query_are_sent_as_written(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, ("F-1", 1, "2024-05-01 10:30:00"), ("F-2", 2, "2024-05-01 10:30:00"))
    where = {"table": "debts", "where": "upd = '2024-05-01 10:30:00' AND id LIKE '%:2' OR id LIKE '%2' -- las demás"}
    assert keys(pages(tmp_path, StreamRequest("d", key=("id",), cursor="upd", options=where))) == ["F-2"]
    query = {"query": "WITH x AS (SELECT id AS doc, ';' AS s FROM debts) SELECT * FROM x; -- fin"}
    assert keys(pages(tmp_path, StreamRequest("d", key=("doc",), options=query))) == ["F-1", "F-2"]


def test_names_that_need_quotes_are_quoted(source: sqlite3.Connection, tmp_path: Path) -> None:
    source.execute('CREATE TABLE "Órdenes de Pago" ("Nº" TEXT, "select" TEXT)')
    source.execute("""INSERT INTO "Órdenes de Pago" VALUES ('1', '2024-05-01')""")
    request = StreamRequest("o", key=("Nº",), cursor="select", options={"table": "Órdenes de Pago"})
    assert keys(pages(tmp_path, request)) == ["1"]


def test_a_stream_without_cursor_is_read_whole_each_time(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, *((f"F-{n:04}", n, None) for n in range(2500)))
    request = StreamRequest("deudas", key=("id",), options={"table": "debts"})
    found = pages(tmp_path, request, bookmark=Bookmark("", "2024-01-01", ""))
    assert [page.read for page in found] == [1000, 1000, 500]
    assert {page.bookmark for page in found} == {None}


# bookmarks and overlap


def test_the_next_read_begins_at_the_bookmark_less_the_overlap(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(
        source,
        ("old", 1, "2024-05-01 09:54:59"),
        ("edge", 1, "2024-05-01 09:55:00"),
        ("last", 1, "2024-05-01 10:00:00"),
    )
    mark = pages(tmp_path)[-1].bookmark
    assert keys(pages(tmp_path, bookmark=mark)) == ["edge", "last"]
    assert keys(pages(tmp_path, bookmark=mark, overlap_seconds=0)) == ["last"]
    assert keys(pages(tmp_path, bookmark=mark, full=True)) == ["old", "edge", "last"]


def test_a_row_committed_late_within_the_overlap_is_not_missed(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, ("a", 1, "2024-05-01 10:00:00"))
    mark = pages(tmp_path)[-1].bookmark
    insert(source, ("late", 1, "2024-05-01 09:56:00"))
    later = pages(tmp_path, bookmark=mark)
    assert "late" in keys(later)
    assert later[-1].bookmark == mark


def test_ten_thousand_rows_of_one_timestamp_all_come_and_come_again_after_a_kill(
    source: sqlite3.Connection, tmp_path: Path
) -> None:
    insert(source, *((f"F-{n:05}", n, "2024-05-01 10:00:00") for n in range(10_000)))
    found = pages(tmp_path)
    assert len(set(keys(found))) == 10_000
    assert [page.bookmark.tie for page in found if page.bookmark][:2] == ["F-00999", "F-01999"]
    assert len(set(keys(pages(tmp_path, bookmark=found[0].bookmark, overlap_seconds=0)))) == 10_000


def test_after_a_kill_at_any_page_nothing_is_missed(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, *((f"F-{n:04}", n, f"2024-05-01 {n // 200:02}:{n // 4 % 50:02}:00") for n in range(4000)))
    found = pages(tmp_path)
    for at, page in enumerate(found):
        again = set(keys(pages(tmp_path, bookmark=page.bookmark, overlap_seconds=0)))
        assert set(keys(found[at + 1 :])) <= again


def test_the_bookmark_never_goes_back(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, ("a", 1, "2024-05-01 09:59:00"))
    mark = Bookmark("", "2024-05-01 10:00:00", "z")
    assert [page.bookmark for page in pages(tmp_path, bookmark=mark)] == [mark]


def test_rows_without_cursor_come_first_and_every_time(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(
        source,
        ("b", 1, "2024-05-01 10:00:00"),
        ("a", 1, None),
        ("garbage", 1, "ayer"),
        ("empty", 1, ""),
        ("number", 1, 5),
    )
    source.execute("CREATE TABLE loose (id TEXT, upd)")
    source.execute("INSERT INTO loose SELECT id, upd FROM debts UNION SELECT 'integer', 7")
    for table in ("debts", "loose"):
        request = StreamRequest("d", key=("id",), cursor="upd", options={"table": table})
        first = pages(tmp_path, request)
        assert keys(first)[0] == "a"
        assert first[-1].bookmark == Bookmark("", "2024-05-01 10:00:00", "b")
        assert set(keys(pages(tmp_path, request, bookmark=first[-1].bookmark))) == set(keys(first))


def test_a_row_from_the_future_does_not_carry_the_bookmark_away(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, ("a", 1, "2024-05-01 10:00:00"), ("typo", 1, "2204-05-01 10:00:00"))
    mark = pages(tmp_path)[-1].bookmark
    assert mark == Bookmark("", "2024-05-01 10:00:00", "a")
    insert(source, ("next", 1, "2024-05-02 10:00:00"))
    assert keys(pages(tmp_path, bookmark=mark)) == ["a", "next", "typo"]


@pytest.mark.parametrize(
    ("before", "rows", "expected"),
    [
        ("2024-05-01T10:00:00.250Z", ["2024-05-01T09:54:59.9Z", "2024-05-01T09:55:00.1Z"], ["1"]),
        ("2024-05-01", ["2024-04-29", "2024-04-30"], ["1"]),
    ],
)
def test_the_overlap_keeps_the_form_of_the_text(
    before: str, rows: list[str], expected: list[str], source: sqlite3.Connection, tmp_path: Path
) -> None:
    insert(source, *((str(n), 1, upd) for n, upd in enumerate(rows)))
    assert keys(pages(tmp_path, bookmark=Bookmark("", before, ""))) == expected


def test_an_integer_cursor_overlaps_by_numbers(source: sqlite3.Connection, tmp_path: Path) -> None:
    source.execute("CREATE TABLE moves (id INTEGER PRIMARY KEY)")
    source.execute(
        "INSERT INTO moves WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) SELECT i FROM n"
    )
    request = StreamRequest("moves", key=("id",), cursor="id", options={"table": "moves"})
    mark = pages(tmp_path, request)[-1].bookmark
    assert mark == Bookmark("", "3000", "3000")
    assert len(keys(pages(tmp_path, request, bookmark=mark))) == 1001
    assert len(keys(pages(tmp_path, request, bookmark=mark, overlap_numbers=10))) == 11


def test_one_read_sees_one_moment_of_the_database(source: sqlite3.Connection, tmp_path: Path) -> None:
    source.execute("PRAGMA journal_mode = WAL")
    insert(source, *((f"F-{n:04}", n, "2024-05-01 10:00:00") for n in range(1500)))
    reading = connection(tmp_path).read(DEBTS, bookmarks={})
    first = next(reading)
    source.execute("UPDATE debts SET amount = -1")
    insert(source, ("Z", 1, "2024-05-01 10:00:00"))
    rest = list(reading)
    assert len(keys([first, *rest])) == 1500
    assert all(record.fields["amount"] != -1 for record in records(rest))


# faults


def test_a_missing_file_is_unreachable_and_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(SystemUnreachable, match=r"erp\.db"):
        pages(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "erp.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(ConfigurationInvalid, match="no readable database"):
        pages(tmp_path)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (StreamRequest("d", key=("id",), options={"table": "debt"}), "Did you mean 'debts'?"),
        (StreamRequest("d", key=("ID",), options={"table": "debts"}), "Did you mean 'id'?"),
        (StreamRequest("d", key=("id",), cursor="updd", options={"table": "debts"}), "Did you mean 'upd'?"),
        (StreamRequest("d", key=("id",), options={"table": "debts", "columns": ["amonut"]}), "Did you mean 'amount'?"),
        (StreamRequest("d", key=("nope",), options={"query": "select id from debts"}), "no column 'nope'"),
        (StreamRequest("d", key=("id",), options={"query": "select id from nope"}), "no such table: nope"),
        (StreamRequest("d", key=("id",), options={"query": "select id, amount, amount from debts"}), "amount"),
        (StreamRequest("d", key=("id",), options={"table": "debts", "where": "nope = 1"}), "no such column: nope"),
        (StreamRequest("d", key=("id",), options={"query": "select id frm debts where"}), "cannot be read"),
    ],
)
def test_a_missing_table_or_column_is_named_with_the_nearest(
    request_: StreamRequest, words: str, source: sqlite3.Connection, tmp_path: Path
) -> None:
    if words == "amount":  # SQLite renames the double itself
        assert pages(tmp_path, request_) == []
        return
    with pytest.raises(ConfigurationInvalid) as refusal:
        pages(tmp_path, request_)
    assert words in str(refusal.value)


def test_a_statement_that_takes_too_long_is_interrupted(source: sqlite3.Connection, tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT max(id) AS id FROM n"
    with pytest.raises(RunMustStop, match="statement_timeout_seconds"):
        pages(tmp_path, StreamRequest("d", key=("id",), options={"query": endless}), statement_timeout_seconds=0.05)


def test_a_locked_database_is_tried_again_later(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, ("a", 1, None))
    source.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RetryLater, match="busy"):
        pages(tmp_path, statement_timeout_seconds=0.05)


def test_it_never_writes(source: sqlite3.Connection, tmp_path: Path) -> None:
    insert(source, ("a", 1, None))
    with pytest.raises(ConfigurationInvalid):
        pages(tmp_path, StreamRequest("d", key=("id",), options={"query": "WITH x AS (SELECT 1) DELETE FROM debts"}))
    database = connection(tmp_path, DEBTS)
    with pytest.raises(PermissionMissing, match="writes nothing"):
        database.write(Operation.REGISTER_PAYMENT, [])
    assert database.look_up("deudas", ["a"]) == {}
    assert not database.capabilities.writes
    assert source.execute("SELECT count(*) FROM debts").fetchone() == (1,)
    database.close()


# check and discover


def test_check_tries_the_address_and_each_stream(source: sqlite3.Connection, tmp_path: Path) -> None:
    wrong = StreamRequest("pagos", key=("id",), options={"table": "payments"})
    found = connection(tmp_path, DEBTS, wrong).check()
    assert [each.ok for each in found] == [True, True, False]
    assert "there is no table payments" in found[2].detail


def test_check_of_a_missing_database_is_one_finding(tmp_path: Path) -> None:
    assert [each.ok for each in connection(tmp_path, DEBTS).check()] == [False]


def test_discover_lists_tables_and_views_with_types_and_keys(source: sqlite3.Connection, tmp_path: Path) -> None:
    source.execute(
        "CREATE TABLE parts (a INTEGER, b DATE, c TIMESTAMP, d BOOLEAN, e DECIMAL(9,2), f REAL, g BLOB, PRIMARY KEY (a, b))"
    )
    source.execute("CREATE VIEW overdue AS SELECT id, amount FROM debts")
    found = connection(tmp_path).discover()
    assert [(each.name, each.key) for each in found] == [("debts", ("id",)), ("overdue", ()), ("parts", ("a", "b"))]
    assert list(found[2].columns.values()) == ["integer", "date", "datetime", "boolean", "decimal", "decimal", "text"]


def test_the_example_of_the_readme_is_a_workspace_that_is_accepted(tmp_path: Path) -> None:
    page = (Path(database_package.__file__).parent / "README.md").read_text(encoding="utf-8")
    (tmp_path / "concilia.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    workspace = load(tmp_path, environment={"ERP_PASSWORD": "x"})
    erp = workspace.connections["erp"]
    asked = tuple(
        StreamRequest(each.name, each.key, each.cursor, each.cursor_format, each.options) for each in erp.streams
    )
    accepted = connect(ConnectionSettings("erp", workspace.settings_of("erp"), str(tmp_path), streams=asked))
    assert accepted.capabilities.streams == ("documentos", "saldos", "clientes", "cuotas")


# the rules behind it


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("SELECT 1", "SELECT 1"),
        ("  select ';' as a ; ", "  select ';' as a "),
        ("(SELECT 1)", "(SELECT 1)"),
        ("WITH a AS (SELECT 1) SELECT * FROM a; -- fin; de verdad", "WITH a AS (SELECT 1) SELECT * FROM a"),
        (
            "/* delete; */ SELECT \"a;b\" FROM t WHERE x = 'it''s;'",
            "/* delete; */ SELECT \"a;b\" FROM t WHERE x = 'it''s;'",
        ),
        ("SELECT $tag$ ; ' $tag$", "SELECT $tag$ ; ' $tag$"),
    ],
)
def test_a_query_loses_only_its_closing_semicolon(query: str, kept: str) -> None:
    assert refuse_unless_one_select(query, where="x") == kept
