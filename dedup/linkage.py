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
from dedup.same_number import NOBODY, SPOKESMEN, SameNumber
from dedup.scoring import Scores

JOINED, BARRED = 60.0, -60.0  # bits of pairs that no score decides
LARGEST = 256  # records of one component that are compared all with all
_ROOM = 0.5  # bits above the cut that no rival far below doubt can take away
_STEP = 2.0  # bits by which the cut rises until a component falls into such parts
_APART = -4.0  # bits under which two groups are two debtors, of whom a third can only be one
_BEST = 0.35  # how far contact points count by their best pair rather than by their mean
_FAR = 30.0  # bits beyond which nothing is in doubt


@dataclass(frozen=True, slots=True)
class Edges:
    """Scored pairs (n, 2), smaller position first and each once; `barred` pairs may never share a cluster."""

    pairs: Array
    bits: Array
    contact: Array  # the part of the bits that contact points add
    barred: Array

    @classmethod
    def of(cls, pairs: Array, found: Scores, *, barred: Array | None = None) -> Edges:
        """Scored pairs as edges: who shares a valid tax id is one party, however unlike the rest is."""
        barred = found.conflict | found.opposed if barred is None else barred
        sure = found.shared_id & ~barred
        return cls(pairs, np.where(sure, np.float32(JOINED), found.bits), np.where(sure, 0, found.contact), barred)

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


def connected(size: int, edges: Edges, *, bands: Bands) -> Partition:
    """The components of the automatic edges: what linkage is measured against, and no way to merge debtors."""
    strong = ~edges.barred & (edges.bits >= bands.automatic)
    return Partition(components_of(size, edges.pairs[strong]), np.zeros((0, 2), np.int32), np.zeros(0))


def link(size: int, edges: Edges, *, bands: Bands, score: Score, same: SameNumber = NOBODY) -> Partition:
    """The clusters of `size` records; `score` scores pairs of positions that have no edge yet.

    Who is tied by one number is in one component without an edge. Where that makes a component too large to compare
    all with all, a few of each number speak for the rest, who follow them.
    """
    useful = ~edges.barred & (edges.bits >= bands.review)
    ties, leader = _spoken_for(size, _Ties(edges.pairs[useful], edges.bits[useful]), same)
    components = _bounded(size, ties, bands.review)
    members, starts, sizes = _grouped(components)
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
    labels = components_of(size, all_pairs[~found.barred & (found.bits >= bands.automatic)])
    clear = ~whole & _clear_cut(found, bounds, bands, k=_of_cliques(labels, members, starts))
    at = np.repeat(clear, sizes)
    cluster[members[at]] = labels[members[at]]
    whole |= clear
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
    cluster = cluster[leader]
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
    pairwise = _Pairwise(rest.copy(), contact.copy(), forced.copy())
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
    doubtful = _doubtful(list(groups.values()), pairwise, bands)
    if doubtful:
        return _parted(list(groups.values()), doubtful, pairwise, bands)
    pending = [
        (members[0], other[0], float(mean[i, j]))
        for i, members in groups.items()
        for j, other in groups.items()
        if i < j and mean[i, j] >= bands.review
    ]
    return list(groups.values()), pending


@dataclass(frozen=True, slots=True)
class _Pairwise:
    """All pairs of a component: what counts by its mean, what by its best pair, and what stewards joined."""

    rest: Array
    contact: Array
    forced: Array

    def fit(self, first: list[int], second: list[int]) -> float:
        """How well two groups fit."""
        across = np.ix_(first, second)
        rest = float(self.rest[across].mean())
        if rest > -np.inf and self.forced[across].any():
            return JOINED
        return rest + float(self.contact[across].max())


def _doubtful(groups: list[list[int]], pairwise: _Pairwise, bands: Bands) -> set[int]:
    """Who fits another group so well, which may be somebody else, that a person must choose.

    While groups grew, the other one was not known yet.
    """
    found: set[int] = set()
    if len(groups) < 2:
        return found
    allowed = 1.0 / (1.0 + 2.0**bands.automatic)
    fits = np.stack([pairwise.rest[:, g].mean(1) + pairwise.contact[:, g].max(1) for g in groups], 1)
    near = fits > -bands.automatic  # below, no rival is likely enough
    for at, group in enumerate(groups):
        for record in group if len(group) > 1 else ():
            own = [member for member in group if member != record and member not in found]
            rivals = [groups[k] for k in np.flatnonzero(near[record]).tolist() if k != at]
            if own and any(_misplaced(record, own, other, pairwise) > allowed for other in rivals):
                found.add(record)
    return found


def _parted(
    groups: list[list[int]], doubtful: set[int], pairwise: _Pairwise, bands: Bands
) -> tuple[list[list[int]], list[tuple[int, int, float]]]:
    """The groups with the doubtful ones alone, and the pairs of groups left for a person."""
    kept = [[member for member in group if member not in doubtful] for group in groups]
    placed = sorted([*(group for group in kept if group), *([record] for record in doubtful)])
    fits = [(a, b, pairwise.fit(a, b)) for at, a in enumerate(placed) for b in placed[at + 1 :]]
    return placed, [(a[0], b[0], fit) for a, b, fit in fits if fit >= bands.review]


