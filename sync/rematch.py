"""Match a whole portfolio at once: after a large load, or under a new model. Ends where the live path would.

Everything pending is filed first; then all rows are scored and clustered over arrays, and the result is carried out
component by component, each in a transaction of its own. The model in force counts as not linked until the last of
them: whoever finds it so, after a crash or in another process, starts over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from concilia.clock import Clock, to_text
from concilia.store import crosswalk, debts, locks, match_index, rulings
from concilia.store.match_index import StoredEdge
from concilia.store.unit_of_work import Store, Tx
from dedup.batch import ALL_PARTS, BatchResult, Parts, match_batch
from dedup.incremental import Relinked
from dedup.judgement import Judgement, Ruling, standing
from dedup.linkage import components_of
from dedup.profile_building import profile_of
from dedup.recheck import recheck
from dedup.rows import Array, Columns, columns_of
from dedup.shelf import Shelf
from dedup.stewards_word import NO_PAIRS, Rulings
from sync import golden_records, identity, match_models, review
from sync.deciding import Deciding
from sync.golden_records import GoldenChanges
from sync.match_index import StoreIndex
from sync.match_models import ActiveModel
from sync.parties import Memory
from sync.policies import Policies, Progress

DRIFT = 1.0  # bits by which the automatic cut may be too low before somebody is told
LEAST = 2_000  # debtors from which matching at once pays, and labelled pairs may teach weights
_FILED = 1_000  # debtors filed in one transaction
_APPLIED = 500  # debtors whose clusters are stored in one transaction


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All filed debtors in the order of their keys."""

    ids: Array
    columns: Columns
    rulings: Rulings


def due(tx: Tx, *, at: str) -> bool:
    """Whether all debtors should be matched at once: the model is not linked, or most of a large portfolio is new."""
    if not match_models.active(tx, at=at).linked:
        return True
    waiting = crosswalk.count_pending(tx)
    return waiting >= LEAST and waiting >= match_index.count(tx)


@dataclass(frozen=True, slots=True)
class Rematched:
    """What matching at once did, and what it has to say of the weights it used."""

    debtors: int = 0
    created: int = 0
    merged: int = 0
    alarms: int = 0
    note: str = ""


def rematch(store: Store, policies: Policies, *, clock: Clock, told: Progress, learn: bool) -> Rematched:
    """Match every debtor anew, under weights learnt from this portfolio or under the model in force."""
    with locks.hold(store, "rematch") as mine:
        if not mine:
            return Rematched()  # another process is at it; what is pending it takes along
        with store.begin() as tx:
            locks.in_turn(tx, "identity")
            before = match_models.active(tx, at=to_text(clock()))
            match_index.mark_unlinked(tx, before.stored.id)
        _file(store, policies, told=told)
        portfolio = read_portfolio(store)
        told("matching", len(portfolio.ids))
        found = _matched(portfolio, before, learn=learn)
        with store.begin() as tx:
            locks.in_turn(tx, "identity")
            match_index.forget_edges(tx)
            match_models.adopt(tx, found.model, note=found.note, at=to_text(clock()))
            matched = match_models.active(tx, at=to_text(clock()))
        changes = _carried_out(store, policies, _Plan(portfolio, found, matched), clock=clock, told=told)
        with store.begin() as tx:
            locks.in_turn(tx, "identity")
            deciding = Deciding.in_tx(Memory(tx, policies.ledger.trust), matched, at=to_text(clock()))
            alarms = review.raise_alarms(deciding, [("id", number) for number, _ in found.alarms])
            debts.wake_waiting(tx)
            match_index.mark_linked(tx, matched.stored.id, at=to_text(clock()))
        return Rematched(len(portfolio.ids), changes.created, changes.merged, len(alarms), found.note)


def recheck_cuts(store: Store, *, clock: Clock) -> str:
    """Whether the cuts of the model in force still hold on the pairs that valid tax ids label, in one sentence."""
    portfolio = read_portfolio(store)
    with store.begin() as tx:
        model = match_models.active(tx, at=to_text(clock())).model
    found = recheck(portfolio.columns, model, rulings=portfolio.rulings)
    if found is None:
        return "too few pairs are labelled by valid tax ids to check the cuts"
    told = f"of pairs at or above the automatic cut {found.precision:.2%} are one debtor, by valid tax ids"
    if found.bands.automatic - model.bands.automatic > DRIFT:
        return f"{told}; the cut should be {found.bands.automatic:.1f} bits now: see `concilia match learn --dry-run`"
    return told


