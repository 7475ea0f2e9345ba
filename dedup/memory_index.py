"""An index of records in memory, as the live path asks for one: for tests, measurements and small portfolios."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dedup.candidate_pairs import Limits
from dedup.incremental import Edge, Key, Relinked, keys_of, relink
from dedup.model import Model
from dedup.party_profile import Profile


@dataclass(slots=True)
class MemoryIndex:
    """Records by number, filed under their keys, with their edges and clusters. The order of names is the canon."""

    names: dict[int, str] = field(default_factory=dict)
    row_of: dict[int, bytes] = field(default_factory=dict)
    keys: dict[int, list[Key]] = field(default_factory=dict)
    postings: dict[Key, list[int]] = field(default_factory=dict)
    edges_of: dict[int, dict[int, Edge]] = field(default_factory=dict)
    cluster_of: dict[int, tuple[int, ...]] = field(default_factory=dict)
    ruled: dict[tuple[int, int], bool] = field(default_factory=dict)

    def holders(self, keys: Mapping[Key, int]) -> Mapping[Key, Sequence[int]]:
        """Who holds each key, no more than so many."""
        return {key: held[:most] for key, most in keys.items() if (held := self.postings.get(key))}

    def rows(self, ids: Collection[int]) -> Mapping[int, bytes]:
        """The rows of the records there are."""
        return {n: self.row_of[n] for n in ids if n in self.row_of}

    def filed(self, ids: Collection[int]) -> Mapping[int, Sequence[Key]]:
        """The keys of these records."""
        return {n: self.keys[n] for n in ids if n in self.keys}

    def edges(self, ids: Collection[int]) -> Iterable[Edge]:
        """The edges that touch these records, each once."""
        return {(e.left, e.right): e for n in ids for e in self.edges_of.get(n, {}).values()}.values()

    def rulings(self, ids: Collection[int]) -> Iterable[tuple[int, int, bool]]:
        """Rulings on pairs that touch these records."""
        return [(a, b, same) for (a, b), same in self.ruled.items() if a in ids or b in ids]

    def ordered(self, ids: Collection[int]) -> list[int]:
        """By name."""
        return sorted(ids, key=self.names.__getitem__)

    def file(self, number: int, row: bytes, keys: list[Key]) -> list[Key]:
        """Put a record under these keys; the keys it was filed under before."""
        before = self.unfile(number)
        self.row_of[number], self.keys[number] = row, keys
        for key in keys:
            self.postings.setdefault(key, []).append(number)
        return before

    def unfile(self, number: int) -> list[Key]:
        """Take a record out; the keys it was filed under."""
        before = self.keys.pop(number, [])
        self.row_of.pop(number, None)
        for key in before:
            self.postings[key].remove(number)
        return before

    def keep(self, found: Relinked) -> None:
        """Take over what the live path found."""
        for n in found.touched:
            for other in self.edges_of.pop(n, {}):
                self.edges_of.get(other, {}).pop(n, None)
        for edge in found.edges:
            self.edges_of.setdefault(edge.left, {})[edge.right] = edge
            self.edges_of.setdefault(edge.right, {})[edge.left] = edge
        self.cluster_of |= {n: members for members in found.clusters for n in members}

    def put(self, records: Mapping[int, Profile | None], model: Model, limits: Limits | None = None) -> Relinked:
        """Upsert records (None deletes one) and cluster anew."""
        present = {n: profile.row() for n, profile in records.items() if profile is not None}
        keys = dict(zip(present, keys_of(list(present.values())), strict=True)) if present else {}
        before = {}
        for n in records:
            before[n] = self.file(n, present[n], keys[n]) if n in present else self.unfile(n)
            if n not in present:
                self.cluster_of.pop(n, None)
        found = relink(before, self, model, limits=limits)
        self.keep(found)
        return found
