"""Everything that happened to one golden debtor, across its source debtors of now, in one order. Reads only, no policy.

One statement finds the places of a page in the order; a few more read what stands there. Whom it concerns follows
merges and splits, because everything hangs on source debtors, on debts, or on the ids that those debtors founded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from concilia.store import bulk
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class Place:
    """One thing in the order: when, of which kind, and the number and text by which it is known."""

    at: str
    rank: int
    number: int
    name: str

    @property
    def kind(self) -> str:
        """What kind of thing it is."""
        return KIND_OF[self.rank]


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of the order is wanted: kinds (empty: all), since when, until before when, behind which place."""

    kinds: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    behind: Place | None = None
    newest_first: bool = False


_WHO = (
    "WITH member AS MATERIALIZED (SELECT id, connection, stream, external_id FROM source_debtor "
    "WHERE golden_id = :golden), "
    "named AS MATERIALIZED (SELECT id FROM golden_debtor WHERE founder_id IN (SELECT id FROM member) "
    "UNION SELECT id FROM golden_debtor WHERE id = :golden), "
    "owed AS MATERIALIZED (SELECT id FROM debt WHERE debtor_id IN (SELECT id FROM member)), "
    "agreed AS MATERIALIZED (SELECT DISTINCT agreement_id AS id FROM agreement_debt "
    "WHERE debt_id IN (SELECT id FROM owed)) "
)
_MEMBER, _NAMED, _OWED = "(SELECT id FROM member)", "(SELECT id FROM named)", "(SELECT id FROM owed)"
_BY_STEWARD = "\"by\" LIKE 'steward:%'"
_WORDS = "interaction i JOIN interaction_outcome o ON o.interaction_id = i.id"
_PLANNED = "plan_row p JOIN intent i ON i.idempotency_key = p.idempotency_key JOIN receipt r ON r.intent_id = i.id"
_SUBJECTS = "(SELECT 'debt:' || id FROM owed UNION ALL SELECT 'debtor:' || CAST(id AS TEXT) FROM member)"
_TOLD = "SELECT e.agreement_id || '.' || CAST(e.ordinal AS TEXT) || '.' ||"
_REFERENCES = (
    "(SELECT CAST(a.id AS TEXT) FROM application a WHERE a.debt_id IN (SELECT id FROM owed) UNION ALL "
    f"{_TOLD} '0' FROM agreement_event e WHERE e.agreement_id IN (SELECT id FROM agreed) UNION ALL "
    f"{_TOLD} CAST(h.ordinal AS TEXT) FROM agreement_event e JOIN agreement_debt h ON h.agreement_id = e.agreement_id "
    "WHERE e.agreement_id IN (SELECT id FROM agreed))"
)
# Of one instant, causes come before what follows from them: who is who, what is known, money, contact, and so on.
# Each part: when, number, name, and from where.
_PARTS: Final[tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]] = (
    ("ruling", (
        ("at", "id", "''", f"ruling WHERE left_id IN {_MEMBER} AND {_BY_STEWARD}"),
        ("at", "id", "''", f"ruling WHERE right_id IN {_MEMBER} AND left_id NOT IN {_MEMBER} AND {_BY_STEWARD}"),
    )),
    ("identity", (
        ("at", "id", "''", f"identity_ledger WHERE golden_id IN {_NAMED}"),
        ("at", "id", "''", f"identity_ledger WHERE other_id IN {_NAMED} AND golden_id NOT IN {_NAMED}"),
    )),
    ("data", (
        ("recorded_at", "version", "golden_id", f"golden_version WHERE golden_id IN {_NAMED} AND status = 'active'"),
        ("updated_at", "version", "id", f"golden_debtor WHERE id IN {_NAMED} AND status = 'active'"),
    )),
    ("debt", (("at", "seq", "''", f"event WHERE subject IN {_OWED} AND type LIKE 'debt.%'"),)),
    ("payment", (("applied_at", "id", "''", f"application WHERE debt_id IN {_OWED} AND reverses IS NULL"),)),
    ("reversal", (("applied_at", "id", "''", f"application WHERE debt_id IN {_OWED} AND reverses IS NOT NULL"),)),
    ("agreement", (
        ("at", "ordinal", "agreement_id", "agreement_event WHERE agreement_id IN (SELECT id FROM agreed)"),
    )),
    ("consent", (("recorded_at", "id", "'said'", f"consent WHERE debtor_id IN {_MEMBER}"),)),
    ("prohibition", (
        ("recorded_at", "id", "'said'", f"prohibition WHERE debtor_id IN {_MEMBER}"),
        ("lifted_at", "id", "'lifted'", f"prohibition WHERE debtor_id IN {_MEMBER} AND lifted_at IS NOT NULL"),
    )),
    ("dispute", (
        ("recorded_at", "id", "'opened'", f"dispute WHERE debt_id IN {_OWED}"),
        ("resolved_at", "id", "'resolved'", f"dispute WHERE debt_id IN {_OWED} AND resolved_at IS NOT NULL"),
    )),
    ("hold", (
        ("recorded_at", "id", "'said'", f"hold WHERE subject IN {_SUBJECTS}"),
        ("lifted_at", "id", "'lifted'", f"hold WHERE subject IN {_SUBJECTS} AND lifted_at IS NOT NULL"),
    )),
    ("decision", (("asked_at", "0", "id", f"contact_decision WHERE debtor_id IN {_MEMBER}"),)),
    ("interaction", (("started_at", "0", "id", f"interaction WHERE debtor_id IN {_MEMBER}"),)),
    ("outcome", (
        ("o.at", "o.ordinal", "o.interaction_id", f"{_WORDS} WHERE i.debtor_id IN {_MEMBER} AND o.ordinal > 0"),
    )),
    ("contact_point", (("at", "0", "id", f"contact_evidence WHERE debtor_id IN {_MEMBER}"),)),
    ("push", (
        ("r.at", "r.id", "''", f"intent i JOIN receipt r ON r.intent_id = i.id WHERE i.subject_id IN {_REFERENCES}"),
        ("r.at", "r.id", "''", f"{_PLANNED} WHERE p.golden_id IN {_NAMED}"),
    )),
)  # fmt: skip
KINDS: Final = tuple(kind for kind, _ in _PARTS)
KIND_OF: Final = dict(enumerate(KINDS, start=1))


