"""Where parties live: city, street, number, and the ways an address is written. No persons."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.portfolios.dice import Dice, by_rank, weighted
from benchmarks.portfolios.place_tables import CITIES, STREETS


class City(NamedTuple):
    """A city, its area code for phones, and other spellings of its name."""

    name: str
    region: str
    area: str
    spellings: tuple[str, ...]


class Place(NamedTuple):
    """One dwelling or office. In Colombia `number` is the crossing and the plate."""

    kind: str
    street: str
    number: str
    unit: str
    city: City


_KINDS = {
    "CL": ("", "", "Av.", "Pasaje", "Calle"), "MX": ("Calle", "Av.", "Calle", "Blvd."),
    "CO": ("Calle", "Carrera", "Carrera"), "PE": ("Jr.", "Av.", "Calle"), "AR": ("", "", "", "Av."),
    "BR": ("Rua", "Rua", "Avenida"), "EC": ("Calle", "Av.", "Calle"),
}  # fmt: skip
_SHORTER = {
    "Av.": ("Avenida", "AV", "Avda."), "Calle": ("C/", "Cl", "Calle"), "Carrera": ("Cra", "Cra.", "Kr", "CR"),
    "Jr.": ("Jiron", "JR", "Jirón"), "Pasaje": ("Psje.", "Pje", "PJE"), "Rua": ("R.", "R", "RUA"),
    "Avenida": ("Av.", "AV"), "Blvd.": ("Boulevard", "BLVD"),
}  # fmt: skip
_UNIT = {
    "BR": ("apto ", "ap. ", "Apto "),
    "AR": ("Dto ", "Depto ", "dpto. "),
    "CO": ("Apto ", "Ap "),
    "PE": ("Dpto. ", "Dpto "),
}
_UNIT_ELSEWHERE = ("Depto ", "Dpto. ", "Dep. ")


def _cities(country: str) -> tuple[City, ...]:
    rows = (line.split("|") for line in CITIES[country].splitlines())
    found = [City(name, region, area, tuple(filter(None, others.split(";")))) for name, region, area, others in rows]
    return weighted({city: 1 / (rank + 2.5) for rank, city in enumerate(found)})


_CITIES = {country: _cities(country) for country in CITIES}
_STREETS = {language: by_rank(text.split("|"), head=25) for language, text in STREETS.items()}


def draw_city(dice: Dice, country: str) -> City:
    """A city, the large ones more often."""
    return dice.one(_CITIES[country])


def draw_place(dice: Dice, country: str, city: City) -> Place:
    """An address in that city; two in five are flats."""
    kind = dice.one(_KINDS[country])
    unit = dice.digits(3).lstrip("0") if dice.chance(0.4) else ""
    if country == "CO":
        number = f"{dice.between(1, 150)}-{dice.between(1, 99):02d}"
        return Place(kind, str(dice.between(1, 180)), number, unit, city)
    street = dice.one(_STREETS["PT" if country == "BR" else "ES"])
    return Place(kind, street, str(int(10 ** (2 + 1.9 * dice.random()))), unit, city)


def write_street(dice: Dice, place: Place, country: str) -> str:
    """The first line of the address, in one of the ways people write it."""
    kind = place.kind
    if kind and dice.chance(0.45):
        kind = dice.one(_SHORTER[kind])
    unit = f"{dice.one(_UNIT.get(country, _UNIT_ELSEWHERE))}{place.unit}" if place.unit and dice.chance(0.8) else ""
    if country == "CO":
        mark = dice.one((" # ", " # ", " No. ", " #", " N "))
        street = f"{kind} {place.street}{mark}{place.number.replace('-', dice.one(('-', '-', ' - ')))}"
    else:
        mark = dice.one((" ", " ", " ", " # ", " N° ")) if country != "BR" else dice.one((", ", ", ", " ", ", nº "))
        street = f"{kind} {place.street}{mark}{place.number}".strip()
    return f"{street}{', ' if country == 'BR' else ' '}{unit}" if unit else street


def write_city(dice: Dice, city: City) -> str:
    """The city as people write it."""
    return dice.one(city.spellings) if city.spellings and dice.chance(0.2) else city.name
