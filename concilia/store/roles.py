"""Parties that stand beside a debt: guarantors, co-debtors, representatives, references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role as a record states it; the debt is named by its key in a connection or by its document."""

    record_id: int
    ordinal: int
    debtor_id: int
    debt_connection: str
    debt_stream: str | None
    debt_key: str | None
    document: str | None
    role: str
    liability: str


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role with the golden debtor and the debt it joins."""

    golden_id: str
    debt_id: str
    role: str
    liability: str


_COLUMNS = tuple(RoleRow.__dataclass_fields__)


def replace(tx: Tx, record_ids: Sequence[int], rows: Sequence[RoleRow]) -> None:
    """Swap the roles that these records state."""
    bulk.execute_in(tx, "DELETE FROM party_role WHERE record_id IN :values", record_ids)
    bulk.insert(tx, tables.party_role, _COLUMNS, [tuple(getattr(r, name) for name in _COLUMNS) for r in rows])


def of_golden(tx: Tx, golden_id: str) -> list[RoleView]:
    """In which debts of others (or its own) a debtor stands, and how."""
    sql = text(
        "SELECT DISTINCT s.golden_id, d.debt_id, r.role, r.liability FROM party_role r "
        "JOIN source_debtor s ON s.id = r.debtor_id "
        "JOIN source_debt d ON (d.connection = r.debt_connection AND d.stream = r.debt_stream "
        "AND d.external_id = r.debt_key) OR (r.document IS NOT NULL AND d.document = r.document) "
        "WHERE s.golden_id = :id AND d.debt_id IS NOT NULL ORDER BY d.debt_id, r.role"
    )
    return [RoleView(*row) for row in tx.execute(sql, {"id": golden_id})]
