"""Weights learnt from pairs whose valid tax ids say what they are, and from stewards' rulings. Applies nothing.

The tax id labels the pairs, so its own weights are not learnt but estimated from how often numbers are mistyped. The
other fields are fitted together (logistic regression with the shipped weights as prior), because evidence that
travels together must not count twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from dedup.evidence_levels import FIELDS, NAMES, RARITIES, Compared
from dedup.model import Model, Weights
from dedup.rows import Array

LEAST = 200  # labelled matches and non-matches, below which the shipped weights stay
_LEARNT = ("given", "surname", "company", "contact", "place", "birth_date")
_RIDGE = 1.5  # pseudo-observations of the shipped weights
_PRIOR_RIDGE = 15.0  # where no name is ever missing, the prior and what a missing name says cannot be told apart
_SLOPE_RIDGE = 60.0  # a slope applies to some ten bits at once
_HALVINGS = 8
_ROUNDS = 12
_TO_BITS = 1.0 / np.log(2.0)
_CHUNK = 16_384


@dataclass(frozen=True, slots=True)
class Labelled:
    """Compared pairs with their labels: 1 one debtor, 0 two; a steward's ruling weighs more than an id."""

    compared: Compared
    same: Array
    weight: Array


@dataclass(frozen=True, slots=True)
class Trained:
    """The model, and in words what was learnt or why not."""

    model: Model
    note: str
    taught: frozenset[str]  # the kinds of party whose weights were learnt


def train(labelled: Labelled, *, start: Model) -> Trained:
    """The model fitted to labelled pairs, by kind of party; `start` stays where there are too few of them."""
    kinds: dict[str, Weights] = {"person": start.person, "company": start.company}
    notes: list[str] = []
    counts: dict[str, int] = {}
    taught: set[str] = set()
    shares = dict(start.shares)
    for name, which in (("person", ~labelled.compared.company), ("company", labelled.compared.company)):
        at = np.flatnonzero(which)
        same = int(labelled.same[at].sum())
        counts |= {f"{name}_matches": same, f"{name}_non_matches": len(at) - same}
        if min(same, len(at) - same) < LEAST:
            notes.append(
                f"{name}: {same} labelled matches and {len(at) - same} non-matches, fewer than {LEAST}; shipped weights"
            )
            continue
        kinds[name] = fit(labelled, at, kinds[name])
        shares[name] = float(np.log2(same / (len(at) - same)))
        taught.add(name)
        notes.append(f"{name}: trained on {same} matches and {len(at) - same} non-matches")
    model = replace(
        start, person=kinds["person"], company=kinds["company"], source="; ".join(notes), counts=counts,
        shares=shares, fingerprint=_fingerprint(labelled),
    )  # fmt: skip
    return Trained(model, model.source, frozenset(taught))


def fit(labelled: Labelled, at: Array, start: Weights, *, firmness: float = _RIDGE) -> Weights:
    """Newton's steps on the penalised likelihood, halved until it grows.

    The penalty pulls towards `start`, as if that were `firmness` observations of each level.
    """
    layout = _Layout(start, firmness)
    problem = _Problem(labelled, at, layout, prior=layout.vector(start) / _TO_BITS)
    weights = problem.prior.copy()
    loss, gradient, hessian = problem.at(weights)
    for _ in range(_ROUNDS):
        step = np.linalg.solve(hessian, gradient)
        tried = problem.at(weights + step)
        for _ in range(_HALVINGS):
            if tried[0] <= loss:
                break
            step /= 2
            tried = problem.at(weights + step)
        better = loss - tried[0]
        weights, (loss, gradient, hessian) = weights + step, tried
        if better < 1e-3:
            break
    return layout.weights(weights * _TO_BITS, start)


class _Problem:
    """The penalised loss of weights (natural logarithms) on labelled pairs, with its slope and curvature."""

    def __init__(self, labelled: Labelled, at: Array, layout: _Layout, *, prior: Array) -> None:
        self.prior = prior
        self.penalty = layout.penalties()
        self.parts = [at[begin : begin + _CHUNK] for begin in range(0, len(at), _CHUNK)]
        self.labelled, self.layout = labelled, layout

    def at(self, weights: Array) -> tuple[float, Array, Array]:
        """Loss, the downhill direction, and the curvature."""
        away = self.prior - weights
        loss, gradient, hessian = float((self.penalty * away**2).sum() / 2), self.penalty * away, np.diag(self.penalty)
        for part in self.parts:
            matrix = self.layout.matrix(self.labelled.compared, part)
            weight, same = self.labelled.weight[part], self.labelled.same[part]
            score = np.clip(matrix @ weights, -40, 40)
            likely = 1.0 / (1.0 + np.exp(-score))
            loss += float((weight * (np.logaddexp(0, score) - same * score)).sum())
            gradient = gradient + matrix.T @ (weight * (same - likely))
            hessian = hessian + matrix.T @ (matrix * (weight * likely * (1 - likely))[:, None])
        return loss, gradient, hessian


class _Layout:
    """Which place of a vector holds the weight of which level; the first level of a field says nothing and has none."""

    def __init__(self, start: Weights, firmness: float) -> None:
        self.firmness = firmness
        self.slopes = [name for name in RARITIES if name in start.slopes]
        self.offsets: Mapping[str, int] = {}
        at = 0
        offsets = {}
        for name in _LEARNT:
            offsets[name] = at
            at += len(FIELDS[name]) - 1
        self.offsets, self.size = offsets, at + len(self.slopes) + 1

    def penalties(self) -> Array:
        """How firmly each weight holds to the shipped one."""
        found = np.full(self.size, self.firmness)
        found[self.size - 1 - len(self.slopes) :] = _SLOPE_RIDGE
        found[-1] = _PRIOR_RIDGE
        return found

    def vector(self, weights: Weights) -> Array:
        """The learnt weights in one vector; slopes and prior last."""
        parts = [weights.fields[name][1:] for name in _LEARNT]
        return np.concatenate([*parts, [weights.slopes[name] for name in self.slopes], [weights.prior]])

    def weights(self, vector: Array, start: Weights) -> Weights:
        """The weights in a vector; fields that are not learnt stay."""
        fields = dict(start.fields)
        for name in _LEARNT:
            at = self.offsets[name]
            fields[name] = np.concatenate([[0.0], vector[at : at + len(FIELDS[name]) - 1]])
        first = self.size - 1 - len(self.slopes)
        slopes = {name: max(0.0, float(vector[first + k])) for k, name in enumerate(self.slopes)}
        return Weights(float(vector[-1]), fields, slopes)

    def matrix(self, compared: Compared, at: Array) -> Array:
        """One row a pair: which level holds, rarity by field, and a one for the prior."""
        found = np.zeros((len(at), self.size))
        rows = np.arange(len(at))
        for name in _LEARNT:
            level = compared.levels[at, NAMES.index(name)].astype(np.int64)
            said = level > 0
            found[rows[said], self.offsets[name] + level[said] - 1] = 1.0
        first = self.size - 1 - len(self.slopes)
        for k, name in enumerate(self.slopes):
            found[:, first + k] = compared.rarity[at, RARITIES.index(name)]
        found[:, -1] = 1.0
        return found


def _fingerprint(labelled: Labelled) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(labelled.compared.levels).tobytes())
    digest.update(np.ascontiguousarray(labelled.same).tobytes())
    return digest.hexdigest()[:16]
