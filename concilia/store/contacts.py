"""Contact decisions with the rulebooks they held, what is held ready, and the contacts that took place. No policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from concilia.store import bulk, round_trips, tables
from concilia.store.round_trips import Statement
from concilia.store.unit_of_work import Tx

HELD, CONFIRMED, RELEASED = "held", "confirmed", "released"


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision; `question`, `facts`, `outcome` and `actor` are JSON text, `debtor_id` a source debtor."""

    id: str
    debtor_id: int
    golden_id: str
    channel: str
    purpose: str
    at: str
    asked_at: str
    answer: str
    rule: str | None
    rulebook: str
    question: str
    facts: str
    outcome: str
    asked_by: str
    actor: str


@dataclass(frozen=True, slots=True)
class ReservationRow:
    """A contact held ready under an allowing decision until `expires_at`."""

    decision_id: str
    debtor_id: int
    channel: str
    purpose: str
    at: str
    expires_at: str
    state: str
    interaction_id: str | None
    changed_at: str


@dataclass(frozen=True, slots=True)
class InteractionRow:
    """One contact that took place, or a message of the debtor's; `named` and `body` are JSON text.

    `debtor_id` is the source debtor it was with; None: nobody knows yet, `named` says how the party was named.
    `started_at` is UTC, `told_start` as it was told, with its offset.
    """

    id: str
    debtor_id: int | None
    named: str
    direction: str
    channel: str
    purpose: str
    actor_type: str
    actor_id: str | None
    agency: str | None
    started_at: str
    ended_at: str | None
    told_start: str
    told_end: str | None
    outcome: str | None
    party_outcome: str | None
    result: str | None
    contact_type: str | None
    contact_value: str | None
    decision_id: str | None
    campaign: str | None
    experiment: str | None
    content_ref: str | None
    content_hash: str | None
    external_ref: str | None
    origin: str
    body: str
    recorded_at: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """A contact as rules count it, made or held ready (`latest` is then when the hold ends)."""

    id: str
    debtor_id: int
    channel: str
    purpose: str
    earliest: str
    latest: str
    held: int
    direction: str
    outcome: str | None
    party_outcome: str | None
    result: str | None


_DECISION = tuple(DecisionRow.__dataclass_fields__)
_RESERVATION = tuple(ReservationRow.__dataclass_fields__)
_INTERACTION = tuple(InteractionRow.__dataclass_fields__)
_HELD_ABOUT = "INSERT INTO reservation_debt (decision_id, debt_id) VALUES (:decision, :debt)"
_RULEBOOKS: Final[WeakKeyDictionary[Engine, set[str]]] = WeakKeyDictionary()


def keep_rulebook(tx: Tx, digest: str, *, version: str, body: str, at: str) -> None:
    """Keep what a decision held, once. What a database was seen to have is remembered: it has it for ever."""
    seen = _RULEBOOKS.setdefault(tx.engine, set())
    if digest in seen:
        return
    if bulk.one(tx, "SELECT 1 FROM rulebook WHERE digest = :digest", digest=digest) is not None:
        seen.add(digest)
    else:
        columns = ("digest", "version", "body", "stored_at")
        sql = "INSERT INTO rulebook (digest, version, body, stored_at) VALUES (:digest, :version, :body, :stored_at)"
        values = dict(zip(columns, (digest, version, body, at), strict=True))
        bulk.every(tx, f"{sql} ON CONFLICT (digest) DO NOTHING RETURNING digest", **values)


def rulebook(tx: Tx, digest: str) -> tuple[str, str]:
    """Version and body of a kept rulebook."""
    found = bulk.one(tx, "SELECT version, body FROM rulebook WHERE digest = :digest", digest=digest)
    return (found[0], found[1]) if found else ("", "[]")


def add_decision(tx: Tx, row: DecisionRow, held: ReservationRow | None, *, debts: Sequence[str]) -> None:
    """Keep a decision, and hold the contact ready about these debts if it is to be."""
    kept = [round_trips.inserting(tables.contact_decision, row)]
    if held is not None:
        kept.append(round_trips.inserting(tables.reservation, held))
        kept += [Statement(_HELD_ABOUT, {"decision": row.id, "debt": debt}) for debt in debts]
    round_trips.together(tx, kept)


def decision(tx: Tx, decision_id: str) -> DecisionRow | None:
    """One decision."""
    names = _quoted(_DECISION)
    found = bulk.one(tx, f"SELECT {names} FROM contact_decision WHERE id = :id", id=decision_id)
    return None if found is None else DecisionRow(*found)


def reservation(tx: Tx, decision_id: str) -> ReservationRow | None:
    """What is or was held ready under a decision."""
    names = _quoted(_RESERVATION)
    found = bulk.one(tx, f"SELECT {names} FROM reservation WHERE decision_id = :id", id=decision_id)
    return None if found is None else ReservationRow(*found)


def debts_reserved(tx: Tx, decision_id: str) -> list[str]:
    """The debts a contact is held ready about."""
    sql = "SELECT debt_id FROM reservation_debt WHERE decision_id = :id ORDER BY debt_id"
    return [row[0] for row in bulk.every(tx, sql, id=decision_id)]


def end_reservation(tx: Tx, decision_id: str, *, state: str, interaction_id: str | None, at: str) -> bool:
    """Confirm or release what is held; False when it was not held any more."""
    sql = (
        "UPDATE reservation SET state = :state, interaction_id = :interaction, changed_at = :at "
        "WHERE decision_id = :id AND state = 'held' RETURNING decision_id"
    )
    return bool(bulk.every(tx, sql, state=state, interaction=interaction_id, at=at, id=decision_id))


def add_interaction(tx: Tx, row: InteractionRow, *, debts: Sequence[str]) -> None:
    """Append a contact that took place, about these debts."""
    bulk.insert(tx, tables.interaction, _INTERACTION, [tuple(getattr(row, n) for n in _INTERACTION)])
    pairs = [(row.id, debt) for debt in debts]
    bulk.insert(tx, tables.interaction_debt, ("interaction_id", "debt_id"), pairs)


def interaction(tx: Tx, interaction_id: str) -> InteractionRow | None:
    """One contact that took place."""
    found = bulk.one(tx, f"SELECT {_quoted(_INTERACTION)} FROM interaction WHERE id = :id", id=interaction_id)
    return None if found is None else InteractionRow(*found)


def told_as(tx: Tx, origin: str, external_ref: str) -> str | None:
    """The interaction that this teller told under a reference of its own."""
    sql = "SELECT id FROM interaction WHERE origin = :origin AND external_ref = :reference"
    found = bulk.one(tx, sql, origin=origin, reference=external_ref)
    return None if found is None else str(found[0])


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
