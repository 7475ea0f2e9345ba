"""Values that stewards fixed for fields of source debtors. Appended, never changed; null takes a pin back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class StoredPin:
    """One word of a steward on one field; `value` is none when it takes the earlier one back."""

    id: int
    debtor_id: int
    field: str
    value: str | None
    by: str
    reason: str
    at: str


_COLUMNS = tuple(StoredPin.__dataclass_fields__)
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)


def standing(tx: Tx, debtor_ids: Iterable[int]) -> list[StoredPin]:
    """The pins of these source debtors that count now, one for each debtor and field, oldest first."""
    rows = bulk.select_in(tx, f"SELECT {_NAMES} FROM pin WHERE debtor_id IN :values", debtor_ids)
    latest = {(pin.debtor_id, pin.field): pin for pin in sorted((StoredPin(*r) for r in rows), key=lambda p: p.id)}
    return sorted((pin for pin in latest.values() if pin.value is not None), key=lambda pin: pin.id)


def append(tx: Tx, rows: Sequence[tuple[int, str, str | None, str, str]], *, at: str) -> None:
    """Append debtor, field, value, by, reason."""
    if rows:
        first = bulk.reserve(tx, "pin", len(rows))
        bulk.insert(tx, tables.pin, _COLUMNS, [(first + n, *row, at) for n, row in enumerate(rows)])
