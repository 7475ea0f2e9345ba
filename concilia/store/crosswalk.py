"""Source debtors and what their records claim: the crosswalk (connection, stream, external id) <-> golden id."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

DebtorKey = tuple[str, str]  # stream and external id, within one connection


@dataclass(frozen=True, slots=True)
class SourceDebtor:
    """One debtor of one system, with the golden record it belongs to."""

    id: int
    connection: str
    stream: str
    external_id: str
    golden_id: str | None
    founded: int  # how many golden records it has founded so far


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """What one record says of one source debtor; `body` is JSON text as `portfolio.party.claim_to_json` makes it."""

    record_id: int
    ordinal: int
    debtor_id: int
    body: str
    source_updated_at: str | None
    received_at: str


_CLAIM = tuple(StoredClaim.__dataclass_fields__)


def debtor_ids(tx: Tx, connection: str, keys: Sequence[DebtorKey]) -> dict[DebtorKey, int]:
    """The ids of these source debtors; unknown ones are created, pending."""
    wanted = dict.fromkeys(keys)
    found = _find(tx, connection, wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        first = bulk.reserve(tx, "source_debtor", len(missing))
        rows = [(first + n, connection, stream, external) for n, (stream, external) in enumerate(missing)]
        bulk.insert(tx, tables.source_debtor, ("id", "connection", "stream", "external_id"), rows)
        found |= {key: first + n for n, key in enumerate(missing)}
    return found


def find_debtors(tx: Tx, connection: str, keys: Iterable[DebtorKey]) -> dict[DebtorKey, int]:
    """The ids of those source debtors that some record claims."""
    found = _find(tx, connection, dict.fromkeys(keys))
    sql = "SELECT DISTINCT debtor_id FROM debtor_claim WHERE debtor_id IN :values"
    claimed = {row[0] for row in bulk.select_in(tx, sql, found.values())}
    return {key: debtor for key, debtor in found.items() if debtor in claimed}


def replace_claims(tx: Tx, record_ids: Sequence[int], claims: Sequence[StoredClaim]) -> set[int]:
    """Swap what these records claim; every debtor that gains or loses a claim becomes pending and is returned."""
    sql = "SELECT DISTINCT debtor_id FROM debtor_claim WHERE record_id IN :values"
    touched = {row[0] for row in bulk.select_in(tx, sql, record_ids)} | {c.debtor_id for c in claims}
    bulk.execute_in(tx, "DELETE FROM debtor_claim WHERE record_id IN :values", record_ids)
    bulk.insert(tx, tables.debtor_claim, _CLAIM, [tuple(getattr(c, name) for name in _CLAIM) for c in claims])
    mark_pending(tx, touched)
    return touched


def mark_pending(tx: Tx, debtor_ids: Iterable[int]) -> None:
    """These debtors have to be resolved again."""
    bulk.execute_in(tx, "UPDATE source_debtor SET pending = 1 WHERE pending = 0 AND id IN :values", debtor_ids)


def pending(tx: Tx, *, limit: int) -> list[int]:
    """The next debtors to resolve, in order of arrival."""
    sql = text("SELECT id FROM source_debtor WHERE pending = 1 ORDER BY id LIMIT :limit")
    return [row[0] for row in tx.execute(sql, {"limit": limit})]


def pending_after(tx: Tx, after: int, *, limit: int) -> list[int]:
    """Debtors to resolve with a greater id, in order."""
    sql = text("SELECT id FROM source_debtor WHERE pending = 1 AND id > :after ORDER BY id LIMIT :limit")
    return [row[0] for row in tx.execute(sql, {"after": after, "limit": limit})]


def pending_among(tx: Tx, debtor_ids: Iterable[int]) -> set[int]:
    """Those of these debtors that are to be resolved."""
    sql = "SELECT id FROM source_debtor WHERE pending = 1 AND id IN :values"
    return {row[0] for row in bulk.select_in(tx, sql, debtor_ids)}


def golden_ids(tx: Tx) -> dict[int, str]:
    """The golden id of every source debtor that has one."""
    sql = text("SELECT id, golden_id FROM source_debtor WHERE golden_id IS NOT NULL")
    return {row[0]: row[1] for row in tx.execution_options(yield_per=5000).execute(sql)}


def count_pending(tx: Tx) -> int:
    """How many debtors wait to be resolved."""
    return int(tx.execute(text("SELECT count(*) FROM source_debtor WHERE pending = 1")).scalar_one())


def load(tx: Tx, debtor_ids: Iterable[int]) -> dict[int, SourceDebtor]:
    """Source debtors by id."""
    names = ", ".join(SourceDebtor.__dataclass_fields__)
    rows = bulk.select_in(tx, f"SELECT {names} FROM source_debtor WHERE id IN :values", debtor_ids)
    return {row[0]: SourceDebtor(*row) for row in rows}


def claims_of(tx: Tx, debtor_ids: Iterable[int]) -> dict[int, list[StoredClaim]]:
    """What records claim of these debtors, in a stable order."""
    names = ", ".join(_CLAIM)
    sql = f"SELECT {names} FROM debtor_claim WHERE debtor_id IN :values ORDER BY record_id, ordinal"
    found: dict[int, list[StoredClaim]] = {}
    for row in bulk.select_in(tx, sql, debtor_ids):
        claim = StoredClaim(*row)
        found.setdefault(claim.debtor_id, []).append(claim)
    return found


def members(tx: Tx, golden_ids: Iterable[str]) -> dict[str, list[int]]:
    """The source debtors of golden records."""
    found: dict[str, list[int]] = {}
    sql = "SELECT golden_id, id FROM source_debtor WHERE golden_id IN :values ORDER BY id"
    for golden, debtor in bulk.select_in(tx, sql, golden_ids):
        found.setdefault(golden, []).append(debtor)
    return found


def set_resolved(tx: Tx, rows: Sequence[tuple[int, str | None, int]]) -> None:
    """Store id, golden id and founding count of resolved debtors."""
    if tx.dialect.name == "postgresql":
        sql = (
            "UPDATE source_debtor SET golden_id = v.golden, founded = v.founded, pending = 0 "
            "FROM (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])) AS v(id, golden, founded) "
            "WHERE source_debtor.id = v.id"
        )
        if rows:
            tx.exec_driver_sql(sql, tuple(list(column) for column in zip(*rows, strict=True)))
        return
    ordered = [(golden, founded, debtor) for debtor, golden, founded in rows]
    if ordered:
        bulk.execute_each(tx, "UPDATE source_debtor SET golden_id = ?, founded = ?, pending = 0 WHERE id = ?", ordered)


def replace_match_keys(tx: Tx, debtor_ids: Sequence[int], rows: Collection[tuple[str, int]]) -> None:
    """Swap the keys under which these debtors are looked up, writing only what differs."""
    sql = "SELECT key, debtor_id FROM match_key WHERE debtor_id IN :values"
    before = {(row[0], row[1]) for row in bulk.select_in(tx, sql, debtor_ids)}
    now = set(rows)
    if stale := {debtor for _, debtor in before - now}:
        bulk.execute_in(tx, "DELETE FROM match_key WHERE debtor_id IN :values", stale)
        before = {(key, debtor) for key, debtor in before if debtor not in stale}
    bulk.insert(tx, tables.match_key, ("key", "debtor_id"), sorted(now - before))


def holders(tx: Tx, keys: Iterable[str]) -> dict[str, list[int]]:
    """Who is looked up by each key."""
    found: dict[str, list[int]] = {}
    sql = "SELECT key, debtor_id FROM match_key WHERE key IN :values ORDER BY key, debtor_id"
    for key, debtor in bulk.select_in(tx, sql, keys):
        found.setdefault(key, []).append(debtor)
    return found


def lines(tx: Tx) -> Iterator[tuple[str, str, str, str]]:
    """Connection, stream, external id and golden id of every source debtor that some record claims."""
    sql = text(
        "SELECT connection, stream, external_id, golden_id FROM source_debtor WHERE golden_id IS NOT NULL "
        "ORDER BY connection, stream, external_id"
    )
    rows = tx.execution_options(yield_per=1000).execute(sql)
    return ((row[0], row[1], row[2], row[3]) for row in rows)


def sources_of(tx: Tx, golden_id: str) -> list[SourceDebtor]:
    """The source debtors behind one golden record, in a stable order."""
    names = ", ".join(SourceDebtor.__dataclass_fields__)
    sql = text(f"SELECT {names} FROM source_debtor WHERE golden_id = :golden ORDER BY connection, stream, external_id")
    return [SourceDebtor(*row) for row in tx.execute(sql, {"golden": golden_id})]


def _find(tx: Tx, connection: str, keys: dict[DebtorKey, None]) -> dict[DebtorKey, int]:
    by_stream: dict[str, list[str]] = {}
    for stream, external in keys:
        by_stream.setdefault(stream, []).append(external)
    found: dict[DebtorKey, int] = {}
    for stream, externals in by_stream.items():
        sql = (
            "SELECT external_id, id FROM source_debtor WHERE connection = :connection AND stream = :stream "
            "AND external_id IN :values"
        )
        rows = bulk.select_in(tx, sql, externals, connection=connection, stream=stream)
        found |= {(stream, row[0]): row[1] for row in rows}
    return found


def count_claimed(tx: Tx) -> int:
    """How many source debtors belong to a golden record."""
    return int(tx.execute(text("SELECT count(*) FROM source_debtor WHERE golden_id IS NOT NULL")).scalar_one())


def mark_all_pending(tx: Tx) -> None:
    """Every debtor has to be resolved again: what decides about them has changed."""
    tx.execute(text("UPDATE source_debtor SET pending = 1"))
