"""Whether an agreement is kept, from what was paid on its debts up to a day. Pure; the result carries its reasons.

A part is kept when everything promised up to it was paid by its last day: the due day moved to the next business day,
plus the tolerance in business days. Paying early counts for what comes later, paying late only within the tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from concilia.portfolio.agreement import Due, State, Terms
from concilia.portfolio.business_days import BusinessDays


class Standing(StrEnum):
    """How one part stands."""

    OPEN = "open"
    KEPT_ON_SCHEDULE = "kept_on_schedule"
    KEPT_LATE = "kept_late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that counts towards the agreement: value date and amount; a reversal is negative on its payment's day."""

    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the debts say: payments by day, what is owed now, and whether every debt was annulled.

    `undated` is by how much the owners' own balances fell beyond the payments we know and the discount agreed.
    """

    paid: Sequence[Paid]
    owed: Decimal
    undated: Decimal = Decimal(0)
    annulled: bool = False


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """One part with the days that count. `moved_because` names the holiday that moved its due day.

    `missing` is what lacked on its last day for everything promised up to it, or lacks now while that day is to come.
    """

    number: int
    day: date
    business_day: date
    last_day: date
    amount: Decimal
    standing: Standing
    missing: Decimal
    moved_because: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The state the agreement should have on that day, in one sentence and part by part, and the calendar used."""

    state: State
    reason: str
    on: date
    paid: Decimal
    missing: Decimal
    undated: Decimal
    parts: tuple[PartVerdict, ...]
    calendar: str

    @property
    def late(self) -> bool:
        """Whether a part was paid after its day, within the tolerance."""
        return any(part.standing is Standing.KEPT_LATE for part in self.parts)


def evaluate(terms: Terms, evidence: Evidence, *, now: State, on: date, calendar: BusinessDays) -> Evaluation:
    """How an agreement in force stands at the end of the payments known on that day.

    The last day of a part counts whole: it is missed only on the day after.
    """
    paid = _paid_until(evidence, on)
    parts = []
    promised = Decimal(0)
    for part in terms.schedule:
        promised += part.amount
        parts.append(_part(part, terms, evidence, promised=promised, place=(on, calendar)))
    state, reason = _verdict(parts, evidence, now=now, unit=terms.unit, paid=paid)
    return Evaluation(
        state=state,
        reason=reason,
        on=on,
        paid=paid,
        missing=max(terms.promised - paid, Decimal(0)),
        undated=evidence.undated,
        parts=tuple(parts),
        calendar=calendar.name,
    )


def last_day(terms: Terms, part: Due, *, calendar: BusinessDays) -> date:
    """The day until which a part may be paid."""
    day = calendar.after(calendar.on_or_after(part.day), terms.tolerance_days)
    return max(day, terms.extended_to) if terms.extended_to else day


def to_json(found: Evaluation) -> dict[str, Any]:
    """The evaluation as a plain object."""
    return {
        "on": found.on.isoformat(),
        "state": found.state.value,
        "reason": found.reason,
        "paid": format(found.paid, "f"),
        "missing": format(found.missing, "f"),
        "paid_by_balance": format(found.undated, "f"),
        "late": found.late,
        "calendar": found.calendar,
        "parts": [_part_json(part) for part in found.parts],
    }


def _part(
    part: Due, terms: Terms, evidence: Evidence, *, promised: Decimal, place: tuple[date, BusinessDays]
) -> PartVerdict:
    on, calendar = place
    business_day = calendar.on_or_after(part.day)
    until = last_day(terms, part, calendar=calendar)
    enough = promised - terms.tolerance_amount
    by_then = _paid_until(evidence, min(until, on))
    if _paid_until(evidence, min(business_day, on)) >= enough:
        standing = Standing.KEPT_ON_SCHEDULE
    elif by_then >= enough:
        standing = Standing.KEPT_LATE
    else:
        standing = Standing.MISSED if on > until else Standing.OPEN
    return PartVerdict(
        number=part.number,
        day=part.day,
        business_day=business_day,
        last_day=until,
        amount=part.amount,
        standing=standing,
        missing=Decimal(0) if by_then >= enough else promised - by_then,
        moved_because=calendar.why_closed(part.day),
    )


def _verdict(
    parts: Sequence[PartVerdict], evidence: Evidence, *, now: State, unit: str, paid: Decimal
) -> tuple[State, str]:
    missed = [part for part in parts if part.standing is Standing.MISSED]
    if evidence.annulled:
        return State.CANCELLED, "The creditor annulled every debt of it."
    if missed:
        return State.BROKEN, _why_missed(missed[0], unit=unit)
    if all(part.standing is not Standing.OPEN for part in parts):
        late = sum(part.standing is Standing.KEPT_LATE for part in parts)
        return State.KEPT, f"All {len(parts)} parts were paid" + (f", {late} after their day." if late else ".")
    if evidence.owed <= 0:
        return State.KEPT, "Nothing is owed any more."
    if paid > 0:
        return State.PARTIALLY_KEPT, f"{paid:f} {unit} were paid so far."
    return now, "Nothing was paid so far, and nothing had to be."


def _why_missed(part: PartVerdict, *, unit: str) -> str:
    moved = f", moved to {part.business_day} ({part.moved_because})" if part.business_day != part.day else ""
    until = f" and could be paid until {part.last_day}" if part.last_day != part.business_day else ""
    return f"Part {part.number} fell due on {part.day}{moved}{until}; {part.missing:f} {unit} were missing."


def _paid_until(evidence: Evidence, day: date) -> Decimal:
    dated = sum((paid.amount for paid in evidence.paid if paid.day <= day), Decimal(0))
    return dated + evidence.undated


def _part_json(part: PartVerdict) -> dict[str, Any]:
    days = {"due_date": part.day, "business_day": part.business_day, "last_day": part.last_day}
    return {
        "number": part.number,
        **{name: day.isoformat() for name, day in days.items()},
        "amount": format(part.amount, "f"),
        "standing": part.standing.value,
        "missing": format(part.missing, "f"),
        "moved_because": part.moved_because,
    }
