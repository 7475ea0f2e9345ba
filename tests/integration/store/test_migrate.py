"""The steps make exactly the tables that the queries expect, once, on both databases, and refuse what is newer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from concilia.errors import ConfigurationInvalid
from concilia.store import migrate
from concilia.store.migrate import HEAD, current, upgrade
from concilia.store.tables import metadata
from concilia.store.unit_of_work import Store, Tx

ROOT = Path(__file__).resolve().parents[3]
STEPS = Path(migrate.__file__).parent / "migrations"
UPGRADE = (
    "import sys; from concilia.store import migrate, unit_of_work; migrate.upgrade(unit_of_work.Store(sys.argv[1]))"
)


def steps(tx: Tx) -> Config:
    config = Config()
    config.set_main_option("script_location", str(STEPS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = tx
    return config


def differences(store: Store) -> list[object]:
    with store.read() as tx:
        found = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(found, metadata))


def tables(store: Store) -> set[str]:
    with store.read() as tx:
        return set(inspect(tx).get_table_names())


def test_an_empty_database_becomes_exactly_the_tables_that_the_queries_expect(empty: Store) -> None:
    assert tables(empty) == set()
    upgrade(empty)
    assert differences(empty) == []
    assert tables(empty) == {*metadata.tables, "alembic_version"}


def test_keys_and_indexes_are_those_of_the_tables(store: Store) -> None:
    with store.read() as tx:
        found = inspect(tx)
        for table in metadata.tables.values():
            assert set(found.get_pk_constraint(table.name)["constrained_columns"]) == {
                c.name for c in table.primary_key
            }
            unique = {str(i["name"]): bool(i["unique"]) for i in found.get_indexes(table.name)}
            assert {str(i.name): i.unique for i in table.indexes}.items() <= unique.items()


def test_upgrading_twice_writes_nothing_the_second_time(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(text("INSERT INTO counter (name, value) VALUES ('kept', 7)"))
    upgrade(store)
    with store.read() as tx:
        assert tx.execute(text("SELECT value FROM counter WHERE name = 'kept'")).scalar_one() == 7
        assert current(tx) == HEAD


def test_the_steps_go_down_to_nothing_and_up_again(store: Store) -> None:
    with store.begin() as tx:
        command.downgrade(steps(tx), "base")
    assert tables(store) == {"alembic_version"}
    upgrade(store)
    assert differences(store) == []


def test_a_failing_step_leaves_the_database_as_it_was(empty: Store) -> None:
    with empty.begin() as tx:
        tx.execute(text("CREATE TABLE stored_answer (id text)"))  # in the way of the last table
    with pytest.raises(Exception, match="stored_answer"):
        upgrade(empty)
    assert tables(empty) == {"stored_answer"}


def test_a_database_made_by_a_newer_program_is_refused_with_a_sentence(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(ConfigurationInvalid) as refused:
        upgrade(store)
    assert str(refused.value) == (
        f"The database has schema 0999, made by a newer Concilia; this one knows {HEAD}. "
        "Upgrade the program, or restore the backup of the older database."
    )
    assert refused.value.exit_code == 2


def test_the_newest_step_is_the_one_the_program_asks_for() -> None:
    numbers = sorted(file.name[:4] for file in (STEPS / "versions").glob("[0-9]*.py"))
    assert numbers[-1] == HEAD
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]


def test_processes_that_upgrade_one_empty_database_at_once_all_succeed(url: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, url], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [(p.communicate(timeout=120)[1], p.returncode) for p in started] == [("", 0)] * 3
    store = Store(url)
    assert differences(store) == []
    store.close()
