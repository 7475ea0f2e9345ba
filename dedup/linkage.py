"""Which records are one debtor: constrained average linkage inside components. Scores come in, partitions go out.

Two groups are joined while the mean score of the pairs across them is the highest of the component and at least the
automatic cut, and no pair across them is barred. Every pair of a component is scored, so bars hold in the final
clusters whatever the chain of edges. Positions must be in an order of their own (that of record keys): ties go to the
earlier ones, and the order of arrival plays no part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dedup.model import Bands
from dedup.rows import Array

LARGEST = 256  # records of one component that are compared all with all
_STEP = 2.0  # bits by which the cut rises until a component falls into such parts
_BEST = 0.35  # how far contact points count by their best pair rather than by their mean
JOINED, BARRED = 60.0, -60.0


@dataclass(frozen=True, slots=True)
class Edges:
    """Scored pairs (n, 2), smaller position first and each once; `barred` pairs may never share a cluster."""

    pairs: Array
    bits: Array
    contact: Array  # the part of the bits that contact points add
    barred: Array

    def where(self, kept: Array | slice) -> Edges:
        """Only these edges."""
        return Edges(self.pairs[kept], self.bits[kept], self.contact[kept], self.barred[kept])


@dataclass(frozen=True, slots=True)
class Partition:
    """The cluster of each record, named by its first member, and the pairs of clusters a person should look at.

    `waiting` (n, 2) are first members of two clusters, `waiting_bits` the mean score across them.
    """

    cluster: Array
    waiting: Array
    waiting_bits: Array


Score = Callable[[Array], Edges]


def link(size: int, edges: Edges, *, bands: Bands, score: Score, average: bool = True) -> Partition:
    """The clusters of `size` records; `score` scores pairs of positions that have no edge yet."""
    useful = ~edges.barred & (edges.bits >= bands.review)
    components = components_of(size, edges.pairs[useful])
    components = _bounded(components, edges, useful, bands.review)
    members, starts, sizes = _grouped(components)
    if not average:
        strong = useful & (edges.bits >= bands.automatic)
        return Partition(components_of(size, edges.pairs[strong]), np.zeros((0, 2), np.int32), np.zeros(0))
    cluster = np.arange(size, dtype=np.int32)
    waiting: list[tuple[int, int]] = []
    waiting_bits: list[float] = []
    all_pairs, owner = _all_pairs(members, starts, sizes)
    found = _completed(all_pairs, edges, score)
    bounds = np.searchsorted(owner, np.arange(len(starts) + 1))
    whole = _all_above(found, bounds, bands.automatic)
    rooted = np.repeat(members[starts], sizes)
    at = np.repeat(whole, sizes)
    cluster[members[at]] = rooted[at]
    pairs_only = ~whole & (sizes == 2)
    of_two = bounds[:-1][pairs_only]
    for index in np.flatnonzero(~whole & (sizes > 2)):
        group = members[starts[index] : starts[index] + sizes[index]]
        part = slice(bounds[index], bounds[index + 1])
        groups, pending = agglomerate(len(group), found.where(part), bands)
        for joined in groups:
            cluster[group[joined]] = group[joined[0]]
        waiting += [(int(group[a]), int(group[b])) for a, b, _ in pending]
        waiting_bits += [mean for _, _, mean in pending]
    of_two = of_two[~found.barred[of_two] & (found.bits[of_two] >= bands.review)]
    asked = np.concatenate([all_pairs[of_two], np.array(waiting, np.int32).reshape(-1, 2)])
    return Partition(cluster, asked, np.concatenate([found.bits[of_two], np.array(waiting_bits)]))


def agglomerate(size: int, edges: Edges, bands: Bands) -> tuple[list[list[int]], list[tuple[int, int, float]]]:
    """Groups of positions 0..size-1 and the pairs of groups left for a person; edges in `np.triu_indices` order.

    Names and numbers of two groups count by their mean: one party has one of each, seen several times. Contact points
    count by the best pair: one party has several, and to share one with any of its records is to share it.
    """
    rest, contact = np.zeros((size, size)), np.full((size, size), -np.inf)
    upper = np.triu_indices(size, 1)
    rest[upper] = np.where(edges.barred, -np.inf, edges.bits - _BEST * edges.contact)
    contact[upper] = _BEST * edges.contact
    rest, contact = rest + rest.T, np.maximum(contact, contact.T)
    forced = np.zeros((size, size), dtype=bool)
    forced[upper] = edges.bits >= JOINED
    forced |= forced.T
    np.fill_diagonal(rest, -np.inf)
    np.fill_diagonal(contact, 0.0)
    counts, alive = np.ones(size), np.ones(size, dtype=bool)
    groups: dict[int, list[int]] = {n: [n] for n in range(size)}
    while True:
        mean = np.where(forced & np.isfinite(rest), JOINED, rest / np.outer(counts, counts) + contact)
        found = _next_union(mean, alive, bands.automatic)
        if found is None:
            break
        first, second = found
        groups[first] = sorted(groups[first] + groups.pop(second))
        rest[first] += rest[second]
        contact[first] = np.maximum(contact[first], contact[second])
        forced[first] |= forced[second]
        forced[:, first] = forced[first]
        forced[second] = forced[:, second] = forced[first, first] = False
        rest[:, first], contact[:, first] = rest[first], contact[first]
        rest[second] = rest[:, second] = rest[first, first] = -np.inf
        contact[second] = contact[:, second] = contact[first, first] = 0.0
        counts[first] += counts[second]
        alive[second] = False
    pending = [
        (members[0], other[0], float(mean[i, j]))
        for i, members in groups.items()
        for j, other in groups.items()
        if i < j and mean[i, j] >= bands.review
    ]
    return list(groups.values()), pending


def _next_union(mean: Array, alive: Array, cut: float) -> tuple[int, int] | None:
    """The two groups that fit best, unless either fits another almost as well that bars the first.

    Such rivals exclude each other, so the chance of one is the less the likelier the other: a record that fits
    father and son alike is for a person to place.
    """
    size = len(mean)
    left = mean
    while True:
        first, second = sorted(divmod(int(left.argmax()), size))
        best = float(left[first, second])
        if not best >= cut:
            return None
        rivals = np.concatenate((_rivals(mean, alive, first, second), _rivals(mean, alive, second, first)))
        if len(rivals) == 0 or best >= JOINED or best - np.logaddexp2(0.0, rivals.max()) >= cut:
            return first, second
        left = left.copy() if left is mean else left
        left[first, second] = left[second, first] = -np.inf


def _rivals(mean: Array, alive: Array, first: int, second: int) -> Array:
    """How well the first group fits the groups that bar the second."""
    fits = mean[first]
    found: Array = fits[alive & (mean[second] == -np.inf) & (fits > -np.inf) & (np.arange(len(mean)) != second)]
    return found


def components_of(size: int, pairs: Array) -> Array:
    """The smallest position reachable from each, by pointer jumping."""
    root = np.arange(size, dtype=np.int64)
    left, right = pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)
    while len(left):
        low, high = np.minimum(root[left], root[right]), np.maximum(root[left], root[right])
        open_ = low != high
        left, right, low, high = left[open_], right[open_], low[open_], high[open_]
        np.minimum.at(root, high, low)
        while True:
            jumped = root[root]
            if np.array_equal(jumped, root):
                break
            root = jumped
    return root.astype(np.int32)


def _bounded(components: Array, edges: Edges, useful: Array, cut: float) -> Array:
    """The components, those too large cut at ever higher scores until they are not."""
    while True:
        _, inverse, sizes = np.unique(components, return_inverse=True, return_counts=True)
        large = sizes[inverse] > LARGEST
        if not large.any():
            return components
        cut += _STEP
        useful = useful & ((edges.bits >= cut) | ~large[edges.pairs[:, 0]])
        components = components_of(len(components), edges.pairs[useful])
        if cut > JOINED:
            return np.where(large, np.arange(len(components), dtype=np.int32), components)


def _grouped(components: Array) -> tuple[Array, Array, Array]:
    """Members of the components of two and more, in order; where each begins, and its size."""
    sizes = np.bincount(components, minlength=len(components))
    together = np.flatnonzero(sizes[components] > 1)
    members = together[np.lexsort((together, components[together]))]
    roots = components[members]
    starts = np.flatnonzero(np.concatenate(([True], roots[1:] != roots[:-1]))) if len(members) else np.zeros(0, int)
    return members.astype(np.int32), starts, np.diff(np.append(starts, len(members)))


def _all_pairs(members: Array, starts: Array, sizes: Array) -> tuple[Array, Array]:
    """Every pair inside every component in the order of components, and the component of each."""
    pairs, owner = [np.zeros((0, 2), np.int32)], [np.zeros(0, np.int64)]
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        block = members[starts[which][:, None] + np.arange(size)[None, :]]
        i, j = np.triu_indices(int(size), 1)
        pairs.append(np.stack([block[:, i].ravel(), block[:, j].ravel()], 1))
        owner.append(np.repeat(which, len(i)))
    order = np.argsort(np.concatenate(owner), kind="stable")
    return np.concatenate(pairs)[order], np.concatenate(owner)[order]


def _completed(pairs: Array, edges: Edges, score: Score) -> Edges:
    """The edges of these pairs: those there are, and the rest computed."""
    codes, known = _codes(pairs), _codes(edges.pairs)
    at = np.minimum(np.searchsorted(known, codes), max(len(known) - 1, 0))
    found = known[at] == codes if len(known) else np.zeros(len(codes), dtype=bool)
    bits, contact = np.full(len(pairs), BARRED), np.zeros(len(pairs))
    barred = np.zeros(len(pairs), dtype=bool)
    bits[found], contact[found], barred[found] = (
        edges.bits[at[found]], edges.contact[at[found]], edges.barred[at[found]],
    )  # fmt: skip
    missing = np.flatnonzero(~found)
    if len(missing):
        rest = score(pairs[missing])
        bits[missing], contact[missing], barred[missing] = rest.bits, rest.contact, rest.barred
    return Edges(pairs, bits, contact, barred)


def _codes(pairs: Array) -> Array:
    return (pairs[:, 0].astype(np.uint64) << np.uint64(32)) | pairs[:, 1].astype(np.uint64)


def _all_above(edges: Edges, bounds: Array, cut: float) -> Array:
    """Whether no pair of a component is barred or below the cut: then it is one cluster."""
    if len(bounds) < 2:
        return np.zeros(0, dtype=bool)
    bad = np.concatenate(([0], np.cumsum(edges.barred | (edges.bits < cut))))
    found: Array = bad[bounds[1:]] == bad[bounds[:-1]]
    return found
