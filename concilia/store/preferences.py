"""When and how debtors want to be reached: what they asked for, attempts to reach them, and the portfolio's priors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class DeclaredRow:
    """A channel and hours that a debtor asked for; `windows` is JSON text, an empty channel means any."""

    id: int
    debtor_id: int
    channel: str
    windows: str
    evidence: str
    told_at: str
    by: str
    recorded_at: str
    ended_at: str | None = None
    ended_because: str = ""


@dataclass(frozen=True, slots=True)
class PriorRow:
    """How the whole portfolio answers on one channel, or in one band of hours."""

    kind: str
    name: str
    alpha: float
    beta: float
    debtors: int
    attempts: int
    successes: int
    since: str
    made_at: str


@dataclass(frozen=True, slots=True)
class TryRow:
    """An attempt of ours to reach a source debtor."""

    debtor_id: int
    channel: str
    started_at: str
    outcome: str | None
    party_outcome: str | None


_DECLARED = tuple(DeclaredRow.__dataclass_fields__)
_PRIOR = tuple(PriorRow.__dataclass_fields__)
_TRY = tuple(TryRow.__dataclass_fields__)


def tries_of(tx: Tx, debtor_ids: Iterable[int], *, since: str) -> Iterator[TryRow]:
    """Attempts to reach these source debtors since then."""
    sql = (
        f"SELECT {', '.join(_TRY)} FROM interaction "
        "WHERE debtor_id IN :values AND started_at >= :since AND direction = 'outbound'"
    )
    return (TryRow(*row) for row in bulk.select_in(tx, sql, debtor_ids, since=since))


def priors(tx: Tx) -> list[PriorRow]:
    """The priors as they were made last."""
    return [PriorRow(*row) for row in bulk.every(tx, f"SELECT {', '.join(_PRIOR)} FROM preference_prior")]


def replace_priors(tx: Tx, rows: Sequence[PriorRow]) -> None:
    """Put new priors in the place of all that there were."""
    known = [row.name for row in priors(tx)]
    bulk.execute_in(tx, "DELETE FROM preference_prior WHERE name IN :values", known)
    bulk.insert(tx, tables.preference_prior, _PRIOR, [tuple(getattr(row, n) for n in _PRIOR) for row in rows])


def declared_of(tx: Tx, debtor_ids: Iterable[int]) -> list[DeclaredRow]:
    """What these source debtors asked for, ended wishes too, oldest first."""
    return _read(tx, "debtor_id", debtor_ids)


def numbered(tx: Tx, number: int) -> list[DeclaredRow]:
    """The rows of one wish."""
    return _read(tx, "id", [number])


def next_declared(tx: Tx) -> int:
    """The number of the next wish."""
    return bulk.reserve(tx, "contact_preference", 1)


def store_declared(tx: Tx, rows: Sequence[DeclaredRow]) -> None:
    """Append wishes, or write their ends."""
    values = [tuple(getattr(row, name) for name in _DECLARED) for row in rows]
    bulk.upsert(tx, tables.contact_preference, _DECLARED, values, key=("id", "debtor_id"))


def _read(tx: Tx, column: str, values: Iterable[int]) -> list[DeclaredRow]:
    names = ", ".join(f'"{name}"' for name in _DECLARED)
    rows = bulk.select_in(tx, f"SELECT {names} FROM contact_preference WHERE {column} IN :values", values)
    return sorted((DeclaredRow(*row) for row in rows), key=lambda row: (row.id, row.debtor_id))
