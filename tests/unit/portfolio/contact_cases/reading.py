"""Reads tables of contact cases. One line is one case; the lines are written from the law, not from the code.

    DATE TIME CHANNEL [option ...] -> allow | RULE [RULE ...] [next=DATE TIME | next=never]   # what it shows

The time is local to the debtor, unless `tz=` names a zone. Options: `purpose=`, `role=`, `relation=`, `consumer=`,
`status=`, `stage=`, `due=`, `city=`, `sub=`, `residence=`, `phone=`, `made=DATETIME/CHANNEL[/OUTCOME[/PURPOSE]]`,
`other=` (the same with another person of the debt), `wrote=DATETIME/CHANNEL`, `consent=STATE/CHANNEL/DATE`,
`ban=CHANNEL` (or `ban=all`), `announced=DATETIME`, `reopened=DATETIME`, `read=DATETIME` (or `read=never`), and the words `dispute`, `hold`, `agreement`, `deceased`,
`no_consent`, `no_points`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from concilia.portfolio.business_days import BusinessDays, subdivisions
from concilia.portfolio.contact_facts import (
    Attempt,
    ConsentFacts,
    DebtFacts,
    Facts,
    PointFacts,
    Prohibition,
    Question,
)
from concilia.portfolio.contact_rules.places import Clues, place_of

PHONES = {
    "CL": "+56961234567", "MX": "+525512345678", "CO": "+573001234567", "PE": "+51987654321", "BR": "+5511987654321",
    "AR": "+5493514567890", "EC": "+593992345678",
}  # fmt: skip
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """A question, the facts, and what the law answers."""

    name: str
    question: Question
    facts: Facts
    rules: tuple[str, ...]  # none: allowed
    next_at: datetime | None
    says_next: bool


def cases(country: str, table: str) -> Iterator[Case]:
    """The cases of a table."""
    for line in table.strip().splitlines():
        if line.strip() and not line.startswith("#"):
            yield _case(country, line)


def _case(country: str, line: str) -> Case:
    asked, _, said = line.partition(" -> ")
    answer, _, name = said.partition(" # ")
    day, clock, channel, *options = asked.split()
    given = [(key, value) for key, _, value in (option.partition("=") for option in options)]
    one = dict(given)
    phone = one.get("phone", PHONES[country])
    parts = {"city": one.get("city", "").replace("_", " "), "subdivision": one.get("sub", "").replace("_", " ")}
    addresses = [parts] if any(parts.values()) else []
    place = place_of(country, Clues(addresses, one.get("residence", ""), [phone]))
    zone = ZoneInfo(one.get("tz", place.zones[0]))
    at = _local(f"{day}T{clock}", zone)
    facts = Facts(
        country=country,
        subdivision=place.subdivision,
        zones=place.zones,
        place_told_by=place.told_by,
        calendar="of the library",
        closed=_closed(country, place.subdivision, at),
        consumer=one.get("consumer", "unknown"),
        deceased="deceased" in one,
        debts=(_debt(one, zone),),
        points=() if "no_points" in one else _points(phone, one.get("relation", "own")),
        attempts=tuple(_attempts(given, zone)),
        consents=tuple(_consents(given)),
        prohibitions=tuple(_bans(given)),
        seen_at=at,
    )
    words, _, following = answer.strip().partition("next=")
    until = None if following in ("", "never") else _local(following.strip().replace(" ", "T"), zone)
    rules = () if words.strip() == "allow" else tuple(sorted(words.split()))
    question = Question(channel, one.get("purpose", "collection"), at)
    return Case(
        f"{line.split(' -> ', maxsplit=1)[0].strip()} # {name.strip()}", question, facts, rules, until, bool(following)
    )


def _debt(one: dict[str, str], zone: ZoneInfo) -> DebtFacts:
    return DebtFacts(
        id="d1",
        creditor="acme",
        role=one.get("role", "titular"),
        status=one.get("status", "open"),
        stage=one.get("stage", ""),
        due=date.fromisoformat(one.get("due", "2026-01-01")),
        agreement="a1" if "agreement" in one else "",
        disputed="dispute" in one,
        held="fraud" if "hold" in one else "",
        announced_at=_local(one["announced"], zone) if "announced" in one else None,
        reopened_at=_local(one["reopened"], zone) if "reopened" in one else None,
        system="erp" if "read" in one else "",
        read_at=_local(one["read"], zone) if one.get("read", "never") != "never" else None,
    )


def _points(phone: str, relation: str) -> tuple[PointFacts, ...]:
    found = (("phone", phone), ("email", "ana@correo.example"), ("postal_address", "Calle 1"))
    return tuple(PointFacts(kind, value, relation) for kind, value in found)


def _attempts(given: Sequence[tuple[str, str]], zone: ZoneInfo) -> Iterator[Attempt]:
    for number, (key, value) in enumerate(given):
        if key in ("made", "other", "wrote"):
            when, channel, outcome, purpose = [*value.split("/"), "", "", ""][:4]
            at = _local(when, zone)
            yield Attempt(
                f"i{number}", at, at, channel, purpose or "collection", own=key != "other", inbound=key == "wrote",
                outcome=outcome or "answered", debts=("d1",), creditors=("acme",),
            )  # fmt: skip


def _consents(given: Sequence[tuple[str, str]]) -> Iterator[ConsentFacts]:
    if "no_consent" not in dict(given):
        yield ConsentFacts("granted", LONG_AGO)
    for key, value in given:
        if key == "consent":
            state, channel, day = value.split("/")
            yield ConsentFacts(state, datetime.fromisoformat(f"{day}T12:00+00:00"), channel=channel)


def _bans(given: Sequence[tuple[str, str]]) -> Iterator[Prohibition]:
    for key, value in given:
        if key == "ban":
            yield Prohibition("opt_out", LONG_AGO, channel="" if value == "all" else value)


def _closed(country: str, subdivision: str, at: datetime) -> dict[date, str]:
    calendar = BusinessDays(country, subdivision if subdivision in subdivisions(country) else "")
    days = [at.date() + timedelta(days=n) for n in range(-10, 50)]
    return {day: why for day in days if (why := calendar.why_closed(day)) not in ("", "weekend")}


def _local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
