"""What a tax number tells of its holder's birth: the date inside it, or the age its place in the series tells.

Mexican numbers hold the date. Registers that number people at birth or at majority (the Chilean RUN, the Argentine and
Peruvian DNI) put people of one age beside each other; how closely is measured on each portfolio. Weighs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.party_profile import IDS, WELL_FORMED, short_hash
from dedup.rows import Array, Columns

_DATED = np.array([short_hash("MX:RFC"), short_hash("MX:CURP")], dtype=np.uint32)
_LEAST = 300  # records with a number and a date of birth, below which a series says nothing
_KNOTS = 33
_HOLDS = 0.9  # share of the holders within the tolerance
_CLOSE = 8.0  # years of tolerance above which a series says nothing
_ZERO, _NINE, _A = 48, 57, 65


@dataclass(frozen=True, slots=True)
class Series:
    """Of one id space: numbers in ascending order, the years of birth they stand for, and how far off those may be."""

    space: int
    numbers: tuple[float, ...]
    years: tuple[float, ...]
    tolerance: float


NumberAges = tuple[Series, ...]


def measure(columns: Columns) -> NumberAges:
    """The series of this portfolio that tell an age."""
    found: list[Series] = []
    person = ~columns.company & (columns.birth != 0)
    for slot in range(IDS):
        at = np.flatnonzero(person & (columns.id_proof[:, slot] >= WELL_FORMED))
        spaces, counts = np.unique(columns.id_space[at, slot], return_counts=True)
        for space in spaces[counts >= _LEAST].tolist():
            these = at[columns.id_space[at, slot] == space]
            numbers, plain = _numbers(columns.id_text[these, slot])
            fitted = _fit(space, numbers[plain], columns.birth[these][plain] / 10_000.0)
            if fitted is not None and all(fitted.space != known.space for known in found):
                found.append(fitted)
    return tuple(sorted(found, key=lambda series: series.space))


def dates_told(columns: Columns) -> Array:
    """The date inside each record's number as YYMMDD, 0 where none holds one."""
    told = np.zeros(len(columns), dtype=np.int64)
    for slot in range(IDS):
        at = np.flatnonzero((columns.id_proof[:, slot] >= WELL_FORMED) & np.isin(columns.id_space[:, slot], _DATED))
        if len(at) == 0:
            continue
        raw = _raw(columns.id_text[at, slot])
        dated = (raw[:, :4] >= _A).all(1) & ((raw[:, 4:10] >= _ZERO) & (raw[:, 4:10] <= _NINE)).all(1)
        value = (raw[:, 4:10].astype(np.int64) - _ZERO) @ (10 ** np.arange(5, -1, -1))
        told[at] = np.where(dated & (told[at] == 0), value, told[at])
    return told


def years_told(columns: Columns, ages: NumberAges) -> tuple[Array, Array]:
    """The year of birth each record's number stands for (not a number where it tells none), and the tolerance."""
    years, tolerance = np.full(len(columns), np.nan), np.zeros(len(columns))
    for series in ages:
        for slot in range(IDS):
            held = (columns.id_space[:, slot] == series.space) & (columns.id_proof[:, slot] >= WELL_FORMED)
            at = np.flatnonzero(held & np.isnan(years))
            if len(at):
                numbers, plain = _numbers(columns.id_text[at, slot])
                inside = plain & (numbers >= series.numbers[0]) & (numbers <= series.numbers[-1])
                years[at[inside]] = np.interp(numbers[inside], series.numbers, series.years)
                tolerance[at] = series.tolerance
    return years, tolerance


def _fit(space: int, numbers: Array, years: Array) -> Series | None:
    """The medians of equal parts of the series; None when too many stand far from them."""
    if len(numbers) < _LEAST:
        return None
    order = np.argsort(numbers, kind="stable")
    parts = [part for part in np.array_split(order, _KNOTS) if len(part)]
    knots = np.array([np.median(numbers[part]) for part in parts])
    middles = np.array([np.median(years[part]) for part in parts])
    knots, kept = np.unique(knots, return_index=True)
    middles = middles[kept]
    off = np.abs(years - np.interp(numbers, knots, middles))
    tolerance = float(np.quantile(off, _HOLDS)) + 1.0
    if tolerance > _CLOSE:
        return None
    return Series(int(space), tuple(knots.tolist()), tuple(middles.round(2).tolist()), round(tolerance, 2))


def _numbers(texts: Array) -> tuple[Array, Array]:
    """Each text as a number, a letter in the last place being a check digit; and whether it is one."""
    raw = _raw(texts)
    size = (raw != 0).sum(1)
    digit = (raw >= _ZERO) & (raw <= _NINE)
    last = np.arange(raw.shape[1])[None, :] >= size[:, None] - 1
    found = np.zeros(len(raw))
    for place in range(raw.shape[1]):
        value = np.where(digit[:, place], raw[:, place].astype(np.float64) - _ZERO, 0.0)
        found = np.where(place < size, found * 10 + value, found)
    plain: Array = (digit | last).all(1) & (size > 0)
    return found, plain


def _raw(texts: Array) -> Array:
    return np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), 18)
