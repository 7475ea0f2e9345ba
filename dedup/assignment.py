"""Which golden id each cluster stands under, and the ledger entries that say what changed. Pure; ids are never reused.

1. A cluster keeps, of the ids its members hold, the one whose founder is in it; of several, the oldest founded.
2. An id whose founder's cluster kept another one goes on with the cluster that holds most of it, if that has none
   yet; the first member becomes its founder of record.
3. A cluster still without an id revives the retired one that a member founded (the latest retired first), so that
   undoing a merge gives every cluster back exactly the id it had. The same party's own id is not reuse.
4. Otherwise its first member founds a new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concilia.keys import GoldenId, golden_id
from dedup.cluster import Cluster
from dedup.ledger import Entry, Founded, Golden, Inherited, Merged, Moved, Revived, Split, Standing


@dataclass(frozen=True, slots=True)
class Assignment:
    """The golden id of each cluster, in the order given, and the entries to append."""

    goldens: tuple[GoldenId, ...]
    entries: tuple[Entry, ...]


def assign(clusters: Sequence[Cluster], *, standing: Standing) -> Assignment:
    """The golden ids of the clusters of one component, which must cover every member of every id it touches.

    Raises ValueError when a record that holds one of those ids is in no cluster: its id would be taken away unseen.
    """
    home = {member: index for index, cluster in enumerate(clusters) for member in cluster.members}
    held = [Counter(standing.golden_of[m] for m in c.members if m in standing.golden_of) for c in clusters]
    _refuse_strays(home, held, standing)
    kept: dict[int, GoldenId] = {}
    _keep_founders(kept, held, home, standing)
    entries: list[Entry] = list(_inherit(kept, held, clusters, standing))
    entries += _revive(kept, clusters, standing)
    entries += _found(kept, clusters, standing)
    entries += _merges(kept, held, home, standing)
    entries += _splits(kept, held)
    for index, cluster in enumerate(clusters):
        before = ((member, standing.golden_of.get(member)) for member in cluster.members)
        entries += (Moved(member, was, kept[index]) for member, was in before if was != kept[index])
    return Assignment(tuple(kept[index] for index in range(len(clusters))), tuple(entries))


Held = Sequence["Counter[GoldenId]"]
Kept = dict[int, GoldenId]


def _refuse_strays(home: dict[int, int], held: Held, standing: Standing) -> None:
    touched = {golden for counts in held for golden in counts}
    stray = [member for member, golden in standing.golden_of.items() if golden in touched and member not in home]
    if stray:
        raise ValueError(f"source debtors {sorted(stray)[:5]} hold a golden id of this component but are not in it")


def _keep_founders(kept: Kept, held: Held, home: dict[int, int], standing: Standing) -> None:
    for index, counts in enumerate(held):
        own = [standing.goldens[golden] for golden in counts if home.get(standing.goldens[golden].founder) == index]
        if own:
            kept[index] = min(own, key=lambda golden: golden.founded).id


def _inherit(kept: Kept, held: Held, clusters: Sequence[Cluster], standing: Standing) -> Iterator[Entry]:
    for golden in _unkept(kept, held, standing):
        heirs = [index for index, counts in enumerate(held) if index not in kept and golden.id in counts]
        if heirs:
            heir = max(heirs, key=lambda index: (held[index][golden.id], -index))
            kept[heir] = golden.id
            yield Inherited(golden.id, clusters[heir].members[0])


def _revive(kept: Kept, clusters: Sequence[Cluster], standing: Standing) -> Iterator[Entry]:
    retired: dict[int, list[tuple[int, Golden]]] = {}
    for golden in standing.goldens.values():
        if golden.retired is not None:
            retired.setdefault(golden.founder, []).append((golden.retired, golden))
    for index, cluster in enumerate(clusters):
        own = [found for member in cluster.members for found in retired.get(member, ())]
        if own and index not in kept:
            kept[index] = max(own, key=lambda found: found[0])[1].id
            yield Revived(kept[index])


def _found(kept: Kept, clusters: Sequence[Cluster], standing: Standing) -> Iterator[Entry]:
    for index, cluster in enumerate(clusters):
        if index not in kept:
            founder, ref = cluster.members[0], cluster.refs[0]
            number = standing.foundings.get(founder, 0) + 1
            kept[index] = golden_id(ref.connection, ref.stream, ref.external_id, number)
            yield Founded(kept[index], founder)


def _merges(kept: Kept, held: Held, home: dict[int, int], standing: Standing) -> Iterator[Entry]:
    for golden in _unkept(kept, held, standing):
        most = max(range(len(held)), key=lambda index: (held[index][golden.id], -index))
        yield Merged(golden.id, kept[home.get(golden.founder, most)])


def _splits(kept: Kept, held: Held) -> Iterator[Entry]:
    standing_on = set(kept.values())
    for index, counts in enumerate(held):
        for golden in sorted(counts):
            if golden != kept[index] and golden in standing_on:
                yield Split(golden, kept[index])


def _unkept(kept: Kept, held: Held, standing: Standing) -> list[Golden]:
    """The ids held by somebody and kept by no cluster, oldest first."""
    goldens = {golden for counts in held for golden in counts} - set(kept.values())
    return sorted((standing.goldens[golden] for golden in goldens), key=lambda golden: (golden.founded, golden.id))
