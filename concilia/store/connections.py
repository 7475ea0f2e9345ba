"""Connections as last applied from the workspace, and whether writing to them is approved."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class AppliedConnection:
    """One connection as applied; `body` is JSON text of its configuration without secrets."""

    name: str
    connector: str
    fingerprint: str
    body: str
    applied_at: str
    approved_at: str | None = None
    approved_by: str | None = None


_COLUMNS = tuple(AppliedConnection.__dataclass_fields__)


def every(tx: Tx) -> dict[str, AppliedConnection]:
    """Applied connections by name."""
    names = ", ".join(_COLUMNS)
    rows = tx.execute(text(f"SELECT {names} FROM connection ORDER BY name"))
    return {row[0]: AppliedConnection(*row) for row in rows}


def store(tx: Tx, applied: AppliedConnection) -> None:
    """Insert or overwrite one connection, leaving its approval as it is."""
    columns = _COLUMNS[:5]
    bulk.upsert(tx, tables.connection, columns, [tuple(getattr(applied, name) for name in columns)], key=("name",))


def approve(tx: Tx, name: str, *, by: str | None, at: str | None) -> None:
    """Allow writing to a connection, or (both None) take the permission back."""
    sql = text("UPDATE connection SET approved_at = :at, approved_by = :by WHERE name = :name")
    tx.execute(sql, {"name": name, "at": at, "by": by})


def policies(tx: Tx) -> str | None:
    """The policies in force as text, or None before the first were applied."""
    found: str | None = tx.execute(text("SELECT body FROM policy WHERE name = 'workspace'")).scalar()
    return found


def store_policies(tx: Tx, body: str, *, at: str) -> None:
    """Put policies in force."""
    bulk.upsert(tx, tables.policy, ("name", "body", "applied_at"), [("workspace", body, at)], key=("name",))
