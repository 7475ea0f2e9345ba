"""Contact points that the hub states itself, and changes of verified ones that wait for a word. No policy.

A statement ends and says why; a change keeps both values as they were stated, whatever their source says later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

TOLD, KEPT = "told", "kept"
OPEN, CONFIRMED, REJECTED, SUPERSEDED = "open", "confirmed", "rejected", "superseded"


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A contact point of a source debtor in the hub's own words; `body` is JSON text as `contact_point_to_json`.

    `kind`: told by a channel, or kept for a source that dropped it while it was verified.
    """

    id: int
    debtor_id: int
    contact_type: str
    match_value: str
    kind: str
    body: str
    origin: str
    evidence: str
    replaces: str
    told_at: str | None
    received_at: str
    ended_at: str | None = None
    ended_because: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A verified contact point that somebody wants to be another; an empty `new_value` wants it gone.

    `told_at` is the business time of the new value, `opened_at` when the hub heard of it.
    """

    id: int
    debtor_id: int
    contact_type: str
    old_value: str
    new_value: str
    old_body: str
    new_body: str
    verified_at: str | None
    told_at: str | None
    origin: str
    opened_at: str
    status: str = OPEN
    decided_at: str | None = None
    decided_by: str | None = None
    because: str = ""


_STATEMENT = tuple(StatementRow.__dataclass_fields__)
_CHANGE = tuple(ChangeRow.__dataclass_fields__)


def statements_of(tx: Tx, debtor_ids: Iterable[int]) -> list[StatementRow]:
    """What the hub states of these source debtors now, oldest first."""
    sql = f"SELECT {', '.join(_STATEMENT)} FROM contact_statement WHERE ended_at IS NULL AND debtor_id IN :values"
    return sorted((StatementRow(*row) for row in bulk.select_in(tx, sql, debtor_ids)), key=lambda row: row.id)


def statements_on(tx: Tx, debtor_id: int, *, contact_type: str, match_value: str) -> list[StatementRow]:
    """What the hub ever stated of one value for one source debtor, oldest first."""
    sql = (
        f"SELECT {', '.join(_STATEMENT)} FROM contact_statement WHERE debtor_id = :debtor "
        "AND contact_type = :type AND match_value = :value ORDER BY id"
    )
    rows = bulk.every(tx, sql, debtor=debtor_id, type=contact_type, value=match_value)
    return [StatementRow(*row) for row in rows]


def next_statement(tx: Tx) -> int:
    """The number of the next statement."""
    return bulk.reserve(tx, "contact_statement", 1)


def store_statements(tx: Tx, rows: Sequence[StatementRow]) -> None:
    """Append statements, or write their ends."""
    values = [tuple(getattr(row, name) for name in _STATEMENT) for row in rows]
    bulk.upsert(tx, tables.contact_statement, _STATEMENT, values, key=("id",))


def changes_of(tx: Tx, debtor_ids: Iterable[int]) -> list[ChangeRow]:
    """Changes that were ever asked for of these source debtors, oldest first."""
    sql = f"SELECT {', '.join(_CHANGE)} FROM contact_change WHERE debtor_id IN :values"
    return sorted((ChangeRow(*row) for row in bulk.select_in(tx, sql, debtor_ids)), key=lambda row: row.id)


def change(tx: Tx, number: int) -> ChangeRow | None:
    """One change."""
    found = bulk.one(tx, f"SELECT {', '.join(_CHANGE)} FROM contact_change WHERE id = :id", id=number)
    return None if found is None else ChangeRow(*found)


def listed(tx: Tx, *, status: str, after: int, limit: int) -> list[ChangeRow]:
    """Changes of one status or of all, in order of number."""
    where = "AND status = :status" if status else ""
    sql = f"SELECT {', '.join(_CHANGE)} FROM contact_change WHERE id > :after {where} ORDER BY id LIMIT :limit"
    given = {"status": status} if status else {}
    return [ChangeRow(*row) for row in bulk.every(tx, sql, after=after, limit=limit, **given)]


def count_open(tx: Tx) -> int:
    """How many changes wait for a word."""
    found = bulk.one(tx, "SELECT count(*) FROM contact_change WHERE status = 'open'")
    return int(found[0]) if found else 0


def next_change(tx: Tx) -> int:
    """The number of the next change."""
    return bulk.reserve(tx, "contact_change", 1)


def store_changes(tx: Tx, rows: Sequence[ChangeRow]) -> None:
    """Append changes, or write what became of them."""
    values = [tuple(getattr(row, name) for name in _CHANGE) for row in rows]
    bulk.upsert(tx, tables.contact_change, _CHANGE, values, key=("id",))