def places(tx: Tx, golden_id: str, span: Span, *, limit: int) -> list[Place]:
    """The next places in the order: by instant, then by kind, then by number and name."""
    wanted = [
        f"SELECT {at} AS at, {rank} AS rank, {number} AS number, {name} AS name FROM {source}"
        for rank, (kind, parts) in enumerate(_PARTS, start=1)
        if not span.kinds or kind in span.kinds
        for at, number, name, source in parts
    ]
    union = " UNION ".join(wanted)  # the same thing may be found once for each of two source debtors
    where, values = _within(span)
    way = "DESC" if span.newest_first else "ASC"
    order = ", ".join(f"{name} {way}" for name in ("at", "rank", "number", "name"))
    sql = f"{_WHO}SELECT at, rank, number, name FROM ({union}) AS happened{where} ORDER BY {order} LIMIT :limit"
    return [Place(*row) for row in bulk.every(tx, sql, golden=golden_id, limit=limit, **values)]


def _within(span: Span) -> tuple[str, dict[str, Any]]:
    found: list[str] = []
    values: dict[str, Any] = {}
    if span.since:
        found.append("at >= :since")
        values["since"] = span.since
    if span.until:
        found.append("at < :until")
        values["until"] = span.until
    if span.behind is not None:
        sign = "<" if span.newest_first else ">"
        found.append(f"(at, rank, number, name) {sign} (:b_at, :b_rank, :b_number, :b_name)")
        behind = span.behind
        values |= {"b_at": behind.at, "b_rank": behind.rank, "b_number": behind.number, "b_name": behind.name}
    return (f" WHERE {' AND '.join(found)}" if found else ""), values


def rows(tx: Tx, columns: str, *, source: str, key: str, values: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of one table, or of a join, by a list of keys, as plain values by column."""
    names = [part.rpartition(" AS ")[2].rpartition(".")[2].strip('" ') for part in columns.split(", ")]
    sql = f"SELECT {columns} FROM {source} WHERE {key} IN :values"
    return [dict(zip(names, row, strict=True)) for row in bulk.select_in(tx, sql, values)]


def versions(tx: Tx, columns: str, wanted: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    """Earlier versions of golden records, by id and version."""
    pairs = set(wanted)
    by_id: dict[str, set[int]] = {}
    for golden_id, version in pairs:
        by_id.setdefault(golden_id, set()).add(version)
    sql = f"SELECT {columns} FROM golden_version WHERE golden_id = :golden AND version IN :values"
    names = columns.split(", ")
    return [
        dict(zip(names, row, strict=True))
        for golden_id, some in by_id.items()
        for row in bulk.select_in(tx, sql, sorted(some), golden=golden_id)
    ]
