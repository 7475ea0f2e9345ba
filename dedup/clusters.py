"""Which source debtors are one: constrained union inside one component. Rulings are never mutated.

Edges are taken strongest first: a steward's "same", then every shared valid tax id, then scored edges by strength;
ties by the records' keys, so the order of arrival does not matter. A union is refused, and its edge returned as a
conflict, when the two groups

- hold different valid tax ids of one country and type (a record that states two of its own joins nobody),
- contain a pair a steward ruled "different",
- state unlike tax ids of one type, proven or not, and the edge is weaker than a shared valid one,
- are a person and an organization, unless the edge is a steward's "same" or a shared valid tax id: a number is given
  to one legal party, so it is the stated kind that is wrong.

The constraints are checked between whole groups before each union, so they hold in the final clusters, whatever
the chain of edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from concilia.records import RecordRef
from dedup.compare import Evidence
from dedup.judgement import Judgement, Pair, Ruling
from dedup.party import MatchKey, RecordKey, SourceParty, id_key
from dedup.score import SHARED_VALID_TAX_ID

STEWARD = 1_000
VALID_TAX_ID = 300


@dataclass(frozen=True, slots=True)
class Edge:
    """A reason for two source debtors to be one."""

    left: int
    right: int
    strength: int
    rule: str
    because: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edge that was not followed, and the constraint it would have broken."""

    edge: Edge
    reason: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """The source debtors that are one party, in the order of their keys, and the edges that joined them."""

    members: tuple[int, ...]
    refs: tuple[RecordRef, ...]
    joined_by: tuple[Edge, ...] = ()


