"""What was heard of contact points of source debtors. Appended, never changed; no policy.

`heeded` says whether the golden record knows of it already. It is set by whoever resolves, so that whoever hears of
something need not wait for the locks of resolving.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One thing heard of one contact point of one source debtor."""

    id: str
    debtor_id: int
    contact_type: str
    match_value: str
    what: str
    code: str
    channel: str
    at: str
    by: str
    interaction_id: str | None
    method: str
    about: str
    received_at: str


_COLUMNS = tuple(EvidenceRow.__dataclass_fields__)
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)
_POLICY = "contact_points"


def of_debtors(tx: Tx, debtor_ids: Iterable[int]) -> list[EvidenceRow]:
    """Everything heard of these source debtors' contact points."""
    sql = f"SELECT {_NAMES} FROM contact_evidence WHERE debtor_id IN :values"
    return [EvidenceRow(*row) for row in bulk.select_in(tx, sql, debtor_ids)]


def append(tx: Tx, rows: Sequence[EvidenceRow], *, heeded: bool) -> None:
    """Append rows; one that another transaction appended at the same time is written once."""
    values = [(*(getattr(row, name) for name in _COLUMNS), int(heeded)) for row in rows]
    bulk.upsert(tx, tables.contact_evidence, (*_COLUMNS, "heeded"), values, key=("id", "debtor_id"))


def unheeded(tx: Tx, *, limit: int) -> list[int]:
    """Source debtors of whom something was heard that their golden record does not know yet."""
    sql = "SELECT DISTINCT debtor_id FROM contact_evidence WHERE heeded = 0 ORDER BY debtor_id LIMIT :limit"
    return [row[0] for row in bulk.every(tx, sql, limit=limit)]


def set_heeded(tx: Tx, debtor_ids: Iterable[int]) -> None:
    """What was heard of these is taken into their golden records now."""
    sql = "UPDATE contact_evidence SET heeded = 1 WHERE heeded = 0 AND debtor_id IN :values"
    bulk.execute_in(tx, sql, debtor_ids)


def policy(tx: Tx) -> str | None:
    """The policy of contact points in force as text, or None before one was applied."""
    found = bulk.one(tx, "SELECT body FROM policy WHERE name = :name", name=_POLICY)
    return None if found is None else str(found[0])


def store_policy(tx: Tx, body: str, *, at: str) -> None:
    """Put a policy of contact points in force."""
    bulk.upsert(tx, tables.policy, ("name", "body", "applied_at"), [(_POLICY, body, at)], key=("name",))
