"""The whole way from source debtors to clusters and review candidates, for one affected component. No storage.

A component is closed when every record that an edge, a ruling or a present golden record ties to one of its
members is a member too; `affected` finds it through two questions the caller answers from its index.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedup.blocking import Alarm, Limits, holders_by_key, is_generic, match_keys, propose
from dedup.candidates import Candidate, review
from dedup.clusters import Cluster, Conflict, Edge, cluster
from dedup.judgement import Judgement, Ruling, standing
from dedup.party import MatchKey, SourceParty
from dedup.score import Match, score

Holders = Callable[[Collection[MatchKey]], Mapping[MatchKey, Sequence[SourceParty]]]
Companions = Callable[[Sequence[SourceParty]], Iterable[SourceParty]]


@dataclass(frozen=True, slots=True)
class Affected:
    """A closed component, parties beside it that share a key but are not joined, and the generic keys met."""

    core: tuple[SourceParty, ...]
    beside: tuple[SourceParty, ...]
    generic: frozenset[MatchKey]


@dataclass(frozen=True, slots=True)
class Matching:
    """What matching found in one component; `matches` holds every pair that was compared."""

    clusters: tuple[Cluster, ...]
    conflicts: tuple[Conflict, ...]
    candidates: tuple[Candidate, ...]
    alarms: tuple[Alarm, ...]
    matches: Mapping[tuple[int, int], Match]


def match(
    parties: Sequence[SourceParty],
    *,
    rulings: Iterable[Ruling] = (),
    beside: Sequence[SourceParty] = (),
    generic: frozenset[MatchKey] = frozenset(),
    limits: Limits | None = None,
) -> Matching:
    """Clusters of a closed component; `beside` are compared with it for review only and never joined.

    `generic` are keys known to be generic from more holders than are given here.
    """
    limits = limits or Limits()
    stands = standing(rulings)
    by_id = {party.id: party for party in (*beside, *parties)}
    members = {party.id for party in parties}
    holders = {k: held for k, held in holders_by_key(by_id.values()).items() if k not in generic}
    proposals = propose(holders, limits=limits)
    suspicious = generic | proposals.generic
    matches = {
        (left, right): score(by_id[left], by_id[right], suspicious=suspicious)
        for left, right in proposals.pairs
        if left in members or right in members
    }
    edges = (
        Edge(*pair, found.strength, found.rule, found.because)
        for pair, found in matches.items()
        if found.judgement is Judgement.SAME and members.issuperset(pair)
    )
    clustering = cluster(parties, edges, rulings=stands, suspicious=suspicious)
    candidates = review(matches, clustering, rulings=stands)
    return Matching(clustering.clusters, clustering.conflicts, candidates, proposals.alarms, matches)


def affected(
    changed: Sequence[SourceParty],
    *,
    formerly: Collection[MatchKey] = (),
    holders: Holders,
    companions: Companions,
    limits: Limits | None = None,
) -> Affected:
    """The closed component around changed parties.

    `formerly` are keys the changed parties held before and hold no longer; `holders` answers who holds a key now,
    changed parties included; `companions` answers who shares a golden record or a steward's ruling with a party.
    A key that just became generic, or just ceased to be, brings in all its holders: their edges changed too.
    """
    search = _Search(holders, limits or Limits())
    search.add(changed)
    search.reconsider({k for party in changed for k in match_keys(party)}, formerly, {p.id for p in changed})
    while search.queue:
        batch = [search.queue.pop() for _ in range(len(search.queue))]
        search.add(companions(batch))
        search.expand(batch)
    beside = (party for id_, party in search.met.items() if id_ not in search.core)
    return Affected(
        tuple(sorted(search.core.values(), key=lambda p: p.key)),
        tuple(sorted(beside, key=lambda p: p.key)),
        frozenset(search.generic),
    )


class _Search:
    """The growing component; it does not leave this file."""

    def __init__(self, holders: Holders, limits: Limits) -> None:
        self.holders = holders
        self.limits = limits
        self.core: dict[int, SourceParty] = {}
        self.met: dict[int, SourceParty] = {}
        self.generic: set[MatchKey] = set()
        self.queue: list[SourceParty] = []
        self.known: dict[MatchKey, Sequence[SourceParty]] = {}

    def add(self, parties: Iterable[SourceParty]) -> None:
        """Members from now on, their own neighbours still to be looked at."""
        for party in parties:
            if party.id not in self.core:
                self.core[party.id] = party
                self.queue.append(party)

    def reconsider(self, now: Collection[MatchKey], formerly: Collection[MatchKey], changed: Collection[int]) -> None:
        """Bring in the holders of keys that crossed the limit, in either direction."""
        self._learn({*now, *formerly})
        for key in sorted({*now, *formerly}):
            others = [party for party in self.known[key] if party.id not in changed]
            became_generic = key in self.generic and not is_generic(key, others, limits=self.limits)
            may_have_ceased = key in formerly and key not in self.generic
            if became_generic or may_have_ceased:
                self.add(self.known[key])

    def expand(self, batch: Sequence[SourceParty]) -> None:
        """Add whoever an edge joins to one of the batch; remember whoever merely shares a key."""
        self._learn({key for party in batch for key in match_keys(party)})
        for party in batch:
            for key in match_keys(party):
                if key not in self.generic:
                    self._meet(party, self.known[key])

    def _meet(self, party: SourceParty, others: Sequence[SourceParty]) -> None:
        for other in others:
            if other.id != party.id and other.id not in self.core:
                self.met[other.id] = other
                if _may_join(party, other, self.generic):
                    self.add((other,))

    def _learn(self, keys: Collection[MatchKey]) -> None:
        unknown = sorted(set(keys) - self.known.keys())
        found = self.holders(unknown) if unknown else {}
        for key in unknown:
            self.known[key] = found.get(key, ())
            if is_generic(key, self.known[key], limits=self.limits):
                self.generic.add(key)


def _may_join(left: SourceParty, right: SourceParty, generic: Collection[MatchKey]) -> bool:
    found = score(left, right, suspicious=generic)
    shares_valid_id = any(e.feature == "shared_tax_id" and e.level == "valid" for e in found.because)
    return found.judgement is Judgement.SAME or shares_valid_id
