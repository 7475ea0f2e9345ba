"""Whom contact would be with: who is meant by an identifier, what somebody owes, and all debtors page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk
from concilia.store.round_trips import Statement, together
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class OwedRow:
    """A debt as contact looks at it; `body` is JSON text of its fields and instalments."""

    id: str
    creditor: str
    status: str
    due_date: str | None
    body: str
    owner: str = ""  # the connection whose word counts


def holding(tx: Tx, keys: Sequence[str]) -> list[str]:
    """The golden debtors that are looked up by one of these keys."""
    sql = (
        "SELECT DISTINCT s.golden_id FROM match_key k JOIN source_debtor s ON s.id = k.debtor_id "
        "WHERE s.golden_id IS NOT NULL AND k.key IN :values"
    )
    (found,) = together(tx, [Statement(sql, values=keys)]) if keys else [[]]
    return sorted({row[0] for row in found})


def owing(tx: Tx, debt_id: str, *, document: str) -> list[str]:
    """The golden debtors that owe the debt of that id; those of that document where there is none."""
    sql = (
        "SELECT 1, s.golden_id FROM debt d LEFT JOIN source_debtor s ON s.id = d.debtor_id WHERE d.id = :id "
        "UNION ALL SELECT 2, s.golden_id FROM debt d JOIN source_debtor s ON s.id = d.debtor_id "
        "WHERE d.document = :document"
    )
    (found,) = together(tx, [Statement(sql, {"id": debt_id, "document": document})])
    best = min((row[0] for row in found), default=0)
    return sorted({row[1] for row in found if row[0] == best and row[1]})


def owed(tx: Tx, debtor_ids: Iterable[int]) -> dict[int, list[OwedRow]]:
    """What these source debtors owe themselves."""
    found: dict[int, list[OwedRow]] = {}
    sql = (
        "SELECT debtor_id, id, creditor, status, due_date, body, owner FROM debt WHERE debtor_id IN :values "
        "ORDER BY debtor_id, id"
    )
    for row in bulk.select_in(tx, sql, debtor_ids):
        found.setdefault(row[0], []).append(OwedRow(*row[1:]))
    return found


def pages(tx: Tx, *, after: str = "", size: int = 200) -> Iterator[list[str]]:
    """The ids of all active golden records, page by page."""
    sql = text("SELECT id FROM golden_debtor WHERE status = 'active' AND id > :after ORDER BY id LIMIT :size")
    while page := [row[0] for row in tx.execute(sql, {"after": after, "size": size})]:
        yield page
        after = page[-1]
