"""One transaction: all of it or nothing, one consistent view, and a clear word when there is no database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from concilia.errors import ConciliaError, ConfigurationInvalid, SystemUnreachable
from concilia.store.unit_of_work import Store, Tx

ADD = text("INSERT INTO counter (name, value) VALUES (:name, 1)")


def names(tx: Tx) -> list[str]:
    return [row[0] for row in tx.execute(text("SELECT name FROM counter ORDER BY name"))]


def write_and_fail(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(ADD, {"name": "lost"})
        raise KeyboardInterrupt


def test_what_is_raised_takes_everything_back(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_and_fail(store)
    with store.begin() as tx:
        tx.execute(ADD, {"name": "kept"})
    with store.read() as tx:
        assert names(tx) == ["kept"]


def test_a_reader_sees_one_moment_while_others_write(store: Store) -> None:
    with store.read() as reading:
        assert names(reading) == []
        with store.begin() as tx:
            tx.execute(ADD, {"name": "later"})
        assert names(reading) == []
    with store.read() as reading:
        assert names(reading) == ["later"]


def test_a_reader_does_not_see_what_is_not_committed(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(ADD, {"name": "not yet"})
        with store.read() as reading:
            assert names(reading) == []


def test_a_reading_transaction_cannot_write_on_postgresql(postgres_url: str) -> None:
    store = Store(postgres_url)
    with pytest.raises(DBAPIError, match="read-only"), store.read() as tx:
        tx.execute(text("CREATE TABLE t (n int)"))
    with store.begin() as tx:  # the same pooled connection writes again
        tx.execute(text("CREATE TABLE t (n int)"))
        level = tx.execute(text("SHOW transaction_isolation")).scalar_one()
        assert level == "read committed"
    store.close()


@pytest.mark.parametrize("ask", ["begin", "read"])
@pytest.mark.parametrize(
    "url", ["postgresql://ana:hunter2@127.0.0.1:1/hub", "postgresql://ana:hun%40ter2@127.0.0.1:1/hub", "postgres://ana:hunter2@127.0.0.1:1/"]
)  # fmt: skip
def test_an_unreachable_database_is_said_in_a_sentence_without_the_password(url: str, ask: str) -> None:
    store = Store(url)
    with pytest.raises(SystemUnreachable) as fault, getattr(store, ask)():
        pass
    said = f"{fault.value} {fault.value!r} {fault.value.__cause__} {store!r}"
    assert "127.0.0.1:1" in str(fault.value)
    assert "CONCILIA_DATABASE_URL" in str(fault.value)
    assert "\n" not in str(fault.value)
    assert "ter2" not in said
    assert (fault.value.exit_code, fault.value.system) == (3, "store")


def test_a_password_given_as_a_parameter_is_not_shown_either() -> None:
    with (
        pytest.raises(SystemUnreachable) as fault,
        Store("postgresql://127.0.0.1:1/hub?user=ana&password=hunter2").begin(),
    ):
        pass
    assert "hunter2" not in str(fault.value)


def test_a_missing_folder_for_sqlite_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(SystemUnreachable, match="cannot be opened"), Store(f"sqlite:///{tmp_path}/no/hub.db").begin():
        pass


@pytest.mark.parametrize("url", ["mysql://ana:hunter2@h/db", "oracle:x", "hub.db", ""])
def test_an_unknown_database_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="unknown database") as fault:
        Store(url)
    assert "hunter2" not in str(fault.value)


@pytest.mark.parametrize("url", ["postgresql://ana:hunter2@host:port/db", "postgresql:ana:hunter2@host/db"])
def test_a_malformed_url_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ConciliaError) as fault:
        Store(url)
    assert "hunter2" not in str(fault.value)
