"""How many of a portfolio's candidate pairs are one debtor, where no label tells. Changes the prior odds only.

Bayes with unknown class shares (Saerens, Latinne and Decaestecker, 2002): the mean posterior chance is the share, and
the share moves every posterior. Levels keep their weights, so nothing new is learnt about what evidence means.
"""

from __future__ import annotations

import numpy as np

from dedup.rows import Array

_ROUNDS = 50
_MOST, _LEAST = 1.0, -8.0  # bits: however clean the portfolio, a pair is looked at before it is believed


def prior_of(scores: Array, *, start: float) -> float:
    """The prior bits under which the mean posterior of pairs scored with `start` bits of prior is the prior itself."""
    if len(scores) == 0:
        return start
    evidence = scores.astype(np.float64) - start
    prior = start
    for _ in range(_ROUNDS):
        chance = float(np.mean(1.0 / (1.0 + np.exp2(-np.clip(evidence + prior, -60, 60)))))
        chance = min(max(chance, 2.0**_LEAST), 1 - 1e-9)
        found = min(max(float(np.log2(chance / (1 - chance))), _LEAST), _MOST)
        if abs(found - prior) < 1e-3:
            break
        prior = found
    return prior
