"""How rare the words of names are in a portfolio, counted. Weighs nothing."""

from __future__ import annotations

import numpy as np

from dedup.model import EIGHTHS, Rarity, salted_words
from dedup.rows import Array, Columns

_LISTED = 200_000  # words; the rest are as rare as unknown ones
_SEEN = 3  # records; a word seen less often may be a slip
_FLOOR = 104  # eighths of a bit: nothing counts as rarer than one name in 8,192


def measure(columns: Columns) -> Rarity:
    """The rarity of every word that is more usual than one record in 8,192 of its kind, smoothed."""
    present = columns.word_hash != 0
    company = np.broadcast_to(columns.company[:, None], present.shape)
    hashes, bits = [], []
    salted = salted_words(columns)
    for which in (False, True):
        words = salted[present & (company == which)]
        records = int((columns.company == which).sum())
        if len(words):
            found, counts = np.unique(words, return_counts=True)
            rarity = _bits(counts, records)
            usual = np.flatnonzero((rarity < _FLOOR) & (counts >= _SEEN))
            hashes.append(found[usual])
            bits.append(rarity[usual])
    if not hashes:
        return Rarity(np.zeros(0, np.uint32), np.zeros(0, np.uint8), _FLOOR)
    together, kept = np.unique(np.concatenate(hashes), return_index=True)
    return Rarity(together[:_LISTED], np.concatenate(bits)[kept][:_LISTED].astype(np.uint8), _FLOOR)


def _bits(counts: Array, records: int) -> Array:
    share = (counts + 1.0) / (records + 2.0)
    return np.clip(np.round(-np.log2(share) * EIGHTHS), 0, _FLOOR).astype(np.uint8)
