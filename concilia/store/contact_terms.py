"""What stands between a debtor and contact: consents, prohibitions, disputes and holds. One query each, no policy.

What was said of a golden debtor has one row for each source debtor it concerns: a merge unites what each was told,
a split gives back to each what is its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """What the debtor said of a channel, a contact point or a purpose; empty ones mean all."""

    id: int
    debtor_id: int
    state: str
    contact_type: str
    contact_value: str
    channel: str
    purpose: str
    captured_at: str
    expires_at: str | None
    legal_basis: str
    evidence: str
    text_version: str
    by: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class ProhibitionRow:
    """A contact that must not be made; empty members mean all."""

    id: int
    debtor_id: int
    reason: str
    contact_type: str
    contact_value: str
    channel: str
    debt_id: str
    purpose: str
    since: str
    until: str | None
    evidence: str
    by: str
    recorded_at: str
    lifted_at: str | None = None
    lifted_by: str | None = None
    lifted_because: str | None = None


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A debt that is contested. `effect`: hold or none."""

    id: int
    debt_id: str
    kind: str
    effect: str
    status: str
    amount: str | None
    opened_at: str
    opened_via: str
    authority: str
    case_id: str
    response_due: str | None
    evidence: str
    by: str
    recorded_at: str
    resolved_at: str | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A debt or a party that is let alone for now; `subject` is `debt:…` or `debtor:…`."""

    id: int
    subject: str
    reason: str
    since: str
    until: str | None
    evidence: str
    by: str
    recorded_at: str
    lifted_at: str | None = None
    lifted_by: str | None = None
    lifted_because: str | None = None


Row = TypeVar("Row", ConsentRow, ProhibitionRow, DisputeRow, HoldRow)
_TABLES = {
    ConsentRow: tables.consent, ProhibitionRow: tables.prohibition, DisputeRow: tables.dispute, HoldRow: tables.hold,
}  # fmt: skip


def next_id(tx: Tx, kind: type[Row]) -> int:
    """The number of the next one of that kind."""
    return bulk.reserve(tx, _TABLES[kind].name, 1)


def add(tx: Tx, rows: Sequence[Row]) -> None:
    """Append rows of one kind."""
    kind = type(rows[0])
    names = tuple(kind.__dataclass_fields__)
    bulk.insert(tx, _TABLES[kind], names, [tuple(getattr(row, name) for name in names) for row in rows])


def replaced(tx: Tx, rows: Sequence[Row]) -> None:
    """Write rows of one kind over those with their keys."""
    kind = type(rows[0])
    table = _TABLES[kind]
    names = tuple(kind.__dataclass_fields__)
    keys = [column.name for column in table.primary_key]
    bulk.upsert(tx, table, names, [tuple(getattr(row, name) for name in names) for row in rows], key=keys)


def numbered(tx: Tx, kind: type[Row], number: int) -> list[Row]:
    """The rows under one number."""
    return _read(tx, kind, "id", [number])


def consents_of(tx: Tx, debtor_ids: Iterable[int]) -> list[ConsentRow]:
    """What these source debtors said, oldest first."""
    return _read(tx, ConsentRow, "debtor_id", debtor_ids)


def prohibitions_of(tx: Tx, debtor_ids: Iterable[int]) -> list[ProhibitionRow]:
    """What must not be done with these source debtors, lifted ones too."""
    return _read(tx, ProhibitionRow, "debtor_id", debtor_ids)


def disputes_of(tx: Tx, debt_ids: Iterable[str]) -> list[DisputeRow]:
    """Disputes about these debts, ended ones too."""
    return _read(tx, DisputeRow, "debt_id", debt_ids)


def holds_on(tx: Tx, subjects: Iterable[str]) -> list[HoldRow]:
    """Holds on these subjects, lifted ones too."""
    return _read(tx, HoldRow, "subject", subjects)


def listed_disputes(tx: Tx, *, status: str, after: int, limit: int) -> list[DisputeRow]:
    """The rows of disputes of one status or of all, `limit` disputes in order of number."""
    where = "AND status = :status" if status else ""
    sql = f"SELECT DISTINCT id FROM dispute WHERE id > :after {where} ORDER BY id LIMIT :limit"
    given = {"status": status} if status else {}
    return _read(tx, DisputeRow, "id", [row[0] for row in bulk.every(tx, sql, after=after, limit=limit, **given)])


def _read(tx: Tx, kind: type[Row], column: str, values: Iterable[object]) -> list[Row]:
    table = _TABLES[kind].name
    rows = bulk.select_in(tx, f"SELECT {_names(kind)} FROM {table} WHERE {column} IN :values ORDER BY id", values)
    return [kind(*row) for row in rows]


def _names(kind: type[Row]) -> str:
    return ", ".join(f'"{name}"' for name in kind.__dataclass_fields__)
