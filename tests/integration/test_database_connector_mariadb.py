"""The database connector against a real MariaDB server: types, faults, limits, and never writing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import pymysql
import pytest

from concilia.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    PermissionMissing,
    RunMustStop,
)
from concilia.records import Bookmark, Page
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, Connector, StreamRequest
from connectors.database import connect
from tests.conftest import load_peer

DEBTS = StreamRequest("deudas", key=("id",), cursor="upd", options={"table": "deudas"})
PASSWORD = "clave-sólo-de-prueba"


@dataclass
class Erp:
    """An administrator's connection to an empty database, and where it is."""

    admin: Any
    port: int

    def run(self, *statements: str) -> None:
        with self.admin.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    peer = load_peer("mariadb")
    if not peer.is_installed():
        assert not os.environ.get("CI"), peer.MISSING
        pytest.skip(peer.MISSING)
    running = peer.start(tmp_path_factory.mktemp("mariadb"))
    yield running.port
    running.stop()


@pytest.fixture
def erp(server: int) -> Iterator[Erp]:
    given = {"host": "127.0.0.1", "port": server, "user": "root", "charset": "utf8mb4", "autocommit": True}
    with closing(pymysql.connect(**given)) as admin:
        made = Erp(admin, server)
        made.run(
            "DROP DATABASE IF EXISTS erp",
            "CREATE DATABASE erp CHARACTER SET utf8mb4",
            "USE erp",
            "SET time_zone = '+00:00'",
            "CREATE TABLE deudas (id varchar(20) PRIMARY KEY, monto decimal(18,2), upd datetime(6))",
            f"CREATE OR REPLACE USER lector@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
            "GRANT SELECT ON erp.deudas TO lector@'127.0.0.1'",
        )
        yield made


def connection(erp: Erp, *streams: StreamRequest, **given: Any) -> Connector:
    account = {"url": f"mysql://127.0.0.1:{erp.port}/erp", "username": "root"}
    return connect(ConnectionSettings("erp", {**account, **given}, ".", streams=streams))


def pages(erp: Erp, request: StreamRequest = DEBTS, *, bookmark: Bookmark | None = None, **given: Any) -> list[Page]:
    return list(connection(erp, **given).read(request, bookmarks={"": bookmark} if bookmark else {}))


def as_reader(**more: Any) -> dict[str, Any]:
    return {"username": "lector", "password": Secret(PASSWORD), **more}


def test_every_type_arrives_as_a_value_a_record_may_hold(erp: Erp) -> None:
    erp.run(
        "CREATE TABLE raro (id bigint unsigned PRIMARY KEY, exacto decimal(10,2), aproximado double, dia date, "
        "sin_zona datetime(6), con_zona timestamp(6) NULL, hora time, bytes varbinary(8), anio year, "
        "opcion enum('a','ñ'), varios set('x','y'), doc json, logico tinyint(1), nombre text, nada int, "
        "cero datetime NOT NULL DEFAULT 0)",
        "SET sql_mode = ''",
        "INSERT INTO raro VALUES (18446744073709551615, 1.10, 0.1, '2024-05-01', '2024-05-01 10:00:00.5', "
        "'2024-05-01 10:00:00.5', '10:30:00', 0x00ff, 2024, 'ñ', 'x,y', '{\"a\": 0.1}', 1, 'Ñandú 😀', NULL, "
        "'0000-00-00 00:00:00')",
    )
    request = StreamRequest("raro", key=("id",), options={"table": "raro"})
    (page,) = pages(erp, request, time_zone="America/Bogota")
    assert page.records[0].fields == {
        "id": 18446744073709551615,
        "exacto": Decimal("1.10"),
        "aproximado": Decimal("0.1"),
        "dia": date(2024, 5, 1),
        "sin_zona": datetime(2024, 5, 1, 15, 0, 0, 500_000, tzinfo=UTC),  # of the connection's zone
        "con_zona": datetime(2024, 5, 1, 10, 0, 0, 500_000, tzinfo=UTC),  # the server's own instant
        "hora": "10:30:00",
        "bytes": "00ff",
        "anio": 2024,
        "opcion": "ñ",
        "varios": "x,y",
        "doc": '{"a": 0.1}',
        "logico": 1,
        "nombre": "Ñandú 😀",
        "nada": None,
        "cero": "0000-00-00 00:00:00",
    }


