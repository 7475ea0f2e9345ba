"""Payments, what identifies them, and their applications to debts. Append-only money; no policy, no commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class SourcePayment:
    """One payment of one system; `body` is JSON text of its fields and allocations."""

    id: int
    record_id: int
    connection: str
    stream: str
    external_id: str
    body: str
    payment_id: str | None
    pending: int
    waiting: str | None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One payment of the hub; amounts are plain decimal text in `unit`."""

    id: str
    amount: str
    unit: str
    value_date: str
    method: str
    status: str
    reference: str
    origin: str
    body: str
    unapplied: str
    received_at: str


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """A part of a payment applied to a debt. `reverses` names the line a contra entry takes back.

    `posted_at` is the moment from which the owner's statements of the debt include it; None: not yet.
    """

    id: int
    payment_id: str
    debt_id: str
    amount: str
    unit: str
    applied_at: str
    reverses: int | None
    posted_at: str | None
    posted_external_id: str | None


_SOURCE = tuple(SourcePayment.__dataclass_fields__)
_SOURCE_NAMES = ", ".join(_SOURCE)
_PAYMENT = tuple(PaymentRow.__dataclass_fields__)
_PAYMENT_NAMES = ", ".join(_PAYMENT)
_APPLICATION = tuple(ApplicationRow.__dataclass_fields__)
_APPLICATION_NAMES = ", ".join(_APPLICATION)


def find_sources(tx: Tx, connection: str, *, stream: str, external_ids: Iterable[str]) -> dict[str, SourcePayment]:
    """Source payments of one stream by external id."""
    sql = (
        f"SELECT {_SOURCE_NAMES} FROM source_payment WHERE connection = :connection AND stream = :stream "
        "AND external_id IN :values"
    )
    rows = bulk.select_in(tx, sql, external_ids, connection=connection, stream=stream)
    return {row[4]: SourcePayment(*row) for row in rows}


def of_records(tx: Tx, record_ids: Iterable[int]) -> list[SourcePayment]:
    """Source payments that these records state."""
    rows = bulk.select_in(tx, f"SELECT {_SOURCE_NAMES} FROM source_payment WHERE record_id IN :values", record_ids)
    return [SourcePayment(*row) for row in rows]


def store_sources(tx: Tx, rows: Sequence[SourcePayment]) -> None:
    """Insert or overwrite source payments."""
    bulk.upsert(tx, tables.source_payment, _SOURCE, [tuple(getattr(r, n) for n in _SOURCE) for r in rows], key=("id",))


def pending_sources(tx: Tx, *, limit: int) -> list[SourcePayment]:
    """The next source payments to resolve."""
    sql = text(f"SELECT {_SOURCE_NAMES} FROM source_payment WHERE pending = 1 ORDER BY id LIMIT :limit")
    return [SourcePayment(*row) for row in tx.execute(sql, {"limit": limit})]


def every_source(tx: Tx) -> Iterator[list[SourcePayment]]:
    """All source payments in order of id, page by page."""
    after = -1
    sql = text(f"SELECT {_SOURCE_NAMES} FROM source_payment WHERE id > :after ORDER BY id LIMIT 500")
    while page := [SourcePayment(*row) for row in tx.execute(sql, {"after": after})]:
        yield page
        after = page[-1].id


def wake_waiting(tx: Tx) -> int:
    """Make source payments that wait for a debt pending again; how many."""
    sql = text("UPDATE source_payment SET pending = 1 WHERE waiting IS NOT NULL AND pending = 0")
    return int(tx.execute(sql).rowcount)


def identities(tx: Tx, keys: Iterable[str]) -> dict[str, str]:
    """Which payment each identity belongs to."""
    sql = "SELECT identity, payment_id FROM payment_identity WHERE identity IN :values"
    return dict(bulk.select_in(tx, sql, keys))


def add_identities(tx: Tx, keys: Iterable[str], *, payment_id: str) -> None:
    """Recognise the payment under these keys too; a key that is taken keeps its payment."""
    rows = [(key, payment_id) for key in dict.fromkeys(keys)]
    known = identities(tx, [key for key, _ in rows])
    fresh = [row for row in rows if row[0] not in known]
    bulk.insert(tx, tables.payment_identity, ("identity", "payment_id"), fresh)


def load(tx: Tx, payment_ids: Iterable[str]) -> dict[str, PaymentRow]:
    """Payments by id."""
    rows = bulk.select_in(tx, f"SELECT {_PAYMENT_NAMES} FROM payment WHERE id IN :values", payment_ids)
    return {row[0]: PaymentRow(*row) for row in rows}


def store(tx: Tx, rows: Sequence[PaymentRow]) -> None:
    """Insert or overwrite payments."""
    bulk.upsert(tx, tables.payment, _PAYMENT, [tuple(getattr(r, n) for n in _PAYMENT) for r in rows], key=("id",))


def applications_of_debts(tx: Tx, debt_ids: Iterable[str]) -> dict[str, list[ApplicationRow]]:
    """Applications by debt, oldest first."""
    return _applications(tx, "debt_id", debt_ids)


def applications_of_payments(tx: Tx, payment_ids: Iterable[str]) -> dict[str, list[ApplicationRow]]:
    """Applications by payment, oldest first."""
    return _applications(tx, "payment_id", payment_ids)


def append_applications(tx: Tx, rows: Sequence[ApplicationRow]) -> None:
    """Append applications; their ids come from `next_application`."""
    values = [tuple(getattr(r, n) for n in _APPLICATION) for r in rows]
    bulk.insert(tx, tables.application, _APPLICATION, values)


def next_application(tx: Tx) -> int:
    """A fresh application id."""
    return bulk.reserve(tx, "application", 1)


def set_posted(tx: Tx, application_ids: Iterable[int], *, at: str, external_id: str | None) -> None:
    """From `at` on, the owner's statements of the debt include these applications."""
    sql = "UPDATE application SET posted_at = :at, posted_external_id = :external WHERE id IN :values"
    bulk.execute_in(tx, sql, application_ids, at=at, external=external_id)


def set_all_posted(tx: Tx, applications: Sequence[tuple[int, str]], *, at: str) -> None:
    """The same for several applications, each with its own external id."""
    if applications:
        sql = text("UPDATE application SET posted_at = :at, posted_external_id = :external WHERE id = :id")
        tx.execute(sql, [{"at": at, "id": n, "external": external} for n, external in applications])


def every(tx: Tx) -> Iterator[tuple[PaymentRow, list[ApplicationRow]]]:
    """All payments in order of id with their applications, page by page."""
    after = ""
    sql = text(f"SELECT {_PAYMENT_NAMES} FROM payment WHERE id > :after ORDER BY id LIMIT 500")
    while page := [PaymentRow(*row) for row in tx.execute(sql, {"after": after})]:
        applied = applications_of_payments(tx, [p.id for p in page])
        yield from ((p, applied.get(p.id, [])) for p in page)
        after = page[-1].id


def _applications(tx: Tx, column: str, values: Iterable[str]) -> dict[str, list[ApplicationRow]]:
    found: dict[str, list[ApplicationRow]] = {}
    sql = f"SELECT {_APPLICATION_NAMES} FROM application WHERE {column} IN :values ORDER BY id"
    for row in bulk.select_in(tx, sql, values):
        line = ApplicationRow(*row)
        found.setdefault(getattr(line, column), []).append(line)
    return found
