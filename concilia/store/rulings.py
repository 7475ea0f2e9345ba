"""Judgements about pairs of source debtors and suggestions for the steward. Rulings are appended, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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


def about(tx: Tx, debtor_ids: Iterable[int]) -> list[StoredRuling]:
    """Every ruling in which one of these debtors takes part, oldest first."""
    names = ", ".join(f'"{name}"' for name in _COLUMNS)
    ids = list(debtor_ids)
    found: dict[int, StoredRuling] = {}
    for side in ("left_id", "right_id"):
        for row in bulk.select_in(tx, f"SELECT {names} FROM ruling WHERE {side} IN :values", ids):
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
