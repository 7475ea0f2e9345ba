"""Whom contact would be with: the source debtors of golden records, what they owe, and where they stand beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk
from concilia.store.crosswalk import SourceDebtor
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class OwedRow:
    """A debt as contact looks at it; `body` is JSON text of its fields and instalments."""

    id: str
    creditor: str
    status: str
    due_date: str | None
    body: str


@dataclass(frozen=True, slots=True)
class BesideRow:
    """A party that stands beside a debt in some role."""

    debtor_id: int
    debt_id: str
    role: str


def sources(tx: Tx, golden_ids: Iterable[str]) -> dict[str, list[SourceDebtor]]:
    """The source debtors behind golden records, in a stable order."""
    names = ", ".join(SourceDebtor.__dataclass_fields__)
    found: dict[str, list[SourceDebtor]] = {}
    sql = f"SELECT {names} FROM source_debtor WHERE golden_id IN :values ORDER BY id"
    for row in bulk.select_in(tx, sql, golden_ids):
        found.setdefault(row[4], []).append(SourceDebtor(*row))
    return found


def owed(tx: Tx, debtor_ids: Iterable[int]) -> dict[int, list[OwedRow]]:
    """What these source debtors owe themselves."""
    found: dict[int, list[OwedRow]] = {}
    sql = (
        "SELECT debtor_id, id, creditor, status, due_date, body FROM debt WHERE debtor_id IN :values "
        "ORDER BY debtor_id, id"
    )
    for row in bulk.select_in(tx, sql, debtor_ids):
        found.setdefault(row[0], []).append(OwedRow(*row[1:]))
    return found


def debts(tx: Tx, debt_ids: Iterable[str]) -> dict[str, OwedRow]:
    """Debts by id."""
    sql = "SELECT id, creditor, status, due_date, body FROM debt WHERE id IN :values"
    return {row[0]: OwedRow(*row) for row in bulk.select_in(tx, sql, debt_ids)}


def beside(tx: Tx, debtor_ids: Iterable[int]) -> list[BesideRow]:
    """Beside whose debts these source debtors stand, and how."""
    has_roles = "SELECT DISTINCT debtor_id FROM party_role WHERE debtor_id IN :values"
    ids = [row[0] for row in bulk.select_in(tx, has_roles, debtor_ids)]
    by_key = (
        "SELECT r.debtor_id, d.debt_id, r.role FROM party_role r JOIN source_debt d "
        "ON d.connection = r.debt_connection AND d.stream = r.debt_stream AND d.external_id = r.debt_key "
        "WHERE d.debt_id IS NOT NULL AND r.debt_key IS NOT NULL AND r.debtor_id IN :values"
    )
    by_document = (
        "SELECT r.debtor_id, d.debt_id, r.role FROM party_role r JOIN source_debt d ON d.document = r.document "
        "WHERE d.debt_id IS NOT NULL AND r.document IS NOT NULL AND r.debtor_id IN :values"
    )
    rows = {*bulk.select_in(tx, by_key, ids), *bulk.select_in(tx, by_document, ids)}
    return [BesideRow(*row) for row in sorted(rows)]


def pages(tx: Tx, *, after: str = "", size: int = 200) -> Iterator[list[str]]:
    """The ids of all active golden records, page by page."""
    sql = text("SELECT id FROM golden_debtor WHERE status = 'active' AND id > :after ORDER BY id LIMIT :size")
    while page := [row[0] for row in tx.execute(sql, {"after": after, "size": size})]:
        yield page
        after = page[-1]
