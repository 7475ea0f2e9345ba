"""What a contact decision looks at, as values that can be stored and read again. No rules, no storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from concilia.clock import from_text, to_text

T = TypeVar("T")

HOLDING = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Question:
    """May this channel be used for this purpose at `at`, and be held ready for `hold`?

    `debts` and `contact_point` narrow it down; empty: all that the debtor has to do with, any contact point.
    """

    channel: str
    purpose: str
    at: datetime
    hold: timedelta = HOLDING
    debts: tuple[str, ...] = ()
    contact_point: str = ""


@dataclass(frozen=True, slots=True)
class DebtFacts:
    """A debt as the rules look at it. `due` is the first day on which something of it was or is to be paid.

    `agreement` is the one that holds it; `announced_at` is when somebody last said that it is paid, `reopened_at` when
    it was last owed again after it had been settled. `system` is the connection whose word counts, `read_at` when that
    was last read well (None: never).
    """

    id: str
    creditor: str
    role: str
    status: str
    stage: str = ""
    due: date | None = None
    agreement: str = ""
    disputed: bool = False
    held: str = ""
    held_until: datetime | None = None
    announced_at: datetime | None = None
    reopened_at: datetime | None = None
    system: str = ""
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PointFacts:
    """A contact point, in the order in which the golden record has them.

    `status` is one of `contact_point_state.Status` (empty: nobody looked), `opted_out` the channels refused at it,
    `unreachable` those that fail there.
    """

    type: str
    value: str
    relation: str = "own"
    line_type: str = ""
    verified: bool = False
    status: str = ""
    opted_out: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A contact that took place (`earliest` equals `latest`), or one that is held ready between the two.

    `own` is one with the debtor itself; others are with people of the same debts. An outcome that is not known yet
    is empty.
    """

    id: str
    earliest: datetime
    latest: datetime
    channel: str
    purpose: str
    own: bool = True
    held: bool = False
    inbound: bool = False
    outcome: str = ""
    party_outcome: str = ""
    debts: tuple[str, ...] = ()
    creditors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """What the debtor said of a channel, a contact point or a purpose; empty ones mean all. `state`: granted or not."""

    state: str
    at: datetime
    type: str = ""
    value: str = ""
    channel: str = ""
    purpose: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Prohibition:
    """A contact that must not be made: of which point, channel, debt and purpose; empty ones mean all."""

    reason: str
    since: datetime
    until: datetime | None = None
    type: str = ""
    value: str = ""
    channel: str = ""
    debt: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of one debtor that bears on contact. `closed` are holidays of its place, with their names.

    Instants are UTC; zones are IANA names, all of which have to fit. `seen_at` is when all this was read.
    """

    country: str
    subdivision: str
    zones: tuple[str, ...]
    place_told_by: str
    calendar: str
    closed: Mapping[date, str]
    consumer: str = "unknown"
    deceased: bool = False
    debts: tuple[DebtFacts, ...] = ()
    points: tuple[PointFacts, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    consents: tuple[ConsentFacts, ...] = ()
    prohibitions: tuple[Prohibition, ...] = ()
    held: str = ""
    held_until: datetime | None = None
    seen_at: datetime | None = None


_PARTS = {
    "debts": DebtFacts, "points": PointFacts, "attempts": Attempt, "consents": ConsentFacts,
    "prohibitions": Prohibition,
}  # fmt: skip
_INSTANTS = frozenset(
    {"at", "earliest", "latest", "since", "until", "held_until", "announced_at", "reopened_at", "read_at", "seen_at"}
)


def question_to_json(question: Question) -> dict[str, Any]:
    """The question as a plain object."""
    return {**_plain(question), "hold": question.hold.total_seconds()}


def question_from_json(found: Mapping[str, Any]) -> Question:
    """The question written by `question_to_json`."""
    return _read(Question, {**found, "hold": timedelta(seconds=found["hold"])})


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """The facts as a plain object, without what is as it usually is."""
    parts = {name: [_plain(one) for one in getattr(facts, name)] for name in _PARTS if getattr(facts, name)}
    plain = {name: item for name, item in _plain(facts).items() if name not in _PARTS}
    return {**plain, "closed": {day.isoformat(): name for day, name in facts.closed.items()}, **parts}


def facts_from_json(found: Mapping[str, Any]) -> Facts:
    """The facts written by `facts_to_json`."""
    parts: dict[str, tuple[Any, ...]] = {
        name: tuple(_read(kind, one) for one in found.get(name, ())) for name, kind in _PARTS.items()
    }
    closed = {date.fromisoformat(day): name for day, name in found["closed"].items()}
    return _read(Facts, {**found, "closed": closed, **parts})


def _plain(value: Any) -> dict[str, Any]:
    """The members that differ from their default, instants and days as text."""
    found = {f.name: (getattr(value, f.name), f.default) for f in fields(value)}
    return {name: _text(item) for name, (item, usual) in found.items() if item != usual}


def _text(item: Any) -> Any:
    match item:
        case datetime():
            return to_text(item)
        case date():
            return item.isoformat()
        case tuple():
            return list(item)
        case _:
            return item


def _read(kind: type[T], found: Mapping[str, Any]) -> T:
    return kind(**{name: _value(name, item) for name, item in found.items()})


def _value(name: str, item: Any) -> Any:
    if isinstance(item, str) and name in _INSTANTS:
        return from_text(item)
    if isinstance(item, str) and name == "due":
        return date.fromisoformat(item)
    return tuple(item) if isinstance(item, list) else item
