"""Records of one number, however many: they are one party without being compared pair by pair. Scores nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.party_profile import IDS, VALID, WELL_FORMED
from dedup.rows import Array, Columns, combine

SPOKESMEN = 4  # records of one number that are compared for all of them, where a component is large


@dataclass(frozen=True, slots=True)
class SameNumber:
    """Pairs of positions that one number ties together, in chains, and the records that must speak for themselves."""

    pairs: Array
    telling: Array


NOBODY = SameNumber(np.zeros((0, 2), np.int64), np.zeros(0, bool))


def same_number(columns: Columns) -> SameNumber:
    """Who shares a valid identifier, or one without checksum and the whole name. Generic numbers must be blanked.

    A record that states two different valid numbers of one kind is tied to nobody. The first record of each valid
    number is `telling`: what a group may not be joined with hangs on the numbers in it.
    """
    valid, at = _numbers(columns, VALID)
    stated, held = _numbers(columns, WELL_FORMED)
    named = columns.names[held, 0] != 0
    keys = np.concatenate([valid, combine(stated[named], columns.names[held[named], 0])])
    holders = np.concatenate([at, held[named]])
    telling = np.zeros(len(columns), dtype=bool)
    if len(valid):
        telling[at[np.unique(valid, return_index=True)[1]]] = True
    return SameNumber(_chains(keys, holders), telling)


def twofold(columns: Columns) -> Array:
    """Records that state two different valid ids of one space: nobody knows whose they are."""
    found = np.zeros(len(columns), dtype=bool)
    for i in range(IDS - 1):
        for j in range(i + 1, IDS):
            both = (columns.id_proof[:, i] == VALID) & (columns.id_proof[:, j] == VALID)
            same_space = columns.id_space[:, i] == columns.id_space[:, j]
            found |= both & same_space & (columns.id_text[:, i] != columns.id_text[:, j])
    return found


def _numbers(columns: Columns, proof: int) -> tuple[Array, Array]:
    record, slot = np.nonzero((columns.id_proof == proof) & ~twofold(columns)[:, None])
    return columns.id_hash[record, slot], record


def _chains(keys: Array, holders: Array) -> Array:
    """Each holder of a key with the next."""
    order = np.lexsort((holders, keys))
    keys, holders = keys[order], holders[order].astype(np.int64)
    tied = np.flatnonzero((keys[1:] == keys[:-1]) & (holders[1:] != holders[:-1]))
    return np.stack([holders[tied], holders[tied + 1]], 1)
