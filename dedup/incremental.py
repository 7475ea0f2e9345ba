"""The live path: which clusters a few changed records belong to now, and what becomes of their neighbours.

Pure functions over an index. Candidates, scores and linkage are those of the batch, so that any order of arrivals
and edits ends in the batch's result under the same model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dedup.candidate_pairs import GENERIC_KINDS, KINDS, Limits, blank_generic, is_slip_of_proven, match_keys
from dedup.linkage import Edges, link
from dedup.model import Model
from dedup.rows import Array, Columns, columns_of
from dedup.same_number import same_number
from dedup.scoring import score
from dedup.stewards_word import Rulings, ruled, said_apart

Key = tuple[str, int]  # kind and 64 bits


@dataclass(frozen=True, slots=True)
class Edge:
    """A scored pair of records (`left` before `right` in the order of record keys) that may be one debtor."""

    left: int
    right: int
    bits: float
    contact: float


class Index(Protocol):
    """What the store answers. Changed records are in it already, under their present keys."""

    def holders(self, keys: Mapping[Key, int]) -> Mapping[Key, Sequence[int]]:
        """Who holds each key; of more holders than the number beside it at least so many."""
        ...

    def rows(self, ids: Collection[int]) -> Mapping[int, bytes]:
        """The fixed rows of these records; deleted ones are missing."""
        ...

    def filed(self, ids: Collection[int]) -> Mapping[int, Sequence[Key]]:
        """The keys under which these records are filed (`keys_of`)."""
        ...

    def edges(self, ids: Collection[int]) -> Iterable[Edge]:
        """The stored edges that touch any of these records."""
        ...

    def rulings(self, ids: Collection[int]) -> Iterable[tuple[int, int, bool]]:
        """What stewards said of pairs that touch any of these records: both numbers, and whether they are the same."""
        ...

    def ordered(self, ids: Collection[int]) -> list[int]:
        """These records in the order of their record keys."""
        ...


@dataclass(frozen=True, slots=True)
class Relinked:
    """What changed: `edges` replace all stored edges of `touched`; `clusters` and `waiting` those of the component."""

    touched: frozenset[int]
    edges: tuple[Edge, ...]
    clusters: tuple[tuple[int, ...], ...]
    waiting: tuple[tuple[int, int, float], ...]
    alarms: tuple[Key, ...]


def keys_of(rows: Sequence[bytes]) -> list[list[Key]]:
    """The keys under which each record is filed, bounded per record."""
    return _keys(columns_of(b"".join(rows)))


def _keys(columns: Columns) -> list[list[Key]]:
    found: list[list[Key]] = [[] for _ in range(len(columns))]
    for kind, hashes, held in match_keys(columns, KINDS):
        for value, at in zip(hashes.tolist(), held.tolist(), strict=True):
            found[at].append((kind, value))
    return [list(dict.fromkeys(keys)) for keys in found]


def relink(
    changed: Mapping[int, Sequence[Key]], index: Index, model: Model, *, limits: Limits | None = None
) -> Relinked:
    """Score and cluster anew around changed records; `changed` gives the keys each was filed under before.

    A key that more hold than tell apart, or no longer, brings in all its holders: their edges changed too.
    """
    search = _Search(index, model, limits or Limits(), len(changed))
    present = search.load(changed)
    search.touch(present)
    search.reconsider(changed)
    fresh = search.fresh_edges()
    gone = set(changed) - set(present)
    neighbours = {n for e in index.edges(search.touched | gone) for n in (e.left, e.right)} - gone
    component = search.component(search.touched | neighbours, fresh, frozenset(search.touched | gone))
    clusters, waiting = search.cluster(*component)
    alarms = tuple(sorted(key for key in search.generic if key[0] == "id"))
    return Relinked(frozenset(search.touched | gone), tuple(fresh), clusters, waiting, alarms)


class _Search:
    """What one call has loaded and found; it does not leave this file."""

    def __init__(self, index: Index, model: Model, limits: Limits, changed: int) -> None:
        self.index, self.model, self.limits, self.changed = index, model, limits, changed
        self.held: dict[int, bytes] = {}
        self.keys: dict[int, Sequence[Key]] = {}
        self.known: dict[Key, Sequence[int]] = {}
        self.generic: set[Key] = set()
        self.judged: set[Key] = set()
        self.touched: set[int] = set()
        self.contacts: set[int] = set()
        self.table: tuple[tuple[tuple[int, ...], int], Columns] | None = None  # the latest one asked for

    def load(self, ids: Collection[int]) -> list[int]:
        """Those of the records that there are, loaded."""
        missing = [n for n in ids if n not in self.held]
        if missing:
            self.held |= self.index.rows(missing)
        return [n for n in ids if n in self.held]

    def touch(self, ids: Sequence[int]) -> None:
        """Records whose candidates and edges are to be found anew."""
        fresh = [n for n in ids if n not in self.touched]
        if not fresh:
            return
        self.touched.update(fresh)
        self.file(fresh)
        self.judge({key for n in fresh for key in self.keys[n]})

    def file(self, ids: Sequence[int]) -> None:
        """Find the keys of loaded records."""
        fresh = [n for n in ids if n not in self.keys]
        if fresh:
            self.keys |= self.index.filed(fresh)

    def judge(self, keys: Collection[Key]) -> None:
        """Find who holds these keys and which of them are generic."""
        fresh = sorted(set(keys) - self.judged)
        if not fresh:
            return
        self.judged.update(fresh)
        # One more than the limit proves it exceeded, whichever of the changed records are among them.
        self.known |= self.index.holders({key: self.limits.most(key[0]) + 1 + self.changed for key in fresh})
        for key in fresh:
            if key[0] in GENERIC_KINDS and self.is_generic(key, self.known.get(key, ())):
                self.generic.add(key)

    def judge_contacts(self, ids: Sequence[int]) -> None:
        """Find which contacts and numbers of loaded records are generic: they must not count in a score."""
        fresh = [n for n in ids if n not in self.contacts]
        if fresh:
            self.contacts.update(fresh)
            self.file(fresh)
            self.judge({key for n in fresh for key in self.keys[n] if key[0] in GENERIC_KINDS})

    def is_generic(self, key: Key, holders: Sequence[int]) -> bool:
        """The batch's rule: too many records, or too many different names."""
        most = self.limits.id_names if key[0] == "id" else self.limits.names
        if len(holders) > self.limits.most_holders(key[0]):
            return True
        if len(holders) <= most:
            return False
        rows = [self.held[n] for n in self.load(holders)]
        return len(np.unique(columns_of(b"".join(rows)).names[:, 0])) > most

    def reconsider(self, changed: Mapping[int, Sequence[Key]]) -> None:
        """Touch the holders of keys that crossed a limit, in either direction."""
        before: dict[Key, int] = {}
        now: dict[Key, int] = {}
        for n, keys in changed.items():
            for key in set(keys):
                before[key] = before.get(key, 0) + 1
            for key in self.keys.get(n, ()):
                now[key] = now.get(key, 0) + 1
        self.judge(before)
        for key in sorted(before.keys() | now.keys()):
            others = [n for n in self.known.get(key, ()) if n not in changed]
            if others and self.crossed(key, others, before.get(key, 0), now.get(key, 0)):
                self.touch(self.load(others))

    def crossed(self, key: Key, others: Sequence[int], before: int, now: int) -> bool:
        """Whether what the key may do is another now for its other holders, or may be."""
        size = len(others)
        limit = self.limits.holders[key[0]]
        if (size + before > limit) != (size + now > limit):
            return True
        if key[0] not in GENERIC_KINDS or self.is_generic(key, others):
            return False  # those who did not change make it generic, before and after
        names = self.limits.id_names if key[0] == "id" else self.limits.names
        return key in self.generic or size + before > names

    def fresh_edges(self) -> list[Edge]:
        """The edges of all touched records."""
        touched = sorted(self.touched)
        keys_now = {n: self.keys[n] for n in touched}
        blanked = [n for n in touched if not self.generic.isdisjoint(self.keys[n])]
        if blanked:
            keys_now |= zip(blanked, _keys(self._columns(blanked)), strict=True)
        sure: set[tuple[int, int]] = set()
        slips: set[tuple[int, int]] = set()
        for n, keys in keys_now.items():
            for key in keys:
                holders = self.known.get(key, ())
                if len(holders) <= self.limits.holders[key[0]]:
                    found = slips if key[0] == "slip" else sure
                    found.update((min(n, other), max(n, other)) for other in holders if other != n)
        return self.scored(sure, slips - sure)

    def scored(self, pairs: set[tuple[int, int]], slips: Collection[tuple[int, int]] = ()) -> list[Edge]:
        """The pairs that are useful edges; `slips` count only where no two proven numbers speak against a slip."""
        members = self.index.ordered({n for pair in (*pairs, *slips) for n in pair})
        present = self.load(members)
        self.judge_contacts(present)
        place = {n: at for at, n in enumerate(present)}
        found = self._edges(present, self._places([*pairs, *slips], place), len(pairs) if slips else None)
        useful = np.flatnonzero(~found.barred & (found.bits >= self.model.bands.review))
        return [
            Edge(present[a], present[b], bits, contact)
            for (a, b), bits, contact in zip(
                found.pairs[useful].tolist(), found.bits[useful].tolist(), found.contact[useful].tolist(), strict=True
            )
        ]

    def _places(self, pairs: Sequence[tuple[int, int]], place: Mapping[int, int]) -> Array:
        at = [sorted((place[a], place[b])) for a, b in pairs if a in place and b in place]
        return np.array(at, dtype=np.int64).reshape(-1, 2)

    def _columns(self, ids: Sequence[int]) -> Columns:
        asked = (tuple(ids), len(self.generic))
        if self.table is None or self.table[0] != asked:
            columns = columns_of(b"".join([self.held[n] for n in ids]))
            blank_generic(columns, np.array(sorted(self.generic_values), dtype=np.uint64))
            self.table = (asked, columns)
        return self.table[1]

    @property
    def generic_values(self) -> set[int]:
        """What generic keys stand for."""
        return {value for _, value in self.generic}

    def _edges(self, ids: Sequence[int], pairs: Array, sure: int | None = None) -> Edges:
        columns = self._columns(ids)
        if sure is not None and len(pairs) > sure:
            doubtful = is_slip_of_proven(columns, pairs[:, 0], pairs[:, 1])
            doubtful[:sure] = False
            pairs = pairs[~doubtful]
        found = score(columns, self.model.rarity.of(columns), pairs, self.model)
        return Edges.of(pairs, found)

    def component(
        self, start: Collection[int], fresh: Sequence[Edge], replaced: frozenset[int]
    ) -> tuple[list[int], list[Edge]]:
        """Everything that edges tie to the start: fresh ones, and stored ones of records that were not touched."""
        edges = {(e.left, e.right): e for e in fresh}
        members, queue = set(start), set(start)
        around: dict[int, set[int]] = {}
        for e in fresh:
            around.setdefault(e.left, set()).add(e.right)
            around.setdefault(e.right, set()).add(e.left)
        while queue:
            stored = [
                e for e in self.index.edges(queue - replaced) if e.left not in replaced and e.right not in replaced
            ]
            edges |= {(e.left, e.right): e for e in stored}
            found = {n for e in stored for n in (e.left, e.right)} | {m for n in queue for m in around.get(n, ())}
            found |= {n for a, b, same in self.index.rulings(queue) if same for n in (a, b)}
            found |= self.same_number_as(queue)
            queue = found - members
            members |= queue
        return self.index.ordered(self.load(sorted(members))), list(edges.values())

    def same_number_as(self, ids: Collection[int]) -> set[int]:
        """Who holds a number of one of these records that is not generic: no edge need tie them together."""
        present = self.load(sorted(ids))
        self.file(present)
        keys = {key for n in present for key in self.keys[n] if key[0] == "id"}
        self.judge(keys)
        return {holder for key in keys - self.generic for holder in self.known.get(key, ())}

    def cluster(
        self, members: list[int], edges: Sequence[Edge]
    ) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, int, float], ...]]:
        """The clusters of a closed component and the pairs of clusters for a person."""
        if not members:
            return (), ()
        self.judge_contacts(members)
        place = {n: at for at, n in enumerate(members)}
        pairs = self._places([(e.left, e.right) for e in edges], place)
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        known = Edges(
            pairs[order], np.array([e.bits for e in edges], np.float32)[order],
            np.array([e.contact for e in edges], np.float32)[order], np.zeros(len(edges), dtype=bool),
        )  # fmt: skip
        rulings = self._rulings(members, place)
        known = self._ruled(members, rulings, known)
        same = said_apart(same_number(self._columns(members)), rulings)
        found = link(
            len(members), known, bands=self.model.bands, same=same, score=lambda missing: self._edges(members, missing)
        )
        groups: dict[int, list[int]] = {}
        for at, root in enumerate(found.cluster.tolist()):
            groups.setdefault(root, []).append(members[at])
        waiting = zip(found.waiting.tolist(), found.waiting_bits.tolist(), strict=True)
        return tuple(tuple(g) for g in groups.values()), tuple((members[a], members[b], m) for (a, b), m in waiting)

    def _rulings(self, members: list[int], place: Mapping[int, int]) -> Rulings:
        """What stewards said of the component, as positions in it."""
        spoken = list(self.index.rulings(members))
        same = self._places([(a, b) for a, b, agreed in spoken if agreed], place)
        different = self._places([(a, b) for a, b, agreed in spoken if not agreed], place)
        return Rulings(same, different)

    def _ruled(self, members: list[int], rulings: Rulings, known: Edges) -> Edges:
        """The component's edges as stewards ruled on them."""
        if len(rulings.pairs) == 0:
            return known
        scored = self._edges(members, np.unique(rulings.pairs, axis=0))
        fresh = ~np.isin(_codes(scored.pairs), _codes(known.pairs))
        both = Edges(
            np.concatenate([known.pairs, scored.pairs[fresh]]), np.concatenate([known.bits, scored.bits[fresh]]),
            np.concatenate([known.contact, scored.contact[fresh]]),
            np.concatenate([known.barred, scored.barred[fresh]]),
        )  # fmt: skip
        both = both.where(np.lexsort((both.pairs[:, 1], both.pairs[:, 0])))
        columns = self._columns(members)
        words = self.model.rarity.of(columns)
        return ruled(both, rulings, lambda pairs: score(columns, words, pairs, self.model).conflict)


def _codes(pairs: Array) -> Array:
    return np.asarray((pairs[:, 0].astype(np.int64) << 32) | pairs[:, 1].astype(np.int64))
