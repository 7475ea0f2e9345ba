"""Resolve source debtors: find who is who, give golden ids, keep the ledger. No scoring of its own."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from concilia.errors import RetryLater
from concilia.keys import GoldenId
from concilia.records import RecordRef
from concilia.store import crosswalk, golden
from concilia.store.golden import LedgerLine
from concilia.store.unit_of_work import Tx
from dedup.assignment import Assignment, assign
from dedup.cluster import Cluster
from dedup.incremental import Key, Relinked, relink
from dedup.ledger import Entry, Founded, Golden, Inherited, Merged, Moved, Revived, Split, Standing
from dedup.party import SourceParty
from sync import review, waiting
from sync.deciding import Deciding
from sync.match_models import ActiveModel, active
from sync.parties import Memory

_SOON = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Resolved:
    """One batch decided: the clusters that may look different now, their golden ids, and what the ledger gained."""

    clusters: tuple[Cluster, ...]
    assignment: Assignment
    parties: Mapping[int, SourceParty]
    first_line: int
    vacated: frozenset[str]  # golden ids that lost their last source debtor
    alarms: tuple[str, ...] = ()  # tax ids that too many unlike names carry, found now


def resolve_batch(tx: Tx, pending: Sequence[int], *, trust: Mapping[str, int], at: str) -> Resolved:
    """Decide who the pending source debtors are, in the given transaction.

    RetryLater while everybody is being matched anew: that was begun without what is decided here.
    """
    deciding = Deciding.in_tx(Memory(tx, trust), active(tx, at=at), at=at)
    if not deciding.matched.linked:
        raise RetryLater("All debtors are being matched anew.", after=_SOON)
    found = _closed(deciding, deciding.index.refile(pending))
    deciding.index.keep(found.touched, found.edges)
    return apply(deciding, found, pending=pending)


def apply(deciding: Deciding, found: Relinked, *, pending: Collection[int]) -> Resolved:
    """Give the clusters of closed components their golden ids, and keep what a person should look at."""
    tx, memory = deciding.tx, deciding.memory
    core = [n for members in found.clusters for n in members]
    memory.identify((*core, *pending))
    gone = sorted(set(pending) - set(core))
    clusters = [_cluster(memory, members) for members in found.clusters]
    assignment = assign(clusters, standing=_standing(tx, memory, core))
    lines = [_line(entry, deciding.matched) for entry in assignment.entries]
    first_line = golden.append_ledger(tx, lines, at=deciding.at)
    altered = _altered(memory, clusters, assignment, pending)
    _store_members(tx, memory, altered, assignment, gone=gone)
    parties = {p.id: p for p in memory.load(n for cluster, _ in altered for n in cluster.members)}
    review.replace(deciding, found, gone=gone)
    alarms = review.raise_alarms(deciding, found.alarms)
    waiting.wake_for_debtors(tx, {*pending, *parties})
    kept = Assignment(tuple(golden_id for _, golden_id in altered), assignment.entries)
    vacated = _vacated(memory, gone, still_held=set(assignment.goldens))
    return Resolved(tuple(cluster for cluster, _ in altered), kept, parties, first_line, vacated, alarms)


def _closed(deciding: Deciding, changed: Mapping[int, Sequence[Key]]) -> Relinked:
    """The component around changed debtors, with everybody who shares a golden id with one of its members."""
    while True:
        found = relink(changed, deciding.index, deciding.matched.model)
        core = {n for members in found.clusters for n in members}
        debtors = deciding.memory.identify({*core, *changed})
        goldens = {g for n in {*core, *changed} if n in debtors and (g := debtors[n].golden_id)}
        held = {n for group in crosswalk.members(deciding.tx, goldens).values() for n in group}
        strays = sorted(held - core - changed.keys())
        if not strays:
            return found
        # Joined before by something that says nothing any more: they are decided anew with the rest.
        changed = {**changed, **deciding.index.refile(strays)}


def _cluster(memory: Memory, members: Sequence[int]) -> Cluster:
    debtors = [memory.debtors[n] for n in members]
    return Cluster(tuple(members), tuple(RecordRef(d.connection, d.stream, d.external_id) for d in debtors))


def _standing(tx: Tx, memory: Memory, core: Sequence[int]) -> Standing:
    held = {n: GoldenId(g) for n in core if (g := memory.debtors[n].golden_id)}
    places = golden.places(tx, set(held.values()), founders=core)
    return Standing(
        golden_of=held,
        goldens={GoldenId(p.id): Golden(GoldenId(p.id), p.founder_id, p.founded_seq, p.retired_seq) for p in places},
        foundings={n: memory.debtors[n].founded for n in core},
    )


def _altered(
    memory: Memory, clusters: Sequence[Cluster], assignment: Assignment, pending: Collection[int]
) -> list[tuple[Cluster, GoldenId]]:
    """The clusters in which a member changed, came or left, with their golden ids."""
    touched = {memory.debtors[n].golden_id for n in pending if n in memory.debtors}
    for entry in assignment.entries:
        match entry:
            case Moved(_, was, to):
                touched |= {was, to}
            case Founded() | Inherited() | Revived():
                touched.add(entry.golden)
            case Merged() | Split():
                pass
    found = zip(clusters, assignment.goldens, strict=True)
    return [(cluster, g) for cluster, g in found if g in touched or not set(pending).isdisjoint(cluster.members)]


def _store_members(
    tx: Tx,
    memory: Memory,
    altered: Sequence[tuple[Cluster, GoldenId]],
    assignment: Assignment,
    *,
    gone: Sequence[int],
) -> None:
    founded = {e.founder for e in assignment.entries if isinstance(e, Founded)}
    rows: list[tuple[int, str | None, int]] = [(n, None, memory.debtors[n].founded) for n in gone]
    for cluster, golden_id in altered:
        rows += [(m, golden_id, memory.debtors[m].founded + (m in founded)) for m in cluster.members]
    crosswalk.set_resolved(tx, rows)


def _vacated(memory: Memory, gone: Sequence[int], *, still_held: set[GoldenId]) -> frozenset[str]:
    left = {memory.debtors[n].golden_id for n in gone if n in memory.debtors}
    return frozenset(g for g in left if g and g not in still_held)


def _line(entry: Entry, matched: ActiveModel) -> LedgerLine:
    match entry:
        case Founded(golden_id, founder):
            return LedgerLine("founded", golden_id, None, founder, "{}")
        case Revived(golden_id):
            return LedgerLine("revived", golden_id, None, None, "{}")
        case Inherited(golden_id, founder):
            return LedgerLine("inherited", golden_id, None, founder, "{}")
        case Merged(golden_id, into):
            return LedgerLine("merged", golden_id, into, None, "{}")
        case Split(golden_id, into):
            return LedgerLine("split", golden_id, into, None, "{}")
        case Moved(member, from_, to):
            return LedgerLine("moved", to, from_, member, json.dumps({"model": matched.stored.id}))
