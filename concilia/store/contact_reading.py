"""Everything contact rules look at of golden debtors, read by one statement. No policy, nothing is written.

A debtor is asked about many times a second, while a dozen tables know something of it. So the statement is a union:
each part gives rows with a name and as many texts as it has to say, and they are sorted out here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from concilia.store.contact_evidence import EvidenceRow
from concilia.store.contact_parties import OwedRow
from concilia.store.contacts import AttemptRow
from concilia.store.crosswalk import SourceDebtor
from concilia.store.freshness import RECENT
from concilia.store.round_trips import Row, Statement

_SAID: Final = ("direction", "outcome", "party_outcome", "result")
_HEARD: Final = (
    "id", "debtor_id", "contact_type", "match_value", "what", "code", "channel", "at", "interaction_id", "method",
    "about", "received_at",
)  # fmt: skip
WIDTH: Final = 12  # texts in a row beside its name


@dataclass(frozen=True, slots=True)
class GoldenSeen:
    """A golden debtor; `body` is JSON text."""

    id: str
    founder_id: int
    status: str
    merged_into: str | None
    body: str


@dataclass(frozen=True, slots=True)
class HoldSeen:
    """A hold that was not lifted, whether it still stands or not."""

    subject: str
    reason: str
    since: str
    until: str | None


@dataclass(frozen=True, slots=True)
class Read:
    """All rows of some golden debtors, still as they are stored. Instants are texts."""

    goldens: tuple[GoldenSeen, ...]
    sources: tuple[SourceDebtor, ...]
    owed: tuple[tuple[int, OwedRow], ...]  # by source debtor
    beside: tuple[tuple[int, str, OwedRow], ...]  # source debtor, its role, the debt
    agreed: dict[str, str]  # debt, agreement
    disputed: frozenset[str]
    holds: tuple[HoldSeen, ...]
    consents: tuple[tuple[int, Row], ...]  # state, captured_at, contact_type, contact_value, channel, purpose, until
    prohibitions: tuple[tuple[int, Row], ...]  # reason, since, until, type, value, channel, debt, purpose
    attempts: tuple[AttemptRow, ...]
    debts_of: dict[str, list[str]]  # by attempt
    reopened: dict[str, str]  # debt, when it was last reopened
    read_at: dict[str, str | None]  # connection, when it was last read well; None: never
    evidence: tuple[EvidenceRow, ...]  # what was heard of contact points
    point_policy: str | None  # by which that is judged


# Names without a table before them stand for the rows of the golden debtors asked about.
_WITH: Final = """\
WITH src AS (
  SELECT id, connection, stream, external_id, golden_id, founded FROM source_debtor WHERE golden_id IN :values
), own AS (
  SELECT d.debtor_id, '' AS role, d.id, d.creditor, d.status, d.due_date, d.body, d.owner
  FROM src JOIN debt d ON d.debtor_id = src.id
), named AS (
  SELECT r.debtor_id, r.role, s.debt_id FROM src JOIN party_role r ON r.debtor_id = src.id JOIN source_debt s
  ON s.connection = r.debt_connection AND s.stream = r.debt_stream AND s.external_id = r.debt_key
  UNION
  SELECT r.debtor_id, r.role, s.debt_id FROM src JOIN party_role r ON r.debtor_id = src.id
  JOIN source_debt s ON s.document = r.document
), side AS (
  SELECT n.debtor_id, n.role, d.id, d.creditor, d.status, d.due_date, d.body, d.owner
  FROM named n JOIN debt d ON d.id = n.debt_id
), about AS (
  SELECT id, owner FROM own UNION SELECT id, owner FROM side
), made AS (
  SELECT i.id, i.debtor_id, i.channel, i.purpose, i.started_at, i.direction, i.outcome, i.party_outcome, i.result
  FROM src JOIN interaction i ON i.debtor_id = src.id WHERE i.started_at >= :since
), kept AS (
  SELECT r.decision_id, r.debtor_id, r.channel, r.purpose, r.at, r.expires_at
  FROM src JOIN reservation r ON r.debtor_id = src.id WHERE r.expires_at > :now AND r.state = 'held'
)
"""
_DEBT: Final = "CAST(debtor_id AS TEXT), role, id, creditor, status, due_date, body, owner"
_OPEN: Final = "('open', 'in_review', 'awaiting_debtor', 'reopened')"  # disputes that go on
_MADE: Final = (
    "CAST(debtor_id AS TEXT), channel, purpose, started_at, started_at, '0', direction, outcome, party_outcome, result"
)
# The last run in which every stream of the connection was read to its end.
_READ: Final = f"""\
(SELECT coalesce(u.finished_at, u.started_at) FROM run_stream t JOIN run u ON u.id = t.run_id
WHERE t.connection = o.owner AND t.run_id > {RECENT} AND NOT EXISTS (
  SELECT 1 FROM run_stream x WHERE x.run_id = t.run_id AND x.connection = t.connection AND x.status <> 'done')
ORDER BY t.run_id DESC LIMIT 1)"""
# Each part: its name, what it says, and from where.
_PARTS: Final = (
    ("golden", "id, CAST(founder_id AS TEXT), status, merged_into, body", "golden_debtor WHERE id IN :values"),
    ("source", "CAST(id AS TEXT), connection, stream, external_id, golden_id, CAST(founded AS TEXT)", "src"),
    ("own", _DEBT, "own"),
    ("side", _DEBT, "side"),
    ("agreed", "a.debt_id, a.agreement_id", "about JOIN agreement_debt a ON a.debt_id = about.id AND a.standing = 1"),
    (
        "disputed",
        "x.debt_id",
        f"about JOIN dispute x ON x.debt_id = about.id WHERE x.effect = 'hold' AND x.status IN {_OPEN}",
    ),
    (
        "hold",
        "h.subject, h.reason, h.since, h.until",
        "about JOIN hold h ON h.subject = 'debt:' || about.id WHERE h.lifted_at IS NULL",
    ),
    (
        "hold",
        "h.subject, h.reason, h.since, h.until",
        "src JOIN hold h ON h.subject = 'debtor:' || CAST(src.id AS TEXT) WHERE h.lifted_at IS NULL",
    ),
    (
        "consent",
        ("CAST(c.debtor_id AS TEXT), c.state, c.captured_at, c.contact_type, c.contact_value, c.channel, c.purpose, "
        "c.expires_at, CAST(c.id AS TEXT)"),
        "src JOIN consent c ON c.debtor_id = src.id",
    ),
    (
        "prohibition",
        ("CAST(p.debtor_id AS TEXT), p.reason, p.since, p.until, p.contact_type, p.contact_value, p.channel, "
        "p.debt_id, p.purpose, CAST(p.id AS TEXT)"),
        "src JOIN prohibition p ON p.debtor_id = src.id WHERE p.lifted_at IS NULL",
    ),
    (
        "evidence",
        (
            "e.id, CAST(e.debtor_id AS TEXT), e.contact_type, e.match_value, e.what, e.code, e.channel, e.at, "
            "e.interaction_id, e.method, e.about, e.received_at"
        ),
        "src JOIN contact_evidence e ON e.debtor_id = src.id",
    ),
    ("point_policy", "body", "policy WHERE name = 'contact_points'"),
    ("attempt", f"id, {_MADE}", "made"),
    (
        "attempt",
        "decision_id, CAST(debtor_id AS TEXT), channel, purpose, at, expires_at, '1', 'outbound'",
        "kept",
    ),
    ("about", "d.interaction_id, d.debt_id", "made JOIN interaction_debt d ON d.interaction_id = made.id"),
    ("about", "d.decision_id, d.debt_id", "kept JOIN reservation_debt d ON d.decision_id = kept.decision_id"),
    (
        "reopened",
        "about.id, (SELECT max(e.at) FROM event e WHERE e.subject = about.id AND e.type = 'debt.reopened')",
        "about",
    ),
    ("read", f"o.owner, {_READ}", "(SELECT DISTINCT owner FROM about) AS o"),
)  # fmt: skip


def _select(name: str, says: str, source: str) -> str:
    missing = WIDTH - _count(says)
    return f"SELECT '{name}' AS part, {says}{', NULL' * missing} FROM {source}"


def _count(says: str) -> int:
    """How many columns a list of them has; a comma inside brackets parts none."""
    depth, found = 0, 1
    for letter in says:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        found += letter == "," and depth == 0
    return found


_SQL: Final = _WITH + "\nUNION ALL\n".join(_select(*part) for part in _PARTS)
# The same of whatever was about some debts, with whomever.
_ABOUT_SQL: Final = """\
WITH made AS (
  SELECT DISTINCT i.id, i.debtor_id, i.channel, i.purpose, i.started_at, i.direction, i.outcome, i.party_outcome,
  i.result FROM interaction_debt d JOIN interaction i ON i.id = d.interaction_id
  WHERE d.debt_id IN :values AND i.started_at >= :since AND i.debtor_id IS NOT NULL
), kept AS (
  SELECT DISTINCT r.decision_id, r.debtor_id, r.channel, r.purpose, r.at, r.expires_at
  FROM reservation_debt d JOIN reservation r ON r.decision_id = d.decision_id
  WHERE d.debt_id IN :values AND r.expires_at > :now AND r.state = 'held'
)
""" + "\nUNION ALL\n".join(_select(*part) for part in _PARTS if part[0] in ("attempt", "about"))


def reading_about(debt_ids: Sequence[str], *, since: str, now: str) -> Statement:
    """What reads the contacts about these debts, with whomever; see `reading`."""
    return Statement(_ABOUT_SQL, {"since": since, "now": now}, list(debt_ids))


def reading(golden_ids: Sequence[str], *, since: str, now: str) -> Statement:
    """What reads these golden debtors, with contacts made since then and those held ready at `now`."""
    return Statement(_SQL, {"since": since, "now": now}, list(golden_ids))


def sorted_out(rows: Iterable[Row]) -> Read:
    """The rows of `reading` as what they are, in a stable order."""
    parts: dict[str, list[Row]] = {}
    for row in rows:
        parts.setdefault(row[0], []).append(row[1:])
    of = _Parts(parts)
    debts_of: dict[str, list[str]] = {}
    for attempt, debt, *_ in of("about"):
        debts_of.setdefault(attempt, []).append(debt)
    return Read(
        goldens=tuple(GoldenSeen(r[0], int(r[1]), r[2], r[3], r[4]) for r in of("golden")),
        sources=tuple(
            sorted(
                (SourceDebtor(int(r[0]), r[1], r[2], r[3], r[4], int(r[5])) for r in of("source")),
                key=lambda one: one.id,
            )
        ),
        owed=tuple(sorted(((int(r[0]), _owed(r)) for r in of("own")), key=lambda one: (one[0], one[1].id))),
        beside=tuple(sorted(((int(r[0]), r[1], _owed(r)) for r in of("side")), key=lambda o: (o[0], o[2].id, o[1]))),
        agreed={r[0]: r[1] for r in of("agreed")},
        disputed=frozenset(r[0] for r in of("disputed")),
        holds=tuple(HoldSeen(*r[:4]) for r in of("hold")),
        consents=tuple((int(r[0]), r[1:8]) for r in sorted(of("consent"), key=lambda r: int(r[8]))),
        prohibitions=tuple((int(r[0]), r[1:9]) for r in sorted(of("prohibition"), key=lambda r: int(r[9]))),
        attempts=tuple(sorted(map(_attempt, of("attempt")), key=lambda one: (one.earliest, one.id))),
        debts_of=debts_of,
        reopened={r[0]: r[1] for r in of("reopened") if r[1] is not None},
        read_at={r[0]: r[1] for r in of("read")},
        evidence=tuple(_evidence(r) for r in of("evidence")),
        point_policy=next((r[0] for r in of("point_policy")), None),
    )


@dataclass(frozen=True, slots=True)
class _Parts:
    """Rows by the name of their part."""

    found: dict[str, list[Row]]

    def __call__(self, name: str) -> list[Row]:
        return self.found.get(name, [])


def _evidence(row: Row) -> EvidenceRow:
    said = dict(zip(_HEARD, row, strict=True))
    return EvidenceRow(**{**said, "debtor_id": int(said["debtor_id"]), "by": ""})


def _owed(row: Row) -> OwedRow:
    return OwedRow(*row[2:8])


def _attempt(row: Row) -> AttemptRow:
    name, debtor, channel, purpose, earliest, latest, held, *said = row[: 7 + len(_SAID)]
    return AttemptRow(
        name, int(debtor), channel, purpose, earliest, latest, int(held), **dict(zip(_SAID, said, strict=True))
    )
