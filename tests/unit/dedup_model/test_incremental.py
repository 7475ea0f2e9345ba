from __future__ import annotations

import random

import numpy as np
import pytest

from dedup.batch import Parts, match_batch
from dedup.candidate_pairs import Limits
from dedup.memory_index import MemoryIndex
from dedup.model import Model, load
from dedup.party_profile import Profile
from dedup.rows import columns_of_profiles
from dedup.stewards_word import Rulings
from tests.unit.dedup_model.portfolios import profile, profiles, rut, shuffled

MODEL = load()
TIGHT = Limits(
    holders={**Limits().holders, "phone": 6, "email": 6, "words": 4, "name": 5, "address": 4}, names=3, id_names=3
)
Clusters = set[frozenset[int]]


def batch(
    records: list[Profile], *, model: Model = MODEL, limits: Limits = TIGHT, rulings: Rulings | None = None
) -> Clusters:
    found = match_batch(
        columns_of_profiles(records), start=model, limits=limits, rulings=rulings, parts=Parts(learning=False)
    )
    cluster = found.partition.cluster
    return {frozenset(np.flatnonzero(cluster == root).tolist()) for root in np.unique(cluster)}


def index_of(count: int) -> MemoryIndex:
    return MemoryIndex(names={n: f"{n:06}" for n in range(count)})


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_ends_in_the_result_of_the_batch(seed: int) -> None:
    records = profiles(160, seed=seed)
    index, dice = index_of(160), random.Random(seed)
    order = list(shuffled(160, seed=seed))
    while order:
        some, order = order[: (size := dice.choice((1, 1, 3, 20)))], order[size:]
        index.put({n: records[n] for n in some}, MODEL, TIGHT)
    assert set(map(frozenset, index.cluster_of.values())) == batch(records)


@pytest.mark.parametrize("seed", range(4))
def test_edits_and_deletions_leave_no_trace(seed: int) -> None:
    records = profiles(120, seed=seed)
    index, dice = index_of(120), random.Random(seed)
    for n in shuffled(120, seed=seed):
        index.put({n: dice.choice(records)}, MODEL, TIGHT)
    for n in dice.sample(range(120), 40):
        index.put({n: None}, MODEL, TIGHT)
    for n in shuffled(120, seed=seed + 1):
        index.put({n: records[n]}, MODEL, TIGHT)
    assert set(map(frozenset, index.cluster_of.values())) == batch(records)


def test_what_a_steward_said_holds_in_both_drivers() -> None:
    ana = profile(full_name="Ana Soto Rojas", phone_1="961234567")
    anita = profile(full_name="Ana Soto Rojas", phone_1="961234567")
    other = profile(full_name="Hugo Vera Lagos")
    records = [ana, anita, other]
    same, different = np.array([[0, 2]], np.int32), np.array([[0, 1]], np.int32)
    assert batch(records) == {frozenset({0, 1}), frozenset({2})}
    ruled = {frozenset({0, 2}), frozenset({1})}
    assert batch(records, rulings=Rulings(same, different)) == ruled
    index = index_of(3)
    index.ruled = {(0, 2): True, (0, 1): False}
    for n in (2, 0, 1):
        index.put({n: records[n]}, MODEL, TIGHT)
    assert set(map(frozenset, index.cluster_of.values())) == ruled


def test_a_stewards_same_never_joins_two_different_valid_ids() -> None:
    left = profile(full_name="Ana Soto Rojas", tax_id=rut(12_531_909))
    right = profile(full_name="Ana Soto Rojas", tax_id=rut(15_600_300))
    assert len(batch([left, right], rulings=Rulings(same=np.array([[0, 1]], np.int32)))) == 2


def test_a_key_that_becomes_generic_stops_merging_and_starts_again_when_holders_leave() -> None:
    names = ("Ana Soto Rojas", "Hugo Vera Lagos", "Rosa Díaz Paz", "Luis Mella Toro", "Eva Ríos Cid")
    pair = [profile(full_name="Juan Rojas", phone_1="222345678", email="jr@uno.cl") for _ in range(2)]
    crowd = [profile(full_name=name, phone_1="222345678") for name in names]
    index = index_of(10)
    index.put(dict(enumerate(pair)), MODEL, TIGHT)
    alone = set(index.cluster_of.values())
    for n, p in enumerate(crowd, 2):
        index.put({n: p}, MODEL, TIGHT)
    assert set(map(frozenset, index.cluster_of.values())) == batch([*pair, *crowd])
    for n in range(2, 7):
        index.put({n: None}, MODEL, TIGHT)
    assert set(index.cluster_of.values()) == alone