def test_a_cursor_is_read_in_its_own_zone_and_the_bookmark_goes_on_there(erp: Erp) -> None:
    erp.run("INSERT INTO deudas VALUES ('F-1', 1, '2024-05-01 06:00:00'), ('F-2', 1, NULL), ('F-3', 1, '2024-05-02')")
    (page,) = pages(erp, time_zone="America/Bogota")
    assert [record.key[0] for record in page.records] == ["F-2", "F-1", "F-3"]
    assert page.records[1].source_updated_at == datetime(2024, 5, 1, 11, tzinfo=UTC)
    assert page.bookmark == Bookmark("", "2024-05-02T00:00:00.000000", "F-3")
    (later,) = pages(erp, bookmark=page.bookmark, overlap_seconds=60)
    assert [record.key[0] for record in later.records] == ["F-2", "F-3"]


def test_a_read_left_in_the_middle_does_not_wait_for_the_rest(erp: Erp) -> None:
    erp.run("INSERT INTO deudas SELECT seq, 1, '2024-05-01' FROM seq_1_to_20000")
    reading = connection(erp, page_size=10).read(DEBTS, bookmarks={})
    assert [page.read for page in islice(reading, 2)] == [10, 10]
    reading.close()  # type: ignore[attr-defined]
    assert sum(page.read for page in pages(erp)) == 20000


def test_what_is_committed_during_the_read_is_not_in_it(erp: Erp) -> None:
    erp.run("INSERT INTO deudas SELECT seq, 1, '2024-05-01' FROM seq_1_to_50")
    reading = connection(erp, page_size=10).read(DEBTS, bookmarks={})
    next(reading)
    erp.run("INSERT INTO deudas VALUES ('z', 1, '2024-05-01')")
    assert sum(page.read for page in reading) == 40


def test_a_wrong_password_a_missing_grant_and_a_missing_table_are_named(erp: Erp) -> None:
    with pytest.raises(CredentialsRefused, match="refused the user lector"):
        pages(erp, username="lector", password=Secret("otra"))
    erp.run("CREATE TABLE otra (id int PRIMARY KEY)")
    hidden = StreamRequest("otra", key=("id",), options={"query": "SELECT id FROM otra"})
    with pytest.raises(PermissionMissing, match="SELECT command denied"):
        pages(erp, hidden, **as_reader())
    missing = StreamRequest("x", key=("id",), options={"table": "deuda"})
    with pytest.raises(ConfigurationInvalid, match="Did you mean 'deudas'"):
        pages(erp, missing)


def test_a_query_that_writes_is_refused_by_the_server(erp: Erp) -> None:
    erp.run(
        "CREATE FUNCTION sube() RETURNS int NOT DETERMINISTIC MODIFIES SQL DATA "
        "BEGIN UPDATE deudas SET monto = 0; RETURN 1; END",
        "INSERT INTO deudas VALUES ('F-1', 7, '2024-05-01')",
    )
    sneaky = StreamRequest("x", key=("id",), options={"query": "SELECT sube() AS id"})
    with pytest.raises(ConfigurationInvalid, match="tried to write"):
        pages(erp, sneaky)
    assert pages(erp)[0].records[0].fields["monto"] == Decimal("7.00")


def test_a_statement_that_takes_too_long_is_given_up(erp: Erp) -> None:
    slow = StreamRequest("x", key=("id",), options={"query": "SELECT SLEEP(30) AS id"})
    with pytest.raises(RunMustStop, match="took longer than statement_timeout_seconds"):
        pages(erp, slow, statement_timeout_seconds=0.3)


def test_a_cursor_of_text_is_refused(erp: Erp) -> None:
    with pytest.raises(ConfigurationInvalid, match="is no timestamp, date or whole number"):
        pages(erp, StreamRequest("x", key=("id",), cursor="id", options={"table": "deudas"}))


def test_tables_are_discovered_with_types_and_keys(erp: Erp) -> None:
    (schema,) = connection(erp).discover()
    assert (schema.name, schema.key) == ("deudas", ("id",))
    assert schema.columns == {"id": "text", "monto": "decimal", "upd": "datetime"}
