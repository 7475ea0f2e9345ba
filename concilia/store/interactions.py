"""What is told of interactions later, those that wait for their party, and whose a channel's own ids are. No policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from concilia.store import bulk, tables
from concilia.store.contacts import InteractionRow
from concilia.store.unit_of_work import Tx

TAUGHT, RULED = "taught", "ruled"


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What was told of an interaction once; ordinal 0 with the interaction itself. Times are UTC, `told_*` as told."""

    interaction_id: str
    ordinal: int
    outcome: str | None
    party_outcome: str | None
    result: str | None
    ended_at: str | None
    told_end: str | None
    at: str
    told_at: str
    by: str
    note: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An interaction whose party nobody can tell yet; `detail` is the sentence that says why."""

    interaction_id: str
    reason: str
    detail: str
    since: str
    pending: int = 0


@dataclass(frozen=True, slots=True)
class LearntRow:
    """That a channel's own id is a source debtor's (None: nobody's), by which interaction or which person."""

    id: int
    key: str
    debtor_id: int | None
    kind: str
    interaction_id: str | None
    by: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which interactions are listed: of these source debtors, of this teller's reference, without a decision."""

    debtor_ids: tuple[int, ...] = ()
    teller: str = ""
    external_ref: str = ""
    without_decision: bool = False


_OUTCOME = tuple(OutcomeRow.__dataclass_fields__)
_WAITING = tuple(WaitingRow.__dataclass_fields__)
_LEARNT = tuple(LearntRow.__dataclass_fields__)
_KNOWN_BY = (
    "SELECT w.interaction_id FROM match_key m JOIN waiting_key w ON w.key = m.key WHERE m.debtor_id IN :values",
    "SELECT w.interaction_id FROM learnt_identity l JOIN waiting_key w ON w.key = l.key WHERE l.debtor_id IN :values",
    (
        "SELECT w.interaction_id FROM source_debtor s "
        "JOIN waiting_key w ON w.key = 'external:' || s.connection || ':' || s.external_id WHERE s.id IN :values"
    ),
    (
        "SELECT w.interaction_id FROM source_debtor s JOIN waiting_key w ON w.key = 'golden:' || s.golden_id "
        "WHERE s.golden_id IS NOT NULL AND s.id IN :values"
    ),
)
_INTERACTION = ", ".join(f'i."{name}"' for name in InteractionRow.__dataclass_fields__)


def add_outcome(tx: Tx, row: OutcomeRow) -> None:
    """Append what was told."""
    bulk.insert(tx, tables.interaction_outcome, _OUTCOME, [tuple(getattr(row, n) for n in _OUTCOME)])


def outcomes_of(tx: Tx, interaction_ids: Iterable[str]) -> dict[str, list[OutcomeRow]]:
    """What was told of these interactions, in order of telling."""
    names = ", ".join(f'"{name}"' for name in _OUTCOME)
    sql = f"SELECT {names} FROM interaction_outcome WHERE interaction_id IN :values ORDER BY interaction_id, ordinal"
    found: dict[str, list[OutcomeRow]] = {}
    for row in bulk.select_in(tx, sql, interaction_ids):
        found.setdefault(row[0], []).append(OutcomeRow(*row))
    return found


def set_standing(tx: Tx, row: InteractionRow) -> None:
    """Where an interaction stands now, by all that was told of it."""
    sql = (
        "UPDATE interaction SET outcome = :outcome, party_outcome = :party, result = :result, ended_at = :ended, "
        "told_end = :told WHERE id = :id RETURNING id"
    )
    values = {"outcome": row.outcome, "party": row.party_outcome, "result": row.result, "id": row.id}
    bulk.every(tx, sql, ended=row.ended_at, told=row.told_end, **values)


def in_turn(tx: Tx, interaction_id: str) -> None:
    """Whoever changes this interaction follows whoever does so now."""
    bulk.every(tx, "UPDATE interaction SET id = id WHERE id = :id RETURNING id", id=interaction_id)


def of_decision(tx: Tx, decision_id: str) -> InteractionRow | None:
    """The interaction that a decision became."""
    found = bulk.one(tx, f"SELECT {_INTERACTION} FROM interaction i WHERE i.decision_id = :id", id=decision_id)
    return None if found is None else InteractionRow(*found)


def load(tx: Tx, interaction_ids: Iterable[str]) -> dict[str, InteractionRow]:
    """Interactions by id."""
    rows = bulk.select_in(tx, f"SELECT {_INTERACTION} FROM interaction i WHERE i.id IN :values", interaction_ids)
    return {row[0]: InteractionRow(*row) for row in rows}


def debts_of(tx: Tx, interaction_ids: Iterable[str]) -> dict[str, list[str]]:
    """The debts these interactions were about."""
    found: dict[str, list[str]] = {}
    sql = "SELECT interaction_id, debt_id FROM interaction_debt WHERE interaction_id IN :values ORDER BY debt_id"
    for interaction, debt in bulk.select_in(tx, sql, interaction_ids):
        found.setdefault(interaction, []).append(debt)
    return found


def listed(tx: Tx, wanted: Wanted, *, after: tuple[str, str], limit: int) -> list[InteractionRow]:
    """Interactions in the order in which they were recorded."""
    at, number = after
    where = "(i.recorded_at > :at OR (i.recorded_at = :at AND i.id > :number))"
    where += " AND i.direction = 'outbound' AND i.decision_id IS NULL" if wanted.without_decision else ""
    given = {"at": at, "number": number, "limit": limit}
    if wanted.external_ref:
        where += " AND i.external_ref = :reference AND i.origin = :teller"
        given |= {"reference": wanted.external_ref, "teller": wanted.teller}
    sql = f"SELECT {_INTERACTION} FROM interaction i WHERE {where}"
    if wanted.debtor_ids:
        rows = list(bulk.select_in(tx, f"{sql} AND i.debtor_id IN :values", wanted.debtor_ids, **given))
    else:
        rows = bulk.every(tx, f"{sql} ORDER BY i.recorded_at, i.id LIMIT :limit", **given)
    found = (InteractionRow(*row) for row in rows)
    return sorted(found, key=lambda row: (row.recorded_at, row.id))[:limit]


def waiting_listed(tx: Tx, *, after: tuple[str, str], limit: int) -> list[InteractionRow]:
    """Interactions that wait, those that wait longest first."""
    at, number = after
    sql = (
        f"SELECT {_INTERACTION} FROM interaction_waiting w JOIN interaction i ON i.id = w.interaction_id "
        "WHERE w.since > :at OR (w.since = :at AND w.interaction_id > :number) "
        "ORDER BY w.since, w.interaction_id LIMIT :limit"
    )
    return [InteractionRow(*row) for row in bulk.every(tx, sql, at=at, number=number, limit=limit)]


def wait(tx: Tx, row: WaitingRow, *, keys: Iterable[str]) -> None:
    """Keep that an interaction waits, and by what it would be known."""
    bulk.insert(tx, tables.interaction_waiting, _WAITING, [tuple(getattr(row, n) for n in _WAITING)])
    bulk.insert(
        tx, tables.waiting_key, ("key", "interaction_id"), [(key, row.interaction_id) for key in dict.fromkeys(keys)]
    )


def waiting(tx: Tx, interaction_ids: Iterable[str]) -> dict[str, WaitingRow]:
    """Why these interactions wait; those that do not are left out."""
    names = ", ".join(_WAITING)
    sql = f"SELECT {names} FROM interaction_waiting WHERE interaction_id IN :values"
    return {row[0]: WaitingRow(*row) for row in bulk.select_in(tx, sql, interaction_ids)}


def count_waiting(tx: Tx) -> int:
    """How many interactions wait."""
    found = bulk.one(tx, "SELECT count(*) FROM interaction_waiting")
    return int(found[0]) if found else 0


def something_waits(tx: Tx) -> bool:
    """Whether any interaction waits at all."""
    return bulk.one(tx, "SELECT 1 FROM interaction_waiting LIMIT 1") is not None


def waiting_for_debtors(tx: Tx, debtor_ids: Iterable[int]) -> set[str]:
    """Interactions that wait for something by which one of these source debtors is known now."""
    ids = list(debtor_ids)
    return {row[0] for sql in _KNOWN_BY for row in bulk.select_in(tx, sql, ids)}


def waiting_under(tx: Tx, keys: Iterable[str]) -> set[str]:
    """Interactions that wait for one of these keys."""
    sql = "SELECT interaction_id FROM waiting_key WHERE key IN :values"
    return {row[0] for row in bulk.select_in(tx, sql, keys)}


def wake(tx: Tx, interaction_ids: Iterable[str]) -> None:
    """These are to be tried again. Unconditional: whoever tries one now has not seen what woke it."""
    bulk.execute_in(
        tx, "UPDATE interaction_waiting SET pending = 1 WHERE interaction_id IN :values", sorted(interaction_ids)
    )


def awake(tx: Tx, *, limit: int) -> list[str]:
    """Interactions to be tried again."""
    sql = "SELECT interaction_id FROM interaction_waiting WHERE pending = 1 ORDER BY interaction_id LIMIT :limit"
    return [row[0] for row in bulk.every(tx, sql, limit=limit)]


def take(tx: Tx, interaction_id: str) -> bool:
    """Try this one; False when it does not wait any more. What wakes it meanwhile wakes it again."""
    sql = "UPDATE interaction_waiting SET pending = 0 WHERE interaction_id = :id RETURNING interaction_id"
    return bool(bulk.every(tx, sql, id=interaction_id))


def still_waits(tx: Tx, row: WaitingRow) -> None:
    """Why it waits now, under the same keys."""
    sql = (
        "UPDATE interaction_waiting SET reason = :reason, detail = :detail WHERE interaction_id = :id "
        "RETURNING interaction_id"
    )
    bulk.every(tx, sql, reason=row.reason, detail=row.detail, id=row.interaction_id)


def hang_on(tx: Tx, row: InteractionRow) -> None:
    """The source debtor it was with is known now."""
    sql = "UPDATE interaction SET debtor_id = :debtor WHERE id = :id RETURNING id"
    bulk.every(tx, sql, debtor=row.debtor_id, id=row.id)


def waits_no_more(tx: Tx, interaction_id: str) -> None:
    """Everything of it is known now."""
    for table in ("interaction_waiting", "waiting_key"):
        bulk.execute_in(tx, f"DELETE FROM {table} WHERE interaction_id IN :values", [interaction_id])


def link(tx: Tx, interaction_id: str, debts: Iterable[str]) -> None:
    """It was about these debts as well, which nobody knew before."""
    columns = ("interaction_id", "debt_id")
    bulk.insert(tx, tables.interaction_debt, columns, [(interaction_id, debt) for debt in debts])


def learn(tx: Tx, row: LearntRow) -> None:
    """Append whose a channel's own id is; its number is given here."""
    values = (bulk.reserve(tx, "learnt_identity", 1), *(getattr(row, n) for n in _LEARNT[1:]))
    bulk.insert(tx, tables.learnt_identity, _LEARNT, [values])


def learnt(tx: Tx, keys: Sequence[str]) -> dict[str, list[LearntRow]]:
    """What was learnt of these ids, oldest first."""
    names = ", ".join(f'"{name}"' for name in _LEARNT)
    found: dict[str, list[LearntRow]] = {}
    for row in bulk.select_in(tx, f"SELECT {names} FROM learnt_identity WHERE key IN :values ORDER BY id", keys):
        found.setdefault(row[1], []).append(LearntRow(*row))
    return found


def streams_of_debtors(tx: Tx, connection: str) -> list[str]:
    """The streams in which a connection has debtors: one look into the index for each."""
    sql = "SELECT min(stream) FROM source_debtor WHERE connection = :connection AND stream > :after"
    found: list[str] = []
    while (row := bulk.one(tx, sql, connection=connection, after=found[-1] if found else "")) and row[0] is not None:
        found.append(row[0])
    return found
