"""The matching index: fixed rows, postings of hashed keys, scored pairs, models. Knows no key, row or score."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

# One statement for many hashes, each with its own bound: a key that thousands hold is never read whole.
_HOLDERS_SQLITE = (
    "SELECT wanted.value, (SELECT group_concat(debtor_id) FROM "
    "(SELECT debtor_id FROM match_posting WHERE hash = wanted.value LIMIT :most)) FROM json_each(:hashes) AS wanted"
)
_HOLDERS_POSTGRESQL = (
    "SELECT wanted.hash, held.debtor_id FROM unnest(CAST(:hashes AS bigint[])) AS wanted(hash) "
    "CROSS JOIN LATERAL (SELECT debtor_id FROM match_posting WHERE hash = wanted.hash LIMIT :most) AS held"
)


@dataclass(frozen=True, slots=True)
class StoredEdge:
    """A scored pair that may be one debtor, smaller id first."""

    left_id: int
    right_id: int
    bits: float
    contact: float


@dataclass(frozen=True, slots=True)
class StoredModel:
    """The model that scores; `linked_at` is none while not every debtor was clustered under it."""

    id: int
    digest: str
    note: str
    made_at: str
    linked_at: str | None


def rows(tx: Tx, debtor_ids: Iterable[int]) -> dict[int, bytes]:
    """The fixed rows of these debtors; who is not filed is missing."""
    sql = "SELECT debtor_id, body FROM match_row WHERE debtor_id IN :values"
    return {row[0]: bytes(row[1]) for row in bulk.select_in(tx, sql, debtor_ids)}


def count(tx: Tx) -> int:
    """How many debtors are filed."""
    return int(tx.execute(text("SELECT count(*) FROM match_row")).scalar_one())


def file(tx: Tx, bodies: Mapping[int, bytes], *, removed: Iterable[int] = ()) -> None:
    """Insert or overwrite rows, and drop those of `removed`."""
    bulk.upsert(tx, tables.match_row, ("debtor_id", "body"), sorted(bodies.items()), key=("debtor_id",))
    bulk.execute_in(tx, "DELETE FROM match_row WHERE debtor_id IN :values", removed)


def post(tx: Tx, *, added: Collection[tuple[int, int]], removed: Collection[tuple[int, int]]) -> None:
    """Add and take away postings: hash and debtor."""
    if removed and tx.dialect.name == "postgresql":
        sql = (
            "DELETE FROM match_posting p USING unnest(%s::bigint[], %s::bigint[]) AS gone(hash, debtor_id) "
            "WHERE p.hash = gone.hash AND p.debtor_id = gone.debtor_id"
        )
        tx.exec_driver_sql(sql, tuple([list(column) for column in zip(*removed, strict=True)]))
    elif removed:
        bulk.execute_each(tx, "DELETE FROM match_posting WHERE hash = ? AND debtor_id = ?", sorted(removed))
    # In the order of the index, which writes each of its pages once.
    bulk.insert(tx, tables.match_posting, ("hash", "debtor_id"), sorted(added))


def holders(tx: Tx, hashes: Sequence[int], *, at_most: int) -> dict[int, list[int]]:
    """Who is posted under each hash; of more than `at_most`, some `at_most`."""
    if not hashes:
        return {}
    found: dict[int, list[int]] = {}
    if tx.dialect.name == "postgresql":
        for hash_, debtor in tx.execute(text(_HOLDERS_POSTGRESQL), {"hashes": list(hashes), "most": at_most}):
            found.setdefault(hash_, []).append(debtor)
        return found
    asked = {"hashes": json.dumps(list(hashes)), "most": at_most}
    for hash_, joined in bulk.every(tx, _HOLDERS_SQLITE, **asked):
        if joined is not None:
            found[hash_] = [int(n) for n in joined.split(",")]
    return found


def edges(tx: Tx, debtor_ids: Iterable[int]) -> list[StoredEdge]:
    """The scored pairs that touch any of these debtors, each once."""
    ids = list(debtor_ids)
    found: dict[tuple[int, int], StoredEdge] = {}
    for side in ("left_id", "right_id"):
        sql = f"SELECT left_id, right_id, bits, contact FROM match_edge WHERE {side} IN :values"
        for row in bulk.select_in(tx, sql, ids):
            found[row[0], row[1]] = StoredEdge(*row)
    return list(found.values())


def replace_edges(tx: Tx, debtor_ids: Iterable[int], fresh: Iterable[StoredEdge]) -> None:
    """Swap the scored pairs that touch these debtors."""
    ids = list(debtor_ids)
    for side in ("left_id", "right_id"):
        bulk.execute_in(tx, f"DELETE FROM match_edge WHERE {side} IN :values", ids)
    add_edges(tx, fresh)


def add_edges(tx: Tx, fresh: Iterable[StoredEdge]) -> None:
    """Store scored pairs that are not there yet."""
    stored = sorted((e.left_id, e.right_id, e.bits, e.contact) for e in fresh)
    bulk.insert(tx, tables.match_edge, ("left_id", "right_id", "bits", "contact"), stored)


def active_model(tx: Tx) -> StoredModel | None:
    """The latest model, without its body."""
    sql = text("SELECT id, digest, note, made_at, linked_at FROM match_model ORDER BY id DESC LIMIT 1")
    row = tx.execute(sql).first()
    return None if row is None else StoredModel(*row)


def model_body(tx: Tx, model_id: int) -> str:
    """The JSON text of a model."""
    return str(tx.execute(text("SELECT body FROM match_model WHERE id = :id"), {"id": model_id}).scalar_one())


def add_model(tx: Tx, *, body: str, digest: str, note: str, at: str) -> int:
    """Store a model, the active one from now on; nothing is linked under it yet."""
    number = bulk.reserve(tx, "match_model", 1)
    columns = ("id", "body", "digest", "note", "made_at")
    bulk.insert(tx, tables.match_model, columns, [(number, body, digest, note, at)])
    return number


def mark_unlinked(tx: Tx, model_id: int) -> None:
    """All debtors are about to be clustered anew: until they are, nobody decides one by one."""
    tx.execute(text("UPDATE match_model SET linked_at = NULL WHERE id = :id"), {"id": model_id})


def mark_linked(tx: Tx, model_id: int, *, at: str) -> None:
    """Every debtor is clustered under this model."""
    tx.execute(text("UPDATE match_model SET linked_at = :at WHERE id = :id"), {"at": at, "id": model_id})


def every_row(tx: Tx) -> Iterator[tuple[int, bytes]]:
    """Every filed debtor with its row, in the order of connection, stream and external id as bytes."""
    binary = ' COLLATE "C"' if tx.dialect.name == "postgresql" else ""
    order = ", ".join(f"d.{name}{binary}" for name in ("connection", "stream", "external_id"))
    sql = text(f"SELECT d.id, r.body FROM match_row r JOIN source_debtor d ON d.id = r.debtor_id ORDER BY {order}")
    rows = tx.execution_options(yield_per=2000).execute(sql)
    return ((row[0], bytes(row[1])) for row in rows)


def forget_edges(tx: Tx) -> None:
    """Forget every scored pair: all are about to be scored anew."""
    tx.execute(text("DELETE FROM match_edge"))
