"""How an incoming record stands to what is known under its key: equal, newer, older, or told twice at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.clock import to_text
from concilia.records import Record
from concilia.store.sources import KnownRecord
from sync.entities import Incoming, incoming_of
from sync.landing import Change, _decide

EARLY, LATE = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
THIS_RUN, KILLED_RUN, EARLIER_RUN = 7, 6, 5  # this one goes on where the killed one stopped


def read(value: str, moment: datetime | None = None) -> Incoming:
    return incoming_of(Record(("F-1",), {"v": value}, source_updated_at=moment))


def held(value: str, moment: datetime | None = None, run_id: int = EARLIER_RUN) -> KnownRecord:
    return KnownRecord(1, read(value).hash, None if moment is None else to_text(moment), run_id)


def decided(one: Incoming, known: KnownRecord | None = None, in_page: Incoming | None = None) -> Change:
    return _decide(one, known, in_page, reading=frozenset({THIS_RUN, KILLED_RUN}))


def test_an_unknown_key_is_new() -> None:
    assert decided(read("a")) is Change.NEW


@pytest.mark.parametrize("moment", [None, EARLY, LATE])
@pytest.mark.parametrize("run_id", [THIS_RUN, EARLIER_RUN])
def test_equal_content_is_the_same_whatever_its_time(moment: datetime | None, run_id: int) -> None:
    assert decided(read("a", moment), held("a", EARLY, run_id)) is Change.SAME


@pytest.mark.parametrize("run_id", [THIS_RUN, EARLIER_RUN])
def test_other_content_counts_when_the_source_changed_it_later(run_id: int) -> None:
    assert decided(read("b", LATE), held("a", EARLY, run_id)) is Change.NEW
    assert decided(read("b", EARLY), held("a", LATE, run_id)) is Change.OLDER


@pytest.mark.parametrize(("mine", "theirs"), [(None, None), (EARLY, None), (None, EARLY), (EARLY, EARLY)])
def test_without_a_later_time_it_replaces_what_an_earlier_run_read_but_not_what_this_one_did(
    mine: datetime | None, theirs: datetime | None
) -> None:
    assert decided(read("b", mine), held("a", theirs)) is Change.NEW
    assert decided(read("b", mine), held("a", theirs, THIS_RUN)) is Change.DUPLICATE


@pytest.mark.parametrize(
    ("one", "in_page", "change"),
    [
        (read("a"), read("a"), Change.SAME),
        (read("a", EARLY), read("a", LATE), Change.SAME),
        (read("b", LATE), read("a", EARLY), Change.NEWER_IN_PAGE),
        (read("b", EARLY), read("a", LATE), Change.OLDER),
        (read("b", EARLY), read("a", EARLY), Change.DUPLICATE),
        (read("b"), read("a", EARLY), Change.DUPLICATE),
        (read("b", LATE), read("a"), Change.DUPLICATE),
        (read("b"), read("a"), Change.DUPLICATE),
    ],
)
def test_within_a_page_only_time_tells_which_of_two_versions_counts(
    one: Incoming, in_page: Incoming, change: Change
) -> None:
    assert decided(one, None, in_page) is change
    assert decided(one, held("z", EARLY), in_page) is change


moments = st.none() | st.sampled_from([EARLY, LATE])


@given(st.sampled_from("abc"), moments, st.sampled_from("abc"), moments)
def test_a_later_version_never_loses_to_an_earlier_one(
    mine: str, my_time: datetime | None, theirs: str, their_time: datetime | None
) -> None:
    change = decided(read(mine, my_time), held(theirs, their_time))
    if mine == theirs:
        assert change is Change.SAME
    elif my_time is not None and their_time is not None:
        assert (change is Change.OLDER) is (my_time < their_time)
    else:
        assert change is Change.NEW


@pytest.mark.parametrize("run_id", [THIS_RUN, KILLED_RUN])
def test_the_second_version_in_a_file_is_a_duplicate_even_when_the_run_was_killed_between(run_id: int) -> None:
    assert decided(read("b"), held("a", run_id=run_id)) is Change.DUPLICATE
    assert decided(read("b", LATE), held("a", EARLY, run_id)) is Change.NEW
