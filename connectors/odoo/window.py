"""Reading a stream: a window fixed at its start, pages by id, and the bookmark that survives a restart.

A window goes from the last bookmark less the overlap up to the server's clock at its start; what changes while it is
read belongs to the next one too. First the ids of everything that moved are gathered, then they are read by ascending
id: stamps of one second, and rows of equal stamp, cannot fall between two pages.

The bookmark's `cursor` is the moment up to which everything is stored. Its `tie` is `until|last id|count|wide`: the
first two and the last say where to go on inside a window and are empty once it is complete. `count` is a census: Odoo
forgets what it deletes, so the rows that were there are counted, and when fewer are left the window becomes wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from concilia.clock import to_text
from concilia.errors import RunMustStop
from concilia.records import BadRow, Bookmark, Page, Record
from connectors.bookmarks import foreign, moment_in
from connectors.contract import KeyPage
from connectors.odoo.client import OdooClient
from connectors.odoo.streams import Shape, Source
from connectors.odoo.values import Malformed, Row, odoo_moment

_WIDE: Final = "wide"


@dataclass(frozen=True, slots=True)
class Window:
    """What one read covers and how far it got. `since` is None for everything; `count` is the census at its start."""

    since: datetime | None
    until: datetime
    count: int
    last: int = 0
    wide: bool = False

    def inside(self) -> Bookmark:
        """The bookmark to go on after the page that ended with `last`."""
        cursor = to_text(self.since) if self.since else ""
        tie = (to_text(self.until), str(self.last), str(self.count), _WIDE if self.wide else "")
        return Bookmark(cursor=cursor, tie="|".join(tie))

    def complete(self) -> Bookmark:
        """The bookmark once all pages are stored."""
        return Bookmark(cursor=to_text(self.until), tie=f"||{self.count}|")


def pages(client: OdooClient, source: Source, *, bookmark: Bookmark | None) -> Iterator[Page]:
    """The pages of the window after the bookmark, or of everything without one; at least one page, maybe empty."""
    refuse_missing(client, source)
    window = _resumed(bookmark) or _opened(client, source, bookmark=bookmark)
    batches = _everything(client, source, window) if window.since is None else _moved(client, source, window)
    for rows, is_last in batches:
        records, bad = _records(client, source, rows)
        if is_last:
            yield Page(records, bad, bookmark=window.complete())
            return
        window = replace(window, last=int(rows[-1]["id"]) if rows else window.last)
        yield Page(records, bad, bookmark=window.inside())


def key_pages(client: OdooClient, source: Source) -> Iterator[KeyPage]:
    """All ids of the stream, counted by Odoo afterwards: a deletion meanwhile makes the count differ."""
    size = client.settings.page_size
    domain = source.domain(client)
    last = 0
    while True:
        rows = client.rows(source.model, [*domain, ["id", ">", last]], fields=["id"], limit=size)
        keys = tuple((str(row["id"]),) for row in rows)
        if len(rows) < size:
            yield KeyPage(keys, last=True, total=client.count(source.model, domain))
            return
        last = int(rows[-1]["id"])
        yield KeyPage(keys)


def by_ids(client: OdooClient, source: Source, *, ids: Sequence[int]) -> list[Record]:
    """The records of those ids that exist in the stream now; RunMustStop when one cannot be read."""
    refuse_missing(client, source)
    rows = _rows(client, source, ids)
    records, bad = _records(client, source, rows)
    if bad:
        raise RunMustStop(f"{client.settings.system}: {bad[0].position}: {bad[0].reason}.")
    return list(records)


def refuse_missing(client: OdooClient, source: Source) -> None:
    """RunMustStop when the model has lost a field that the stream cannot do without."""
    missing = source.missing(client)
    if missing:
        raise RunMustStop(
            f"{client.settings.system} shows no {', '.join(missing)} on {source.model}.",
            mend="Check the groups of the user and the series of Odoo; this connector is written for 14 to 19.",
        )


def _everything(client: OdooClient, source: Source, window: Window) -> Iterator[tuple[list[Row], bool]]:
    size, last = client.settings.page_size, window.last
    domain, fields = source.domain(client), source.asked(client)
    while True:
        rows = client.rows(source.model, [*domain, ["id", ">", last]], fields=fields, limit=size)
        yield rows, len(rows) < size
        if len(rows) < size:
            return
        last = int(rows[-1]["id"])


def _moved(client: OdooClient, source: Source, window: Window) -> Iterator[tuple[list[Row], bool]]:
    ids = set[int]()
    if window.since is not None:
        ids = source.touched(client, odoo_moment(window.since - client.settings.overlap))
    if window.wide:
        ids |= source.reopened(client) or set()
    left = sorted(number for number in ids if number > window.last)
    size = client.settings.page_size
    for start in range(0, max(len(left), 1), size):
        yield _rows(client, source, left[start : start + size]), start + size >= len(left)


def _rows(client: OdooClient, source: Source, ids: Sequence[int]) -> list[Row]:
    if not ids:
        return []
    domain = [*source.domain(client), ["id", "in", list(ids)]]
    return client.rows(source.model, domain, fields=source.asked(client))


def _records(client: OdooClient, source: Source, rows: list[Row]) -> tuple[tuple[Record, ...], tuple[BadRow, ...]]:
    if not rows:
        return (), ()
    shape = source.shaped(client, rows)
    found = [_record(source, row, shape=shape) for row in rows]
    return (
        tuple(one for one in found if isinstance(one, Record)),
        tuple(one for one in found if isinstance(one, BadRow)),
    )


def _record(source: Source, row: Row, *, shape: Shape) -> Record | BadRow:
    position = f"{source.schema.name} {row['id']}"
    key = (str(row["id"]),)
    try:
        fields = shape(row)
    except Malformed as fault:
        return BadRow(position, str(fault), column=fault.column, key=key, fields=row)
    stamp = fields["write_date"]
    return Record(
        key=key,
        fields=fields,
        position=position,
        cursor=to_text(stamp) if stamp else None,
        source_updated_at=stamp,
    )


def _opened(client: OdooClient, source: Source, *, bookmark: Bookmark | None) -> Window:
    until = client.clock()
    count = source.counted(client, odoo_moment(until - client.settings.overlap))
    if bookmark is None or not bookmark.cursor:
        return Window(None, until, count)
    since = moment_in(bookmark.cursor)
    before = bookmark.tie.split("|")[2] if bookmark.tie.count("|") == 3 else ""
    if not before.isdigit():
        raise foreign(bookmark.tie)
    left = source.counted(client, odoo_moment(since - client.settings.overlap))
    if left >= int(before):
        return Window(since, until, count)
    everything = source.reopened(client) is None
    return Window(None if everything else since, until, count, wide=not everything)


def _resumed(bookmark: Bookmark | None) -> Window | None:
    if bookmark is None or not bookmark.tie:
        return None
    parts = bookmark.tie.split("|")
    if len(parts) != 4 or not all(part.isdigit() or not part for part in parts[1:3]):
        raise foreign(bookmark.tie)
    until, last, count, wide = parts
    if not until:
        return None
    since = moment_in(bookmark.cursor) if bookmark.cursor else None
    return Window(since, moment_in(until), int(count or 0), int(last or 0), wide=wide == _WIDE)
