"""Reading a stream: a window fixed at its start, pages by id, and the bookmark that survives a restart.

A window goes from the last bookmark less the overlap up to the server's clock at its start; what changes while
it is read belongs to the next one too. Pages go by ascending id, so rows of equal stamp cannot fall between two.

The bookmark's `cursor` is the moment up to which everything is stored. Its `tie` is `until|last id|census`: the
first two say where to go on inside a window and are empty once it is complete.

The census. Tryton forgets what it deletes (its log keeps that something was deleted, not what). Of the lists
inside parties the number of rows created up to the bookmark is kept: when fewer of those are left, something was
deleted, nobody can say of which party, and the window is widened to all parties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from concilia.clock import to_text
from concilia.records import Bookmark, Page, Record
from connectors.bookmarks import foreign, moment_in
from connectors.contract import KeyPage
from connectors.tryton.client import TrytonClient
from connectors.tryton.streams import PARTIES, Source
from connectors.tryton.wire import Domain, Row, changed_since

Census = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """What one read covers and how far it got. `since` is None for everything; `census` is as of `until`."""

    since: datetime | None
    until: datetime
    census: Census
    last: int = 0

    def inside(self) -> Bookmark:
        """The bookmark to go on after the page that ended with `last`."""
        cursor = to_text(self.since) if self.since else ""
        return Bookmark(cursor=cursor, tie=f"{to_text(self.until)}|{self.last}|{_written(self.census)}")

    def complete(self) -> Bookmark:
        """The bookmark once all pages are stored."""
        return Bookmark(cursor=to_text(self.until), tie=f"||{_written(self.census)}")


def pages(client: TrytonClient, source: Source, *, bookmark: Bookmark | None) -> Iterator[Page]:
    """The pages of the window after the bookmark, or of everything without one; at least one page, maybe empty."""
    window = _resumed(bookmark) or _opened(client, source, bookmark=bookmark)
    size = client.settings.page_size
    domain = [*source.domain, *_company(client, source), *_changed(client, source, window=window)]
    while True:
        rows = client.search_read(source.model, [*domain, ["id", ">", window.last]], fields=source.asked, limit=size)
        records = tuple(_record(source, row) for row in rows)
        if len(rows) < size:
            yield Page(records, bookmark=window.complete())
            return
        window = replace(window, last=rows[-1]["id"])
        yield Page(records, bookmark=window.inside())


def key_pages(client: TrytonClient, source: Source) -> Iterator[KeyPage]:
    """All ids of the stream, counted by Tryton afterwards: a deletion meanwhile makes the count differ, and is seen
    by the next listing."""
    size = client.settings.page_size
    domain = [*source.domain, *_company(client, source)]
    last = 0
    while True:
        rows = client.search_read(source.model, [*domain, ["id", ">", last]], fields=["id"], limit=size)
        keys = tuple((str(row["id"]),) for row in rows)
        if len(rows) < size:
            yield KeyPage(keys, last=True, total=client.count(source.model, domain))
            return
        last = rows[-1]["id"]
        yield KeyPage(keys)


def by_ids(client: TrytonClient, source: Source, *, ids: Sequence[int]) -> list[Record]:
    """The records of those ids that exist in the stream now."""
    domain = [*source.domain, *_company(client, source), ["id", "in", list(ids)]]
    return [_record(source, row) for row in client.search_read(source.model, domain, fields=source.asked)]


def _record(source: Source, row: Row) -> Record:
    fields = source.shape(row)
    stamp = fields["write_date"]
    return Record(
        key=(str(row["id"]),),
        fields=fields,
        position=f"{source.schema.name} {row['id']}",
        cursor=to_text(stamp) if stamp else None,
        source_updated_at=stamp,
    )


def _opened(client: TrytonClient, source: Source, *, bookmark: Bookmark | None) -> Window:
    until = client.clock()
    census = _counted(client, source, until=until)
    if bookmark is None or not bookmark.cursor:
        return Window(None, until, census)
    since = moment_in(bookmark.cursor)
    before = _census(bookmark.tie.rpartition("|")[2])
    left = _counted(client, source, until=since) if before else ()
    something_deleted = any(now < then for now, then in zip(left, before, strict=False))
    return Window(None if something_deleted else since, until, census)


def _resumed(bookmark: Bookmark | None) -> Window | None:
    if bookmark is None or not bookmark.tie:
        return None
    until, _, rest = bookmark.tie.partition("|")
    last, _, census = rest.partition("|")
    if not until:
        return None
    if not last.isdigit():
        raise foreign(bookmark.tie)
    since = moment_in(bookmark.cursor) if bookmark.cursor else None
    return Window(since, moment_in(until), _census(census), int(last))


def _changed(client: TrytonClient, source: Source, *, window: Window) -> Domain:
    if window.since is None:
        return []
    moment = window.since - client.settings.overlap
    clause = changed_since(moment, paths=(*source.moved_by, *source.also_moved_by))
    if source.party is not None:
        merged = [["replaced_by", "!=", None], changed_since(moment, paths=("",))]
        survivors = client.search_read(PARTIES.model, merged, fields=["replaced_by"])
        if survivors:
            clause.append([source.party, "in", sorted({row["replaced_by"] for row in survivors})])
    return [clause]


def _company(client: TrytonClient, source: Source) -> Domain:
    if source.company is None or client.settings.company is None:
        return []
    return [[source.company, "=", client.context["company"]]]


def _counted(client: TrytonClient, source: Source, *, until: datetime) -> Census:
    return tuple(client.count(model, [["create_date", "<=", until]]) for model in source.counted)


def _written(census: Census) -> str:
    return ",".join(map(str, census))


def _census(text: str) -> Census:
    parts = [part for part in text.split(",") if part]
    if not all(part.isdigit() for part in parts):
        raise foreign(text)
    return tuple(map(int, parts))
