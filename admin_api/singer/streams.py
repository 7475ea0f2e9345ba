"""The tap's streams: pages of the hub's feeds as Singer records, and a bookmark that moves behind whole pages only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from admin_api.singer.hub_client import HubClient
from admin_api.singer.schemas import DELETED_AT, EVENTS, SEQUENCE

PLACE = "after"  # the member of a bookmark that holds the hub's own cursor


class FeedStream(Stream):
    """One feed of the hub.

    Its bookmark is the hub's cursor, beside the number of the last event for people. It is written between pages, when
    every record of the page before has been written out: whoever is killed goes on behind what was emitted.
    """

    primary_keys: ClassVar[tuple[str, ...]] = ("id",)
    replication_key = SEQUENCE
    is_sorted = True
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the hub's own JSON has its types already

    def __init__(self, tap: Tap, *, hub: Callable[[], HubClient], name: str, schema: Mapping[str, Any]) -> None:
        super().__init__(tap, schema=dict(schema), name=name)
        self._hub = hub

    @property
    def feed(self) -> str:
        """The address of the feed below the hub's."""
        return f"/v1/changes/{self.name}"

    def get_records(self, context: Context | None) -> Iterator[dict[str, Any]]:
        """Everything behind the bookmark; everything at all in a full table sync."""
        book = self.get_context_state(context)
        incremental = self.replication_method == REPLICATION_INCREMENTAL
        after = str(book.get(PLACE) or "") if incremental else ""
        more = True
        while more:
            page = self._hub().page(self.feed, after=after, limit=self.config["page_size"])
            yield from (self.record_of(item) for item in page["items"])
            after = page["resume"]
            more = self.has_more(page)
            if incremental:
                seen = page.get(SEQUENCE, page["items"][-1][SEQUENCE] if page["items"] else None)
                self._bookmark(book, after, seen)

    def record_of(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The record of a change: flat, with when it was deleted, if it was."""
        return {
            "id": item["id"],
            SEQUENCE: item[SEQUENCE],
            **{name: value for name, value in item["record"].items() if name in self.schema["properties"]},
            DELETED_AT: item["deleted_at"],
        }

    def has_more(self, page: Mapping[str, Any]) -> bool:
        """Whether there is a next page now."""
        return bool(page["more"])

    def _bookmark(self, book: dict[str, Any], after: str, sequence: int | None) -> None:
        book[PLACE] = after
        if sequence is not None:
            book["replication_key"] = SEQUENCE
            book["replication_key_value"] = sequence
        self.state_manager.is_flushed = False
        self._write_state_message()

    def _increment_stream_state(self, latest_record: Mapping[str, Any], *, context: Context | None = None) -> None:
        """Nothing: a single record moves no bookmark, only a page does."""


class EventStream(FeedStream):
    """The events themselves; they are never deleted."""

    def __init__(self, tap: Tap, *, hub: Callable[[], HubClient]) -> None:
        super().__init__(tap, hub=hub, name="events", schema=EVENTS)

    @property
    def feed(self) -> str:
        """The address of the feed below the hub's."""
        return "/v1/events"

    def record_of(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """An event as the hub tells it."""
        return {name: value for name, value in item.items() if name in self.schema["properties"]}

    def has_more(self, page: Mapping[str, Any]) -> bool:
        """Whether there is a next page now."""
        return page["next"] is not None
