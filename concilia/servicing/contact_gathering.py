"""Gather what contact rules look at: party, place, debts, contact points, attempts, consents, disputes, holds.

For one debtor or for many at once, with the same few statements. Decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from concilia.clock import from_text, to_text
from concilia.portfolio.business_days import BusinessDays, subdivisions
from concilia.portfolio.contact_facts import Attempt, ConsentFacts, DebtFacts, Facts, PointFacts, Prohibition
from concilia.portfolio.contact_rules.hours import HORIZON
from concilia.portfolio.contact_rules.places import Clues, Place, country_of_phone, place_of
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.store import agreements, contact_parties, contact_terms, contacts
from concilia.store.contact_parties import OwedRow
from concilia.store.contact_terms import HoldRow
from concilia.store.contacts import AttemptRow
from concilia.store.crosswalk import SourceDebtor
from concilia.store.golden import GoldenRow
from concilia.store.unit_of_work import Tx

HISTORY: Final = timedelta(days=33)  # the longest period a cap may have, and two days for zones
ANNOUNCED: Final = "payment_announced"  # the reason of a hold that is an announcement, and an interaction's result
_TITULAR: Final = "titular"
_OPEN: Final = ("open", "in_review", "awaiting_debtor", "reopened")  # disputes that go on


@dataclass(frozen=True, slots=True)
class Party:
    """One golden debtor with its source debtors, its country (empty: nobody knows), and what rules look at."""

    golden_id: str
    founder_id: int
    sources: tuple[SourceDebtor, ...]
    points: tuple[Mapping[str, Any], ...]  # as the golden record has them, with who states each
    country: str
    facts: Facts

    @property
    def debtor_ids(self) -> tuple[int, ...]:
        """Its source debtors."""
        return tuple(source.id for source in self.sources)

    def stating(self, value: str) -> tuple[int, ...]:
        """The source debtors that state a contact point, or all of them when nobody does."""
        said = [s for p in self.points if p["value"] == value for s in p.get("sources", ())]
        places = {(s["connection"], s["stream"], s["external_id"]) for s in said}
        found = [s.id for s in self.sources if (s.connection, s.stream, s.external_id) in places]
        return tuple(found) or self.debtor_ids

    def anchor(self, value: str) -> int:
        """The source debtor a contact at that contact point was with: it follows merges and splits."""
        found = self.stating(value) if value else self.debtor_ids
        return self.founder_id if self.founder_id in found or not found else found[0]


@dataclass(slots=True)
class _Read:
    """Everything read for a page of debtors, by what it belongs to."""

    sources: dict[str, list[SourceDebtor]]
    owed: dict[int, list[OwedRow]]
    beside: dict[int, list[tuple[OwedRow, str]]]
    agreed: dict[str, str]
    disputed: set[str]
    holds: dict[str, list[HoldRow]]
    announced: dict[str, str]
    consents: dict[int, list[ConsentFacts]]
    prohibitions: dict[int, list[Prohibition]]
    attempts: dict[int, list[AttemptRow]]
    debts_of: dict[str, list[str]]
    creditors: dict[str, str]


def gather(
    tx: Tx, rows: Sequence[GoldenRow], *, policy: ContactPolicy, at: datetime, now: datetime
) -> dict[str, Party]:
    """These golden debtors as the rules look at them around `at`; holds that have ended by `now` do not count."""
    read = _read(tx, [row.id for row in rows], at=at, now=now)
    return {row.id: _party(row, read, policy, at=at) for row in rows}


def attempts_about(tx: Tx, party: Party, debts: Iterable[str], *, at: datetime, now: datetime) -> tuple[Attempt, ...]:
    """Attempts with anybody about these debts, those with the party itself left out."""
    since = to_text(at - HISTORY)
    rows = [
        row
        for row in contacts.attempts_about(tx, sorted(set(debts)), since=since, now=to_text(now))
        if row.debtor_id not in party.debtor_ids
    ]
    about = contacts.debts_of_attempts(tx, rows)
    return tuple(_attempt(row, about, {}, own=False) for row in rows)


def _read(tx: Tx, golden_ids: Sequence[str], *, at: datetime, now: datetime) -> _Read:
    sources = contact_parties.sources(tx, golden_ids)
    ids = [source.id for group in sources.values() for source in group]
    owed = contact_parties.owed(tx, ids)
    beside = contact_parties.beside(tx, ids)
    others = contact_parties.debts(tx, {row.debt_id for row in beside})
    debts = [*(row for group in owed.values() for row in group), *others.values()]
    debt_ids = sorted({row.id for row in debts})
    attempts = contacts.attempts_of(tx, ids, since=to_text(at - HISTORY), now=to_text(now))
    about = contacts.debts_of_attempts(tx, attempts)
    holds = contact_terms.holds_on(tx, [*(f"debt:{d}" for d in debt_ids), *(f"debtor:{n}" for n in ids)])
    return _Read(
        sources=sources,
        owed=owed,
        beside=_grouped((row.debtor_id, (others[row.debt_id], row.role)) for row in beside if row.debt_id in others),
        agreed=agreements.standing_on(tx, debt_ids),
        disputed={
            row.debt_id
            for row in contact_terms.disputes_of(tx, debt_ids)
            if row.status in _OPEN and row.effect == "hold"
        },
        holds=_grouped((row.subject, row) for row in holds if row.lifted_at is None),
        announced=_announced(attempts, about),
        consents=_grouped((row.debtor_id, _consent(row)) for row in contact_terms.consents_of(tx, ids)),
        prohibitions=_grouped(
            (row.debtor_id, _prohibition(row))
            for row in contact_terms.prohibitions_of(tx, ids)
            if row.lifted_at is None
        ),
        attempts=_grouped((row.debtor_id, row) for row in attempts),
        debts_of=about,
        creditors={row.id: row.creditor for row in debts},
    )


def _party(row: GoldenRow, read: _Read, policy: ContactPolicy, *, at: datetime) -> Party:
    body = json.loads(row.body)
    fields, points = body["fields"], body["contact_points"]
    sources = tuple(read.sources.get(row.id, ()))
    ids = [source.id for source in sources]
    country = _country(fields, body["identifiers"], points)
    place = place_of(country, _clues(fields, points), unknown=policy.unknown_place)
    calendar, closed = _holidays(place, policy.closed.get(country, frozenset()), at.date())
    held = [one for n in ids for one in read.holds.get(f"debtor:{n}", ())]
    facts = Facts(
        country=country,
        subdivision=place.subdivision,
        zones=place.zones,
        place_told_by=place.told_by,
        calendar=calendar,
        closed=closed,
        consumer=fields.get("consumer", "unknown"),
        deceased=bool(fields.get("deceased_at")),
        debts=tuple(_debts(ids, read)),
        points=tuple(_point(one) for one in points),
        attempts=tuple(_attempt(one, read.debts_of, read.creditors, own=True) for one in _of(read.attempts, ids)),
        consents=tuple(dict.fromkeys(_of(read.consents, ids))),
        prohibitions=tuple(dict.fromkeys(_of(read.prohibitions, ids))),
        held=", ".join(dict.fromkeys(one.reason for one in _standing(held, at))),
        held_until=_longest(_standing(held, at)),
    )
    return Party(row.id, row.founder_id, sources, tuple(points), country, facts)


def _debts(ids: Sequence[int], read: _Read) -> list[DebtFacts]:
    """Its own debts as titular, and those it stands beside by its role there."""
    own = [(row, _TITULAR) for n in ids for row in read.owed.get(n, ())]
    mine = {row.id for row, _ in own}
    others = [(row, role) for n in ids for row, role in read.beside.get(n, ()) if row.id not in mine]
    return [_debt(row, role, read) for row, role in dict.fromkeys([*own, *others])]


def _debt(row: OwedRow, role: str, read: _Read) -> DebtFacts:
    said = json.loads(row.body)
    holds = read.holds.get(f"debt:{row.id}", [])
    told = [one.since for one in holds if one.reason == ANNOUNCED]
    told += [read.announced[row.id]] if row.id in read.announced else []
    held = [one for one in holds if one.reason != ANNOUNCED]
    return DebtFacts(
        id=row.id,
        creditor=row.creditor,
        role=role,
        status=row.status,
        stage=said["fields"].get("stage", ""),
        due=_due(row, said),
        agreement=read.agreed.get(row.id, ""),
        disputed=row.id in read.disputed,
        held=", ".join(dict.fromkeys(one.reason for one in held)),
        held_until=_longest(held),
        announced_at=from_text(max(told)) if told else None,
    )


def _due(row: OwedRow, said: Mapping[str, Any]) -> date | None:
    """The first day on which something that is still open was or is to be paid."""
    days = [part["due_date"] for part in said["instalments"] if part["balance"] is None or Decimal(part["balance"]) > 0]
    days += [row.due_date] if row.due_date else []
    return date.fromisoformat(min(days)) if days else None


def _point(said: Mapping[str, Any]) -> PointFacts:
    return PointFacts(
        type=said["type"],
        value=said["value"],
        relation=said.get("relation", "own"),
        line_type=said.get("line_type") or "",
        verified=bool(said.get("verified_at")),
    )


def _attempt(row: AttemptRow, about: Mapping[str, list[str]], creditors: Mapping[str, str], *, own: bool) -> Attempt:
    debts = tuple(sorted(about.get(row.id, ())))
    return Attempt(
        id=row.id,
        earliest=from_text(row.earliest),
        latest=from_text(row.latest),
        channel=row.channel,
        purpose=row.purpose,
        own=own,
        held=bool(row.held),
        inbound=row.direction == "inbound",
        outcome=row.outcome or "",
        party_outcome=row.party_outcome or "",
        debts=debts,
        creditors=tuple(sorted({creditors[debt] for debt in debts if debt in creditors})),
    )


def _consent(row: contact_terms.ConsentRow) -> ConsentFacts:
    return ConsentFacts(
        state=row.state,
        at=from_text(row.captured_at),
        type=row.contact_type,
        value=row.contact_value,
        channel=row.channel,
        purpose=row.purpose,
        until=None if row.expires_at is None else from_text(row.expires_at),
    )


def _prohibition(row: contact_terms.ProhibitionRow) -> Prohibition:
    return Prohibition(
        reason=row.reason,
        since=from_text(row.since),
        until=None if row.until is None else from_text(row.until),
        type=row.contact_type,
        value=row.contact_value,
        channel=row.channel,
        debt=row.debt_id,
        purpose=row.purpose,
    )


def _announced(attempts: Iterable[AttemptRow], about: Mapping[str, list[str]]) -> dict[str, str]:
    """When each debt was last said to be paid, by the debtor, in a conversation."""
    told = [row for row in attempts if row.result == ANNOUNCED]
    return {debt: row.earliest for row in told for debt in about.get(row.id, ())}


def _clues(fields: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> Clues:
    own = [point for point in points if point.get("relation", "own") == "own"]
    return Clues(
        addresses=[point["parts"] for point in own if point["type"] == "postal_address" and point.get("parts")],
        residence=fields.get("residence_subdivision") or "",
        phones=[point["value"] for point in own if point["type"] == "phone"],
    )


def _country(
    fields: Mapping[str, Any], identifiers: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Any]]
) -> str:
    """The declared residence, else the country of the first identifier, else that of a phone."""
    phones = (country_of_phone(point["value"]) for point in points if point["type"] == "phone")
    told = (fields.get("residence_country"), *(one["country"] for one in identifiers if "retired" not in one), *phones)
    return next((country for country in told if country), "")


def _standing(holds: Iterable[HoldRow], at: datetime) -> list[HoldRow]:
    return [one for one in holds if one.until is None or one.until > to_text(at)]


def _longest(holds: Sequence[HoldRow]) -> datetime | None:
    """When the last of the holds ends; None when one of them does not end by itself."""
    ends = [one.until for one in holds]
    known = [end for end in ends if end is not None]
    return from_text(max(known)) if known and len(known) == len(ends) else None


def _of(found: Mapping[int, list[Any]], ids: Sequence[int]) -> list[Any]:
    return [one for n in ids for one in found.get(n, ())]


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


@lru_cache(maxsize=1024)
def _holidays(place: Place, closed: frozenset[date], day: date) -> tuple[str, Mapping[date, str]]:
    """The calendar's name and its holidays from the day before until the horizon; weekends are for the hours to say."""
    part = place.subdivision if place.subdivision in subdivisions(place.country) else ""
    calendar = BusinessDays(place.country, part, closed=closed)
    found = {}
    for ahead in range(-1, HORIZON.days + 3):
        one = day + timedelta(days=ahead)
        why = calendar.why_closed(one)
        if why and why != "weekend":
            found[one] = why
    return calendar.name, found
