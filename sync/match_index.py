"""The store as the matcher's index: fixed rows, postings and edges of source debtors. Decides nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from concilia.store import crosswalk, match_index, rulings
from concilia.store.match_index import StoredEdge
from concilia.store.unit_of_work import Tx
from dedup.candidate_pairs import KINDS
from dedup.incremental import Edge, Key, keys_of
from dedup.judgement import Judgement, Ruling, standing
from dedup.lookup_keys import lookup_keys
from dedup.profile_building import profile_of
from sync.parties import Memory

# 64 random bits a kind: one number is another key as a phone than as an address.
_SALTS = {kind: (0x9E3779B97F4A7C15 * (n + 1)) & (2**64 - 1) for n, kind in enumerate(KINDS)}
_SIGN, _WHOLE = 1 << 63, 1 << 64
_SMALLEST = 8


def posting_of(key: Key) -> int:
    """The signed 64 bits under which a key is stored."""
    value = key[1] ^ _SALTS[key[0]]
    return value - _WHOLE if value >= _SIGN else value


@dataclass(slots=True)
class StoreIndex:
    """One transaction's view of the index; what it read once it does not read again."""

    tx: Tx
    memory: Memory
    loaded: dict[int, bytes] = field(default_factory=dict)
    keys: dict[int, list[Key]] = field(default_factory=dict)
    known_edges: dict[int, list[Edge]] = field(default_factory=dict)

    def refile(self, debtor_ids: Sequence[int]) -> dict[int, list[Key]]:
        """File these debtors as their claims now stand, and answer the keys each was filed under before."""
        parties = self.memory.load(debtor_ids)
        before = match_index.rows(self.tx, debtor_ids)
        former = dict(zip(before, keys_of(list(before.values())), strict=True)) if before else {}
        fresh = {party.id: profile_of(party).row() for party in parties}
        if fresh:
            self.keys |= zip(fresh, keys_of(list(fresh.values())), strict=True)
        self.loaded |= fresh
        altered = {n: row for n, row in fresh.items() if before.get(n) != row}
        gone = [n for n in before if n not in fresh]
        match_index.file(self.tx, altered, removed=gone)
        was = {(posting_of(key), n) for n in (*altered, *gone) for key in former.get(n, ())}
        now = {(posting_of(key), n) for n in altered for key in self.keys[n]}
        match_index.post(self.tx, added=now - was, removed=was - now)
        looked_up = [(str(key), party.id) for party in parties for key in lookup_keys(party)]
        crosswalk.replace_match_keys(self.tx, debtor_ids, looked_up)
        return {n: former.get(n, []) for n in debtor_ids}

    def holders(self, keys: Mapping[Key, int]) -> Mapping[Key, Sequence[int]]:
        """Who holds each key, bounded by the number beside it."""
        groups: dict[int, dict[int, Key]] = {}
        for key, most in keys.items():
            bound = max(_SMALLEST, 1 << (most - 1).bit_length())  # few different bounds are few statements
            groups.setdefault(bound, {})[posting_of(key)] = key
        found: dict[Key, Sequence[int]] = {}
        for bound, postings in groups.items():
            held = match_index.holders(self.tx, list(postings), at_most=bound)
            found |= {postings[hash_]: sorted(ids) for hash_, ids in held.items()}
        return found

    def rows(self, ids: Collection[int]) -> Mapping[int, bytes]:
        """The fixed rows of these debtors."""
        missing = [n for n in ids if n not in self.loaded]
        self.loaded |= match_index.rows(self.tx, missing)
        return {n: self.loaded[n] for n in ids if n in self.loaded}

    def filed(self, ids: Collection[int]) -> Mapping[int, Sequence[Key]]:
        """The keys of these debtors, made of their rows."""
        rows = {n: row for n, row in self.rows(ids).items() if n not in self.keys}
        if rows:
            self.keys |= zip(rows, keys_of(list(rows.values())), strict=True)
        return {n: self.keys[n] for n in ids if n in self.keys}

    def edges(self, ids: Collection[int]) -> Iterable[Edge]:
        """The stored edges that touch these debtors, each once."""
        missing = [n for n in ids if n not in self.known_edges]
        if missing:
            self.known_edges |= {n: [] for n in missing}
            asked = set(missing)
            for e in match_index.edges(self.tx, missing):
                edge = Edge(e.left_id, e.right_id, e.bits, e.contact)
                for n in asked.intersection((e.left_id, e.right_id)):
                    self.known_edges[n].append(edge)
        return {(e.left, e.right): e for n in ids for e in self.known_edges[n]}.values()

    def rulings(self, ids: Collection[int]) -> Iterable[tuple[int, int, bool]]:
        """What stewards said of pairs that touch these debtors, as it stands."""
        return [(*pair, ruling.judgement is Judgement.SAME) for pair, ruling in stewards_words(self.tx, ids).items()]

    def ordered(self, ids: Collection[int]) -> list[int]:
        """By connection, stream and external id."""
        debtors = self.memory.identify(ids)
        return sorted(ids, key=lambda n: (debtors[n].connection, debtors[n].stream, debtors[n].external_id))

    def keep(self, touched: Collection[int], edges: Iterable[Edge]) -> None:
        """Replace the edges that touch these debtors."""
        fresh = (StoredEdge(min(e.left, e.right), max(e.left, e.right), e.bits, e.contact) for e in edges)
        match_index.replace_edges(self.tx, touched, fresh)


def stewards_words(tx: Tx, debtor_ids: Collection[int]) -> Mapping[tuple[int, int], Ruling]:
    """The standing word of stewards on each pair that touches these debtors; "unsure" says nothing."""
    spoken = rulings.about(tx, debtor_ids, by_stewards=True)
    words = (Ruling(r.left_id, r.right_id, Judgement(r.judgement), r.by, r.at) for r in spoken)
    return {pair: word for pair, word in standing(words).items() if word.judgement is not Judgement.UNSURE}
