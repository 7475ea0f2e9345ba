"""Names of companies: drawn, and the ways people write them. No groups, no contact points."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.portfolios import names
from benchmarks.portfolios.company_tables import (
    BRANDS_ES,
    BRANDS_PT,
    LEGAL_FORMS,
    SHORT_TRADES,
    TAILS,
    TRADES_ES,
    TRADES_PT,
)
from benchmarks.portfolios.dice import Dice, by_rank


class CompanyName(NamedTuple):
    """Trade, brand, tail ("del Sur", "Dos") and the ways its legal form is written.

    `personal`: it bears its owner's whole name, and only the legal form tells the two apart.
    """

    trade: str
    brand: str
    tail: str
    forms: tuple[str, ...]
    personal: bool = False


_TRADES = {"ES": by_rank(TRADES_ES, head=8), "PT": by_rank(TRADES_PT, head=8)}
_BRANDS = {"ES": by_rank(BRANDS_ES, head=40), "PT": by_rank(BRANDS_PT, head=20)}


def language(country: str) -> str:
    """The language its companies are named in."""
    return "PT" if country == "BR" else "ES"


def draw_trade(dice: Dice, country: str) -> str:
    """What the company does."""
    return dice.one(_TRADES[language(country)])


def draw_brand(dice: Dice, country: str) -> str:
    """What the company is called: a word, or one or two surnames of the founders."""
    kind = dice.random()
    if kind < 0.45:
        return dice.one(_BRANDS[language(country)])
    if kind < 0.6:
        return f"{dice.one(_BRANDS[language(country)])} {names.draw_surname(dice, country)}"
    first, second = names.draw_surname(dice, country), names.draw_surname(dice, country)
    return f"{first} {second}" if kind < 0.85 else f"{first} {'e' if country == 'BR' else 'y'} {second}"


def draw_forms(dice: Dice, country: str) -> tuple[str, ...]:
    """One legal form of the country, in all its spellings."""
    return dice.one(LEGAL_FORMS[country])


def draw_company_name(dice: Dice, country: str) -> CompanyName:
    """A company's name."""
    tail = dice.one(TAILS[language(country)]) if dice.chance(0.3) else ""
    return CompanyName(draw_trade(dice, country), draw_brand(dice, country), tail, draw_forms(dice, country))


def write_company(dice: Dice, name: CompanyName, *, formal: float) -> str:
    """The name as typed; `formal` is the share with the legal form, the others may also shorten the trade."""
    trade = name.trade
    if dice.chance(0.16):
        trade = SHORT_TRADES.get(trade, trade)
    words = [trade, name.brand, name.tail if not name.tail or dice.chance(0.93) else ""]
    if dice.chance(max(formal, 0.85) if name.personal else formal):
        words.append(dice.one(name.forms) if dice.chance(0.5) else name.forms[0])
    return " ".join(filter(None, words))
