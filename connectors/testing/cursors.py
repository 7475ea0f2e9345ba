"""Claims about cursors: nothing is missed, whatever clocks and transactions at the peer do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from connectors.testing.claims import claims_of
from connectors.testing.harness import DoesNotApply, Harness, Insert, Key, Reading, given
from connectors.testing.opening import Way, opened, read, reading_of, shown

_SECOND = timedelta(seconds=1)


def _stamping(harness: Harness) -> tuple[Reading, Insert]:
    """The stream, and how records are put there with a stamp that is chosen."""
    reading = reading_of(harness)
    if isinstance(reading.stamped, str):
        raise DoesNotApply(reading.stamped)
    with opened(harness) as connector:
        if connector.capabilities.incremental != "timestamp" or reading.stream.cursor is None:
            raise DoesNotApply("It does not read by time stamps.")
    return reading, given(reading.insert, called="reading.insert")


def _missed(harness: Harness, insert: Insert, *, stamps: tuple[datetime, datetime], what: str) -> Iterator[str]:
    """Put one record at the first stamp, read, put another at the second, and read from the bookmark."""
    reading = reading_of(harness)
    with opened(harness) as connector:
        first = set(insert(1, stamps[0]))
        seen = read(connector, reading.stream)
        if missing := first - seen.keys:
            yield f"The first record was not read at all ({what}): {shown(missing)}."
        second = set(insert(1, stamps[1]))
        later = read(connector, reading.stream, since=seen.bookmarks)
    if missing := second - later.keys:
        yield f"Missed by the read after it ({what}): {shown(missing)}."
    if callable(reading.delete):  # a stamp ahead of the present must not be what the next claim stumbles over
        for key in first | second:
            reading.delete(key)


def records_of_one_stamp_are_all_read(harness: Harness) -> Iterator[str]:
    """Records of one and the same stamp, more than a page of them, are all read, also from the bookmark of any page."""
    reading, insert = _stamping(harness)
    at = reading.now()
    alike = set(insert(2 * reading.page_size + 1, at))
    way = Way(settings=reading.small_pages)
    with opened(harness, way) as connector:
        whole = read(connector, reading.stream)
    if missing := alike - whole.keys:
        yield f"{len(missing)} of {len(alike)} were not read: {shown(missing)}."
    stored: set[Key] = set()
    bookmarks = {}
    for page in whole.pages:
        stored |= {record.key for record in page.records}
        if page.bookmark is None:
            continue
        bookmarks[page.bookmark.partition] = page.bookmark
        with opened(harness, way) as connector:
            after = read(connector, reading.stream, since=dict(bookmarks))
        if missing := alike - stored - after.keys:
            yield f"Going on behind a page loses {len(missing)} of them: {shown(missing)}."
            return


def a_record_of_the_very_stamp_of_the_bookmark_is_read(harness: Harness) -> Iterator[str]:
    """A record that comes later with the very stamp of the last one read is not missed."""
    reading, insert = _stamping(harness)
    at = reading.now()
    yield from _missed(harness, insert, stamps=(at, at), what="the same instant")


def stamps_of_whole_seconds_are_enough(harness: Harness) -> Iterator[str]:
    """Where stamps are whole seconds, a change in the same second as the last one read is not missed."""
    reading, insert = _stamping(harness)
    at = reading.now().replace(microsecond=0)
    yield from _missed(harness, insert, stamps=(at, at), what="the same second")
    yield from _missed(harness, insert, stamps=(at, at - _SECOND), what="the second before")


def a_late_commit_inside_the_overlap_is_read(harness: Harness) -> Iterator[str]:
    """A record stamped before the last one read, and visible only after it, is read while the overlap lasts."""
    reading, insert = _stamping(harness)
    with opened(harness) as connector:
        overlap = connector.capabilities.overlap
    if not overlap:
        yield "It declares no overlap (Capabilities.overlap), so whatever becomes visible late is lost."
        return
    at = reading.now()
    for share in (0.1, 0.5, 0.95):
        yield from _missed(harness, insert, stamps=(at, at - overlap * share), what=f"{overlap * share} late")


def an_open_transaction_is_read_once_it_commits(harness: Harness) -> Iterator[str]:
    """A transaction that is open while the stream is read is read by the next read, once it has committed."""
    reading = reading_of(harness)
    late = given(reading.late, called="reading.late")
    insert = given(reading.insert, called="reading.insert")
    with opened(harness) as connector:
        with late() as key:
            insert(1, None)
            first = read(connector, reading.stream)
            if key in first.keys:
                yield f"{shown([key])} was read before it was committed."
        second = read(connector, reading.stream, since=first.bookmarks)
    if key not in second.keys:
        yield f"{shown([key])} was committed after the read and is missed by the next one."


def clocks_that_differ_lose_nothing(harness: Harness) -> Iterator[str]:
    """Clocks of the peer's own servers, or of the peer and the hub, that differ by two minutes lose nothing."""
    reading, insert = _stamping(harness)
    now, skew = reading.now(), harness.skew
    yield from _missed(harness, insert, stamps=(now + skew, now), what="one server's clock is ahead")
    yield from _missed(harness, insert, stamps=(now, now - skew), what="one server's clock is behind")
    for ours in (-skew, skew):
        with opened(harness, Way(now=now + ours)) as connector:
            first = set(insert(1, reading.now()))
            seen = read(connector, reading.stream)
            second = set(insert(1, reading.now()))
            later = read(connector, reading.stream, since=seen.bookmarks)
        if missing := (first - seen.keys) | (second - later.keys):
            yield f"Missed with the hub's clock off by {ours.total_seconds():+g} s: {shown(missing)}."


def a_stamp_in_the_future_hides_nothing(harness: Harness) -> Iterator[str]:
    """A record dated a year ahead by mistake does not hide what is stamped today."""
    reading, insert = _stamping(harness)
    at = reading.now()
    yield from _missed(harness, insert, stamps=(at + timedelta(days=365), at), what="behind one dated next year")


def what_is_written_right_after_a_read_is_read(harness: Harness) -> Iterator[str]:
    """What the peer takes in right after a read comes with the next one, whatever its stamps are made of."""
    reading = reading_of(harness)
    insert = given(reading.insert, called="reading.insert")
    with opened(harness) as connector:
        found = read(connector, reading.stream)
        for _ in range(3):
            new = set(insert(1, None))
            found = read(connector, reading.stream, since=found.bookmarks)
            if missing := new - found.keys:
                yield f"Missed: {shown(missing)}."


CLAIMS = claims_of(
    "cursors",
    (
        records_of_one_stamp_are_all_read,
        a_record_of_the_very_stamp_of_the_bookmark_is_read,
        stamps_of_whole_seconds_are_enough,
        a_late_commit_inside_the_overlap_is_read,
        an_open_transaction_is_read_once_it_commits,
        clocks_that_differ_lose_nothing,
        what_is_written_right_after_a_read_is_read,
        a_stamp_in_the_future_hides_nothing,
    ),
)
