"""Reading a described stream: windows by its cursor, partitions, bookmarks, keys. Knows no HTTP.

A window goes from the bookmark less the overlap to the end; the bookmark of a stream is the latest cursor seen.

- `paginate_by: cursor`: each page is asked for from the last cursor value on, so what moves or is deleted between two
  pages neither hides a record nor shows it twice. Each page's bookmark is good.
- any other paging: the filter stays the same, and the bookmark moves when the last page is stored. With a Keyset a
  stopped read goes on behind its last key: the bookmark's `tie` says which, and the latest cursor seen before.
- records of a parent stream: each parent's, page of parents by page, under the parents' bookmark.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from concilia.clock import from_text, to_text
from concilia.errors import RunMustStop
from concilia.records import Bookmark, Page
from connectors.bookmarks import foreign, moment_in
from connectors.contract import KeyPage
from connectors.manifest.conditions import cell, hold
from connectors.manifest.document import StreamSpec
from connectors.manifest.moments import latest
from connectors.manifest.records import Shaping
from connectors.manifest.templates import Scope
from connectors.manifest.walking import Ask, Rows

_STALE: Final = 5  # the same page again so often in a row means the system is stuck


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one page as they came, and the bookmark once they are stored."""

    rows: Sequence[Any]
    bookmark: Bookmark | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One stream of one connection. `detail` gives the whole of a row, where a list gives only a part."""

    spec: StreamSpec
    rows: Rows
    shaping: Shaping
    overlap: timedelta
    scope: Scope
    now: datetime  # a bookmark never goes beyond: a record dated next year by mistake would hide all that follow
    detail: Callable[[Mapping[str, Any]], Any] | None = None
    parent: Reading | None = None

    def pages(self, bookmarks: Mapping[str, Bookmark]) -> Iterator[Page]:
        """The pages after the bookmarks, or of everything without any."""
        for batch in self.batches(bookmarks):
            records, bad = self.shaping.shaped(self._whole(batch.rows))
            yield Page(records, bad, batch.bookmark)

    def keys(self) -> Iterator[KeyPage]:
        """The keys of all records, page by page, to the end the system declares."""
        for batch in self.batches({}):
            records, bad = self.shaping.shaped(self._kept(batch.rows))
            yield KeyPage(tuple(record.key for record in records), unknown=len(bad))
        yield KeyPage(last=True)

    def try_one(self) -> None:
        """Ask for the first page, of the parents where there are any, and drop it."""
        next(iter((self.parent or self).batches({})), None)

    def batches(self, bookmarks: Mapping[str, Bookmark]) -> Iterator[Batch]:
        """The same, as it came."""
        if self.parent is not None:
            yield from self._of_parents(self.parent, bookmarks)
            return
        for name, partition in self._partitions():
            known = bookmarks.get(name)
            yield from self._of_partition(Ask(partition=partition), name, known)
            if known is not None and known.cursor:
                for besides in self.spec.said.get("also_read") or ():
                    ask = Ask(start=self._start(None), partition=partition, more=besides["request_parameters"])
                    yield from (Batch(rows) for rows in self.rows.walked(ask))

    def _partitions(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        router = self.spec.said.get("partition_router")
        if router is None:
            yield "", {}
            return
        for value in router["values"]:
            yield str(value), {router.get("cursor_field", "value"): value}

    def _of_parents(self, parent: Reading, bookmarks: Mapping[str, Bookmark]) -> Iterator[Batch]:
        router = self.spec.said["partition_router"]
        for batch in parent.batches(bookmarks):
            rows: list[Any] = []
            for one in batch.rows:
                if isinstance(one, Mapping) and hold(router.get("parent_filter"), one, {}):
                    rows += self._children(one, router)
            yield Batch(rows, batch.bookmark)

    def _children(self, parent: Mapping[str, Any], router: Mapping[str, Any]) -> Iterator[Any]:
        carried = {name: cell(parent, column) for name, column in (router.get("parent_columns") or {}).items()}
        for rows in self.rows.walked(Ask(parent=parent)):
            yield from ({**row, **carried} if isinstance(row, Mapping) else row for row in rows)

    def _of_partition(self, ask: Ask, name: str, known: Bookmark | None) -> Iterator[Batch]:
        sync = self.spec.said.get("incremental_sync")
        if sync is None:
            yield from (Batch(rows) for rows in self.rows.walked(ask))
        elif sync.get("paginate_by") == "cursor":
            yield from self._stepping(replace(ask, start=self._start(known)), name)
        else:
            yield from self._windowed(ask, name, known)

    def _stepping(self, ask: Ask, name: str) -> Iterator[Batch]:
        """Each page from the last cursor value on; among equal values by offset."""
        seen: set[str] = set()
        offset = stale = 0
        while True:
            rows = self.rows.page_at(ask, offset=offset)
            fresh = [row for row in rows if self._mark(row) not in seen]
            if not fresh and len(rows) < self.rows.size:
                return
            stale = 0 if fresh else stale + 1
            if stale == _STALE:
                raise RunMustStop(f"{self.spec.name} gives the same page again and again.", mend="Run again later.")
            moment = latest([self.shaping.moment(row) for row in rows])
            if moment is None or (ask.start is not None and moment <= ask.start):
                offset += len(rows)
            else:
                ask, offset = replace(ask, start=moment), 0
                seen = set()
            seen |= {self._mark(row) for row in rows if self.shaping.moment(row) in (None, moment)}
            yield Batch(fresh, self._reached(ask.start, name))

    def _windowed(self, ask: Ask, name: str, known: Bookmark | None) -> Iterator[Batch]:
        """One filter for all pages; the bookmark moves at the end."""
        resumed = _resumed(known)
        high = resumed.high if resumed else moment_in(known.cursor) if known and known.cursor else None
        start = self._start(known)
        asked = replace(ask, start=start, after=resumed.after if resumed else None)
        own_filter = self.spec.said["incremental_sync"].get("is_client_side_incremental")
        for rows in self.rows.walked(asked):
            high = latest([high, *(self.shaping.moment(row) for row in rows)])
            kept = [row for row in rows if not own_filter or self._is_new(row, start)]
            yield Batch(kept, self._inside(rows, name, known=known, high=high))
        yield Batch((), self._reached(high, name))

    def _is_new(self, row: Any, start: datetime | None) -> bool:
        moment = self.shaping.moment(row)
        return start is None or moment is None or moment >= start

    def _inside(
        self, rows: Sequence[Any], name: str, *, known: Bookmark | None, high: datetime | None
    ) -> Bookmark | None:
        """Where a stopped read goes on: only behind a key."""
        paginator = self.spec.said.get("paginator") or {}
        if paginator.get("type") != "Keyset" or not rows or not isinstance(rows[-1], Mapping):
            return None
        told = {"after": str(rows[-1].get(paginator["key_field"])), "high": to_text(high) if high else ""}
        return Bookmark(name, known.cursor if known else "", json.dumps(told))

    def _reached(self, moment: datetime | None, name: str) -> Bookmark | None:
        return None if moment is None else Bookmark(name, to_text(min(moment, self.now)))

    def _start(self, known: Bookmark | None) -> datetime | None:
        """From when on is read: the bookmark less the overlap, the manifest's own beginning, or everything."""
        if known is not None and known.cursor:
            return moment_in(known.cursor) - self.overlap
        said = (self.spec.said.get("incremental_sync") or {}).get("start_datetime")
        return None if said is None else self.shaping.moments.read(said) or moment_in(str(said))

    def _mark(self, row: Any) -> str:
        """What tells rows apart within one moment: key and cursor."""
        if not isinstance(row, Mapping):
            return str(row)
        return json.dumps([str(cell(row, name)) for name in (*self.spec.key, str(self.spec.cursor))])

    def _kept(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The rows that are of the stream."""
        kept = (self.spec.said.get("record_selector") or {}).get("record_filter")
        if not kept:
            return rows
        return [row for row in rows if not isinstance(row, Mapping) or hold(kept, row, self.scope)]

    def _whole(self, rows: Sequence[Any]) -> Sequence[Any]:
        if self.detail is None:
            return self._kept(rows)
        whole = [self.detail(row) if isinstance(row, Mapping) else row for row in self._kept(rows)]
        return [row for row in whole if row is not None]


@dataclass(frozen=True, slots=True)
class _Resumed:
    after: str
    high: datetime | None


def _resumed(known: Bookmark | None) -> _Resumed | None:
    if known is None or not known.tie:
        return None
    try:
        told = json.loads(known.tie)
        return _Resumed(str(told["after"]), from_text(told["high"]) if told["high"] else None)
    except (ValueError, KeyError, TypeError) as fault:
        raise foreign(known.tie) from fault
