"""One true party: who it is, where it can be reached, and which trap it belongs to. Nothing about systems."""

from __future__ import annotations

import enum
from typing import NamedTuple

from benchmarks.portfolios import contacts, ids, names
from benchmarks.portfolios.companies import CompanyName, draw_company_name
from benchmarks.portfolios.dice import Dice
from benchmarks.portfolios.names import PersonName
from benchmarks.portfolios.places import City, Place, draw_city, draw_place
from benchmarks.portfolios.text import plain


class HardKind(enum.StrEnum):
    """Why the parties of one group are easily taken for one another."""

    NONE = ""
    FATHER_SON = "father_son"
    TWINS = "twins"
    FAMILY = "family_address"
    GROUP = "group_companies"
    REPRESENTATIVE = "representative"
    HOMONYM = "homonym"


class Reach(NamedTuple):
    """Contact points. `home` is the family's or the office's line; the `old_` ones no longer answer."""

    mobile: str
    home: str
    work: str
    old_mobile: str
    email: str
    second_email: str
    place: Place
    old_place: Place


class Party(NamedTuple):
    """A debtor as it truly is. Exactly one of `person` and `company` is set."""

    country: str
    person: PersonName | None
    company: CompanyName | None
    number: ids.TaxNumber
    born: str
    reach: Reach
    contact: PersonName | None = None
    hard_kind: HardKind = HardKind.NONE


def draw_born(dice: Dice, first: int = 1945, last: int = 2004) -> str:
    """A birthday between two years."""
    return f"{dice.between(first, last)}-{dice.between(1, 12):02d}-{dice.between(1, 28):02d}"


def draw_person(
    dice: Dice, country: str, *, name: PersonName | None = None, born: str = "", city: City | None = None
) -> Party:
    """A person; what is not given is drawn."""
    name = name or names.draw_name(dice, country, female=dice.chance(0.5))
    born = born or draw_born(dice)
    city = city or draw_city(dice, country)
    words = (name.surnames[0], name.surnames[-1], name.given[0])
    number = ids.person_number(dice, country, born, words)
    return Party(country, name, None, number, born, draw_reach(dice, country, name, city))


def draw_reach(dice: Dice, country: str, name: PersonName, city: City) -> Reach:
    """A person's own contact points."""
    place = draw_place(dice, country, city)
    return Reach(
        contacts.draw_mobile(dice, country, city.area), contacts.draw_landline(dice, country, city.area),
        contacts.draw_mobile(dice, country, city.area), contacts.draw_mobile(dice, country, city.area),
        contacts.draw_email(dice, country, name.given, name.surnames),
        contacts.draw_email(dice, country, name.given, name.surnames),
        place, draw_place(dice, country, city if dice.chance(0.75) else draw_city(dice, country)),
    )  # fmt: skip


def draw_company(
    dice: Dice, country: str, *, name: CompanyName | None = None, city: City | None = None, near: int | None = None
) -> Party:
    """A company with its contact person; what is not given is drawn. `near` is a serial number to stay close to."""
    name = name or draw_company_name(dice, country)
    city = city or draw_city(dice, country)
    initials = "".join([char for char in plain(name.trade + name.brand).upper() if char.isalpha()])
    number = ids.company_number(dice, country, near=near, initials=initials[:1] + initials[2:4])
    contact = names.draw_name(dice, country, female=dice.chance(0.45))
    place = draw_place(dice, country, city)
    reach = Reach(
        contacts.draw_mobile(dice, country, city.area), contacts.draw_landline(dice, country, city.area),
        contacts.draw_landline(dice, country, city.area), contacts.draw_landline(dice, country, city.area),
        contacts.company_email(dice, country, name.brand), contacts.company_email(dice, country, name.brand),
        place, draw_place(dice, country, city),
    )  # fmt: skip
    return Party(country, None, name, number, "", reach, contact)
