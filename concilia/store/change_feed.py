"""What a follower of the hub reads: ids in order, facts about kinds of subjects, rows by many ids. No policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, debts
from concilia.store.debts import DebtView
from concilia.store.unit_of_work import Tx

TABLES = ("golden_debtor", "debt", "payment", "agreement")


@dataclass(frozen=True, slots=True)
class Told:
    """A fact without what it says: its place in the order, what it is about, and the debtor it concerns."""

    seq: int
    type: str
    subject: str
    golden_id: str | None


def ids_after(tx: Tx, table: str, after: str, *, limit: int) -> list[str]:
    """The next ids of one of the TABLES, in order."""
    if table not in TABLES:
        raise ValueError(f"{table} is not followed")
    sql = text(f"SELECT id FROM {table} WHERE id > :after ORDER BY id LIMIT :limit")
    return [row[0] for row in tx.execute(sql, {"after": after, "limit": limit})]


def told(tx: Tx, kinds: Sequence[str], *, after: int, until: int, limit: int) -> list[Told]:
    """Facts whose type begins with one of these words and a point, in order; numbers above `after`, up to `until`."""
    begins = " OR ".join(f"type LIKE :k{n}" for n in range(len(kinds)))
    values = {f"k{n}": f"{kind}.%" for n, kind in enumerate(kinds)}
    sql = text(
        f"SELECT seq, type, subject, golden_id FROM event WHERE seq > :after AND seq <= :until AND ({begins}) "
        "ORDER BY seq LIMIT :limit"
    )
    rows = tx.execute(sql, {**values, "after": after, "until": until, "limit": limit})
    return [Told(*row) for row in rows]


def debts_of_goldens(tx: Tx, golden_ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the debts that these golden debtors owe now."""
    sql = (
        "SELECT s.golden_id, d.id FROM debt d JOIN source_debtor s ON s.id = d.debtor_id "
        "WHERE s.golden_id IN :values ORDER BY d.id"
    )
    return _grouped(bulk.select_in(tx, sql, golden_ids))


def debts_of_agreements(tx: Tx, agreement_ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the debts that these agreements are about."""
    sql = (
        "SELECT agreement_id, debt_id FROM agreement_debt WHERE agreement_id IN :values ORDER BY agreement_id, ordinal"
    )
    return _grouped(bulk.select_in(tx, sql, agreement_ids))


def agreements_of_goldens(tx: Tx, golden_ids: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the agreements on debts that these golden debtors owe now."""
    sql = (
        "SELECT DISTINCT s.golden_id, h.agreement_id FROM agreement_debt h JOIN debt d ON d.id = h.debt_id "
        "JOIN source_debtor s ON s.id = d.debtor_id WHERE s.golden_id IN :values ORDER BY h.agreement_id"
    )
    return _grouped(bulk.select_in(tx, sql, golden_ids))


def _grouped(rows: Iterable[tuple[str, ...]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group, member in rows:
        found.setdefault(group, []).append(member)
    return found


def debt_views(tx: Tx, debt_ids: Sequence[str]) -> dict[str, DebtView]:
    """Debts with the golden debtor they belong to now and who states them, by id."""
    rows = debts.load(tx, debt_ids)
    goldens = debts.goldens_of(tx, {row.debtor_id for row in rows.values() if row.debtor_id is not None})
    stated = debts.of_debts(tx, debt_ids)
    return {
        row.id: DebtView(
            row,
            goldens.get(row.debtor_id) if row.debtor_id is not None else None,
            tuple((s.connection, s.stream, s.external_id) for s in stated.get(row.id, [])),
        )
        for row in rows.values()
    }


def sources_of_goldens(tx: Tx, golden_ids: Iterable[str]) -> dict[str, list[tuple[str, str, str]]]:
    """Connection, stream and external id of the source debtors behind these golden records, in a stable order."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    sql = "SELECT golden_id, connection, stream, external_id FROM source_debtor WHERE golden_id IN :values"
    for golden, *source in bulk.select_in(tx, sql, golden_ids):
        found.setdefault(golden, []).append((source[0], source[1], source[2]))
    return {golden: sorted(sources) for golden, sources in found.items()}
