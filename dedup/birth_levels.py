"""What dates of birth say, and what a tax number tells of one: one level for each of many pairs. No weights."""

from __future__ import annotations

import numpy as np

from dedup.number_age import NumberAges, dates_told, years_told
from dedup.rows import Array, Columns


def birth_level(left: Columns, right: Columns, ages: NumberAges) -> Array:
    """The dates of birth; where a side has none, what its tax number tells of it."""
    ours, theirs = left.birth, right.birth
    there = (ours != 0) & (theirs != 0)
    level = np.where(there, np.where(ours == theirs, 1, 4), 0).astype(np.uint8)
    at = np.flatnonzero(level == 4)
    if len(at):
        a, b = ours[at].astype(np.int64), theirs[at].astype(np.int64)
        part = (a // 10_000 == b // 10_000) | (a % 10_000 == b % 10_000) | (_digits_apart(a, b) <= 2)
        level[at] = np.where(_slip_of_date(a, b), 2, np.where(part, 3, 4))
    at = np.flatnonzero(~there & ~left.company & ~right.company & ((ours != 0) | (theirs != 0)))
    if len(at):
        level[at] = _birth_by_number(left.take(at), right.take(at), ages)
    return level


def _birth_by_number(left: Columns, right: Columns, ages: NumberAges) -> Array:
    """The date of birth of one side beside the date or the age that the other side's number tells."""
    born = np.maximum(left.birth, right.birth).astype(np.int64)
    other = left.birth == 0
    told = np.where(other, dates_told(left), dates_told(right))
    short = born % 1_000_000
    level = np.where(told == short, 5, np.where(_slip_of_date(told, short), 6, 7))
    level = np.where(told == 0, 0, level)
    if ages:
        (years_l, off_l), (years_r, off_r) = years_told(left, ages), years_told(right, ages)
        years, tolerance = np.where(other, years_l, years_r), np.where(other, off_l, off_r)
        apart = np.abs(years - born / 10_000.0)
        by_age = np.where(apart <= tolerance, 8, np.where(apart > tolerance + 1.0, 9, 0))
        level = np.where((level == 0) & ~np.isnan(years), by_age, level)
    return level.astype(np.uint8)


def _digits_apart(a: Array, b: Array) -> Array:
    differ = np.zeros(len(a), dtype=np.int64)
    for power in range(8):
        differ += (a // 10**power) % 10 != (b // 10**power) % 10
    return differ


def _slip_of_date(a: Array, b: Array) -> Array:
    """Dates as whole numbers that one wrong digit, or day and month in each other's place, make differ."""
    swapped = (a // 10_000 == b // 10_000) & (a % 100 == b // 100 % 100) & (a // 100 % 100 == b % 100)
    found: Array = swapped | (_digits_apart(a, b) == 1)
    return found
