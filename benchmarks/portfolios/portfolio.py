"""The portfolio: parties drawn group by group and written by the systems that know them. No files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.portfolios.dice import Dice
from benchmarks.portfolios.groups import COUNTRIES, GROUPS
from benchmarks.portfolios.parties import Party
from benchmarks.portfolios.systems import SUBSETS, TWICE, System
from benchmarks.portfolios.writing import write_record


class Written(NamedTuple):
    """One row as a system holds it, and the truth about it. `group` is 0 outside the groups of look-alikes."""

    system: str
    cells: tuple[str, ...]
    entity: int
    hard_kind: str
    group: int


def draw_portfolio(seed: int) -> Iterator[tuple[Party, int, int, list[Written]]]:
    """Party after party without end: the party, its number, the number of its group (or 0) and its rows."""
    dice = Dice(seed)
    entity = group = 0
    while True:
        parties = dice.one(GROUPS)(dice, dice.one(COUNTRIES))
        group += 1
        for party in parties:
            entity += 1
            number = group if party.hard_kind else 0
            rows = [
                Written(system.name, write_record(dice, party, system), entity, party.hard_kind, number)
                for system in _known_in(dice)
            ]
            yield party, entity, number, rows


def _known_in(dice: Dice) -> Iterator[System]:
    for system in dice.one(SUBSETS):
        yield system
        if dice.chance(TWICE):
            yield system
