"""The short ways of linkage end where joining step by step ends."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.linkage import Edges, agglomerate, components_of, link
from dedup.model import Bands
from dedup.rows import Array

BANDS = Bands(2.5, -1.0)


@pytest.mark.parametrize("seed", range(8))
def test_components_that_fall_apart_clearly_are_what_joining_step_by_step_makes_of_them(seed: int) -> None:
    dice = np.random.default_rng(seed)
    for _ in range(150):
        size = int(dice.integers(3, 8))
        pairs = np.stack(np.triu_indices(size, 1), 1).astype(np.int32)
        side = dice.integers(0, int(dice.integers(1, 4)), size)
        together = side[pairs[:, 0]] == side[pairs[:, 1]]
        spread = dice.choice((1.0, 4.0))
        bits = np.where(together, 6.0, -8.0) + dice.normal(0, spread, len(pairs))
        contact = np.where(dice.random(len(pairs)) < 0.5, dice.uniform(0, 6, len(pairs)), 0.0)
        edges = Edges(pairs, bits.astype(np.float32), contact.astype(np.float32), dice.random(len(pairs)) < 0.1)
        found = link(size, edges, bands=BANDS, score=_none)
        expected = _step_by_step(size, edges)
        assert found.cluster.tolist() == expected


def _none(pairs: Array) -> Edges:
    raise AssertionError("every pair has an edge")


def _step_by_step(size: int, edges: Edges) -> list[int]:
    """The clusters of each component by agglomeration alone."""
    useful = ~edges.barred & (edges.bits >= BANDS.review)
    component = components_of(size, edges.pairs[useful])
    cluster = list(range(size))
    for root in set(component.tolist()):
        members = np.flatnonzero(component == root)
        inside = np.isin(edges.pairs, members).all(1)
        if len(members) < 2:
            continue
        groups, _ = agglomerate(len(members), edges.where(inside), BANDS)
        for group in groups:
            for at in group:
                cluster[int(members[at])] = int(members[group[0]])
    return cluster