def read_portfolio(store: Store) -> Portfolio:
    """All filed debtors as columns; memory holds them once."""
    ids: list[int] = []
    with tempfile.TemporaryDirectory() as folder, store.read() as tx:
        shelf, some = Shelf(Path(folder)), []
        for debtor_id, row in match_index.every_row(tx):
            ids.append(debtor_id)
            some.append(row)
            if len(some) == 20_000:
                shelf.put(columns_of(b"".join(some)))
                some = []
        shelf.put(columns_of(b"".join(some)))
        columns = shelf.take(np.arange(len(ids)))
        said = _said(tx, ids)
    return Portfolio(np.array(ids, dtype=np.int64), columns, said)


def _file(store: Store, policies: Policies, *, told: Progress) -> None:
    after = 0
    while True:
        with store.begin() as tx:
            locks.in_turn(tx, "identity")
            some = crosswalk.pending_after(tx, after, limit=_FILED)
            if not some:
                return
            StoreIndex(tx, Memory(tx, policies.ledger.trust)).refile(some)
        after = some[-1]
        told("filed", len(some))


def _said(tx: Tx, ids: Sequence[int]) -> Rulings:
    """What stewards said, as positions."""
    place = {n: at for at, n in enumerate(ids)}
    words = (Ruling(r.left_id, r.right_id, Judgement(r.judgement), r.by, r.at) for r in rulings.of_stewards(tx))
    found: dict[Judgement, list[tuple[int, int]]] = {Judgement.SAME: [], Judgement.DIFFERENT: []}
    for (left, right), word in standing(words).items():
        if word.judgement in found and left in place and right in place:
            found[word.judgement].append((min(place[left], place[right]), max(place[left], place[right])))
    same, different = (np.array(pairs, np.int32) if pairs else NO_PAIRS for pairs in found.values())
    return Rulings(same, different)


def _matched(portfolio: Portfolio, before: ActiveModel, *, learn: bool) -> BatchResult:
    parts = ALL_PARTS if learn else Parts(learning=False)
    return match_batch(portfolio.columns, start=before.model, rulings=portfolio.rulings, parts=parts)


@dataclass(frozen=True, slots=True)
class _Plan:
    portfolio: Portfolio
    found: BatchResult
    matched: ActiveModel


def _carried_out(store: Store, policies: Policies, plan: _Plan, *, clock: Clock, told: Progress) -> GoldenChanges:
    with store.read() as tx:
        goldens = crosswalk.golden_ids(tx)
    created = updated = merged = 0
    for part in _parts(plan, goldens):
        with store.begin() as tx:
            locks.in_turn(tx, "identity")
            done = _apply(tx, policies, plan, part=part, at=to_text(clock()))
        created, updated, merged = created + done.created, updated + done.updated, merged + done.merged
        told("debtors", len(part.ids))
    return GoldenChanges(created, updated, merged)


@dataclass(frozen=True, slots=True)
class _Part:
    """Whole components, and debtors that are filed no longer."""

    ids: Sequence[int]
    clusters: tuple[tuple[int, ...], ...]
    waiting: tuple[tuple[int, int, float], ...]
    edges: tuple[StoredEdge, ...]
    gone: Sequence[int] = ()


def _apply(tx: Tx, policies: Policies, plan: _Plan, *, part: _Part, at: str) -> GoldenChanges:
    deciding = Deciding.in_tx(Memory(tx, policies.ledger.trust), plan.matched, at=at)
    asked = [*part.ids, *part.gone]
    pending = crosswalk.pending_among(tx, asked)
    changed = _changed_since(deciding.memory, deciding.index, pending)
    match_index.add_edges(tx, part.edges)
    found = Relinked(frozenset(), (), part.clusters, part.waiting, ())
    resolved = identity.apply(deciding, found, pending=sorted(pending))
    crosswalk.mark_pending(tx, changed)
    return golden_records.bring_up_to_date(tx, resolved, policy=policies.survivorship, at=at)


