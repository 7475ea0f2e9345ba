"""Golden ids are kept, merged, split and revived; never reused."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.keys import golden_id
from concilia.records import RecordRef
from dedup.assignment import assign
from dedup.cluster import Cluster
from dedup.ledger import Entry, Founded, Inherited, Merged, Moved, Revived, Split, Standing, replay


def clusters(*groups: Iterable[int]) -> list[Cluster]:
    ordered = sorted(tuple(sorted(group)) for group in groups)
    return [Cluster(group, tuple(RecordRef("erp", "customers", f"c{m:03}") for m in group)) for group in ordered]


def founded_by(member: int, number: int = 1) -> str:
    return golden_id("erp", "customers", f"c{member:03}", number)


class Hub:
    """A ledger that grows, as the store's does."""

    def __init__(self) -> None:
        self.standing, self.ledger = Standing(), list[Entry]()

    def becomes(self, *groups: Iterable[int]) -> tuple[Entry, ...]:
        entries = assign(clusters(*groups), standing=self.standing).entries
        self.standing = replay(entries, after=self.standing, position=len(self.ledger))
        self.ledger += entries
        return entries

    def ids(self) -> dict[int, str]:
        return dict(self.standing.golden_of)


def test_a_first_cluster_is_founded_by_its_smallest_member() -> None:
    hub = Hub()
    golden = founded_by(1)
    assert hub.becomes([2, 1]) == (Founded(golden, 1), Moved(1, None, golden), Moved(2, None, golden))


def test_a_merge_keeps_the_id_founded_first_even_when_its_record_sorts_last() -> None:
    hub = Hub()
    hub.becomes([9])
    hub.becomes([9], [1])
    assert hub.becomes([1, 9]) == (
        Merged(founded_by(1), founded_by(9)),
        Moved(1, founded_by(1), founded_by(9)),
    )


def test_an_undone_merge_gives_both_their_ids_back() -> None:
    hub = Hub()
    hub.becomes([1], [2])
    before = hub.ids()
    hub.becomes([1, 2])
    entries = hub.becomes([1], [2])
    assert hub.ids() == before
    assert entries == (
        Revived(founded_by(2)),
        Split(founded_by(1), founded_by(2)),
        Moved(2, founded_by(1), founded_by(2)),
    )


def test_a_part_that_never_had_an_id_of_its_own_gets_a_new_one() -> None:
    hub = Hub()
    hub.becomes([1, 2])
    assert hub.becomes([1], [2])[:2] == (Founded(founded_by(2), 2), Split(founded_by(1), founded_by(2)))


def test_a_founder_that_moves_away_leaves_its_id_to_those_who_stay() -> None:
    hub = Hub()
    hub.becomes([3])
    hub.becomes([1, 2], [3])
    before = hub.ids()
    entries = hub.becomes([2], [1, 3])
    assert entries == (
        Inherited(founded_by(1), 2),
        Split(founded_by(1), founded_by(3)),
        Moved(1, founded_by(1), founded_by(3)),
    )
    hub.becomes([1, 2], [3])
    assert hub.ids() == before


def test_a_record_that_founds_again_gets_an_id_it_never_had() -> None:
    hub = Hub()
    hub.becomes([3])
    hub.becomes([1, 2], [3])
    hub.becomes([2], [1, 3])  # 2 inherits what 1 founded
    hub.becomes([2], [1], [3])
    assert hub.ids()[1] == founded_by(1, 2)


def test_a_component_that_leaves_out_a_member_of_its_golden_record_is_refused() -> None:
    hub = Hub()
    hub.becomes([1, 2])
    with pytest.raises(ValueError, match=r"\[2\] hold a golden id of this component"):
        hub.becomes([1])


Partition = list[list[int]]


@st.composite
def partitions(draw: st.DrawFn, size: int = 6) -> Partition:
    labels = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    return [group for label in range(4) if (group := [m for m, found in enumerate(labels) if found == label])]


histories = st.lists(partitions(), min_size=1, max_size=6)


def lived(history: list[Partition]) -> Hub:
    hub = Hub()
    for groups in history:
        hub.becomes(*groups)
    return hub


@given(histories)
def test_the_same_clusters_again_change_nothing(history: list[Partition]) -> None:
    assert lived(history).becomes(*history[-1]) == ()


@given(histories)
def test_each_cluster_has_one_id_and_no_two_share_one(history: list[Partition]) -> None:
    hub = lived(history)
    held = [{hub.ids()[m] for m in group} for group in history[-1]]
    assert all(len(ids) == 1 for ids in held)
    assert len(set.union(*held)) == len(held)


@given(histories, st.data())
def test_merge_then_undo_restores_exactly_the_ids_of_before(history: list[Partition], data: st.DataObject) -> None:
    hub = lived(history)
    before, groups = hub.ids(), history[-1]
    chosen = data.draw(st.sets(st.integers(0, len(groups) - 1)))
    merged = [[m for i in chosen for m in groups[i]]] if chosen else []
    hub.becomes(*merged, *(group for i, group in enumerate(groups) if i not in chosen))
    hub.becomes(*groups)
    assert hub.ids() == before


@given(histories)
def test_ids_are_never_founded_twice_and_standing_ids_are_not_retired(history: list[Partition]) -> None:
    hub = lived(history)
    founded = [entry.golden for entry in hub.ledger if isinstance(entry, Founded)]
    assert len(founded) == len(set(founded))
    standing = {golden.id for golden in hub.standing.goldens.values() if golden.retired is None}
    assert standing == set(hub.ids().values())


@given(histories)
def test_the_ledger_alone_gives_the_standing(history: list[Partition]) -> None:
    hub = lived(history)
    assert replay(hub.ledger) == hub.standing


@given(histories, st.randoms())
def test_the_order_of_the_clusters_given_decides_nothing(history: list[Partition], random: object) -> None:
    shuffled = [list(groups) for groups in history]
    for groups in shuffled:
        random.shuffle(groups)  # type: ignore[attr-defined]
    assert lived(shuffled).ids() == lived(history).ids()
