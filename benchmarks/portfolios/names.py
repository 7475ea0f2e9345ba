"""Names of persons: drawn as frequently as people bear them. Nothing about how a system writes them."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.portfolios import names_portuguese as portuguese
from benchmarks.portfolios import names_spanish as spanish
from benchmarks.portfolios.dice import Dice, by_rank


class PersonName(NamedTuple):
    """A person's full name. The decisive surname comes first in Spanish and last in Portuguese.

    `suffix` tells a Brazilian son from his father; `married` is the husband's surname, borne behind "de".
    """

    given: tuple[str, ...]
    surnames: tuple[str, ...]
    female: bool
    suffix: str = ""
    married: str = ""


class _Stock(NamedTuple):
    men: tuple[str, ...]
    women: tuple[str, ...]
    second_men: tuple[str, ...]
    second_women: tuple[str, ...]
    surnames: tuple[str, ...]


def _spanish(country: str) -> _Stock:
    first = spanish.FIRST_SURNAMES[country].split()
    return _Stock(
        by_rank(spanish.MEN, head=6), by_rank(spanish.WOMEN, head=6), by_rank(spanish.SECOND_MEN, head=6),
        by_rank(spanish.SECOND_WOMEN, head=6), by_rank([*first, *spanish.SURNAMES], head=9),
    )  # fmt: skip


_BRAZIL = _Stock(
    by_rank(portuguese.MEN, head=6), by_rank(portuguese.WOMEN, head=6), by_rank(portuguese.SECOND_MEN, head=6),
    by_rank(portuguese.SECOND_WOMEN, head=6), by_rank(portuguese.SURNAMES, head=5),
)  # fmt: skip
_STOCKS = {**{country: _spanish(country) for country in spanish.FIRST_SURNAMES}, "BR": _BRAZIL}
_TWO_GIVEN = {"BR": 0.45}


def draw_given(dice: Dice, country: str, *, female: bool) -> tuple[str, ...]:
    """One or two given names."""
    stock = _STOCKS[country]
    first = dice.one(stock.women if female else stock.men)
    if not dice.chance(_TWO_GIVEN.get(country, 0.68)):
        return (first,)
    second = dice.one(stock.second_women if female else stock.second_men)
    return (first, second) if second != first else (first,)


def draw_surname(dice: Dice, country: str) -> str:
    """One surname, particles included."""
    return dice.one(_STOCKS[country].surnames)


def draw_name(dice: Dice, country: str, *, female: bool) -> PersonName:
    """A whole name with two surnames (in Brazil sometimes one)."""
    surnames: tuple[str, ...] = (draw_surname(dice, country), draw_surname(dice, country))
    if country == "BR" and dice.chance(0.3):
        surnames = surnames[:1]
    return PersonName(draw_given(dice, country, female=female), surnames, female)


def child_surnames(father: PersonName, mother: PersonName, country: str) -> tuple[str, ...]:
    """In Spanish the first surname of each; in Portuguese the mother's last, then the father's last."""
    if country == "BR":
        return (mother.surnames[-1], father.surnames[-1])
    return (father.surnames[0], mother.surnames[0])
