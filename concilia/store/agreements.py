"""Agreements with the debts they hold, what befell them, and what was refused. No policy, no commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

OPEN, SETTLED = "open", "settled"


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """One agreement; `terms` is JSON text as `portfolio.agreement.to_json` makes it."""

    id: str
    kind: str
    state: str
    unit: str
    terms: str
    agreed_on: str
    origin: str
    replaced_by: str | None
    version: int
    recorded_at: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class AgreementEventRow:
    """One thing that befell an agreement. They are appended, numbered from 1, and never changed."""

    agreement_id: str
    ordinal: int
    state: str
    happening: str
    at: str
    by: str
    reason: str
    body: str


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One agreement that was told and refused, with the whole body, until it is told again and taken."""

    id: int
    key_id: int
    idempotency_key: str
    body_hash: str
    code: str
    field: str
    message: str
    mend: str
    body: str
    at: str
    status: str
    agreement_id: str | None


@dataclass(frozen=True, slots=True)
class Writing:
    """How far telling one system got: the intent's state, and the id the system gave."""

    connection: str
    reference: str
    state: str
    reason: str
    changed_at: str
    external_id: str | None


_AGREEMENT = tuple(AgreementRow.__dataclass_fields__)
_AGREEMENT_NAMES = ", ".join(f"a.{name}" for name in _AGREEMENT)
_EVENT = tuple(AgreementEventRow.__dataclass_fields__)
_EVENT_NAMES = ", ".join(f'"{name}"' for name in _EVENT)
_REFUSAL = tuple(RefusalRow.__dataclass_fields__)
_REFUSAL_NAMES = ", ".join(f'"{name}"' for name in _REFUSAL)


def store(tx: Tx, row: AgreementRow) -> None:
    """Insert or overwrite an agreement."""
    bulk.upsert(tx, tables.agreement, _AGREEMENT, [tuple(getattr(row, n) for n in _AGREEMENT)], key=("id",))


def hold(tx: Tx, agreement_id: str, debt_ids: Sequence[str]) -> None:
    """Note which debts an agreement is about; it does not stand on them yet."""
    rows = [(agreement_id, debt_id, n, 0) for n, debt_id in enumerate(debt_ids, start=1)]
    bulk.insert(tx, tables.agreement_debt, ("agreement_id", "debt_id", "ordinal", "standing"), rows)


def set_standing(tx: Tx, agreement_id: str, *, standing: bool) -> None:
    """Let an agreement hold its debts, or let go of them; the database refuses two on one debt."""
    sql = text("UPDATE agreement_debt SET standing = :standing WHERE agreement_id = :id")
    tx.execute(sql, {"standing": int(standing), "id": agreement_id})


def load(tx: Tx, agreement_ids: Iterable[str]) -> dict[str, AgreementRow]:
    """Agreements by id."""
    rows = bulk.select_in(tx, f"SELECT {_AGREEMENT_NAMES} FROM agreement a WHERE a.id IN :values", agreement_ids)
    return {row[0]: AgreementRow(*row) for row in rows}


def standing_on(tx: Tx, debt_ids: Iterable[str]) -> dict[str, str]:
    """Which agreement holds each of these debts."""
    sql = "SELECT debt_id, agreement_id FROM agreement_debt WHERE standing = 1 AND debt_id IN :values"
    return dict(bulk.select_in(tx, sql, debt_ids))


def debtors_of(tx: Tx, agreement_ids: Iterable[str]) -> dict[str, str]:
    """The golden debtor of each agreement: of its debts the first that somebody is known to owe."""
    sql = (
        "SELECT h.agreement_id, s.golden_id FROM agreement_debt h JOIN debt d ON d.id = h.debt_id "
        "JOIN source_debtor s ON s.id = d.debtor_id WHERE s.golden_id IS NOT NULL AND h.agreement_id IN :values "
        "ORDER BY h.ordinal DESC"
    )
    return dict(bulk.select_in(tx, sql, agreement_ids))


def in_states(tx: Tx, states: Sequence[str], *, after: str, limit: int) -> list[AgreementRow]:
    """Agreements of these states behind an id, in order of id."""
    marks = ", ".join(f":s{n}" for n in range(len(states)))
    sql = text(
        f"SELECT {_AGREEMENT_NAMES} FROM agreement a WHERE a.state IN ({marks}) AND a.id > :after "
        "ORDER BY a.id LIMIT :limit"
    )
    values = {f"s{n}": state for n, state in enumerate(states)}
    return [AgreementRow(*row) for row in tx.execute(sql, {**values, "after": after, "limit": limit})]


