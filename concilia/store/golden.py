"""Golden records with their versions, and the ledger of founded, merged and split. No policy, no commit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

ACTIVE, MERGED, RETIRED = "active", "merged", "retired"


@dataclass(frozen=True, slots=True)
class GoldenRow:
    """One golden record as stored; `body` and `provenance` are JSON text."""

    id: str
    status: str
    merged_into: str | None
    founder_id: int
    founded_seq: int
    retired_seq: int | None
    version: int
    body: str
    provenance: str
    search: str
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One line of the identity ledger."""

    kind: str
    golden_id: str
    other_id: str | None
    debtor_id: int | None
    body: str


_COLUMNS = tuple(GoldenRow.__dataclass_fields__)
_NAMES = ", ".join(_COLUMNS)


def load(tx: Tx, golden_ids: Iterable[str]) -> dict[str, GoldenRow]:
    """Golden records by id, whatever their status."""
    rows = bulk.select_in(tx, f"SELECT {_NAMES} FROM golden_debtor WHERE id IN :values", golden_ids)
    return {row[0]: GoldenRow(*row) for row in rows}


def store(tx: Tx, rows: Sequence[GoldenRow], *, superseded: Sequence[GoldenRow]) -> None:
    """Write golden records; `superseded` are the versions they replace, kept for ever."""
    history = [(g.id, g.version, g.status, g.merged_into, g.body, g.provenance, g.updated_at) for g in superseded]
    columns = ("golden_id", "version", "status", "merged_into", "body", "provenance", "recorded_at")
    bulk.insert(tx, tables.golden_version, columns, history)
    values = [tuple(getattr(g, name) for name in _COLUMNS) for g in rows]
    bulk.upsert(tx, tables.golden_debtor, _COLUMNS, values, key=("id",))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a golden id stands in the history of ids, without what the record says."""

    id: str
    founder_id: int
    founded_seq: int
    retired_seq: int | None


def places(tx: Tx, golden_ids: Iterable[str], *, founders: Iterable[int]) -> list[Place]:
    """These golden ids, and every one, in force or not, that one of these source debtors founded."""
    found: dict[str, Place] = {}
    for column, values in (("id", golden_ids), ("founder_id", founders)):
        sql = f"SELECT id, founder_id, founded_seq, retired_seq FROM golden_debtor WHERE {column} IN :values"
        found |= {row[0]: Place(*row) for row in bulk.select_in(tx, sql, values)}
    return list(found.values())


def append_ledger(tx: Tx, lines: Sequence[LedgerLine], *, at: str) -> int:
    """Append to the ledger of identities; the number of the first line."""
    if not lines:
        return 0
    first = bulk.reserve(tx, "identity_ledger", len(lines))
    columns = ("id", "kind", "golden_id", "other_id", "debtor_id", "body", "at")
    rows = [(first + n, i.kind, i.golden_id, i.other_id, i.debtor_id, i.body, at) for n, i in enumerate(lines)]
    bulk.insert(tx, tables.identity_ledger, columns, rows)
    return first


def ledger_of(tx: Tx, golden_id: str) -> list[dict[str, Any]]:
    """What happened to one golden id, oldest first."""
    sql = text(
        "SELECT id, kind, golden_id, other_id, debtor_id, body, at FROM identity_ledger "
        "WHERE golden_id = :id OR other_id = :id ORDER BY id"
    )
    names = ("id", "kind", "golden_id", "other_id", "debtor_id", "because", "at")
    found = [dict(zip(names, row, strict=True)) for row in tx.execute(sql, {"id": golden_id})]
    return [{**line, "because": json.loads(line["because"])} for line in found]


def versions_of(tx: Tx, golden_id: str) -> list[dict[str, Any]]:
    """Earlier versions of one golden record, oldest first."""
    sql = text(
        "SELECT version, status, merged_into, body, recorded_at FROM golden_version "
        "WHERE golden_id = :id ORDER BY version"
    )
    names = ("version", "status", "merged_into", "body", "recorded_at")
    found = [dict(zip(names, row, strict=True)) for row in tx.execute(sql, {"id": golden_id})]
    return [{**line, "body": json.loads(line["body"])} for line in found]


def search(tx: Tx, words: Sequence[str], *, after: str, limit: int) -> list[GoldenRow]:
    """Active golden records whose search text holds every word (folded, upper case), in order of id."""
    where = "".join(f" AND search LIKE :w{n} ESCAPE '!'" for n in range(len(words)))
    sql = text(
        f"SELECT {_NAMES} FROM golden_debtor WHERE status = 'active' AND id > :after{where} ORDER BY id LIMIT :limit"
    )
    values: dict[str, Any] = {"after": after, "limit": limit}
    values |= {f"w{n}": f"%{_plain(word)}%" for n, word in enumerate(words)}
    return [GoldenRow(*row) for row in tx.execute(sql, values)]


def every(tx: Tx) -> Iterator[GoldenRow]:
    """All active golden records in order of id, without holding them all."""
    sql = text(f"SELECT {_NAMES} FROM golden_debtor WHERE status = 'active' ORDER BY id")
    rows = tx.execution_options(yield_per=500).execute(sql)
    return (GoldenRow(*row) for row in rows)


def all_ids(tx: Tx) -> set[str]:
    """Every golden id there ever was."""
    return {row[0] for row in bulk.every(tx, "SELECT id FROM golden_debtor")}


def count_active(tx: Tx) -> int:
    """How many golden debtors there are."""
    return int(tx.execute(text("SELECT count(*) FROM golden_debtor WHERE status = 'active'")).scalar_one())


def _plain(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
