"""Gather what contact rules look at: party, place, debts, contact points, attempts, consents, disputes, holds.

For one debtor or for many at once, with the same few statements. Decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from concilia.servicing.contact_points import Heard, heard_in, key_of, policy_in, stated_in
from concilia.store import contact_reading, round_trips
from concilia.store.contact_parties import OwedRow
from concilia.store.contact_reading import GoldenSeen, HoldSeen, Read
from concilia.store.contacts import AttemptRow
from concilia.store.crosswalk import SourceDebtor
from concilia.store.golden import GoldenRow
from concilia.store.round_trips import Row, Statement
from concilia.store.unit_of_work import Tx

HISTORY: Final = timedelta(days=33)  # the longest period a cap may have, and two days for zones
ANNOUNCED: Final = "payment_announced"  # the reason of a hold that is an announcement, and an interaction's result
_TITULAR: Final = "titular"


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


@dataclass(frozen=True, slots=True)
class Look:
    """By which rules a party is looked at, around which moment, and what time it is."""

    policy: ContactPolicy
    at: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class _Grouped:
    """What was read of some debtors, by what it belongs to."""

    read: Read
    sources: Mapping[str, list[SourceDebtor]]
    owed: Mapping[int, list[OwedRow]]
    beside: Mapping[int, list[tuple[OwedRow, str]]]
    holds: Mapping[str, list[HoldSeen]]
    announced: Mapping[str, str]
    consents: Mapping[int, list[ConsentFacts]]
    prohibitions: Mapping[int, list[Prohibition]]
    attempts: Mapping[int, list[AttemptRow]]
    creditors: Mapping[str, str]
    heard: Heard


def gather(
    tx: Tx, rows: Sequence[GoldenRow], *, policy: ContactPolicy, at: datetime, now: datetime
) -> dict[str, Party]:
    """These golden debtors as the rules look at them around `at`; holds that have ended by `now` do not count."""
    look = Look(policy, at, now)
    (found,) = round_trips.together(tx, [statement([row.id for row in rows], look)]) if rows else [[]]
    return parties(contact_reading.sorted_out(found), look)


def statement(golden_ids: Sequence[str], look: Look) -> Statement:
    """What reads these golden debtors for `parties`."""
    return contact_reading.reading(golden_ids, since=to_text(look.at - HISTORY), now=to_text(look.now))


def parties(read: Read, look: Look) -> dict[str, Party]:
    """The golden debtors that were read, by id."""
    grouped = _grouped_by_owner(read)
    return {one.id: _party(one, grouped, look) for one in read.goldens}


def statement_about(debts: Sequence[str], *, at: datetime, now: datetime) -> Statement:
    """What reads the attempts with anybody about these debts, for `attempts_in`."""
    return contact_reading.reading_about(debts, since=to_text(at - HISTORY), now=to_text(now))


def attempts_in(read: Read, party: Party) -> tuple[Attempt, ...]:
    """The attempts that were read, those with the party itself left out."""
    others = [row for row in read.attempts if row.debtor_id not in party.debtor_ids]
    return tuple(_attempt(row, read.debts_of, {}, own=False) for row in others)


def attempts_about(tx: Tx, party: Party, debts: Iterable[str], *, at: datetime, now: datetime) -> tuple[Attempt, ...]:
    """Attempts with anybody about these debts, those with the party itself left out."""
    named = sorted(set(debts))
    if not named:
        return ()
    (found,) = round_trips.together(tx, [statement_about(named, at=at, now=now)])
    return attempts_in(contact_reading.sorted_out(found), party)


def _grouped_by_owner(read: Read) -> _Grouped:
    debts = [*(row for _, row in read.owed), *(row for _, _, row in read.beside)]
    return _Grouped(
        read=read,
        sources=_grouped((source.golden_id, source) for source in read.sources),
        owed=_grouped(read.owed),
        beside=_grouped((debtor, (row, role)) for debtor, role, row in read.beside),
        holds=_grouped((hold.subject, hold) for hold in read.holds),
        announced=_announced(read.attempts, read.debts_of),
        consents=_grouped((debtor, _consent(row)) for debtor, row in read.consents),
        prohibitions=_grouped((debtor, _prohibition(row)) for debtor, row in read.prohibitions),
        attempts=_grouped((row.debtor_id, row) for row in read.attempts),
        creditors={row.id: row.creditor for row in debts},
        heard=heard_in(read.evidence, policy=policy_in(read.point_policy)),
    )


def _party(seen: GoldenSeen, of: _Grouped, look: Look) -> Party:
    body = json.loads(seen.body)
    fields, points = body["fields"], body["contact_points"]
    sources = tuple(of.sources.get(seen.id, ()))
    ids = [source.id for source in sources]
    country = _country(fields, body["identifiers"], points)
    place = place_of(country, _clues(fields, points), unknown=look.policy.unknown_place)
    calendar, closed = _holidays(place, look.policy.closed.get(country, frozenset()), look.at.date())
    held = [one for n in ids for one in of.holds.get(f"debtor:{n}", ())]
    facts = Facts(
        country=country,
        subdivision=place.subdivision,
        zones=place.zones,
        place_told_by=place.told_by,
        calendar=calendar,
        closed=closed,
        consumer=fields.get("consumer", "unknown"),
        deceased=bool(fields.get("deceased_at")),
        debts=tuple(_debts(ids, of)),
        points=tuple(_points(points, of.heard, ids, now=to_text(look.now))),
        attempts=tuple(_attempt(one, of.read.debts_of, of.creditors, own=True) for one in _of(of.attempts, ids)),
        consents=tuple(dict.fromkeys(_of(of.consents, ids))),
        prohibitions=tuple(dict.fromkeys(_of(of.prohibitions, ids))),
        held=", ".join(dict.fromkeys(one.reason for one in _standing(held, look.at))),
        held_until=_longest(_standing(held, look.at)),
        seen_at=look.now,
    )
    return Party(seen.id, seen.founder_id, sources, tuple(points), country, facts)


def _debts(ids: Sequence[int], of: _Grouped) -> list[DebtFacts]:
    """Its own debts as titular, and those it stands beside by its role there."""
    own = [(row, _TITULAR) for n in ids for row in of.owed.get(n, ())]
    mine = {row.id for row, _ in own}
    others = [(row, role) for n in ids for row, role in of.beside.get(n, ()) if row.id not in mine]
    return [_debt(row, role, of) for row, role in dict.fromkeys([*own, *others])]


def _debt(row: OwedRow, role: str, of: _Grouped) -> DebtFacts:
    said = json.loads(row.body)
    holds = of.holds.get(f"debt:{row.id}", [])
    told = [one.since for one in holds if one.reason == ANNOUNCED]
    told += [of.announced[row.id]] if row.id in of.announced else []
    held = [one for one in holds if one.reason != ANNOUNCED]
    return DebtFacts(
        id=row.id,
        creditor=row.creditor,
        role=role,
        status=row.status,
        stage=said["fields"].get("stage", ""),
        due=_due(row, said),
        agreement=of.read.agreed.get(row.id, ""),
        disputed=row.id in of.read.disputed,
        held=", ".join(dict.fromkeys(one.reason for one in held)),
        held_until=_longest(held),
        announced_at=from_text(max(told)) if told else None,
        reopened_at=_moment(of.read.reopened.get(row.id)),
        system=row.owner,
        read_at=_moment(of.read.read_at.get(row.owner)),
    )


def _due(row: OwedRow, said: Mapping[str, Any]) -> date | None:
    """The first day on which something that is still open was or is to be paid."""
    days = [part["due_date"] for part in said["instalments"] if part["balance"] is None or Decimal(part["balance"]) > 0]
    days += [row.due_date] if row.due_date else []
    return date.fromisoformat(min(days)) if days else None


def _points(
    said: Sequence[Mapping[str, Any]], heard: Heard, debtor_ids: Sequence[int], *, now: str
) -> Iterator[PointFacts]:
    evidence = heard.of(debtor_ids)
    for one in said:
        key = key_of(one)
        state = heard.state(key, evidence.get(key, ()), stated=stated_in(one), now=now)
        yield PointFacts(
            type=one["type"],
            value=one["value"],
            relation=one.get("relation", "own"),
            line_type=one.get("line_type") or "",
            verified=state.verified_at is not None,
            status=state.status.value,
            opted_out=tuple(out.channel for out in state.opted_out),
            unreachable=tuple(out.channel for out in state.unreachable),
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


def _consent(row: Row) -> ConsentFacts:
    state, captured_at, kind, value, channel, purpose, until = row
    words = {"type": kind, "value": value, "channel": channel, "purpose": purpose}
    return ConsentFacts(state, from_text(captured_at), **words, until=_moment(until))


def _prohibition(row: Row) -> Prohibition:
    reason, since, until, kind, value, channel, debt, purpose = row
    words = {"type": kind, "value": value, "channel": channel, "debt": debt, "purpose": purpose}
    return Prohibition(reason, from_text(since), _moment(until), **words)


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


def _standing(holds: Iterable[HoldSeen], at: datetime) -> list[HoldSeen]:
    return [one for one in holds if one.until is None or one.until > to_text(at)]


def _longest(holds: Sequence[HoldSeen]) -> datetime | None:
    """When the last of the holds ends; None when one of them does not end by itself."""
    ends = [one.until for one in holds]
    known = [end for end in ends if end is not None]
    return from_text(max(known)) if known and len(known) == len(ends) else None


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_text(text)


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