def of_golden(tx: Tx, golden_id: str, *, after: str = "", limit: int = 500) -> list[AgreementRow]:
    """The agreements on the debts that a golden debtor owes now, in order of id."""
    sql = text(
        f"SELECT DISTINCT {_AGREEMENT_NAMES} FROM agreement a JOIN agreement_debt h ON h.agreement_id = a.id "
        "JOIN debt d ON d.id = h.debt_id JOIN source_debtor s ON s.id = d.debtor_id "
        "WHERE s.golden_id = :golden AND a.id > :after ORDER BY a.id LIMIT :limit"
    )
    return [AgreementRow(*row) for row in tx.execute(sql, {"golden": golden_id, "after": after, "limit": limit})]


def append_event(tx: Tx, row: AgreementEventRow) -> None:
    """Append what befell an agreement."""
    bulk.insert(tx, tables.agreement_event, _EVENT, [tuple(getattr(row, n) for n in _EVENT)])


def events_of(tx: Tx, agreement_ids: Iterable[str]) -> dict[str, list[AgreementEventRow]]:
    """What befell these agreements, oldest first."""
    found: dict[str, list[AgreementEventRow]] = {}
    sql = f"SELECT {_EVENT_NAMES} FROM agreement_event WHERE agreement_id IN :values ORDER BY agreement_id, ordinal"
    for row in bulk.select_in(tx, sql, agreement_ids):
        found.setdefault(row[0], []).append(AgreementEventRow(*row))
    return found


def last_application(tx: Tx) -> int:
    """The number of the last application of a payment; 0 before the first."""
    return int(tx.execute(text("SELECT coalesce(max(id), 0) FROM application")).scalar_one())


def writings(tx: Tx, references: Iterable[str], *, operation: str) -> list[Writing]:
    """How far telling other systems got, for each of our references, in order of telling."""
    sql = (
        "SELECT i.connection, i.subject_id, i.state, i.reason, i.changed_at, (SELECT r.external_id FROM receipt r "
        "WHERE r.intent_id = i.id AND r.external_id IS NOT NULL ORDER BY r.id LIMIT 1), i.id FROM intent i "
        "WHERE i.operation = :operation AND i.subject_id IN :values"
    )
    rows = sorted(bulk.select_in(tx, sql, references, operation=operation), key=lambda row: int(row[6]))
    return [Writing(*row[:6]) for row in rows]


def keep_refusal(tx: Tx, row: RefusalRow) -> int:
    """Keep a refused agreement; the same call refused again is the same refusal, with its newest reason."""
    key = ("key_id", "idempotency_key", "body_hash")
    sql = text(
        "SELECT id FROM agreement_refusal WHERE key_id = :key_id AND idempotency_key = :idempotency_key "
        "AND body_hash = :body_hash"
    )
    known = tx.execute(sql, {name: getattr(row, name) for name in key}).scalar()
    number = int(known) if known is not None else bulk.reserve(tx, "agreement_refusal", 1)
    values = (number, *(getattr(row, n) for n in _REFUSAL[1:]))
    bulk.upsert(tx, tables.agreement_refusal, _REFUSAL, [values], key=("id",))
    return number


def settle_refusals(tx: Tx, key_id: int, *, idempotency_key: str, agreement_id: str) -> None:
    """What was refused under this key has been taken now."""
    sql = text(
        "UPDATE agreement_refusal SET status = 'settled', agreement_id = :agreement "
        "WHERE key_id = :key AND idempotency_key = :idempotency AND status = 'open'"
    )
    tx.execute(sql, {"key": key_id, "idempotency": idempotency_key, "agreement": agreement_id})


def refusal(tx: Tx, number: int) -> RefusalRow | None:
    """One refused agreement."""
    sql = text(f"SELECT {_REFUSAL_NAMES} FROM agreement_refusal WHERE id = :id")
    row = tx.execute(sql, {"id": number}).first()
    return None if row is None else RefusalRow(*row)


def refusals(tx: Tx, *, status: str = OPEN, after: int = 0, limit: int = 100) -> list[RefusalRow]:
    """Refused agreements of one status, oldest first."""
    sql = text(
        f"SELECT {_REFUSAL_NAMES} FROM agreement_refusal WHERE status = :status AND id > :after "
        "ORDER BY id LIMIT :limit"
    )
    return [RefusalRow(*row) for row in tx.execute(sql, {"status": status, "after": after, "limit": limit})]
