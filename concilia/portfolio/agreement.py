"""Agreements as values: promise to pay, instalment plan, settlement with discount; their states and their arithmetic.

Whether one is kept is in `agreement_evaluation`, what may be agreed in `agreement_terms`. No notices, no storage.
"""

from __future__ import annotations

import enum
from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from concilia.money import DECIMALS, Money


class Kind(enum.StrEnum):
    """What was agreed: some of the debt by a day, all of it in instalments, or less than all of it for good."""

    PROMISE = "promise"
    PLAN = "plan"
    SETTLEMENT_DISCOUNT = "settlement_discount"


class State(enum.StrEnum):
    """Where an agreement stands. `partially_kept`: something was paid on it and something is still to come."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    PARTIALLY_KEPT = "partially_kept"
    KEPT = "kept"
    BROKEN = "broken"
    REINSTATED = "reinstated"
    RENEGOTIATED = "renegotiated"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


# A partially kept agreement is an active one on which something was paid: it ends in the same ways, or no debt under
# a plan could ever be renegotiated.
_ENDS: Final = frozenset({State.KEPT, State.BROKEN, State.RENEGOTIATED, State.CANCELLED, State.WITHDRAWN})
MOVES: Final[Mapping[State, frozenset[State]]] = {
    State.PROPOSED: frozenset({State.ACCEPTED, State.REJECTED, State.EXPIRED}),
    State.ACCEPTED: frozenset({State.ACTIVE, State.CANCELLED, State.WITHDRAWN}),
    State.ACTIVE: _ENDS | {State.PARTIALLY_KEPT},
    State.PARTIALLY_KEPT: _ENDS,
    State.BROKEN: frozenset({State.REINSTATED}),
    State.REINSTATED: frozenset({State.ACTIVE}),
    **{s: frozenset() for s in (State.KEPT, State.RENEGOTIATED, State.REJECTED, State.EXPIRED)},
    State.CANCELLED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
STANDING: Final = frozenset({State.ACCEPTED, State.ACTIVE, State.PARTIALLY_KEPT, State.REINSTATED})  # hold their debts
IN_FORCE: Final = frozenset({State.ACTIVE, State.PARTIALLY_KEPT})  # are judged by payments


class Happening(enum.StrEnum):
    """What befell an agreement, as events and systems are told it."""

    RECORDED = "recorded"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    PARTIALLY_KEPT = "partially_kept"
    KEPT = "kept"
    BROKEN = "broken"
    REINSTATED = "reinstated"
    RENEGOTIATED = "renegotiated"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


# Each happening as the states it goes through; recording one that is agreed goes through all three at once.
WAYS: Final[Mapping[Happening, tuple[State, ...]]] = {
    Happening.RECORDED: (State.PROPOSED, State.ACCEPTED, State.ACTIVE),
    Happening.ACCEPTED: (State.ACCEPTED, State.ACTIVE),
    Happening.REINSTATED: (State.REINSTATED, State.ACTIVE),
    **{
        h: (State(h.value),)
        for h in Happening
        if h not in (Happening.RECORDED, Happening.ACCEPTED, Happening.REINSTATED)
    },
}
# What other systems are told. A proposal binds nobody yet, and what is paid they see as payments.
TOLD: Final = frozenset(Happening) - {Happening.REJECTED, Happening.EXPIRED, Happening.PARTIALLY_KEPT}


def may_become(now: State, following: State) -> bool:
    """Whether the state machine has that arrow."""
    return following in MOVES[now]


@dataclass(frozen=True, slots=True)
class Due:
    """One part of what was agreed: so much until that day. `number` counts from 1 in order of days."""

    number: int
    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Covered:
    """A debt under the agreement: how much of it is agreed about, and what was owed when it was recorded."""

    debt_id: str
    amount: Decimal
    opening: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed. Amounts are in `unit`, which is that of all its debts.

    `tolerance_days` are business days after a due day, `tolerance_amount` what may be missing in the end.
    `after_application` is the last application of a payment that the opening balances include. `extended_to` is the
    day until which a reinstated agreement's missed parts may be paid. `said` holds who agreed what how: channel,
    agent, role, interaction, evidence, authority, conditions.
    """

    kind: Kind
    unit: str
    debts: tuple[Covered, ...]
    schedule: tuple[Due, ...]
    agreed_on: date
    discount: Decimal = Decimal(0)
    tolerance_days: int = 0
    tolerance_amount: Decimal = Decimal(0)
    expires_on: date | None = None
    extended_to: date | None = None
    after_application: int = 0
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def promised(self) -> Decimal:
        """What the debtor is to pay in all."""
        return sum((part.amount for part in self.schedule), Decimal(0))

    @property
    def covered(self) -> Decimal:
        """How much of the debts is agreed about."""
        return sum((debt.amount for debt in self.debts), Decimal(0))

    @property
    def debt_ids(self) -> tuple[str, ...]:
        """The debts under it, in the order given."""
        return tuple(debt.debt_id for debt in self.debts)


