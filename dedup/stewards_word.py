"""What stewards said of pairs, in place of what the score says. Learns nothing, decides no cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from dedup.linkage import BARRED, JOINED, Edges
from dedup.rows import Array
from dedup.same_number import SameNumber

NO_PAIRS = np.zeros((0, 2), dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Rulings:
    """Pairs of positions, smaller first, that stewards ruled on."""

    same: Array = field(default_factory=lambda: NO_PAIRS)
    different: Array = field(default_factory=lambda: NO_PAIRS)

    @property
    def pairs(self) -> Array:
        """All of them."""
        return np.concatenate([self.same, self.different])


def ruled(edges: Edges, rulings: Rulings, conflict: Callable[[Array], Array]) -> Edges:
    """Edges that must or may not join. "Same" lifts the bar between person and company, not between two valid ids.

    `conflict` says which pairs hold different valid ids. Every ruled pair must be among the edges.
    """
    if len(rulings.same) + len(rulings.different) == 0:
        return edges
    codes = _codes(edges.pairs)
    bits, contact, barred = edges.bits.copy(), edges.contact.copy(), edges.barred.copy()
    same, different = np.isin(codes, _codes(rulings.same)), np.isin(codes, _codes(rulings.different))
    bits[same], bits[different] = JOINED, BARRED
    contact[same | different] = 0.0
    if same.any():
        barred[same] = conflict(edges.pairs[same])
    barred[different] = True
    return Edges(edges.pairs, bits, contact, barred)


def said_apart(same: SameNumber, rulings: Rulings) -> SameNumber:
    """The same ties, with everybody a steward spoke of speaking for himself."""
    telling = same.telling.copy()
    telling[rulings.pairs.ravel()] = True
    return replace(same, telling=telling)


def _codes(pairs: Array) -> Array:
    return (pairs[:, 0].astype(np.uint64) << np.uint64(32)) | pairs[:, 1].astype(np.uint64)
