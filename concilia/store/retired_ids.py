"""Numbers that stewards took out of use, at one source debtor or everywhere. Appended, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

EVERYWHERE = None  # as a debtor: whoever states the number

Key = tuple[int | None, str, str]  # debtor, country:type, canonical value


@dataclass(frozen=True, slots=True)
class StoredRetirement:
    """One word on one number; `retired` is 0 when it puts the number back into use."""

    id: int
    debtor_id: int | None
    name: str
    value: str
    retired: int
    by: str
    reason: str
    at: str

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.debtor_id, self.name, self.value


_COLUMNS = tuple(StoredRetirement.__dataclass_fields__)
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)


def standing(tx: Tx, debtor_ids: Iterable[int]) -> Mapping[Key, StoredRetirement]:
    """What is out of use now at these source debtors, and everywhere; nothing for no debtors."""
    sql = f"SELECT {_NAMES} FROM retired_id WHERE debtor_id IN :values OR debtor_id IS NULL"
    rows = {row[0]: StoredRetirement(*row) for row in bulk.select_in(tx, sql, debtor_ids)}
    latest = {rows[n].key: rows[n] for n in sorted(rows)}
    return {key: word for key, word in latest.items() if word.retired}


def append(tx: Tx, rows: Sequence[tuple[int | None, str, str, int, str, str]], *, at: str) -> None:
    """Append debtor, name, value, retired, by, reason."""
    if rows:
        first = bulk.reserve(tx, "retired_id", len(rows))
        bulk.insert(tx, tables.retired_id, _COLUMNS, [(first + n, *row, at) for n, row in enumerate(rows)])
