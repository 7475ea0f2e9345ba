"""One party as one system knows it: a row with that system's gaps, habits and mistakes. Decides no truth."""

from __future__ import annotations

from benchmarks.portfolios import contacts
from benchmarks.portfolios.companies import write_company
from benchmarks.portfolios.dice import Dice
from benchmarks.portfolios.ids_written import PLACEHOLDERS, mistype_number, write_number
from benchmarks.portfolios.names_written import write_person
from benchmarks.portfolios.parties import Party
from benchmarks.portfolios.places import write_city, write_street
from benchmarks.portfolios.systems import Style, System
from benchmarks.portfolios.text import plain, slip

COLUMNS = (
    "system", "country", "kind", "tax_id", "full_name", "given", "surnames", "legal_name", "contact_name", "phone_1",
    "phone_2", "email", "street", "city", "region", "birth_date", "updated_at",
)  # fmt: skip
_FORMAL = {
    Style.FULL: 0.92,
    Style.SPLIT: 0.35,
    Style.SHOUTED: 0.7,
    Style.SPOKEN: 0.15,
    Style.TYPED: 0.5,
    Style.CUT: 0.8,
}
_ASKS_FOR = (Style.SPOKEN, Style.TYPED)  # where the contact is typed into the company's name
_WIDTH = {Style.SHOUTED: 30, Style.CUT: 20}
_NO_PHONE = ("999999999", "000000000", "1", "0", "1111111111")
_NO_EMAIL = ("no@tiene.com", "sincorreo@sincorreo.com", "notiene@gmail.com", "noreply@correo.com")
_SWITCHBOARDS = {"CL": "226004000", "MX": "5591234500", "CO": "6017440000", "PE": "17080000", "AR": "1143210000",
                 "BR": "1130034000", "EC": "43804000"}  # fmt: skip


def write_record(dice: Dice, party: Party, system: System) -> tuple[str, ...]:
    """The cells of one row in the order of COLUMNS."""
    stale = dice.chance(system.stale)
    full, given, surnames, legal, contact = _names(dice, party, system)
    first, second = _phones(dice, party, system, stale=stale)
    kind = ("company" if party.company else "person") if dice.chance(system.kind) else ""
    return (
        system.name, party.country, kind, _number(dice, party, system), full, given, surnames, legal, contact, first,
        second, _email(dice, party, system), *_place(dice, party, system, stale=stale), _born(dice, party, system),
        _updated(dice, stale=stale),
    )  # fmt: skip


def _names(dice: Dice, party: Party, system: System) -> tuple[str, str, str, str, str]:
    if party.person:
        return (*write_person(dice, party.person, party.country, system), "", "")
    assert party.company
    text = write_company(dice, party.company, formal=_FORMAL[system.style])
    if dice.chance(system.name_slips):
        text = slip(dice, text)
    if party.contact and system.style in _ASKS_FOR and dice.chance(0.2 if party.hard_kind else 0.1):
        spoken = f"{party.contact.given[0]} {party.contact.surnames[0]}"
        text = f"{spoken} / {text}" if dice.chance(0.3) else f"{text} - {spoken}"
    contact = ""
    if party.contact and system.style in (Style.FULL, Style.SPLIT, Style.TYPED) and dice.chance(0.6):
        contact = f"{party.contact.given[0]} {party.contact.surnames[0]}"
    match system.style:
        case Style.FULL | Style.SPLIT:
            return "", "", "", text, contact
        case Style.SHOUTED | Style.CUT:
            return plain(text).upper()[: _WIDTH[system.style]].rstrip(), "", "", "", contact
        case Style.SPOKEN | Style.TYPED:
            return (text.lower() if dice.chance(0.2) else text), "", "", "", contact


def _number(dice: Dice, party: Party, system: System) -> str:
    draw = dice.random()
    if draw < system.id_placeholder:
        return dice.one(PLACEHOLDERS[party.country])
    if draw < system.id_placeholder + system.id_missing:
        return ""
    number = party.number.short
    if party.number.full != number and (party.company or (system.style is Style.FULL and dice.chance(0.5))):
        number = party.number.full
    if dice.chance(system.id_mistyped):
        return mistype_number(dice, number, party.country)
    return write_number(dice, number, party.country, company=party.company is not None)


def _phones(dice: Dice, party: Party, system: System, *, stale: bool) -> tuple[str, str]:
    if dice.chance(system.phone_missing):
        return (dice.one(_NO_PHONE) if dice.chance(0.2) else ""), ""
    if dice.chance(0.004):
        return contacts.write_phone(dice, _SWITCHBOARDS[party.country], party.country), ""
    reach = party.reach
    mobile = reach.old_mobile if stale and dice.chance(0.6) else reach.mobile
    draw = dice.random() * sum(system.phones)
    order = (mobile, reach.home, reach.work)
    index = 0 if draw < system.phones[0] else 1 if draw < system.phones[0] + system.phones[1] else 2
    first = contacts.write_phone(dice, order[index], party.country)
    if not dice.chance(system.second_phone):
        return first, ""
    return first, contacts.write_phone(dice, order[1 if index == 0 else 0], party.country)


def _email(dice: Dice, party: Party, system: System) -> str:
    if dice.chance(system.email_missing):
        return dice.one(_NO_EMAIL) if dice.chance(0.05) else ""
    email = party.reach.email if dice.chance(0.88) else party.reach.second_email
    if dice.chance(system.email_mistyped):
        return contacts.mistyped_email(dice, email)
    return email.upper() if dice.chance(0.06) else email


def _place(dice: Dice, party: Party, system: System, *, stale: bool) -> tuple[str, str, str]:
    place = party.reach.old_place if stale and dice.chance(0.6) else party.reach.place
    street = "" if dice.chance(system.street_missing) else write_street(dice, place, party.country)
    city = "" if dice.chance(system.city_missing) else write_city(dice, place.city)
    region = place.city.region if city and dice.chance(0.6) else ""
    if system.style in _WIDTH:
        return plain(street).upper()[:40].rstrip(), plain(city).upper(), plain(region).upper()
    if street and dice.chance(system.name_slips):
        street = slip(dice, street)
    return street, city, region


def _born(dice: Dice, party: Party, system: System) -> str:
    if not party.born or not dice.chance(system.birth_date):
        return ""
    draw = dice.random()
    year, month, day = party.born.split("-")
    if draw < 0.015 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if draw < 0.025:
        return f"{int(year) + dice.one((-1, 1, 10, -10))}-{month}-{day}"
    return "1900-01-01" if draw < 0.04 else party.born


def _updated(dice: Dice, *, stale: bool) -> str:
    year = dice.between(2019, 2023) if stale else dice.between(2022, 2026)
    month = dice.between(1, 9 if year == 2026 else 12)
    return f"{year}-{month:02d}-{dice.between(1, 28):02d}T{dice.between(0, 23):02d}:{dice.between(0, 59):02d}:00Z"
