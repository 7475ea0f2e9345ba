"""Parties that live or trade together: families, father and son, twins, homonyms, holdings, representatives.

Every group is a list of different parties. What they share is what real ones share; each keeps something of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.portfolios import ids, names
from benchmarks.portfolios.companies import CompanyName, draw_brand, draw_forms, draw_trade, language
from benchmarks.portfolios.company_tables import NUMERALS
from benchmarks.portfolios.dice import Dice, weighted
from benchmarks.portfolios.names import PersonName
from benchmarks.portfolios.names_portuguese import SUFFIXES
from benchmarks.portfolios.parties import HardKind, Party, draw_born, draw_company, draw_person
from benchmarks.portfolios.places import draw_city

COUNTRIES = weighted({"CL": 20, "MX": 22, "CO": 14, "PE": 12, "AR": 12, "BR": 14, "EC": 6})


def person(dice: Dice, country: str) -> list[Party]:
    """Somebody who shares nothing."""
    return [_perhaps_married(dice, draw_person(dice, country))]


def company(dice: Dice, country: str) -> list[Party]:
    """A company that shares nothing."""
    return [draw_company(dice, country)]


def family(dice: Dice, country: str) -> list[Party]:
    """Parents and children at one address with one line, often with one mailbox."""
    father, mother, children = _household(dice, country, dice.between(0, 3))
    members = [father, mother, *children]
    if len(members) > 2 and dice.chance(0.3):
        members.remove(mother)
    return _together(dice, members, HardKind.FAMILY, mail=0.45)


def father_and_son(dice: Dice, country: str) -> list[Party]:
    """Two men (or mother and daughter) of one name under one roof; most differ in the second surname."""
    father, mother, _ = _household(dice, country, 0)
    elder, other = (father, mother) if dice.chance(0.75) else (mother, father)
    assert elder.person
    assert other.person
    surnames = names.child_surnames(elder.person, other.person, country)
    if country == "BR" or dice.chance(0.12):
        surnames = elder.person.surnames
    suffix = dice.one(SUFFIXES) if country == "BR" and not elder.person.female else ""
    name = PersonName(elder.person.given, surnames, elder.person.female, suffix)
    son = draw_person(dice, country, name=name, born=_later(dice, elder.born, 19, 33), city=elder.reach.place.city)
    return _together(dice, [elder, son], HardKind.FATHER_SON, mail=0.25)


def twins(dice: Dice, country: str) -> list[Party]:
    """Born on one day, numbered one after the other, called alike, living together."""
    city = draw_city(dice, country)
    elder = draw_person(dice, country, born=draw_born(dice, 1965), city=city)
    assert elder.person
    female = elder.person.female if dice.chance(0.75) else not elder.person.female
    given = names.draw_given(dice, country, female=female)
    if female == elder.person.female and dice.chance(0.35):
        given = (elder.person.given[0], given[-1])
    while given[-1] == elder.person.given[-1]:
        given = (*given[:1], *names.draw_given(dice, country, female=female)[-1:])
    if len(set(given)) < len(given):
        given = given[:1]
    name = PersonName(given, elder.person.surnames, female)
    other = draw_person(dice, country, name=name, born=elder.born, city=city)
    if given[0][0] == elder.person.given[0][0] or country != "MX":
        other = other._replace(number=ids.next_number(dice, country, elder.number))
    return _together(dice, [elder, other], HardKind.TWINS, mail=0.2)


def homonyms(dice: Dice, country: str) -> list[Party]:
    """Two to four strangers of one common name, most of them in one city."""
    city = draw_city(dice, country)
    name = names.draw_name(dice, country, female=dice.chance(0.5))
    size = dice.between(2, 4)
    same_city = [city if dice.chance(0.7) else draw_city(dice, country) for _ in range(size)]
    found = [draw_person(dice, country, name=name, city=place) for place in same_city]
    return [party._replace(hard_kind=HardKind.HOMONYM) for party in found]


def holding(dice: Dice, country: str) -> list[Party]:
    """Companies of one owner: one accountant's mailbox, line and address, brands alike, numbers close together."""
    city, brand, near = draw_city(dice, country), draw_brand(dice, country), ids.company_serial(dice)
    neighbours = dice.chance(0.5)
    members = [
        draw_company(dice, country, name=name, city=city, near=near + 45 * index if neighbours else None)
        for index, name in enumerate(_sister_names(dice, country, brand))
    ]
    first = members[0]
    shared = []
    for member in members:
        reach = member.reach
        if dice.chance(0.8):
            reach = reach._replace(place=first.reach.place)
        if dice.chance(0.75):
            reach = reach._replace(home=first.reach.home)
        if dice.chance(0.6):
            reach = reach._replace(email=f"contabilidad@{first.reach.email.partition('@')[2]}")
        contact = first.contact if dice.chance(0.7) else member.contact
        shared.append(member._replace(reach=reach, contact=contact, hard_kind=HardKind.GROUP))
    return shared