def _changed_since(memory: Memory, index: StoreIndex, pending: set[int]) -> list[int]:
    """Pending debtors whose claims changed after they were filed: they are decided once more."""
    filed = index.rows(pending)
    fresh = {party.id: profile_of(party).row() for party in memory.load(sorted(pending))}
    return sorted(n for n in pending if filed.get(n) != fresh.get(n))


def _parts(plan: _Plan, goldens: dict[int, str]) -> Iterator[_Part]:
    """The portfolio in parts that no edge, ruling or golden id crosses; last those whom nobody claims any more."""
    ids, found = plan.portfolio.ids, plan.found
    size = len(ids)
    ties = [found.edges.pairs, plan.portfolio.rulings.same, _chained(ids, goldens), found.partition.waiting]
    component = components_of(size, np.concatenate([np.asarray(tie, np.int64).reshape(-1, 2) for tie in ties]))
    order = np.lexsort((np.arange(size), component))
    starts = np.flatnonzero(np.concatenate(([True], np.diff(component[order]) != 0))) if size else order
    cuts = [0, *_cut_points(starts.tolist(), size)]
    part_of = np.empty(size, dtype=np.int64)
    for number, (start, stop) in enumerate(pairwise(cuts)):
        part_of[order[start:stop]] = number
    by_edge = _grouped(part_of, found.edges.pairs)
    by_pair = _grouped(part_of, found.partition.waiting)
    for number, (start, stop) in enumerate(pairwise(cuts)):
        members = np.sort(order[start:stop])
        yield _Part(
            ids[members].tolist(),
            _clusters(members, found.partition.cluster, ids),
            _waiting(found, by_pair.get(number, ()), ids),
            _stored(found, by_edge.get(number, ()), ids),
        )
    gone = sorted(goldens.keys() - set(ids.tolist()))
    for start in range(0, len(gone), _APPLIED):
        yield _Part((), (), (), (), gone[start : start + _APPLIED])


def _chained(ids: Array, goldens: dict[int, str]) -> Array:
    """Each holder of a golden id with the one before it."""
    last: dict[str, int] = {}
    pairs: list[tuple[int, int]] = []
    for at, debtor in enumerate(ids.tolist()):
        if golden := goldens.get(debtor):
            if golden in last:
                pairs.append((last[golden], at))
            last[golden] = at
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _cut_points(starts: list[int], size: int) -> Iterator[int]:
    """Where parts end: at the first component that begins after so many debtors."""
    begun = 0
    for start in starts:
        if start - begun >= _APPLIED:
            yield start
            begun = start
    if size:
        yield size


def _grouped(part_of: Array, pairs: Array) -> dict[int, Array]:
    """The places of pairs by the part they lie in."""
    if len(pairs) == 0:
        return {}
    part = part_of[pairs[:, 0]]
    order = np.argsort(part, kind="stable")
    bounds = np.flatnonzero(np.diff(part[order])) + 1
    return {int(part[some[0]]): some for some in np.split(order, bounds)}


def _clusters(members: Array, cluster: Array, ids: Array) -> tuple[tuple[int, ...], ...]:
    groups: dict[int, list[int]] = {}
    for at in members.tolist():
        groups.setdefault(int(cluster[at]), []).append(int(ids[at]))
    return tuple(tuple(group) for group in groups.values())


def _waiting(found: BatchResult, places: Sequence[int] | Array, ids: Array) -> tuple[tuple[int, int, float], ...]:
    pairs, bits = found.partition.waiting, found.partition.waiting_bits
    return tuple((int(ids[pairs[n, 0]]), int(ids[pairs[n, 1]]), float(bits[n])) for n in places)


def _stored(found: BatchResult, places: Sequence[int] | Array, ids: Array) -> tuple[StoredEdge, ...]:
    edges = found.edges
    rows = []
    for n in places:
        left, right = int(ids[edges.pairs[n, 0]]), int(ids[edges.pairs[n, 1]])
        rows.append(StoredEdge(min(left, right), max(left, right), float(edges.bits[n]), float(edges.contact[n])))
    return tuple(rows)