class Every(enum.StrEnum):
    """How far apart instalments are."""

    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"


_DAYS: Final = {Every.WEEK: 7, Every.FORTNIGHT: 14}


def due_days(first: date, *, count: int, every: Every) -> tuple[date, ...]:
    """`count` days from the first on. Months keep its day, or take their last one: 31-01, 28-02, 31-03."""
    if every in _DAYS:
        return tuple(first + timedelta(days=_DAYS[every] * n) for n in range(count))
    return tuple(_months_later(first, n) for n in range(count))


def equal_parts(total: Decimal, *, unit: str, count: int) -> tuple[Decimal, ...]:
    """`count` amounts at the unit's decimals that add up to the total exactly; the last takes what rounding left."""
    step = Decimal(1).scaleb(-DECIMALS[unit])
    each = (total / count).quantize(step, rounding=ROUND_DOWN)
    return (*([each] * (count - 1)), total - each * (count - 1))


def scheduled(parts: Sequence[tuple[date, Decimal]]) -> tuple[Due, ...]:
    """Days and amounts as numbered parts, in the order given."""
    return tuple(Due(number, day, amount) for number, (day, amount) in enumerate(parts, start=1))


def discounted(covered: Decimal, *, percent: Decimal, unit: str) -> Decimal:
    """So many percent of an amount, at the unit's decimals, halves away from zero."""
    return Money(covered * percent / 100, unit).rounded().amount


def to_json(terms: Terms) -> dict[str, Any]:
    """The terms as a plain object; amounts and days are text."""
    return {
        "kind": terms.kind.value,
        "unit": terms.unit,
        "debts": [{"debt": d.debt_id, "amount": _text(d.amount), "opening": _text(d.opening)} for d in terms.debts],
        "schedule": [
            {"number": p.number, "due_date": p.day.isoformat(), "amount": _text(p.amount)} for p in terms.schedule
        ],
        "agreed_on": terms.agreed_on.isoformat(),
        "discount": _text(terms.discount),
        "tolerance_days": terms.tolerance_days,
        "tolerance_amount": _text(terms.tolerance_amount),
        "expires_on": _day(terms.expires_on),
        "extended_to": _day(terms.extended_to),
        "after_application": terms.after_application,
        "said": dict(terms.said),
    }


def from_json(found: Mapping[str, Any]) -> Terms:
    """The terms written by `to_json`."""
    return Terms(
        kind=Kind(found["kind"]),
        unit=found["unit"],
        debts=tuple(Covered(d["debt"], Decimal(d["amount"]), Decimal(d["opening"])) for d in found["debts"]),
        schedule=tuple(
            Due(p["number"], date.fromisoformat(p["due_date"]), Decimal(p["amount"])) for p in found["schedule"]
        ),
        agreed_on=date.fromisoformat(found["agreed_on"]),
        discount=Decimal(found["discount"]),
        tolerance_days=found["tolerance_days"],
        tolerance_amount=Decimal(found["tolerance_amount"]),
        expires_on=_read_day(found["expires_on"]),
        extended_to=_read_day(found["extended_to"]),
        after_application=found["after_application"],
        said=found["said"],
    )


def _months_later(first: date, count: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + count, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def _text(amount: Decimal) -> str:
    return format(amount, "f")


def _day(found: date | None) -> str | None:
    return None if found is None else found.isoformat()


def _read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
