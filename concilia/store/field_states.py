"""What each record says of a field, what it said when hub and record last agreed, what we wrote there. No policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.records import RecordRef
from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class Replica:
    """One record that states a golden debtor, as it was last seen."""

    golden_id: str
    record_id: int
    connection: str
    stream: str
    external_id: str
    payload: str
    source_updated_at: str | None
    received_at: str

    @property
    def at(self) -> RecordRef:
        """Which record it is."""
        return RecordRef(self.connection, self.stream, self.external_id)


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field of one record. `ours` and `theirs` are None until both were compared.

    `seen` is JSON text: the key it said last, and the keys whose place that took; `since` when it began to say so.
    `written` is the key we wrote there last, with the idempotency key of that write.
    """

    connection: str
    stream: str
    external_id: str
    field: str
    ours: str | None
    theirs: str | None
    seen: str
    since: str
    written: str | None
    idempotency_key: str | None
    at: str

    @property
    def ref(self) -> RecordRef:
        """Which record it is about."""
        return RecordRef(self.connection, self.stream, self.external_id)


_COLUMNS = tuple(FieldState.__dataclass_fields__)
_KEY = _COLUMNS[:4]


def replicas(tx: Tx, golden_ids: Iterable[str]) -> dict[str, list[Replica]]:
    """The records that state these golden debtors, in a stable order; without those that are gone in their source."""
    sql = (
        "SELECT DISTINCT d.golden_id, r.id, r.connection, r.stream, r.key, r.payload, c.source_updated_at, "
        "c.received_at FROM source_debtor d JOIN debtor_claim c ON c.debtor_id = d.id "
        "JOIN source_record r ON r.id = c.record_id LEFT JOIN absence a ON a.record_id = r.id "
        "WHERE d.golden_id IN :values AND a.missing_since IS NULL"
    )
    found: dict[str, dict[int, Replica]] = {}
    for row in bulk.select_in(tx, sql, golden_ids):
        replica = Replica(*row)
        found.setdefault(replica.golden_id, {})[replica.record_id] = replica
    return {golden: [by_id[n] for n in sorted(by_id)] for golden, by_id in found.items()}


def load(tx: Tx, records: Iterable[RecordRef]) -> dict[tuple[RecordRef, str], FieldState]:
    """The states of all fields of these records."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for ref in records:
        wanted.setdefault((ref.connection, ref.stream), set()).add(ref.external_id)
    sql = (
        f"SELECT {', '.join(_COLUMNS)} FROM field_state "
        "WHERE connection = :connection AND stream = :stream AND external_id IN :values"
    )
    found = {}
    for (connection, stream), ids in wanted.items():
        for row in bulk.select_in(tx, sql, sorted(ids), connection=connection, stream=stream):
            state = FieldState(*row)
            found[(state.ref, state.field)] = state
    return found


def store(tx: Tx, states: Sequence[FieldState]) -> None:
    """Insert or overwrite states; of several of one field the last counts."""
    rows = {tuple(getattr(s, name) for name in _KEY): s for s in states}
    values = [tuple(getattr(s, name) for name in _COLUMNS) for s in rows.values()]
    bulk.upsert(tx, tables.field_state, _COLUMNS, values, key=_KEY)


def of_record(tx: Tx, ref: RecordRef) -> tuple[int, str, str | None, str, int] | None:
    """Id, payload, business time, arrival and run of a stored record."""
    sql = text(
        "SELECT id, payload, source_updated_at, received_at, run_id FROM source_record "
        "WHERE connection = :connection AND stream = :stream AND key = :key"
    )
    row = tx.execute(sql, {"connection": ref.connection, "stream": ref.stream, "key": ref.external_id}).first()
    return None if row is None else (row[0], row[1], row[2], row[3], row[4])


def set_payload(tx: Tx, record_id: int, *, payload: str, content_hash: str) -> None:
    """What a record holds since we wrote to it; the source's own version of it is still to come."""
    sql = text("UPDATE source_record SET payload = :payload, content_hash = :hash WHERE id = :id")
    tx.execute(sql, {"id": record_id, "payload": payload, "hash": content_hash})


def written_to(tx: Tx, connection: str, *, stream: str, external_ids: Iterable[str]) -> set[str]:
    """Those of the records that we wrote to, and that did not come back since."""
    sql = (
        "SELECT DISTINCT external_id FROM field_state WHERE connection = :connection AND stream = :stream "
        "AND written IS NOT NULL AND external_id IN :values"
    )
    return {row[0] for row in bulk.select_in(tx, sql, external_ids, connection=connection, stream=stream)}


def came_back(tx: Tx, connection: str, *, stream: str, external_ids: Iterable[str]) -> None:
    """These records came back from their source since we wrote to them."""
    sql = (
        "UPDATE field_state SET written = NULL WHERE connection = :connection AND stream = :stream "
        "AND written IS NOT NULL AND external_id IN :values"
    )
    bulk.execute_in(tx, sql, external_ids, connection=connection, stream=stream)


def claims(tx: Tx, record_ids: Iterable[int]) -> dict[int, list[str]]:
    """The bodies of what these records claim, in order."""
    found: dict[int, list[tuple[int, str]]] = {}
    for row in bulk.select_in(
        tx, "SELECT record_id, ordinal, body FROM debtor_claim WHERE record_id IN :values", record_ids
    ):
        found.setdefault(row[0], []).append((row[1], row[2]))
    return {record: [body for _, body in sorted(rows)] for record, rows in found.items()}
