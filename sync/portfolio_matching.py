"""The verbs of matching in a workspace: the model in force, why two debtors score as they do, and learning anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.store import crosswalk, events, match_index
from dedup.batch import match_batch
from dedup.model import Model
from sync import match_models, rematch, review
from sync.hub import Hub
from sync.parties import Memory
from sync.policies import Progress
from sync.rematch import Portfolio, Rematched


@dataclass(frozen=True, slots=True)
class InForce:
    """The model that decides now: where its weights come from, its cuts in bits, and how many debtors are filed."""

    number: int
    note: str
    made_at: str
    automatic: float
    review: float
    debtors: int
    alarms: tuple[str, ...]  # tax ids that too many unlike names carry; they merge nothing


@dataclass(frozen=True, slots=True)
class PairScore:
    """Why two source debtors score as they do under the model in force; the bits add up to the score."""

    evidence: tuple[Mapping[str, Any], ...]
    score: float
    band: str  # "auto" | "review" | "no"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What learning anew would change: golden records that would be joined with another, and that would be split."""

    note: str
    automatic: float
    review: float
    debtors: int
    joined: int
    split: int


def in_force(hub: Hub) -> InForce:
    """The model in force. A workspace that never matched begins with the shipped one."""
    with hub.store.begin() as tx:
        found = match_models.active(tx, at=to_text(hub.clock()))
        bands = found.model.bands
        alarms = tuple(events.subjects(tx, review.ALARM))
        return InForce(
            found.stored.id, found.stored.note, found.stored.made_at, bands.automatic, bands.review,
            match_index.count(tx), alarms,
        )  # fmt: skip


def check(hub: Hub) -> str:
    """Whether the cuts of the model in force still hold here, in one sentence. Changes nothing."""
    return rematch.recheck_cuts(hub.store, clock=hub.clock)


def explain(hub: Hub, left: int, right: int) -> PairScore:
    """Why two source debtors score as they do. NotFound for unknown ones, RequestInvalid for one with itself."""
    if left == right:
        raise RequestInvalid("A pair needs two different source debtors.", field="right")
    with hub.store.begin() as tx:
        model = match_models.active(tx, at=to_text(hub.clock())).model
        parties = {p.id: p for p in Memory(tx, hub.policies.ledger.trust).load((left, right))}
        if len(parties) < 2:
            raise NotFound("One of the two source debtors is not known.", mend="Name both as connection/stream/key.")
        evidence = review.evidence_of([(parties[left], parties[right])], model)[0]
    score = sum(item["bits"] for item in evidence)
    return PairScore(tuple(evidence), score, _band(score, model))


def learn(hub: Hub, *, told: Progress) -> Rematched:
    """Learn weights from all debtors of the workspace, what stewards said included, and match everybody anew."""
    return rematch.rematch(hub.store, hub.policies, clock=hub.clock, told=told, learn=True)


def foresee(hub: Hub) -> Foreseen:
    """What learning anew would change, without changing anything. Pending debtors are left out."""
    portfolio = rematch.read_portfolio(hub.store)
    with hub.store.begin() as tx:
        before = match_models.active(tx, at=to_text(hub.clock()))
        goldens = crosswalk.golden_ids(tx)
    found = match_batch(portfolio.columns, start=before.model, rulings=portfolio.rulings)
    joined, split = _changes(portfolio, found.partition.cluster, goldens)
    bands = found.model.bands
    return Foreseen(found.note, bands.automatic, bands.review, len(portfolio.ids), joined, split)


def _changes(portfolio: Portfolio, cluster: Any, goldens: Mapping[int, str]) -> tuple[int, int]:
    places: dict[str, set[int]] = {}
    holders: dict[int, set[str]] = {}
    for debtor, root in zip(portfolio.ids.tolist(), np.asarray(cluster).tolist(), strict=True):
        if golden := goldens.get(debtor):
            places.setdefault(golden, set()).add(root)
            holders.setdefault(root, set()).add(golden)
    joined = {golden for held in holders.values() if len(held) > 1 for golden in held}
    return len(joined), sum(len(roots) > 1 for roots in places.values())


def _band(score: float, model: Model) -> str:
    bands = model.bands
    return "auto" if score >= bands.automatic else "review" if score >= bands.review else "no"