def _sister_names(dice: Dice, country: str, brand: str) -> list[CompanyName]:
    """Names of two to five sisters: one brand in different trades, or one name with numbers behind it."""
    size = dice.between(2, 5)
    if dice.chance(0.15):
        trade, forms = draw_trade(dice, country), draw_forms(dice, country)
        return [CompanyName(trade, brand, tail, forms) for tail in NUMERALS[language(country)][:size]]
    trades = dict.fromkeys(draw_trade(dice, country) for _ in range(size + 2))
    return [
        CompanyName(trade, brand if dice.chance(0.75) else draw_brand(dice, country), "", draw_forms(dice, country))
        for trade in list(trades)[: max(2, size)]
    ]


def representative(dice: Dice, country: str) -> list[Party]:
    """A person who stands as contact, with the own line and mailbox, in several companies, some named after him."""
    owner = draw_person(dice, country)
    shared = []
    for name in _owned_names(dice, owner):
        member = draw_company(dice, country, name=name)
        reach = member.reach._replace(mobile=owner.reach.mobile)
        if dice.chance(0.6):
            reach = reach._replace(email=owner.reach.email)
        if dice.chance(0.4):
            reach = reach._replace(place=owner.reach.place)
        shared.append(member._replace(reach=reach, contact=owner.person, hard_kind=HardKind.REPRESENTATIVE))
    if dice.chance(0.7):
        shared.append(owner._replace(hard_kind=HardKind.REPRESENTATIVE))
    return shared


def _owned_names(dice: Dice, owner: Party) -> list[CompanyName]:
    """Two to four companies: one may bear the owner's whole name, some a surname, the others nothing of it."""
    country, person = owner.country, owner.person
    assert person
    found: dict[str, CompanyName] = {}
    size = dice.between(2, 4)
    if dice.chance(0.3):
        full = CompanyName(person.given[0], " ".join(person.surnames), "", draw_forms(dice, country), personal=True)
        found[full.trade] = full
    while len(found) < size:
        trade = draw_trade(dice, country)
        brand = dice.one(person.surnames) if dice.chance(0.45) else draw_brand(dice, country)
        found[trade] = CompanyName(trade, brand, "", draw_forms(dice, country))
    return list(found.values())


Group = Callable[[Dice, str], list[Party]]
# How often each kind of group is drawn; groups hold two to five parties, so the share of parties is larger.
GROUPS: tuple[Group, ...] = weighted({
    person: 62, company: 28, family: 8, father_and_son: 2.2, twins: 1.8, homonyms: 2.5, holding: 3.2,
    representative: 2.5,
})  # fmt: skip


def _perhaps_married(dice: Dice, party: Party) -> Party:
    name = party.person
    if name is None or not name.female or party.country in ("CL", "BR", "MX") or not dice.chance(0.15):
        return party
    return party._replace(person=name._replace(married=names.draw_surname(dice, party.country)))


def _household(dice: Dice, country: str, children: int) -> tuple[Party, Party, list[Party]]:
    city = draw_city(dice, country)
    father = draw_person(
        dice, country, name=names.draw_name(dice, country, female=False), born=draw_born(dice, 1945, 1975), city=city
    )
    assert father.person
    wife = names.draw_name(dice, country, female=True)
    if country not in ("CL", "BR", "MX") and dice.chance(0.3):
        wife = wife._replace(married=father.person.surnames[0])
    mother = draw_person(dice, country, name=wife, born=_later(dice, father.born, -4, 6), city=city)
    surnames = names.child_surnames(father.person, wife, country)
    found = []
    for _ in range(children):
        female = dice.chance(0.5)
        name = PersonName(names.draw_given(dice, country, female=female), surnames, female)
        found.append(draw_person(dice, country, name=name, born=_later(dice, father.born, 20, 34), city=city))
    return father, mother, found


def _together(dice: Dice, members: list[Party], kind: HardKind, *, mail: float) -> list[Party]:
    """The members under the first one's roof and line; with this share all use the first one's mailbox."""
    first = members[0].reach
    one_mailbox = dice.chance(mail)
    found = []
    for member in members:
        reach = member.reach._replace(place=first.place, old_place=first.old_place, home=first.home)
        if one_mailbox and dice.chance(0.8):
            reach = reach._replace(email=first.email)
        if dice.chance(0.08):  # children and grandparents are reached on somebody else's mobile
            reach = reach._replace(mobile=first.mobile)
        found.append(member._replace(reach=reach, hard_kind=kind))
    return found


def _later(dice: Dice, born: str, least: int, most: int) -> str:
    year = min(2006, int(born[:4]) + dice.between(least, most))
    return f"{year}-{dice.between(1, 12):02d}-{dice.between(1, 28):02d}"
