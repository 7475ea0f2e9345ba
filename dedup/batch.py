"""Who is who in a whole portfolio at once: candidates, scores, weights, clusters, over arrays. No files, no names."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from dedup import number_age
from dedup.calibration import calibrate
from dedup.candidate_pairs import KINDS, Generic, Limits, blank_generic, find_generic, propose, refuted
from dedup.evidence_levels import NAMES, RARITIES, Compared
from dedup.linkage import Edges, Partition, connected, link
from dedup.model import Model
from dedup.number_age import NumberAges
from dedup.party_profile import VALID
from dedup.prior_odds import shift_of
from dedup.rarity import measure
from dedup.rows import Array, Columns, combine
from dedup.same_number import same_number
from dedup.scoring import compared_in_chunks, score
from dedup.stewards_word import Rulings, ruled, said_apart
from dedup.training import Labelled, train

_MEASURED = 1000  # records from which a portfolio tells how usual a name is
_SAMPLE = 60_000  # labelled pairs that weights are learnt from
_STEWARDS_WEIGHT = 5.0
_KEPT = -6.0  # bits below which a pair is forgotten before clustering


@dataclass(frozen=True, slots=True)
class Parts:
    """What can be switched off, to measure what it is worth."""

    learning: bool = True  # off: every weight, rarity and cut is the given model's, as in the live path
    labelled_weights: bool = True
    cannot_link: bool = True
    average_linkage: bool = True
    generic_keys: bool = True


ALL_PARTS = Parts()


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The partition, the model that made it, alarms (id hash, holders), and CPU seconds and counts by stage.

    `edges` are the pairs at or above the review cut that nothing bars: what ties components together.
    """

    partition: Partition
    model: Model
    edges: Edges
    note: str
    alarms: tuple[tuple[int, int], ...]
    seconds: Mapping[str, float]
    counts: Mapping[str, int]


def match_batch(
    columns: Columns,
    *,
    start: Model,
    limits: Limits | None = None,
    rulings: Rulings | None = None,
    parts: Parts = ALL_PARTS,
) -> BatchResult:
    """Cluster records that are in the order of their keys; generic values in `columns` are blanked.

    `start` weights count until labelled pairs teach better ones.
    """
    limits, rulings = limits or Limits(), rulings or Rulings()
    clock = _Clock()
    with clock.stage("keys"):
        generic = find_generic(columns, limits) if parts.generic_keys else Generic(np.zeros(0, np.uint64))
        blank_generic(columns, generic.values)
        model = start
        if parts.learning and len(columns) >= _MEASURED:
            model = replace(start, rarity=measure(columns), ages=number_age.measure(columns))
        words = model.rarity.of(columns)
    with clock.stage("candidates"):
        pairs = propose(columns, limits, KINDS[1:])
    note, taught = "shipped weights, as asked", frozenset[str]()
    if parts.learning and parts.labelled_weights:
        with clock.stage("training"):
            labelled = label(columns, words, pairs, rulings, ages=model.ages)
            trained = train(labelled, start=model)
            model = calibrate(trained.model, labelled)
            note, taught = trained.note, trained.taught
    untaught = [name for name in ("person", "company") if parts.learning and name not in taught]
    with clock.stage("candidates"):
        pairs = _with_id_pairs(columns, pairs, limits, rulings)
        if parts.cannot_link:
            pairs = pairs[~refuted(columns, pairs[:, 0], pairs[:, 1])]
    with clock.stage("scores"):
        edges = _edges(columns, words, pairs, model, parts)
        if untaught:  # scored again under the prior odds of this portfolio, exactly as the live path would
            for name in untaught:
                model = _with_prior(columns, edges, model, name)
            edges = _edges(columns, words, pairs, model, parts)
        edges = ruled(edges, rulings, lambda pairs: score(columns, words, pairs, model).conflict)
        edges = edges.where(edges.barred | (edges.bits >= _KEPT))
    with clock.stage("clusters"):
        partition = connected(len(columns), edges, bands=model.bands) if not parts.average_linkage else link(
            len(columns), edges, bands=model.bands, same=said_apart(same_number(columns), rulings),
            score=lambda missing: _edges(columns, words, missing, model, parts),
        )  # fmt: skip
    counts = {"records": len(columns), "pairs": len(pairs), "edges": len(edges.pairs), "generic": len(generic.values)}
    useful = edges.where(~edges.barred & (edges.bits >= model.bands.review))
    return BatchResult(partition, model, useful, note, generic.alarms, clock.seconds, counts)


