"""How many of a portfolio's candidate pairs are one debtor, where no label tells. Changes the prior odds only.

Bayes with unknown class shares (Saerens, Latinne and Decaestecker, 2002): the mean posterior chance is the share, and
the share moves every posterior. Levels keep their weights, so nothing new is learnt about what evidence means.
"""

from __future__ import annotations

import numpy as np

from dedup.rows import Array

_ROUNDS = 200
_MOST = 8.0  # bits of odds, either way: no portfolio is believed to be all alike
_CLOSE = 1e-4


def shift_of(scores: Array, *, share: float) -> float:
    """The bits to add to every score, given that the weights were learnt where the odds of a match were `share` bits.

    With them added, the mean chance of these pairs is the share of matches that the addition stands for.
    """
    if len(scores) == 0:
        return 0.0
    bits = np.clip(scores.astype(np.float64), -60, 60)
    odds = share
    for _ in range(_ROUNDS):
        chance = float(np.mean(1.0 / (1.0 + np.exp2(-(bits + odds - share)))))
        chance = min(max(chance, 1e-9), 1 - 1e-9)
        found = min(max(float(np.log2(chance / (1 - chance))), -_MOST), _MOST)
        if abs(found - odds) < _CLOSE:
            break
        odds = found
    return odds - share
