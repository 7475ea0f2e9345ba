"""The cuts between automatic, review and no, from labelled pairs. Learns no weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dedup.evidence_levels import NAMES
from dedup.model import Bands, Model, bits_of, with_bands
from dedup.rows import Array
from dedup.training import LEAST, Labelled

CHANCE = 0.87  # of being one debtor, from which a pair needs nobody; most automatic pairs lie far above it
DOUBT = 0.3  # a person is asked from this chance on
_LOWEST, _HIGHEST = 1.5, 8.0  # bits
_NEAR = 8.0  # bits around zero: what far pairs are is no question
_ROUNDS = 30
_TAX_ID = NAMES.index("tax_id")


def calibrate(model: Model, labelled: Labelled) -> Model:
    """The model with cuts that hold on the labelled pairs scored without their tax ids."""
    if min(labelled.same.sum(), (1 - labelled.same).sum()) < LEAST:
        return model
    bits = bits_of(labelled.compared, model)
    scores = bits.sum(1) - bits[:, _TAX_ID]
    return with_bands(model, cuts(scores, labelled.same))


@dataclass(frozen=True, slots=True)
class Held:
    """How a model's cuts do on labelled pairs scored without their tax ids, and the cuts that these pairs would give.

    `precision` is the share of true matches among pairs at or above the automatic cut; `recall` of matches found there.
    """

    matches: int
    non_matches: int
    precision: float
    recall: float
    bands: Bands


def held(model: Model, labelled: Labelled) -> Held | None:
    """Whether the cuts still hold; none when too few pairs are labelled to say."""
    same = labelled.same > 0
    if min(int(same.sum()), int((~same).sum())) < LEAST:
        return None
    bits = bits_of(labelled.compared, model)
    scores = bits.sum(1) - bits[:, _TAX_ID]
    above = scores >= model.bands.automatic
    precision = float(same[above].mean()) if above.any() else 1.0
    recall = float(above[same].mean())
    return Held(int(same.sum()), int((~same).sum()), precision, recall, cuts(scores, labelled.same))


def cuts(scores: Array, same: Array) -> Bands:
    """The scores that stand for the wanted chances, by what labelled pairs of such scores turned out to be."""
    slope, offset = _reading(scores, same)
    automatic, review = ((np.log(chance / (1 - chance)) - offset) / slope for chance in (CHANCE, DOUBT))
    automatic = float(min(max(automatic, _LOWEST), _HIGHEST))
    return Bands(automatic, float(min(review, automatic - 1.0)))


def _reading(scores: Array, same: Array) -> tuple[float, float]:
    """Slope and offset of the logistic curve from score to chance (Platt, 1999), fitted near the cuts."""
    near = np.flatnonzero(np.abs(scores) <= _NEAR)
    matrix = np.stack([scores[near], np.ones(len(near))], 1)
    found = np.array([np.log(2.0), 0.0])  # what bits mean by themselves
    for _ in range(_ROUNDS if len(near) else 0):
        likely = 1.0 / (1.0 + np.exp(-np.clip(matrix @ found, -40, 40)))
        curvature = (matrix * (likely * (1 - likely))[:, None]).T @ matrix + np.eye(2)
        step = np.linalg.solve(curvature, matrix.T @ (same[near] - likely) + (np.array([np.log(2.0), 0.0]) - found))
        found = found + np.clip(step, -0.5, 0.5)
        if np.abs(step).max() < 1e-6:
            break
    return max(float(found[0]), 0.1), float(found[1])
