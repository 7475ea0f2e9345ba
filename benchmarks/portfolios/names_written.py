"""The ways a person's name is written by each system: order, gaps, nicknames, abbreviations, cuts and slips."""

from __future__ import annotations

from benchmarks.portfolios import names_portuguese as portuguese
from benchmarks.portfolios import names_spanish as spanish
from benchmarks.portfolios.dice import Dice
from benchmarks.portfolios.names import PersonName
from benchmarks.portfolios.systems import Style, System
from benchmarks.portfolios.text import plain, slip


def write_person(dice: Dice, name: PersonName, country: str, system: System) -> tuple[str, str, str]:
    """The cells full name, given names and surnames as this system holds them."""
    given, surnames = _parts(dice, name, country, system)
    if dice.chance(system.name_slips):
        target = given if dice.chance(0.5) else surnames
        place = dice.between(0, len(target) - 1)
        target[place] = slip(dice, target[place])
    first, last = " ".join(given), " ".join(surnames)
    match system.style:
        case Style.FULL:
            full = f"{first} {last}"
            return (full.upper() if dice.chance(0.25) else full), "", ""
        case Style.SPLIT:
            if dice.chance(0.25):
                first, last = plain(first), plain(last)
            return ("", last, first) if dice.chance(0.012) else ("", first, last)
        case Style.SHOUTED:
            return plain(f"{last} {first}").upper()[:30].rstrip(), "", ""
        case Style.SPOKEN:
            full = f"{first} {last}"
            return (full.lower() if dice.chance(0.3) else full), "", ""
        case Style.TYPED:
            draw = dice.random()
            full = f"{first} {last}" if draw < 0.6 else f"{last}, {first}" if draw < 0.75 else f"{last} {first}"
            return (plain(full) if dice.chance(0.5) else full), "", ""
        case Style.CUT:
            return plain(f"{last} {first}").upper()[:20].rstrip(), "", ""


def _parts(dice: Dice, name: PersonName, country: str, system: System) -> tuple[list[str], list[str]]:
    brazilian = country == "BR"
    given, surnames = list(name.given), list(name.surnames)
    if len(given) > 1 and dice.chance(system.one_given):
        given = given[1:] if dice.chance(0.08) else given[:1]
    elif len(given) > 1 and dice.chance(0.08):
        given[1] = given[1][0].upper() + dice.one((".", ""))
    if dice.chance(system.nickname):
        nicknames = portuguese.NICKNAMES if brazilian else spanish.NICKNAMES
        given = [dice.one(nicknames[given[0]])] if given[0] in nicknames else given
    if len(surnames) > 1 and dice.chance(system.one_surname):
        surnames = surnames[-1:] if brazilian else surnames[:1]
    elif name.married and dice.chance(0.5):
        surnames = [surnames[0], f"de {name.married}"]
    elif len(surnames) > 1 and dice.chance(0.02):
        surnames.reverse()
    if name.suffix and dice.chance(0.85):
        surnames.append(name.suffix)
    if dice.chance(system.abbreviated):
        shorter = portuguese.ABBREVIATIONS if brazilian else spanish.ABBREVIATIONS
        given = [shorter.get(word, word) for word in given]
        surnames = [shorter.get(word, word) for word in surnames]
    return given, surnames
