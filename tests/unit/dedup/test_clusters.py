"""Clusters keep their constraints by construction and do not depend on arrival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from dedup.clusters import Clustering, Edge, cluster
from dedup.judgement import Judgement, Pair, Ruling, standing
from dedup.party import SourceParty, id_key
from tests.unit.dedup.parties import identifier, party, rut


def groups(found: Clustering) -> list[tuple[int, ...]]:
    return [c.members for c in found.clusters]


def says(judgement: Judgement, left: int, right: int, at: str = "2026-01-01") -> Mapping[Pair, Ruling]:
    return standing([Ruling(left, right, judgement, "steward:ana", at)])


def test_a_shared_valid_tax_id_joins_without_an_edge_being_given() -> None:
    found = cluster([party(1, ids=[rut("1")]), party(2), party(3, ids=[rut("1")])], [])
    assert groups(found) == [(1, 3), (2,)]
    assert [edge.rule for edge in found.clusters[0].joined_by] == ["shared valid tax id"]


def test_a_chain_of_shared_ids_never_joins_two_different_ones() -> None:
    first = party(1, ids=[rut("1"), identifier("RFC", "X", country="MX")])
    bridge = party(2, ids=[identifier("RFC", "X", country="MX"), identifier("CUIT", "Y", country="AR")])
    last = party(3, ids=[rut("2"), identifier("CUIT", "Y", country="AR")])
    found = cluster([last, bridge, first], [])
    assert groups(found) == [(1, 2), (3,)]
    assert [(c.edge.left, c.edge.right, c.reason) for c in found.conflicts] == [
        (2, 3, "they hold different valid CL:RUT: 1 and 2")
    ]


def test_a_record_with_two_valid_ids_of_its_own_joins_nobody_and_says_why() -> None:
    found = cluster([party(1, ids=[rut("1"), rut("2")]), party(2, ids=[rut("1")]), party(3, ids=[rut("1")])], [])
    assert groups(found) == [(1,), (2, 3)]
    assert "two different valid CL:RUT of its own" in found.conflicts[0].reason


def test_a_suspicious_tax_id_joins_nobody() -> None:
    parties = [party(n, ids=[rut("1")]) for n in (1, 2)]
    assert groups(cluster(parties, [], suspicious=frozenset({id_key("CL:RUT", "1")}))) == [(1,), (2,)]


def test_a_stewards_different_keeps_two_apart_though_they_share_a_tax_id_and_a_friend() -> None:
    parties = [party(n, ids=[rut("1")]) for n in (1, 2, 3)]
    found = cluster(parties, [], rulings=says(Judgement.DIFFERENT, 1, 2))
    assert groups(found) == [(1, 3), (2,)]
    assert found.conflicts[0].reason == "steward:ana ruled two of their records different"


def test_a_stewards_same_joins_what_nothing_else_would() -> None:
    parties = [party(1, "Ana Rojas", kind="person"), party(2, "Comercial Sur", kind="organization")]
    assert groups(cluster(parties, [], rulings=says(Judgement.SAME, 1, 2))) == [(1, 2)]


def test_a_stewards_same_across_two_valid_ids_is_refused_with_the_reason() -> None:
    found = cluster([party(1, ids=[rut("1")]), party(2, ids=[rut("2")])], [], rulings=says(Judgement.SAME, 2, 1))
    assert groups(found) == [(1,), (2,)]
    assert (found.conflicts[0].edge.rule, found.conflicts[0].reason) == (
        "steward:ana",
        "they hold different valid CL:RUT: 1 and 2",
    )


def test_a_rules_ruling_is_a_memory_and_constrains_nothing() -> None:
    ruling = Ruling(1, 2, Judgement.DIFFERENT, "rule:different valid tax ids", "2026-01-01")
    parties = [party(n, ids=[rut("1")]) for n in (1, 2)]
    assert groups(cluster(parties, [], rulings=standing([ruling]))) == [(1, 2)]


def test_the_stronger_edge_is_followed_and_the_weaker_dropped() -> None:
    parties = [party(1, ids=[rut("1")]), party(2), party(3, ids=[rut("3")])]
    edges = [Edge(1, 2, 100, "contact"), Edge(2, 3, 200, "format id")]
    found = cluster(parties, edges)
    assert groups(found) == [(1,), (2, 3)]
    assert [c.edge.rule for c in found.conflicts] == ["contact"]


def test_a_thousand_records_of_one_tax_id_are_one_cluster() -> None:
    assert len(cluster([party(n, ids=[rut("1")]) for n in range(1000)], []).clusters) == 1


World = tuple[list[SourceParty], list[Edge], Mapping[Pair, Ruling]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    size = draw(st.integers(2, 12))
    value = st.lists(st.sampled_from("123"), max_size=1) | st.lists(st.sampled_from("123"), max_size=2, unique=True)
    parties = [
        party(
            n,
            kind=draw(st.sampled_from(["", "person", "organization"])),
            ids=[rut(v) for v in draw(value)] + [identifier("RFC", v, country="MX") for v in draw(value)],
        )
        for n in range(size)
    ]
    pair = st.sampled_from(list(combinations(range(size), 2)))
    edges = draw(
        st.lists(st.builds(lambda p, s: Edge(*p, s, f"rule {s}"), pair, st.sampled_from([100, 200])), max_size=12)
    )
    word = st.sampled_from([Judgement.SAME, Judgement.DIFFERENT])
    rulings = draw(st.lists(st.builds(lambda p, j: Ruling(*p, j, "steward:ana", "2026-01-01"), pair, word), max_size=5))
    return parties, edges, standing(rulings)


@given(worlds(), st.randoms())
def test_any_order_of_arrival_gives_the_same_clusters_and_conflicts(world: World, random: object) -> None:
    parties, edges, rulings = world
    expected = cluster(parties, edges, rulings=rulings)
    shuffled, others = list(parties), list(edges)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    random.shuffle(others)  # type: ignore[attr-defined]
    flipped = [Edge(e.right, e.left, e.strength, e.rule) for e in others]
    assert cluster(shuffled, flipped, rulings=dict(reversed(rulings.items()))) == expected


@given(worlds(), st.randoms())
def test_insertion_ids_decide_nothing(world: World, random: object) -> None:
    parties, edges, rulings = world
    new = list(range(100, 100 + len(parties)))
    random.shuffle(new)  # type: ignore[attr-defined]
    renamed = [SourceParty(new[p.id], p.ref, p.trust, p.claims) for p in parties]
    moved = [Edge(new[e.left], new[e.right], e.strength, e.rule) for e in edges]
    ruled = standing(Ruling(new[r.left], new[r.right], r.judgement, r.by, r.at) for r in rulings.values())
    found = cluster(renamed, moved, rulings=ruled)
    assert [c.refs for c in found.clusters] == [c.refs for c in cluster(parties, edges, rulings=rulings).clusters]


@given(worlds())
def test_no_cluster_ever_breaks_a_constraint(world: World) -> None:
    parties, edges, rulings = world
    found = cluster(parties, edges, rulings=rulings)
    assert sorted(m for group in groups(found) for m in group) == [p.id for p in parties]
    for group in groups(found):
        assert len(group) == 1 or not ids_clash([parties[m] for m in group])
        assert not ruled_apart(group, rulings)
        ruled_same = any(r.judgement is Judgement.SAME for r in rulings.values())
        one_id = any(shares_id((a,), (b,), parties) for a, b in combinations(group, 2))
        assert ruled_same or one_id or not kinds_clash(group, parties)


@given(worlds())
def test_every_shared_valid_id_and_every_stewards_same_is_joined_unless_a_constraint_forbids(world: World) -> None:
    parties, edges, rulings = world
    found = groups(cluster(parties, edges, rulings=rulings))
    for left, right in combinations(found, 2):
        both = (*left, *right)
        forbidden = ids_clash([parties[m] for m in both]) or ruled_apart(both, rulings)
        ruled_same = any(
            rulings[p].judgement is Judgement.SAME
            for p in rulings
            if (p[0] in left and p[1] in right) or (p[1] in left and p[0] in right)
        )
        assert forbidden or not ruled_same
        assert forbidden or not shares_id(left, right, parties)


@given(worlds())
def test_every_conflict_is_between_two_clusters_and_has_a_reason(world: World) -> None:
    parties, edges, rulings = world
    found = cluster(parties, edges, rulings=rulings)
    home = {m: group for group in groups(found) for m in group}
    for conflict in found.conflicts:
        assert home[conflict.edge.left] != home[conflict.edge.right]
        assert conflict.reason


def ids_clash(parties: Sequence[SourceParty]) -> bool:
    held: dict[str, set[str]] = {}
    for each in parties:
        for name, values in each.valid_ids.items():
            held.setdefault(name, set()).update(values)
    return any(len(values) > 1 for values in held.values())


def kinds_clash(group: Sequence[int], parties: Sequence[SourceParty]) -> bool:
    return {"person", "organization"} <= {parties[m].kind for m in group}


def ruled_apart(group: Sequence[int], rulings: Mapping[Pair, Ruling]) -> bool:
    return any(r.judgement is Judgement.DIFFERENT and set(p) <= set(group) for p, r in rulings.items())


def shares_id(left: Sequence[int], right: Sequence[int], parties: Sequence[SourceParty]) -> bool:
    ids = [{(n, v) for m in side for n, vs in parties[m].valid_ids.items() for v in vs} for side in (left, right)]
    return bool(ids[0] & ids[1])
