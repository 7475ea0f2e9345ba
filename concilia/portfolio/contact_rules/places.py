"""Where a debtor is, for the clock and the holidays of that place: by address first, then by phone. No rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from concilia.normalize.folding import fold
from concilia.normalize.phone_plans import CALLING_CODES, COUNTRY_BY_CODE
from concilia.portfolio.business_days import ZONES as CAPITAL_ZONES
from concilia.portfolio.contact_rules.place_tables import AREA_CODES, CITIES, MORE_ZONES, SUBDIVISIONS, ZONES

CAPITAL, EVERY_ZONE = "capital", "every_zone"


@dataclass(frozen=True, slots=True)
class Place:
    """A country, its part if that is known, and the zones in all of which it has to be a fitting hour.

    `told_by` is address, residence, phone, or country when nothing tells more.
    """

    country: str
    subdivision: str
    zones: tuple[str, ...]
    told_by: str


@dataclass(frozen=True, slots=True)
class Clues:
    """What tells where somebody is: parts of postal addresses, a declared subdivision, phones as E.164, in order."""

    addresses: Sequence[Mapping[str, str]] = ()
    residence: str = ""
    phones: Sequence[str] = ()


def place_of(country: str, clues: Clues, *, unknown: str = CAPITAL) -> Place:
    """The place these clues tell; the capital's hour, or that of every zone of the country, when they tell none."""
    for parts in clues.addresses:
        if found := _by_address(country, parts):
            return Place(country, found[0], (found[1],), "address")
    if found := _by_name(country, clues.residence):
        return Place(country, found[0], (found[1],), "residence")
    for phone in clues.phones:
        if found := _by_phone(country, phone):
            return Place(country, found[0], (found[1],), "phone")
    zones = every_zone(country) if unknown == EVERY_ZONE else (capital_zone(country),)
    return Place(country, "", zones, "country")


def country_of_phone(phone: str) -> str:
    """The country of a phone in E.164, if it is one of ours."""
    digits = phone.removeprefix("+")
    return next((COUNTRY_BY_CODE[digits[:n]] for n in (3, 2) if digits[:n] in COUNTRY_BY_CODE), "")


def capital_zone(country: str) -> str:
    """The zone of the country's capital."""
    return CAPITAL_ZONES.get(country, "UTC")


def every_zone(country: str) -> tuple[str, ...]:
    """All zones of the country, the capital's first."""
    found = (capital_zone(country), *ZONES.get(country, {}).values(), *MORE_ZONES.get(country, ()))
    return tuple(dict.fromkeys(found))


def _by_address(country: str, parts: Mapping[str, str]) -> tuple[str, str] | None:
    named = [fold(parts.get(name, "")).strip() for name in ("city", "neighborhood", "subdivision")]
    subdivision = _by_name(country, named[2])
    cities = CITIES.get(country, {})
    for name in named[:2]:
        city = cities.get(name)
        # A city of that name in another subdivision is another city.
        if city is not None and subdivision in (None, _whole(country, city[0])):
            return (city[0], city[1] or _zone(country, city[0]))
    island = cities.get(named[2])
    if island is not None and island[1]:
        return island
    return subdivision or _by_name(country, named[0])


def _by_name(country: str, name: str) -> tuple[str, str] | None:
    folded = fold(name).strip().removeprefix(f"{country}-")
    code = SUBDIVISIONS.get(country, {}).get(folded)
    return None if not folded or code is None else _whole(country, code)


def _by_phone(country: str, phone: str) -> tuple[str, str] | None:
    national = phone.removeprefix("+").removeprefix(CALLING_CODES.get(country, "+"))
    if country_of_phone(phone) != country:
        return None
    if country == "AR":
        national = national.removeprefix("9")
    if country == "CL" and national.startswith("9"):
        return None  # mobiles have no area
    codes = AREA_CODES.get(country, {})
    told = next((codes[national[:n]] for n in range(6, 0, -1) if national[:n] in codes), "")
    if "/" in told:
        return (next((s for s, zone in CITIES.get(country, {}).values() if zone == told), ""), told)
    return _whole(country, told) if told else None


def _whole(country: str, subdivision: str) -> tuple[str, str]:
    return (subdivision, _zone(country, subdivision))


def _zone(country: str, subdivision: str) -> str:
    return ZONES.get(country, {}).get(subdivision, capital_zone(country))