@dataclass(frozen=True, slots=True)
class Clustering:
    """A partition of the parties given, and the edges it could not follow."""

    clusters: tuple[Cluster, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(slots=True)
class _Group:
    members: list[SourceParty]
    ids: dict[str, str]
    stated: dict[str, set[str]]
    kinds: set[str]
    contradiction: str = ""
    edges: list[Edge] = field(default_factory=list)


def cluster(
    parties: Iterable[SourceParty],
    edges: Iterable[Edge],
    *,
    rulings: Mapping[Pair, Ruling] | None = None,
    suspicious: frozenset[MatchKey] = frozenset(),
) -> Clustering:
    """The clusters of one affected component under the standing rulings (of which only a steward's constrain).

    Every pair sharing a valid tax id is joined without an edge being given, except by ids that are `suspicious`.
    """
    ordered = sorted(parties, key=lambda party: party.key)
    forest = _Forest(ordered, {p: r for p, r in (rulings or {}).items() if r.by_steward})
    for edge in forest.in_order(_stewards_edges(forest)):
        forest.follow(edge, by_steward=True)
    for holders in _id_holders(ordered, suspicious):
        _join_holders(forest, holders)
    for edge in forest.in_order(edges):
        forest.follow(edge)
    return forest.result()


class _Forest:
    """Groups growing by unions; the only mutable thing here, and it does not leave this file."""

    def __init__(self, ordered: Sequence[SourceParty], rulings: Mapping[Pair, Ruling]) -> None:
        self.rank = {party.id: index for index, party in enumerate(ordered)}
        self.group = {party.id: _group_of(party) for party in ordered}
        self.rulings = rulings
        self.apart: dict[int, list[int]] = {}
        self.conflicts: dict[Pair, Conflict] = {}
        for (left, right), ruling in rulings.items():
            if ruling.judgement is Judgement.DIFFERENT:
                self.apart.setdefault(left, []).append(right)
                self.apart.setdefault(right, []).append(left)

    def in_order(self, edges: Iterable[Edge]) -> list[Edge]:
        """The edges from the earlier to the later record, strongest first, ties by the records' keys."""
        rank = self.rank
        directed = (
            e if rank[e.left] < rank[e.right] else Edge(e.right, e.left, e.strength, e.rule, e.because) for e in edges
        )
        return sorted(directed, key=lambda e: (-e.strength, rank[e.left], rank[e.right], e.rule))

    def follow(self, edge: Edge, *, by_steward: bool = False) -> bool:
        """Join the edge's two groups, or keep the reason why not; whether both ends are now in one group."""
        left, right = self.group[edge.left], self.group[edge.right]
        if left is right:
            return True
        weak = edge.strength < VALID_TAX_ID and not by_steward
        refused = self._refusal(left, right, weak=weak) or (_unlike(left, right) if weak else "")
        if refused:
            self.conflicts.setdefault((edge.left, edge.right), Conflict(edge, refused))
            return False
        self._unite(left, right, edge)
        return True

    def _refusal(self, left: _Group, right: _Group, *, weak: bool) -> str:
        if left.contradiction or right.contradiction:
            return left.contradiction or right.contradiction
        for name, value in left.ids.items():
            if right.ids.get(name, value) != value:
                return f"they hold different valid {name}: {' and '.join(sorted((value, right.ids[name])))}"
        if ruled := self._ruled_apart(left, right):
            return f"{ruled.by} ruled two of their records different"
        kinds = left.kinds | right.kinds
        if len(kinds) > 1 and weak and len(left.kinds) < 2 and len(right.kinds) < 2:
            return "one is a person, the other an organization"
        return ""

    def _ruled_apart(self, left: _Group, right: _Group) -> Ruling | None:
        if not self.apart:
            return None
        small, large = sorted((left, right), key=lambda group: len(group.members))
        pairs = (
            (min(member.id, other), max(member.id, other))
            for member in small.members
            for other in self.apart.get(member.id, ())
            if self.group.get(other) is large
        )
        broken = min(pairs, key=self._ranks, default=None)
        return self.rulings[broken] if broken else None

    def _unite(self, left: _Group, right: _Group, edge: Edge) -> None:
        small, large = sorted((left, right), key=lambda group: len(group.members))
        large.members += small.members
        large.ids |= small.ids
        for name, values in small.stated.items():
            large.stated.setdefault(name, set()).update(values)
        large.kinds |= small.kinds
        large.edges += (*small.edges, edge)
        for member in small.members:
            self.group[member.id] = large

    def _ranks(self, pair: Pair) -> tuple[int, int]:
        left, right = sorted((self.rank[pair[0]], self.rank[pair[1]]))
        return left, right

    def result(self) -> Clustering:
        """The groups as values, ordered by their first record's key; conflicts whose ends met after all are none."""
        groups = {id(group): group for group in self.group.values()}.values()
        clusters = [self._as_cluster(group) for group in groups]
        clusters.sort(key=lambda found: self.rank[found.members[0]])
        apart = (c for c in self.conflicts.values() if self.group[c.edge.left] is not self.group[c.edge.right])
        return Clustering(tuple(clusters), tuple(apart))

    def _as_cluster(self, group: _Group) -> Cluster:
        members = sorted(group.members, key=lambda party: self.rank[party.id])
        return Cluster(tuple(m.id for m in members), tuple(m.ref for m in members), tuple(self.in_order(group.edges)))


def _group_of(party: SourceParty) -> _Group:
    twofold = next((name for name, values in party.valid_ids.items() if len(values) > 1), "")
    contradiction = f"a record states two different valid {twofold} of its own" if twofold else ""
    ids = {name: values[0] for name, values in party.valid_ids.items()}
    stated = {name: set(values) for name, values in party.stated_ids.items()}
    return _Group([party], ids, stated, {party.kind} if party.kind else set(), contradiction)


def _unlike(left: _Group, right: _Group) -> str:
    for name, values in left.stated.items():
        if values.isdisjoint(right.stated.get(name, values)):
            return f"they state unlike {name}: {', '.join(sorted(values))} and {', '.join(sorted(right.stated[name]))}"
    return ""


def _stewards_edges(forest: _Forest) -> Iterator[Edge]:
    for (left, right), ruling in forest.rulings.items():
        if ruling.judgement is Judgement.SAME and left in forest.rank and right in forest.rank:
            yield Edge(left, right, STEWARD, ruling.by, ruling.because)


def _id_holders(ordered: Sequence[SourceParty], suspicious: frozenset[MatchKey]) -> list[list[SourceParty]]:
    holders: dict[MatchKey, list[SourceParty]] = {}
    for party in ordered:
        for name, values in party.valid_ids.items():
            for value in values:
                holders.setdefault(id_key(name, value), []).append(party)
    shared = [(_keys(held), key, held) for key, held in holders.items() if len(held) > 1 and key not in suspicious]
    return [held for _, _, held in sorted(shared, key=lambda found: found[:2])]


def _keys(held: Sequence[SourceParty]) -> tuple[RecordKey, ...]:
    return tuple(party.key for party in held)


def _join_holders(forest: _Forest, holders: Sequence[SourceParty]) -> None:
    """All pairs in key order, in linear time: who joined an earlier holder's group need not be tried again."""
    heads: list[SourceParty] = []
    for party in holders:
        edges = (Edge(head.id, party.id, VALID_TAX_ID, SHARED_VALID_TAX_ID) for head in heads)
        if not any(forest.follow(edge) for edge in edges):
            heads.append(party)
