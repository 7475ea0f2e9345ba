"""API keys (hashed) and the answers stored under idempotency keys."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One API key; the key itself is shown once and never stored."""

    id: int
    name: str
    created_at: str
    revoked_at: str | None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered under an idempotency key, and to which body."""

    body_hash: str
    status: int
    answer: str


def add_key(tx: Tx, name: str, *, digest: str, at: str) -> int:
    """Store a key's digest; its id."""
    number = bulk.reserve(tx, "api_key", 1)
    sql = text("INSERT INTO api_key (id, name, hash, created_at) VALUES (:id, :name, :hash, :at)")
    tx.execute(sql, {"id": number, "name": name, "hash": digest, "at": at})
    return number


def key_by_digest(tx: Tx, digest: str) -> KeyRow | None:
    """The unrevoked key of that digest."""
    sql = text("SELECT id, name, created_at, revoked_at FROM api_key WHERE hash = :hash AND revoked_at IS NULL")
    row = tx.execute(sql, {"hash": digest}).first()
    return None if row is None else KeyRow(*row)


def keys(tx: Tx) -> list[KeyRow]:
    """All keys, oldest first."""
    return [
        KeyRow(*row) for row in tx.execute(text("SELECT id, name, created_at, revoked_at FROM api_key ORDER BY id"))
    ]


def revoke_key(tx: Tx, number: int, *, at: str) -> bool:
    """Revoke a key; False when there is no such key in force."""
    sql = text("UPDATE api_key SET revoked_at = :at WHERE id = :id AND revoked_at IS NULL")
    return bool(tx.execute(sql, {"id": number, "at": at}).rowcount)


def answer(tx: Tx, key_id: int, *, idempotency_key: str) -> StoredAnswer | None:
    """What was answered before under this key, if anything."""
    sql = text(
        "SELECT body_hash, status, answer FROM stored_answer WHERE key_id = :key AND idempotency_key = :idempotency"
    )
    row = tx.execute(sql, {"key": key_id, "idempotency": idempotency_key}).first()
    return None if row is None else StoredAnswer(*row)


def store_answer(tx: Tx, key_id: int, *, idempotency_key: str, stored: StoredAnswer, at: str) -> None:
    """Keep an answer in the transaction of its effect."""
    sql = text(
        "INSERT INTO stored_answer (key_id, idempotency_key, body_hash, status, answer, at) "
        "VALUES (:key, :idempotency, :hash, :status, :answer, :at)"
    )
    values = {"key": key_id, "idempotency": idempotency_key, "at": at}
    tx.execute(sql, {**values, "hash": stored.body_hash, "status": stored.status, "answer": stored.answer})
