"""Judgements about pairs of source debtors and suggestions for the steward. Rulings are appended, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class StoredRuling:
    """One judgement as appended; `because` is JSON text."""

    id: int
    left_id: int
    right_id: int
    judgement: str
    by: str
    because: str
    at: str


_COLUMNS = tuple(StoredRuling.__dataclass_fields__)


def about(tx: Tx, debtor_ids: Iterable[int], *, by_stewards: bool = False) -> list[StoredRuling]:
    """Every ruling in which one of these debtors takes part, or only those of stewards, oldest first."""
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    ids = list(debtor_ids)
    whose = " AND \"by\" LIKE 'steward:%'" if by_stewards else ""
    found: dict[int, StoredRuling] = {}
    for side in ("left_id", "right_id"):
        for row in bulk.select_in(tx, f"SELECT {names} FROM ruling WHERE {side} IN :values{whose}", ids):
            found[row[0]] = StoredRuling(*row)
    return [found[n] for n in sorted(found)]


def append(tx: Tx, rows: Sequence[tuple[int, int, str, str, str]], *, at: str) -> None:
    """Append left, right, judgement, by, because."""
    if not rows:
        return
    first = bulk.reserve(tx, "ruling", len(rows))
    bulk.insert(tx, tables.ruling, _COLUMNS, [(first + n, *row, at) for n, row in enumerate(rows)])


def replace_candidates(
    tx: Tx, debtor_ids: Sequence[int], rows: Sequence[tuple[int, int, str, str]], *, at: str
) -> None:
    """Swap the suggestions that concern these debtors: left, right, reason, because."""
    ids = list(debtor_ids)
    for side in ("left_id", "right_id"):
        bulk.execute_in(tx, f"DELETE FROM candidate WHERE {side} IN :values", ids)
    columns = ("left_id", "right_id", "reason", "because", "at")
    bulk.upsert(tx, tables.candidate, columns, [(*row, at) for row in rows], key=("left_id", "right_id"))


@dataclass(frozen=True, slots=True)
class StoredCandidate:
    """A pair that waits for the steward, with the golden records its two sides belong to now."""

    left_id: int
    right_id: int
    reason: str
    because: str  # JSON text
    at: str
    left_golden: str
    right_golden: str


_CANDIDATE = (
    "SELECT c.left_id, c.right_id, c.reason, c.because, c.at, l.golden_id, r.golden_id FROM candidate c "
    "JOIN source_debtor l ON l.id = c.left_id JOIN source_debtor r ON r.id = c.right_id "
    "WHERE l.golden_id IS NOT NULL AND r.golden_id IS NOT NULL AND l.golden_id <> r.golden_id"
)


def candidates(tx: Tx) -> list[StoredCandidate]:
    """Every pair that waits for the steward, in order of ids."""
    return [StoredCandidate(*row) for row in tx.execute(text(f"{_CANDIDATE} ORDER BY c.left_id, c.right_id"))]


def candidate(tx: Tx, left_id: int, right_id: int) -> StoredCandidate | None:
    """The suggestion about one pair, whichever side is named first."""
    pair = {"left": min(left_id, right_id), "right": max(left_id, right_id)}
    row = tx.execute(text(f"{_CANDIDATE} AND c.left_id = :left AND c.right_id = :right"), pair).first()
    return None if row is None else StoredCandidate(*row)


def of_stewards(tx: Tx) -> list[StoredRuling]:
    """Everything stewards ever said, oldest first."""
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    sql = text(f"SELECT {names} FROM ruling WHERE \"by\" LIKE 'steward:%' ORDER BY id")
    return [StoredRuling(*row) for row in tx.execute(sql)]


def balances(tx: Tx, golden_ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Unit and balance of every debt of these golden records."""
    sql = (
        "SELECT s.golden_id, d.unit, d.balance FROM debt d JOIN source_debtor s ON s.id = d.debtor_id "
        "WHERE s.golden_id IN :values"
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for golden, unit, balance in bulk.select_in(tx, sql, golden_ids):
        found.setdefault(golden, []).append((unit, balance))
    return found
