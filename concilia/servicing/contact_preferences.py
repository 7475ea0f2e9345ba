"""Channels and hours: what a debtor asked for, with evidence, beside what its answers suggest. Never mixed.

Neither allows anything. Whether somebody may be contacted is asked of the rules, and hours that a debtor asks for do
not widen a law: where they lie outside it, that is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Final

from concilia.clock import from_text, to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.portfolio.contact_rules.hours import is_open, start_of, zone_of
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.portfolio.contact_rules.rules import Hours
from concilia.portfolio.preference import WEEKDAYS, Estimate, Prior, Try, band_of, estimate, estimates, tallies
from concilia.servicing.contact_gathering import Party
from concilia.servicing.contact_terms import Word
from concilia.store import preferences
from concilia.store.preferences import DeclaredRow, PriorRow, TryRow
from concilia.store.unit_of_work import Tx

CHANNEL, BAND = "channel", "band"
STEP: Final = timedelta(minutes=30)  # how finely wished hours are compared with lawful ones


@dataclass(frozen=True, slots=True)
class Wish:
    """Local hours of some weekdays, such as mon to fri, 09:00 to 12:00."""

    days: tuple[str, ...]
    start: time
    end: time


def declare(tx: Tx, party: Party, word: Word) -> dict[str, Any]:
    """Record what a debtor asked for; it stands for everybody behind the golden record, and ends the wish before it.

    RequestInvalid for windows that are none, or that come without evidence.
    """
    wishes = [wish_of(one) for one in word.told.get("windows") or ()]
    if not word.text("channel") and not wishes:
        raise RequestInvalid("That asks for nothing.", mend="Name a channel, windows, or both.", field="channel")
    earlier = [
        row
        for row in preferences.declared_of(tx, party.debtor_ids)
        if row.ended_at is None and row.channel == word.text("channel")
    ]
    ended = [replace(row, ended_at=word.at, ended_because="the debtor asked for something else") for row in earlier]
    number = preferences.next_declared(tx)
    rows = [
        DeclaredRow(
            id=number,
            debtor_id=debtor_id,
            channel=word.text("channel"),
            windows=json.dumps([_wish_json(one) for one in wishes]),
            evidence=word.text("evidence"),
            told_at=word.moment("told_at") or word.at,
            by=word.by,
            recorded_at=word.at,
        )
        for debtor_id in party.debtor_ids
    ]
    preferences.store_declared(tx, [*ended, *rows])
    return _declared_json(rows[0])


def end(tx: Tx, number: int, word: Word) -> dict[str, Any]:
    """A wish does not stand any more; repeating it changes nothing. NotFound for an unknown number."""
    rows = preferences.numbered(tx, number)
    if not rows:
        raise NotFound("There is no wish of that number.", mend="List those of the debtor.")
    if rows[0].ended_at is None:
        rows = [replace(row, ended_at=word.at, ended_because=word.text("because")) for row in rows]
        preferences.store_declared(tx, rows)
    return _declared_json(rows[0])


def of_party(tx: Tx, party: Party, *, policy: ContactPolicy, days: int, now: datetime) -> dict[str, Any]:
    """What a debtor asked for, and what its answers of the last days suggest, each with its counts."""
    declared: dict[int, DeclaredRow] = {}
    for row in preferences.declared_of(tx, party.debtor_ids):
        declared.setdefault(row.id, row)
    priors = preferences.priors(tx)
    since = to_text(now - timedelta(days=days))
    tries = [try_of(row) for row in preferences.tries_of(tx, party.debtor_ids, since=since)]
    zone = party.facts.zones[0]
    channels = estimates(tallies(tries, lambda one: one.channel), _of_kind(priors, CHANNEL))
    bands = tallies(tries, lambda one: band_of(one.at, zone))
    known = _of_kind(priors, BAND)
    weighed = [estimate(name, tally, known.get(name, Prior())) for name, tally in bands.items()]
    return {
        "debtor": party.golden_id,
        "declared": [
            {**_declared_json(row), "lawful": _lawful(row, party, policy, now=now)} for row in declared.values()
        ],
        "inferred": {
            "since": since,
            "time_zone": zone,
            "channels": [_estimate_json(one) for one in channels],
            "hours": [_estimate_json(one) for one in sorted(weighed, key=lambda one: (-one.mean, one.name))],
            "prior_made_at": max((row.made_at for row in priors), default=None),
        },
    }


def try_of(row: TryRow) -> Try:
    """A stored attempt as the estimator takes it."""
    return Try(row.channel, from_text(row.started_at), row.outcome or "", row.party_outcome or "")


def wish_of(said: Mapping[str, Any]) -> Wish:
    """Wished hours; RequestInvalid when they are none."""
    try:
        start, end_ = time.fromisoformat(str(said["from"])), time.fromisoformat(str(said["to"]))
    except ValueError as fault:
        raise RequestInvalid("That is no hour.", mend="Write hours as 09:00.", field="windows") from fault
    days = tuple(dict.fromkeys(str(one) for one in said["days"]))
    if start >= end_ or not days or not set(days) <= set(WEEKDAYS):
        raise RequestInvalid(
            "These are no hours of a day.",
            mend="Name days such as mon and tue, and let `from` come before `to`.",
            field="windows",
        )
    return Wish(days, start, end_)


def _lawful(row: DeclaredRow, party: Party, policy: ContactPolicy, *, now: datetime) -> str:
    """Whether wished hours lie inside lawful ones: `all`, `some`, `none`; `unknown` without rules for the place.

    Looked at over the next seven days without holidays; a wish for a channel alone is lawful at any lawful hour.
    """
    wishes = [wish_of(one) for one in json.loads(row.windows)]
    if not wishes:
        return "all"
    if not policy.knows(party.country):
        return "unknown"
    facts = party.facts
    book = policy.rulebook(party.country, facts.subdivision)
    day = now.astimezone(zone_of(facts.zones[0])).date()
    found = book.rules_on(day, channel=row.channel or "voice_agent", purpose="collection", consumer=facts.consumer)
    hours = [rule.terms for rule in found if isinstance(rule.terms, Hours)]
    moments = [at for ahead in range(7) for wish in wishes for at in _moments(wish, day, ahead, facts.zones[0])]
    fit = [all(is_open(one, at, zones=facts.zones, closed={}) for one in hours) for at in moments]
    return "all" if all(fit) else "some" if any(fit) else "none"


def _moments(wish: Wish, first: Any, ahead: int, zone: str) -> Iterable[datetime]:
    day = first + timedelta(days=ahead)
    if WEEKDAYS[day.weekday()] not in wish.days:
        return
    at = start_of(day, zone) + timedelta(hours=wish.start.hour, minutes=wish.start.minute)
    last = start_of(day, zone) + timedelta(hours=wish.end.hour, minutes=wish.end.minute)
    while at < last:
        yield at
        at += STEP


def _of_kind(rows: Sequence[PriorRow], kind: str) -> dict[str, Prior]:
    return {
        row.name: Prior(row.alpha, row.beta, row.debtors, row.attempts, row.successes)
        for row in rows
        if row.kind == kind
    }


def _wish_json(wish: Wish) -> dict[str, Any]:
    return {"days": list(wish.days), "from": f"{wish.start:%H:%M}", "to": f"{wish.end:%H:%M}"}


def _declared_json(row: DeclaredRow) -> dict[str, Any]:
    found = {name: value for name, value in asdict(row).items() if name not in ("debtor_id", "windows")}
    return {**found, "windows": json.loads(row.windows)}


def _estimate_json(one: Estimate) -> dict[str, Any]:
    return {
        "name": one.name,
        "attempts": one.tally.attempts,
        "successes": one.tally.successes,
        "rate": round(one.mean, 4),
        "low": round(one.low, 4),
        "high": round(one.high, 4),
        "prior": {
            "rate": round(one.prior.mean, 4),
            "weight": round(one.prior.alpha + one.prior.beta, 2),
            "debtors": one.prior.debtors,
            "attempts": one.prior.attempts,
        },
    }
