"""Credentials as sealed text, one row for each secret setting of a connection. Nothing here can open one."""

from __future__ import annotations

from dataclasses import dataclass, field

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A sealed secret and who gave it when."""

    connection: str
    setting: str
    envelope: str = field(repr=False)
    changed_at: str
    changed_by: str


_COLUMNS = tuple(CredentialRow.__dataclass_fields__)
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)


def load(tx: Tx, connection: str, setting: str) -> CredentialRow | None:
    """One sealed secret."""
    sql = f"SELECT {_NAMES} FROM credential WHERE connection = :connection AND setting = :setting"
    found = bulk.one(tx, sql, connection=connection, setting=setting)
    return None if found is None else CredentialRow(*found)


def every(tx: Tx) -> list[CredentialRow]:
    """All of them, in order."""
    return [CredentialRow(*row) for row in bulk.every(tx, f"SELECT {_NAMES} FROM credential ORDER BY 1, 2")]


def keep(tx: Tx, row: CredentialRow) -> None:
    """Put a sealed secret in place of the one before."""
    values = tuple(getattr(row, name) for name in _COLUMNS)
    bulk.upsert(tx, tables.credential, _COLUMNS, [values], key=("connection", "setting"))


def forget(tx: Tx, connection: str) -> None:
    """Remove the secrets of a connection."""
    bulk.every(tx, "DELETE FROM credential WHERE connection = :connection RETURNING setting", connection=connection)
