"""Brings a database to the schema this version needs, once. The steps live in `migrations/versions`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from concilia.errors import ConfigurationInvalid
from concilia.store.unit_of_work import Store, Tx

HEAD = "0012"
_STEPS = Path(__file__).parent / "migrations"


def current(tx: Tx) -> str | None:
    """The version the database is at, or None for an empty one."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    version: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def upgrade(store: Store) -> None:
    """Run the missing steps in one transaction; refuses a database made by a newer version."""
    with store.read() as tx:
        found = current(tx)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise ConfigurationInvalid(
            f"The database has schema {found}, made by a newer Concilia; this one knows {HEAD}.",
            mend="Upgrade the program, or restore the backup of the older database.",
        )
    _run_steps(store)


def _run_steps(store: Store) -> None:
    from alembic import command
    from alembic.config import Config

    with store.begin() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("SELECT pg_advisory_xact_lock(4711)"))  # two processes may start at once
        if current(tx) == HEAD:
            return
        config = Config()
        config.set_main_option("script_location", str(_STEPS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
