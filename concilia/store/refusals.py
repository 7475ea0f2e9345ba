"""Payments and reversals that were told and refused, until they are told again rightly. No policy, no commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

OPEN: Final = "open"
SETTLED: Final = "settled"


@dataclass(frozen=True, slots=True)
class PaymentRefusal:
    """One refused call, whole: `body` is JSON text of what was told, `code` the rule that refused it."""

    id: int
    operation: str
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
    payment_id: str | None


_COLUMNS = tuple(PaymentRefusal.__dataclass_fields__)
_NAMES = ", ".join(_COLUMNS)


def keep(tx: Tx, row: PaymentRefusal) -> int:
    """Keep a refused call; the same call refused again is the same refusal, with its newest reason. Its number."""
    sql = text(
        "SELECT id FROM payment_refusal WHERE key_id = :key_id AND idempotency_key = :idempotency_key "
        "AND body_hash = :body_hash"
    )
    known = tx.execute(sql, {name: getattr(row, name) for name in ("key_id", "idempotency_key", "body_hash")}).scalar()
    number = int(known) if known is not None else bulk.reserve(tx, "payment_refusal", 1)
    values = (number, *(getattr(row, name) for name in _COLUMNS[1:]))
    bulk.upsert(tx, tables.payment_refusal, _COLUMNS, [values], key=("id",))
    return number


def settle(tx: Tx, key_id: int, *, idempotency_key: str, payment_id: str) -> None:
    """What was refused under this key has been taken now."""
    sql = text(
        "UPDATE payment_refusal SET status = 'settled', payment_id = :payment "
        "WHERE key_id = :key AND idempotency_key = :idempotency AND status = 'open'"
    )
    tx.execute(sql, {"key": key_id, "idempotency": idempotency_key, "payment": payment_id})


def load(tx: Tx, number: int) -> PaymentRefusal | None:
    """One refused call."""
    row = tx.execute(text(f"SELECT {_NAMES} FROM payment_refusal WHERE id = :id"), {"id": number}).first()
    return None if row is None else PaymentRefusal(*row)


def listed(tx: Tx, *, after: int = 0, limit: int = 100) -> list[PaymentRefusal]:
    """Refused calls that were not taken since, oldest first."""
    sql = text(f"SELECT {_NAMES} FROM payment_refusal WHERE status = 'open' AND id > :after ORDER BY id LIMIT :limit")
    return [PaymentRefusal(*row) for row in tx.execute(sql, {"after": after, "limit": limit})]
