"""Connections and mappings that were declared over the API: every version, the latest in force. No meaning of any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

CONNECTION, MAPPING = "connection", "mapping"


@dataclass(frozen=True, slots=True)
class DeclarationRow:
    """One version of what was declared; `body` is its text, None when it was withdrawn."""

    id: int
    kind: str
    name: str
    version: int
    body: str | None
    at: str
    by: str


_COLUMNS = tuple(DeclarationRow.__dataclass_fields__)
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)


def latest_id(tx: Tx) -> int:
    """The number of the last change of any of them; 0 before the first."""
    found = bulk.one(tx, "SELECT coalesce(max(id), 0) FROM declaration")
    return int(found[0]) if found else 0


def in_force(tx: Tx, kind: str) -> dict[str, DeclarationRow]:
    """The latest version of each that was not withdrawn, by name."""
    sql = f"SELECT {_NAMES} FROM declaration WHERE kind = :kind ORDER BY name, version"
    latest = {row[2]: DeclarationRow(*row) for row in bulk.every(tx, sql, kind=kind)}
    return {name: row for name, row in latest.items() if row.body is not None}


def versions(tx: Tx, kind: str, name: str) -> Sequence[DeclarationRow]:
    """All versions of one, oldest first."""
    sql = f"SELECT {_NAMES} FROM declaration WHERE kind = :kind AND name = :name ORDER BY version"
    return [DeclarationRow(*row) for row in bulk.every(tx, sql, kind=kind, name=name)]


def declare(tx: Tx, kind: str, name: str, *, body: str | None, stamp: tuple[str, str]) -> DeclarationRow:
    """Append a version, stamped with the moment and who declares it; None withdraws."""
    number = bulk.reserve(tx, "declaration", 1)  # its row is locked until commit, so versions follow one another
    before = versions(tx, kind, name)
    row = DeclarationRow(number, kind, name, before[-1].version + 1 if before else 1, body, *stamp)
    bulk.insert(tx, tables.declaration, _COLUMNS, [tuple(getattr(row, column) for column in _COLUMNS)])
    return row
