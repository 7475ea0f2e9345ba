"""Debts as sources state them and as the hub holds them. No policy, no commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.portfolio.debt import document_key
from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class SourceDebt:
    """One debt of one system; `body` is JSON text of its fields and instalments."""

    id: int
    record_id: int
    connection: str
    stream: str
    external_id: str
    body: str
    creditor: str
    debtor_stream: str | None
    debtor_key: str | None
    debtor_id: int | None
    debt_id: str | None
    pending: int
    waiting: str | None
    document: str | None
    stated_at: str
    missing_since: str | None = None  # its system does not have the record any more


@dataclass(frozen=True, slots=True)
class DebtRow:
    """One debt of the hub; amounts are plain decimal text in `unit`."""

    id: str
    creditor: str
    owner: str
    owner_id: int
    debtor_id: int | None
    document: str | None
    unit: str
    stated_balance: str
    balance: str
    status: str
    due_date: str | None
    body: str
    version: int
    updated_at: str


@dataclass(frozen=True, slots=True)
class DebtView:
    """A debt with the golden debtor it belongs to now."""

    row: DebtRow
    golden_id: str | None
    sources: tuple[tuple[str, str, str], ...] = ()  # connection, stream, external id


_SOURCE = tuple(SourceDebt.__dataclass_fields__)
_SOURCE_NAMES = ", ".join(_SOURCE)
_DEBT = tuple(DebtRow.__dataclass_fields__)
_DEBT_NAMES = ", ".join(_DEBT)


def find_sources(tx: Tx, connection: str, *, stream: str, external_ids: Iterable[str]) -> dict[str, SourceDebt]:
    """Source debts of one stream by external id."""
    sql = (
        f"SELECT {_SOURCE_NAMES} FROM source_debt WHERE connection = :connection AND stream = :stream "
        "AND external_id IN :values"
    )
    rows = bulk.select_in(tx, sql, external_ids, connection=connection, stream=stream)
    return {row[4]: SourceDebt(*row) for row in rows}


def of_records(tx: Tx, record_ids: Iterable[int]) -> list[SourceDebt]:
    """Source debts that these records state."""
    rows = bulk.select_in(tx, f"SELECT {_SOURCE_NAMES} FROM source_debt WHERE record_id IN :values", record_ids)
    return [SourceDebt(*row) for row in rows]


def of_debts(tx: Tx, debt_ids: Iterable[str]) -> dict[str, list[SourceDebt]]:
    """Everything stated about these debts, by debt."""
    found: dict[str, list[SourceDebt]] = {}
    sql = f"SELECT {_SOURCE_NAMES} FROM source_debt WHERE debt_id IN :values ORDER BY id"
    for row in bulk.select_in(tx, sql, debt_ids):
        stated = SourceDebt(*row)
        found.setdefault(stated.debt_id or "", []).append(stated)
    return found


def store_sources(tx: Tx, rows: Sequence[SourceDebt]) -> None:
    """Insert or overwrite source debts."""
    bulk.upsert(tx, tables.source_debt, _SOURCE, [tuple(getattr(r, n) for n in _SOURCE) for r in rows], key=("id",))


def remove_sources(tx: Tx, source_ids: Iterable[int]) -> None:
    """Forget source debts that their record does not state any more."""
    bulk.execute_in(tx, "DELETE FROM source_debt WHERE id IN :values", source_ids)


def pending_sources(tx: Tx, *, limit: int) -> list[SourceDebt]:
    """The next source debts to resolve."""
    sql = text(f"SELECT {_SOURCE_NAMES} FROM source_debt WHERE pending = 1 ORDER BY id LIMIT :limit")
    return [SourceDebt(*row) for row in tx.execute(sql, {"limit": limit})]


def wake_waiting(tx: Tx) -> int:
    """Make source debts that wait for a debtor pending again; how many."""
    sql = text("UPDATE source_debt SET pending = 1 WHERE waiting IS NOT NULL AND pending = 0")
    return int(tx.execute(sql).rowcount)


def load(tx: Tx, debt_ids: Iterable[str]) -> dict[str, DebtRow]:
    """Debts by id."""
    rows = bulk.select_in(tx, f"SELECT {_DEBT_NAMES} FROM debt WHERE id IN :values", debt_ids)
    return {row[0]: DebtRow(*row) for row in rows}


def store(tx: Tx, rows: Sequence[DebtRow]) -> None:
    """Insert or overwrite debts."""
    bulk.upsert(tx, tables.debt, _DEBT, [tuple(getattr(r, n) for n in _DEBT) for r in rows], key=("id",))


def page(tx: Tx, *, after: str, limit: int) -> list[DebtRow]:
    """The next debts in order of id."""
    sql = text(f"SELECT {_DEBT_NAMES} FROM debt WHERE id > :after ORDER BY id LIMIT :limit")
    return [DebtRow(*row) for row in tx.execute(sql, {"after": after, "limit": limit})]


def by_document(tx: Tx, documents: Iterable[str]) -> dict[str, list[DebtRow]]:
    """Debts by document number, whoever the creditor is."""
    found: dict[str, list[DebtRow]] = {}
    sql = f"SELECT {_DEBT_NAMES} FROM debt WHERE document IN :values ORDER BY id"
    for row in bulk.select_in(tx, sql, documents):
        found.setdefault(row[5], []).append(DebtRow(*row))
    return found


def of_golden(tx: Tx, golden_id: str) -> list[DebtView]:
    """The debts of one golden debtor."""
    return _views(tx, "WHERE s.golden_id = :golden ORDER BY d.id", golden=golden_id)


def view(tx: Tx, debt_id: str) -> DebtView | None:
    """One debt with its golden debtor."""
    found = _views(tx, "WHERE d.id = :id", id=debt_id)
    return found[0] if found else None


def every(tx: Tx) -> Iterator[DebtView]:
    """All debts in order of id, page by page."""
    after = ""
    while page := _views(tx, "WHERE d.id > :after ORDER BY d.id LIMIT 500", after=after):
        yield from page
        after = page[-1].row.id


def goldens_of(tx: Tx, debtor_ids: Iterable[int]) -> dict[int, str]:
    """The golden id of source debtors."""
    sql = "SELECT id, golden_id FROM source_debtor WHERE golden_id IS NOT NULL AND id IN :values"
    return dict(bulk.select_in(tx, sql, debtor_ids))


def debtors_of(tx: Tx, debt_ids: Iterable[str]) -> dict[str, str]:
    """The golden id of whoever owes each of these debts; one that nobody is known to owe is left out."""
    sql = (
        "SELECT d.id, s.golden_id FROM debt d JOIN source_debtor s ON s.id = d.debtor_id "
        "WHERE s.golden_id IS NOT NULL AND d.id IN :values"
    )
    return dict(bulk.select_in(tx, sql, debt_ids))


def _views(tx: Tx, tail: str, **values: str) -> list[DebtView]:
    names = ", ".join(f"d.{name}" for name in _DEBT)
    sql = text(f"SELECT {names}, s.golden_id FROM debt d LEFT JOIN source_debtor s ON s.id = d.debtor_id {tail}")
    rows = [(DebtRow(*row[:-1]), row[-1]) for row in tx.execute(sql, values).all()]
    stated = of_debts(tx, [row.id for row, _ in rows])
    return [
        DebtView(row, golden, tuple((s.connection, s.stream, s.external_id) for s in stated.get(row.id, [])))
        for row, golden in rows
    ]


def streams_of(tx: Tx, connection: str) -> list[str]:
    """The streams of a connection that state debts."""
    sql = text("SELECT DISTINCT stream FROM source_debt WHERE connection = :connection ORDER BY stream")
    return [row[0] for row in tx.execute(sql, {"connection": connection})]


def mark_all_pending(tx: Tx) -> None:
    """Every source debt has to be resolved again: whose word counts has changed."""
    tx.execute(text("UPDATE source_debt SET pending = 1"))


def by_external_id(tx: Tx, external_id: str) -> set[str]:
    """The debts that some system states under this key."""
    sql = text("SELECT DISTINCT debt_id FROM source_debt WHERE external_id = :external AND debt_id IS NOT NULL")
    return {row[0] for row in tx.execute(sql, {"external": external_id})}


def of_document(tx: Tx, number: str) -> list[DebtRow]:
    """The debts with that document number, however it is written."""
    document = document_key(number)
    return by_document(tx, [document]).get(document, []) if document else []


def stated_as(tx: Tx, connection: str, external_id: str, *, stream: str | None = None) -> str | None:
    """The debt that a connection states under this key, in one of its streams or in the first that has it."""
    for name in [stream] if stream else streams_of(tx, connection):
        row = find_sources(tx, connection, stream=name, external_ids=[external_id]).get(external_id)
        if row is not None and row.debt_id is not None:
            return row.debt_id
    return None
