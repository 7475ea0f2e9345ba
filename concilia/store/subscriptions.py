"""Subscribers of events, and the events that are owed to them apart from the rest. No policy, no commit.

Nothing is owed of the events up to `delivered`, except for those in `delivery`: while all is well, a subscriber is one
row, however many events there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import text

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Tx

ACTIVE: Final = "active"
PAUSED: Final = "paused"
WAITING: Final = "waiting"
DEAD: Final = "dead"
EVERYTHING: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """One subscriber. `types` is JSON text; `reason` says why it is paused; the secret is kept sealed, elsewhere.

    `next_attempt_at` is empty unless it has to be let alone for a while.
    """

    id: str
    url: str
    types: str
    after_dead: str
    description: str
    state: str
    reason: str
    created_by: str
    created_at: str
    changed_by: str
    changed_at: str
    delivered: int
    failures: int
    failing_since: str | None
    next_attempt_at: str
    last_success_at: str | None
    last_error: str
    old_secret_until: str | None = None


@dataclass(frozen=True, slots=True)
class HeldRow:
    """An event up to `delivered` that the subscriber does not have yet (`waiting`) or will not be told again (`dead`).

    No attempt was made for one that only waits behind another.
    """

    subscription_id: str
    seq: int
    state: str
    attempts: int
    first_failed_at: str | None
    next_attempt_at: str
    reason: str
    changed_at: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What a round of deliveries came to, for the subscriber's own row."""

    delivered: int
    failures: int
    failing_since: str | None
    next_attempt_at: str
    last_success_at: str | None
    last_error: str


_COLUMNS = tuple(SubscriptionRow.__dataclass_fields__)
_NAMES = ", ".join(_COLUMNS)
_HELD = tuple(HeldRow.__dataclass_fields__)
_HELD_NAMES = ", ".join(_HELD)
_PROGRESS = tuple(Progress.__dataclass_fields__)
_TOLD = tuple(name for name in _COLUMNS if name not in ("id", *_PROGRESS))


def add(tx: Tx, row: SubscriptionRow) -> None:
    """A new subscriber."""
    bulk.insert(tx, tables.subscription, _COLUMNS, [tuple(getattr(row, name) for name in _COLUMNS)])


def load(tx: Tx, subscription_id: str) -> SubscriptionRow | None:
    """One subscriber."""
    found = bulk.one(tx, f"SELECT {_NAMES} FROM subscription WHERE id = :id", id=subscription_id)
    return None if found is None else SubscriptionRow(*found)


def every(tx: Tx) -> list[SubscriptionRow]:
    """All subscribers, oldest first."""
    return [
        SubscriptionRow(*row) for row in bulk.every(tx, f"SELECT {_NAMES} FROM subscription ORDER BY created_at, id")
    ]


def change(tx: Tx, row: SubscriptionRow) -> None:
    """Overwrite what people say of a subscriber, and leave its progress."""
    assignments = ", ".join(f"{name} = :{name}" for name in _TOLD)
    values = {name: getattr(row, name) for name in ("id", *_TOLD)}
    tx.execute(text(f"UPDATE subscription SET {assignments} WHERE id = :id"), values)


def advance(tx: Tx, subscription_id: str, progress: Progress) -> None:
    """Overwrite a subscriber's progress, and leave what people say of it."""
    assignments = ", ".join(f"{name} = :{name}" for name in _PROGRESS)
    values: dict[str, Any] = {name: getattr(progress, name) for name in _PROGRESS}
    tx.execute(text(f"UPDATE subscription SET {assignments} WHERE id = :id"), {**values, "id": subscription_id})


def remove(tx: Tx, subscription_id: str) -> None:
    """Forget a subscriber and what is owed to it."""
    tx.execute(text("DELETE FROM delivery WHERE subscription_id = :id"), {"id": subscription_id})
    tx.execute(text("DELETE FROM subscription WHERE id = :id"), {"id": subscription_id})


def held(tx: Tx, subscription_id: str, *, state: str, after: int = 0, limit: int = EVERYTHING) -> list[HeldRow]:
    """The events of that state that are apart from the rest, in order."""
    sql = (
        f"SELECT {_HELD_NAMES} FROM delivery WHERE subscription_id = :id AND state = :state AND seq > :after "
        "ORDER BY seq LIMIT :limit"
    )
    return [HeldRow(*row) for row in bulk.every(tx, sql, id=subscription_id, state=state, after=after, limit=limit)]


def hold(tx: Tx, rows: Sequence[HeldRow]) -> None:
    """Put events apart, or overwrite how they stand."""
    bulk.upsert(tx, tables.delivery, _HELD, [tuple(getattr(row, n) for n in _HELD) for row in rows], key=_HELD[:2])


def release(tx: Tx, subscription_id: str, numbers: Iterable[int]) -> None:
    """These events are not apart any more."""
    sql = "DELETE FROM delivery WHERE subscription_id = :id AND seq IN :values"
    bulk.execute_in(tx, sql, sorted(numbers), id=subscription_id)


def release_behind(tx: Tx, subscription_id: str, seq: int) -> None:
    """None of the events behind that number is apart any more."""
    sql = text("DELETE FROM delivery WHERE subscription_id = :id AND seq > :seq")
    tx.execute(sql, {"id": subscription_id, "seq": seq})


def wake(tx: Tx, subscription_id: str, *, at: str) -> None:
    """Whatever waits for its next attempt may be tried now."""
    sql = text("UPDATE delivery SET next_attempt_at = :at WHERE subscription_id = :id AND state = 'waiting'")
    tx.execute(sql, {"id": subscription_id, "at": at})


def counts(tx: Tx) -> dict[tuple[str, str], int]:
    """How many events are apart, by subscriber and state."""
    rows = bulk.every(tx, "SELECT subscription_id, state, count(*) FROM delivery GROUP BY subscription_id, state")
    return {(row[0], row[1]): int(row[2]) for row in rows}


def next_attempts(tx: Tx) -> dict[str, str]:
    """When the first of the events that wait may be tried again, by subscriber."""
    sql = "SELECT subscription_id, min(next_attempt_at) FROM delivery WHERE state = 'waiting' GROUP BY subscription_id"
    return {row[0]: row[1] for row in bulk.every(tx, sql)}