def _with_prior(columns: Columns, edges: Edges, model: Model, name: str) -> Model:
    """The model with the prior odds of this portfolio, for a kind of party that no label taught."""
    company = columns.company[edges.pairs[:, 0]] | columns.company[edges.pairs[:, 1]]
    which = company if name == "company" else ~company
    weights = model.company if name == "company" else model.person
    shift = shift_of(edges.bits[which & ~edges.barred], share=model.shares.get(name, 0.0))
    weights = replace(weights, prior=weights.prior + shift)
    model = replace(model, shares={**model.shares, name: model.shares.get(name, 0.0) + shift})
    return replace(model, company=weights) if name == "company" else replace(model, person=weights)


def label(columns: Columns, words: Array, pairs: Array, rulings: Rulings, *, ages: NumberAges = ()) -> Labelled:
    """Candidate pairs whose valid ids agree or contradict each other, a bounded sample, and every ruled pair."""
    proven = columns.id_proof[:, 0] == VALID
    known = np.flatnonzero(
        proven[pairs[:, 0]]
        & proven[pairs[:, 1]]
        & (columns.id_space[pairs[:, 0], 0] == columns.id_space[pairs[:, 1], 0])
    )
    if len(known) > _SAMPLE:
        drawn = combine(pairs[known, 0], pairs[known, 1])
        known = known[drawn < np.uint64(int(_SAMPLE / len(known) * 2**64))]
    ruled = np.concatenate([rulings.same, rulings.different])
    chosen = np.concatenate([pairs[known], ruled])
    same = columns.id_hash[chosen[:, 0], 0] == columns.id_hash[chosen[:, 1], 0]
    same[len(known) :] = np.arange(len(ruled)) < len(rulings.same)
    weight = np.where(np.arange(len(chosen)) < len(known), 1.0, _STEWARDS_WEIGHT)
    compared = [found for _, found in compared_in_chunks(columns, words, chosen, ages)]
    return Labelled(_joined(compared), same.astype(np.float64), weight)


def _joined(parts: list[Compared]) -> Compared:
    names = Compared.__dataclass_fields__
    if not parts:
        empty = np.zeros(0, dtype=bool)
        return Compared(
            np.zeros((0, len(NAMES)), np.uint8), np.zeros((0, len(RARITIES)), np.float32), empty, empty, empty
        )
    return Compared(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def propose_all(columns: Columns, limits: Limits) -> Array:
    """The pairs worth scoring, those with one identifier included."""
    pairs = _with_id_pairs(columns, propose(columns, limits, KINDS[1:]), limits, Rulings())
    return pairs[~refuted(columns, pairs[:, 0], pairs[:, 1])]


def _with_id_pairs(columns: Columns, pairs: Array, limits: Limits, rulings: Rulings) -> Array:
    by_id = propose(columns, limits, KINDS[:1])
    together = np.concatenate([pairs, by_id, rulings.same, rulings.different]).astype(np.uint64)
    codes = np.unique((together[:, 0] << np.uint64(32)) | together[:, 1])
    return np.stack([(codes >> np.uint64(32)).astype(np.int32), (codes & np.uint64(0xFFFFFFFF)).astype(np.int32)], 1)


def _edges(columns: Columns, words: Array, pairs: Array, model: Model, parts: Parts) -> Edges:
    found = score(columns, words, pairs, model)
    return Edges.of(pairs, found, barred=None if parts.cannot_link else np.zeros(len(pairs), dtype=bool))


class _Clock:
    """CPU seconds by stage, for the report only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the CPU time of the block to a stage."""
        began = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - began
