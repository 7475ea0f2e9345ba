"""How often and by what: whether one more attempt would break a cap, and when it would not any more. Pure.

Attempts that are held ready, not made yet, may be made at any moment until they expire. So every attempt is an
interval, and the worst moment in it counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never

from concilia.portfolio.contact_facts import Attempt
from concilia.portfolio.contact_rules.hours import day_of, start_of, wall_later
from concilia.portfolio.contact_rules.rules import MEDIUM, Cap, Counting, OneMedium, Period, Scope

_DELIVERED = frozenset({"", "delivered", "read", "answered", "opted_out"})
_ANSWERED = frozenset({"", "answered", "opted_out"})


@dataclass(frozen=True, slots=True)
class Slot:
    """The attempt asked about: between which moments it may be made, by which medium, about what."""

    earliest: datetime
    latest: datetime
    channel: str
    debts: frozenset[str]
    creditors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Full:
    """There is no room; `until` is when there may be some (None: never by itself), `by` the attempts in the way."""

    until: datetime | None
    by: tuple[str, ...] = ()


def cap_full(cap: Cap, slot: Slot, made: Sequence[Attempt], *, zone: str) -> Full | None:
    """Whether the cap leaves no room for the slot among the attempts made, which are those of its own channels."""
    counted = [a for a in made if counts(a, cap.counting) and concerns(a, slot, cap.scope)]
    if cap.most == 0:
        return Full(None)
    found = [full for period in cap.per if (full := _period_full(cap.most, period, slot, counted, zone)) is not None]
    if cap.gap and (near := _too_near(cap.gap, slot, counted, zone)) is not None:
        found.append(near)
    return max(found, key=_by_until) if found else None


def medium_taken(rule: OneMedium, slot: Slot, made: Sequence[Attempt], *, zone: str) -> Full | None:
    """Whether another medium was used in the period of the slot."""
    other = [
        a
        for a in made
        if medium(a.channel) != medium(slot.channel) and counts(a, rule.counting) and concerns(a, slot, rule.scope)
    ]
    found = [full for p in rule.per if (full := _period_full(1, p, slot, other, zone)) is not None]
    return max(found, key=_by_until) if found else None


def counts(attempt: Attempt, counting: Counting) -> bool:
    """Whether the attempt is one of those counted; what is not known yet is taken for the worst."""
    match counting:
        case Counting.ATTEMPT:
            return True
        case Counting.DELIVERED:
            return attempt.outcome in _DELIVERED
        case Counting.ANSWERED:
            return attempt.outcome in _ANSWERED
        case Counting.RIGHT_PARTY:
            return attempt.outcome in _ANSWERED and attempt.party_outcome in ("", "right_party", "unknown")
        case _:
            assert_never(counting)


def concerns(attempt: Attempt, slot: Slot, scope: Scope) -> bool:
    """Whether the attempt is in the same count as the slot."""
    match scope:
        case Scope.PARTY:
            return attempt.own
        case Scope.CREDITOR:
            # One that names no debt may have been about any.
            return attempt.own and (not attempt.creditors or bool(slot.creditors & set(attempt.creditors)))
        case Scope.EVERYBODY_OF_THE_DEBT:
            return attempt.own or bool(slot.debts & set(attempt.debts))
        case _:
            assert_never(scope)


def medium(channel: str) -> str:
    """What the channel is to whom it reaches: a call is a call."""
    return MEDIUM.get(channel, channel)


def _period_full(most: int, period: Period, slot: Slot, counted: Sequence[Attempt], zone: str) -> Full | None:
    if period.kind == "days":
        return _rolling_full(most, period.days, slot, counted, zone)
    mine = _keys(slot.earliest, slot.latest, period, zone)
    for key in sorted(mine):
        inside = [a for a in counted if key in _keys(a.earliest, a.latest, period, zone)]
        if len(inside) >= most:
            after = key + timedelta(days=7 if period.kind == "iso_week" else 1)
            return Full(start_of(after, zone), tuple(a.id for a in inside))
    return None


def _keys(earliest: datetime, latest: datetime, period: Period, zone: str) -> set[date]:
    """The local days, or the Mondays of the weeks, in which the interval lies."""
    days = {day_of(earliest, zone), day_of(latest, zone)}
    return {day - timedelta(days=day.weekday()) for day in days} if period.kind == "iso_week" else days


def _rolling_full(most: int, days: int, slot: Slot, counted: Sequence[Attempt], zone: str) -> Full | None:
    """Whether some stretch of so many days would hold more than `most`, the slot among them."""
    everything: list[Attempt | Slot] = sorted([*counted, slot], key=lambda one: (one.earliest, one.latest))
    found = []
    for group in _groups(everything, most + 1, slot):
        first, last = group[0], group[-1]
        if last.earliest < wall_later(first.latest, days, zone):
            others = [one for one in group if isinstance(one, Attempt)]
            found.append(Full(wall_later(others[0].latest, days, zone), tuple(one.id for one in others)))
    return min(found, key=_by_until) if found else None


def _groups(everything: Sequence[Attempt | Slot], size: int, slot: Slot) -> Iterator[Sequence[Attempt | Slot]]:
    place = everything.index(slot)
    for start in range(max(0, place - size + 1), min(place, len(everything) - size) + 1):
        yield everything[start : start + size]


def _too_near(gap: int, slot: Slot, counted: Sequence[Attempt], zone: str) -> Full | None:
    """Whether fewer than `gap` whole local days lie between the slot and another attempt."""
    start, end = day_of(slot.earliest, zone), day_of(slot.latest, zone)
    found = []
    for one in counted:
        before, after = day_of(one.latest, zone), day_of(one.earliest, zone)
        if (start - before).days <= gap and (after - end).days <= gap:
            found.append(Full(start_of(before + timedelta(days=gap + 1), zone), (one.id,)))
    return max(found, key=_by_until) if found else None


def _by_until(full: Full) -> datetime:
    return full.until or datetime.max.replace(tzinfo=start_of(date(2000, 1, 1), "UTC").tzinfo)
