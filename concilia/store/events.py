"""Facts that happened, in one gap-free order. Appended at the end of the transaction that made them true."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened: type in past tense, the id it is about, the debtor it concerns."""

    type: str
    subject: str
    golden_id: str | None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordedFact:
    """A fact with its place in the order."""

    seq: int
    at: str
    type: str
    subject: str
    golden_id: str | None
    body: dict[str, Any]
    golden_version: int | None = None  # of the debtor's golden record when it happened


def append(tx: Tx, facts: Sequence[Fact], *, at: str) -> None:
    """Give the facts the next numbers. The counter's row is locked until commit, so numbers have no gaps.

    A fact about a debtor keeps the version of the golden record as it stands now: whoever hears of it can tell
    whether what he holds is older.
    """
    if not facts:
        return
    first = bulk.reserve(tx, "event", len(facts))
    goldens = {f.golden_id for f in facts if f.golden_id}
    sql = "SELECT id, version FROM golden_debtor WHERE id IN :values"
    versions: dict[str | None, int] = dict(bulk.select_in(tx, sql, goldens))
    rows = [
        (first + n, at, f.type, f.subject, f.golden_id, _text(f.body), versions.get(f.golden_id))
        for n, f in enumerate(facts)
    ]
    bulk.insert(tx, tables.event, ("seq", "at", "type", "subject", "golden_id", "body", "golden_version"), rows)


def happened(tx: Tx, type_: str, *, subject: str) -> bool:
    """Whether a fact of this type about this subject was ever recorded."""
    sql = text("SELECT 1 FROM event WHERE subject = :subject AND type = :type LIMIT 1")
    return tx.execute(sql, {"subject": subject, "type": type_}).first() is not None


def latest(tx: Tx) -> int:
    """The number of the latest fact; 0 before the first."""
    return int(tx.execute(text("SELECT coalesce(max(seq), 0) FROM event")).scalar_one())


def subjects(tx: Tx, type_: str) -> list[str]:
    """What facts of this type were ever about, each once, in order."""
    rows = tx.execute(text("SELECT DISTINCT subject FROM event WHERE type = :type ORDER BY subject"), {"type": type_})
    return [row[0] for row in rows]


def after(tx: Tx, seq: int, *, limit: int = 1000) -> Iterable[RecordedFact]:
    """Facts with a greater number, in order."""
    sql = f"SELECT {_NAMES} FROM event WHERE seq > :seq ORDER BY seq LIMIT :limit"
    return [_recorded(row) for row in bulk.every(tx, sql, seq=seq, limit=limit)]


def numbered(tx: Tx, numbers: Iterable[int]) -> list[RecordedFact]:
    """The facts with these numbers, in order."""
    rows = bulk.select_in(tx, f"SELECT {_NAMES} FROM event WHERE seq IN :values", sorted(set(numbers)))
    return sorted((_recorded(row) for row in rows), key=lambda fact: fact.seq)


_NAMES = "seq, at, type, subject, golden_id, body, golden_version"


def _recorded(row: bulk.Row) -> RecordedFact:
    return RecordedFact(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), row[6])


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)