def _misplaced(record: int, own: list[int], other: list[int], pairwise: _Pairwise) -> float:
    """The chance that a record is the other group's debtor and that this is not its own group's."""
    rival, fit = pairwise.fit([record], other), pairwise.fit([record], own)
    if rival <= -_FAR or fit >= _FAR:
        return 0.0
    apart = 1.0 / (1.0 + 2.0 ** min(max(pairwise.fit(own, other), -_FAR), _FAR))
    return float(apart * 2.0**rival / (1.0 + 2.0**fit + 2.0**rival))


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
    """How well the first group fits the groups that are surely not the second's debtor: barred, or far below doubt."""
    fits = mean[first]
    apart = (mean[second] < _APART) & (np.arange(len(mean)) != second)
    found: Array = fits[alive & apart & (fits > -np.inf)]
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


@dataclass(frozen=True, slots=True)
class _Ties:
    """What ties components together."""

    pairs: Array
    bits: Array


def _spoken_for(size: int, ties: _Ties, same: SameNumber) -> tuple[_Ties, Array]:
    """The ties between those who are compared, and for each record who speaks for it: itself, or of a crowd another."""
    leader = np.arange(size, dtype=np.int64)
    if len(same.pairs) == 0:
        return ties, leader
    ties = _Ties(
        np.concatenate([ties.pairs.astype(np.int64), same.pairs]),
        np.concatenate([ties.bits, np.full(len(same.pairs), JOINED, np.float32)]),
    )
    components = components_of(size, ties.pairs)
    crowded = np.bincount(components, minlength=size)[components] > LARGEST
    if not crowded.any():
        return ties, leader
    group = components_of(size, same.pairs)
    members = np.flatnonzero(crowded)
    members = members[np.lexsort((members, group[members]))]
    first = np.flatnonzero(np.concatenate(([True], group[members[1:]] != group[members[:-1]])))
    rank = np.arange(len(members)) - np.repeat(first, np.diff(np.append(first, len(members))))
    silent = members[(rank >= SPOKESMEN) & ~same.telling[members]]
    leader[silent] = group[silent]
    return _Ties(leader[ties.pairs], ties.bits), leader


def _bounded(size: int, ties: _Ties, cut: float) -> Array:
    """The components, those too large cut at ever higher scores until they are not."""
    components = components_of(size, ties.pairs)
    kept = np.ones(len(ties.bits), dtype=bool)
    while True:
        large = np.bincount(components, minlength=size)[components] > LARGEST
        if not large.any():
            return components
        cut += _STEP
        kept &= (ties.bits >= cut) | ~large[ties.pairs[:, 0]]
        components = components_of(size, ties.pairs[kept])
        if cut > JOINED:
            return np.where(large, np.arange(size, dtype=np.int32), components)


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


def _of_cliques(labels: Array, members: Array, starts: Array) -> Array:
    """How many pairs of each component lie inside the groups that strong pairs tie together."""
    if len(members) == 0:
        return np.zeros(0, dtype=np.int64)
    inside = np.bincount(labels[members], minlength=len(labels))
    first = labels[members] == members  # each group counts once, at its first member
    found: Array = np.add.reduceat(np.where(first, inside[members] * (inside[members] - 1) // 2, 0), starts)
    return found


def _clear_cut(edges: Edges, bounds: Array, bands: Bands, *, k: Array) -> Array:
    """Components whose strong pairs are whole groups (`k` pairs), with nothing near a decision between the groups.

    There the groups are the clusters, whatever order they are joined in: every mean inside stays above the cut, and
    between two groups the best of what counts by its mean and of what counts by its best pair is far below doubt.
    """
    if len(bounds) < 2:
        return np.zeros(0, dtype=bool)
    starts, strong = bounds[:-1], ~edges.barred & (edges.bits >= bands.automatic)
    sure = np.minimum.reduceat(np.where(strong, edges.bits, np.inf), starts) >= bands.automatic + _ROOM
    apart = strong | edges.barred
    rest = np.maximum.reduceat(np.where(apart, -np.inf, edges.bits - _BEST * edges.contact), starts)
    contact = np.maximum.reduceat(np.where(apart, -np.inf, _BEST * edges.contact), starts)
    far = (rest + contact <= -bands.automatic) | ~np.isfinite(rest)
    found: Array = sure & far & (np.add.reduceat(strong, starts) == k)
    return found


def _all_above(edges: Edges, bounds: Array, cut: float) -> Array:
    """Whether no pair of a component is barred or below the cut: then it is one cluster."""
    if len(bounds) < 2:
        return np.zeros(0, dtype=bool)
    bad = np.concatenate(([0], np.cumsum(edges.barred | (edges.bits < cut))))
    found: Array = bad[bounds[1:]] == bad[bounds[:-1]]
    return found
