"""Claims about reading: everything, in bounded pages, each of which can be gone on from; and about listing keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import cast

from concilia.errors import ConciliaError
from concilia.records import Bookmark, Page
from connectors.contract import Connector, KeyPage, ListsKeys, StreamRequest
from connectors.testing.claims import claims_of
from connectors.testing.harness import DoesNotApply, Harness, Key, Reading, given
from connectors.testing.opening import NOTHING, Pass, Way, left_open, opened, read, reading_of, requests_of, shown

LARGEST_PAGE = 10_000  # records: a page is held in memory and stored in one transaction
_PAGES = 3


def filled(reading: Reading) -> set[Key]:
    """The keys at the peer, once there are enough for several small pages."""
    held = set(reading.keys())
    loose = sum(map(reading.deletable, held))
    wanted = _PAGES * reading.page_size + 1
    if loose < wanted:
        insert = given(reading.insert, called="reading.insert")
        if reading.stamped is not True:
            insert(wanted - loose, None)
        else:  # far apart and long ago: otherwise the overlap would read everything again, and hide what is skipped
            for days in range(wanted - loose, 0, -1):
                insert(1, reading.now() - 2 * timedelta(days=days))
        held = set(reading.keys())
    return held


def _small(reading: Reading) -> Way:
    return Way(settings=reading.small_pages)


@contextmanager
def _lived(harness: Harness, *, bookmarks: Mapping[str, Bookmark]) -> Iterator[Iterator[Page]]:
    """The pages that a process of its own reads from these bookmarks, for as long as it lives."""
    reading = reading_of(harness)
    with (
        opened(harness, _small(reading)) as connector,
        left_open(connector.read(reading.stream, bookmarks=bookmarks)) as pages,
    ):
        yield pages


def everything_is_read_in_bounded_pages(harness: Harness) -> Iterator[str]:
    """A full read gives every record the peer holds, in pages of bounded size, the last with a bookmark."""
    reading = reading_of(harness)
    held = filled(reading)
    for way in (Way(), _small(reading)):
        with opened(harness, way) as connector:
            for request in requests_of(harness):
                found = read(connector, request)
                for page in found.pages:
                    if page.read > LARGEST_PAGE:
                        yield f"A page of {request.name} holds {page.read} records."
                if request is not reading.stream:
                    continue
                yield from _compared(found.keys, held)
                incremental = connector.capabilities.incremental != "none" and request.cursor is not None
                if incremental and found.pages and not found.bookmarks:
                    yield "No page carries a bookmark."


def _compared(found: set[Key], held: set[Key]) -> Iterator[str]:
    if missing := held - found:
        yield f"{len(missing)} of {len(held)} records were not read: {shown(missing)}."
    if strange := found - held:
        yield f"{len(strange)} records were read that the peer does not hold: {shown(strange)}."


def a_full_read_ignores_the_bookmark(harness: Harness) -> Iterator[str]:
    """A full read gives everything again, whatever was read before."""
    reading = reading_of(harness)
    held = filled(reading)
    with opened(harness) as connector:
        known = read(connector, reading.stream).bookmarks
        again = Pass()
        for page in connector.read(reading.stream, bookmarks=known, full=True):
            again.take(page)
    yield from _compared(again.keys, held)


def paging_survives_inserts_and_deletes(harness: Harness) -> Iterator[str]:
    """Records inserted, changed and deleted between two pages never make others be skipped; the next read has them."""
    reading = reading_of(harness)
    insert = given(reading.insert, called="reading.insert")
    delete = given(reading.delete, called="reading.delete")
    held = filled(reading)
    found = Pass()
    with opened(harness, _small(reading)) as connector:
        with left_open(connector.read(reading.stream, bookmarks=NOTHING)) as pages:
            for page in pages:
                found.take(page)
                if any(map(reading.deletable, found.keys)):
                    break
            met = sorted(filter(reading.deletable, found.keys))
            ahead = sorted(filter(reading.deletable, held - found.keys))
            if not met or not ahead:
                raise DoesNotApply("A page of this stream holds everything that the harness could put there.")
            gone = {met[0], ahead[0]}
            for key in gone:
                delete(key)
            new = set(insert(2, None))
            if callable(reading.update) and len(met) > 1:
                reading.update(met[1])
            for page in pages:
                found.take(page)
        if missing := held - gone - found.keys:
            yield f"{len(missing)} records that stood all the time were skipped: {shown(missing)}."
        later = read(connector, reading.stream, since=found.bookmarks)
    if missing := new - found.keys - later.keys:
        yield f"Records inserted meanwhile were read neither then nor by the next read: {shown(missing)}."


def reading_goes_on_behind_any_page(harness: Harness) -> Iterator[str]:
    """A read that is stopped after any page and goes on from its bookmark, in a new process, loses nothing."""
    reading = reading_of(harness)
    held = filled(reading)
    for stored in range(1, 2 * _PAGES):
        before = Pass()
        with _lived(harness, bookmarks=NOTHING) as pages:
            for page in islice(pages, stored):
                before.take(page)
        if len(before.pages) < stored:
            return
        with opened(harness, _small(reading)) as connector:
            after = read(connector, reading.stream, since=before.bookmarks)
        if missing := held - before.keys - after.keys:
            yield f"After {stored} pages, {len(missing)} records were lost: {shown(missing)}."


def processes_that_die_one_after_another_lose_nothing(harness: Harness) -> Iterator[str]:
    """Process after process, each killed a page later than the one before, comes to the end and loses nothing."""
    reading = reading_of(harness)
    held = filled(reading)
    found = Pass()
    for life in range(1, len(held) + 2):
        with _lived(harness, bookmarks=dict(found.bookmarks)) as pages:
            lived = list(islice(pages, life))
        for page in lived:
            found.take(page)
        if len(lived) < life:
            break
    if missing := held - found.keys:
        yield f"{len(missing)} of {len(held)} records were never reached: {shown(missing)}."


def reading_again_gives_nothing_new(harness: Harness) -> Iterator[str]:
    """Reading again from the last bookmark gives nothing, or repeats with the same content."""
    reading = reading_of(harness)
    filled(reading)
    with opened(harness) as connector:
        first = read(connector, reading.stream)
        second = read(connector, reading.stream, since=first.bookmarks)
        third = read(connector, reading.stream, since=second.bookmarks)
    known = {record.key: record.fields for record in first.records}
    for record in (*second.records, *third.records):
        if record.key not in known:
            yield f"{record.key} is new, and nothing happened at the peer."
        elif known[record.key] != record.fields:
            yield f"{record.key} came again with other content, and nothing happened at the peer."
    if len(third.records) > len(second.records):
        yield "Each further read gives more, although nothing happens at the peer."


def a_change_is_read(harness: Harness) -> Iterator[str]:
    """A record that is changed at the peer comes with the next incremental read, as it now is."""
    reading = reading_of(harness)
    update = given(reading.update, called="reading.update")
    key = min(filled(reading))
    with opened(harness) as connector:
        first = read(connector, reading.stream)
        update(key)
        second = read(connector, reading.stream, since=first.bookmarks)
    before, after = ({r.key: r.fields for r in found.records}.get(key) for found in (first, second))
    if after is None:
        yield f"{shown([key])} was changed, and the next read does not give it."
    elif before == after:
        yield f"{shown([key])} was changed, and the next read gives it as it was."


def a_foreign_bookmark_is_refused_or_read_in_full(harness: Harness) -> Iterator[str]:
    """A bookmark this connector never wrote is refused in words, or everything is read."""
    reading = reading_of(harness)
    held = filled(reading)
    for cursor, tie in (("no such moment", ""), ("\N{SNOWMAN}", "|x|"), ("{}", "[]"), ("-1.5e9", "x|y|z")):
        known = {"": Bookmark("", cursor, tie)}
        with opened(harness) as connector:
            try:
                found = read(connector, reading.stream, since=known)
            except ConciliaError:
                continue
        if found.keys < held:
            yield f"From the bookmark {cursor!r}, {len(found.keys)} of {len(held)} records were read without a word."


def an_unknown_stream_is_refused(harness: Harness) -> Iterator[str]:
    """A stream that does not exist is refused in words."""
    with opened(harness) as connector:
        try:
            list(connector.read(StreamRequest("no_such_stream", key=("id",)), bookmarks={}))
        except ConciliaError as fault:
            if "no_such_stream" not in str(fault):
                yield f"The refusal does not name it: {fault}"
        else:
            yield "It was read."


def _lister(connector: Connector, reading: Reading) -> ListsKeys:
    if reading.stream.name not in connector.capabilities.lists_keys:
        raise DoesNotApply("It declares no list of all keys: its deletes are not seen.")
    return cast("ListsKeys", connector)


def _listed(pages: Iterator[KeyPage]) -> tuple[set[Key], list[bool], int]:
    found = list(pages)
    return {key for page in found for key in page.keys}, [page.last for page in found], sum(p.unknown for p in found)


def listed_until_fault(harness: Harness, way: Way) -> tuple[set[Key], bool]:
    """The keys that were listed, and whether the list said that it is whole."""
    reading = reading_of(harness)
    keys: set[Key] = set()
    ended = False
    with opened(harness, way) as connector:
        lister = _lister(connector, reading)
        try:
            for page in lister.list_keys(reading.stream, bookmarks=NOTHING).pages:
                keys |= set(page.keys)
                ended = page.last
        except ConciliaError:
            return keys, False
    return keys, ended


def all_keys_are_listed_to_a_proven_end(harness: Harness) -> Iterator[str]:
    """The list of keys holds every key of the peer and no other, and only its last page says that it is the last."""
    reading = reading_of(harness)
    held = filled(reading)
    with opened(harness, _small(reading)) as connector:
        keys, lasts, _ = _listed(_lister(connector, reading).list_keys(reading.stream, bookmarks=NOTHING).pages)
    yield from _compared(keys, held)
    if lasts[-1:] != [True] or any(lasts[:-1]):
        yield f"The end is said at the wrong place: {lasts}."


def a_deleted_record_is_not_listed(harness: Harness) -> Iterator[str]:
    """A record that is deleted at the peer is in the list of keys no more, and all others still are."""
    reading = reading_of(harness)
    delete = given(reading.delete, called="reading.delete")
    held = filled(reading)
    gone = min(filter(reading.deletable, held))
    with opened(harness) as connector:
        lister = _lister(connector, reading)
        known = read(connector, reading.stream).bookmarks
        delete(gone)
        keys, _, _ = _listed(lister.list_keys(reading.stream, bookmarks=known).pages)
    yield from _compared(keys, held - {gone})


def a_list_that_breaks_off_has_no_end(harness: Harness) -> Iterator[str]:
    """Keys listed while others come and go are all there, so that a resumed scan never infers a delete."""
    reading = reading_of(harness)
    insert, delete = given(reading.insert, called="reading.insert"), given(reading.delete, called="reading.delete")
    held = filled(reading)
    with opened(harness, _small(reading)) as connector:
        listing = _lister(connector, reading).list_keys(reading.stream, bookmarks=NOTHING)
        with left_open(listing.pages) as pages:
            before: set[Key] = set()
            for page in pages:
                before |= set(page.keys)
                if page.last:
                    raise DoesNotApply("A page of this list holds everything that the harness could put there.")
                if any(map(reading.deletable, before)):
                    break
            gone = {min(filter(reading.deletable, before))}
            for key in gone:
                delete(key)
            insert(1, None)
            try:
                keys, lasts, _ = _listed(pages)
            except ConciliaError:
                return  # it noticed, and says so: nothing is concluded from it
    if lasts[-1:] == [True] and (missing := held - gone - keys - before):
        yield f"{len(missing)} records that stood all the time would be taken for deleted: {shown(missing)}."


CLAIMS = claims_of(
    "reading",
    (
        everything_is_read_in_bounded_pages,
        a_full_read_ignores_the_bookmark,
        paging_survives_inserts_and_deletes,
        reading_goes_on_behind_any_page,
        processes_that_die_one_after_another_lose_nothing,
        reading_again_gives_nothing_new,
        a_change_is_read,
        a_foreign_bookmark_is_refused_or_read_in_full,
        an_unknown_stream_is_refused,
        all_keys_are_listed_to_a_proven_end,
        a_deleted_record_is_not_listed,
        a_list_that_breaks_off_has_no_end,
    ),
)
