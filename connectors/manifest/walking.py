"""How the pages of a described stream are asked for: its paginator as a Paging, one page as its rows. No bookmarks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from concilia.errors import RunMustStop
from connectors.manifest.calls import Calls, steps_of
from connectors.manifest.document import StreamSpec
from connectors.manifest.faults import NOTHING
from connectors.manifest.moments import Moments
from connectors.manifest.templates import as_text, filled
from connectors.odata import OdataClient, Query
from connectors.odata_values import literal
from connectors.paging import (
    AfterKey,
    Answered,
    Counted,
    CursorToken,
    NextAddress,
    Paging,
    SinglePage,
    Turn,
    dig,
    walk,
)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for: from which moment on, in which partition, with which parameters besides."""

    start: datetime | None = None
    partition: Mapping[str, Any] | None = None
    parent: Mapping[str, Any] | None = None
    more: Mapping[str, Any] | None = None
    after: Any = None  # Keyset: the last key


class Rows(Protocol):
    """The rows of one stream, however its system speaks."""

    @property
    def size(self) -> int:
        """How many rows a page may have."""
        ...

    def walked(self, ask: Ask) -> Iterator[Sequence[Any]]:
        """Page after page to the end the system declares."""
        ...

    def page_at(self, ask: Ask, *, offset: int) -> Sequence[Any]:
        """The page behind so many rows."""
        ...


@dataclass(frozen=True, slots=True)
class RestRows:
    """The rows of a stream over REST."""

    calls: Calls
    spec: StreamSpec
    moments: Moments

    @property
    def size(self) -> int:
        """The page size of the paginator."""
        return page_size(self.spec, self.calls)

    def walked(self, ask: Ask) -> Iterator[Sequence[Any]]:
        """Page after page by the paginator. Keysets go on by the key itself; see `after`."""
        paging = paging_of(self.spec, self.calls)
        if isinstance(paging, AfterKey):
            yield from self._after(paging, ask)
            return
        for answered in walk(paging, lambda turn: self._asked(ask, turn), what=self._what):
            yield answered.records

    def page_at(self, ask: Ask, *, offset: int) -> Sequence[Any]:
        """The page behind so many rows."""
        paging = paging_of(self.spec, self.calls)
        if not isinstance(paging, Counted):
            raise RunMustStop(f"{self._what} has no offsets.")
        return self._asked(ask, paging.turn_at(offset)).records

    @property
    def _what(self) -> str:
        return f"{self.calls.system} {self.spec.name}"

    def _after(self, paging: AfterKey, ask: Ask) -> Iterator[Sequence[Any]]:
        last: Any = ask.after if ask.after is not None else self.spec.said["paginator"].get("initial_key")
        while True:
            turn = paging.first()
            if paging.parameter and last is not None:
                turn = Turn({**turn.parameters, paging.parameter: str(last)})
            asked = Ask(ask.start, ask.partition, ask.parent, ask.more, after=last)
            answered = self._asked(asked, turn)
            if not answered.records:
                return
            yield answered.records
            key = answered.records[-1].get(paging.field) if isinstance(answered.records[-1], Mapping) else None
            if key in (None, "") or str(key) == str(last):
                raise RunMustStop(f"{self._what} does not go on behind {paging.field} {last}.")
            last = key

    def _asked(self, ask: Ask, turn: Turn) -> Answered:
        scope = self.scope(ask)
        if turn.address:
            answer = self.calls.follow(self.spec.said, turn.address, scope)
        else:
            answer = self.calls.send(self.spec.said, scope, more={**self._started(ask), **self._besides(ask),
                                                                 **turn.parameters})  # fmt: skip
        if answer.status == NOTHING:
            return Answered.of(answer, (), None)
        if answer.status >= 400:
            raise self.calls.stopped(answer)
        body = answer.json()
        found = dig(body, steps_of((self.spec.said.get("record_selector") or {}).get("field_path")))
        rows = [] if found is None else [found] if isinstance(found, Mapping) else found
        if not isinstance(rows, list):
            raise RunMustStop(f"{self._what}: there is no list where the manifest says the records are.")
        return Answered.of(answer, rows, body)

    def scope(self, ask: Ask) -> dict[str, Any]:
        """What the templates of the stream may name."""
        start = None if ask.start is None else self.moments.text(ask.start)
        return self.calls.scope(
            stream_interval={"start_time": start},
            stream_partition=ask.partition or {},
            parent=ask.parent or {},
            page={"after": ask.after if ask.after is not None else "", "size": self.size},
        )

    def _started(self, ask: Ask) -> dict[str, str]:
        name = (self.spec.said.get("incremental_sync") or {}).get("start_time_parameter")
        return {name: self.moments.text(ask.start)} if name and ask.start is not None else {}

    def _besides(self, ask: Ask) -> dict[str, str]:
        return {name: as_text(value) for name, value in filled(ask.more or {}, self.scope(ask)).items()}


@dataclass(frozen=True, slots=True)
class OdataRows:
    """The rows of a stream over OData, in the order of its cursor and key."""

    client: OdataClient
    calls: Calls
    spec: StreamSpec

    @property
    def size(self) -> int:
        """The page size of the connection."""
        return page_size(self.spec, self.calls)

    def walked(self, ask: Ask) -> Iterator[Sequence[Any]]:
        """Page after page by the service's own links."""
        for page in self.client.pages(self._path, self._query(ask)):
            yield [entity.fields for entity in page]

    def page_at(self, ask: Ask, *, offset: int) -> Sequence[Any]:
        """The page behind so many rows."""
        more = {"$skip": str(offset)} if offset else {}
        query = self._query(ask, top=self.size, more=more)
        pages = self.client.pages(self._path, query)
        return [entity.fields for entity in next(iter(pages), ())]

    @property
    def _path(self) -> str:
        return str(filled([self.spec.said["path"]], self.calls.scope())[0])

    def _query(self, ask: Ask, *, top: int = 0, more: Mapping[str, str] | None = None) -> Query:
        said = self.spec.said
        scope = self.calls.scope(stream_partition=ask.partition or {}, parent=ask.parent or {})
        filters = [
            text for text in (filled([said["filter"]], scope)[0] if "filter" in said else "", self._since(ask)) if text
        ]
        order = [*([self.spec.cursor] if self.spec.cursor else []), *self.spec.key]
        parameters = {
            name: as_text(value) for name, value in filled(said.get("request_parameters") or {}, scope).items()
        }
        return Query(
            filter=" and ".join(f"({text})" for text in filters) if len(filters) > 1 else "".join(filters),
            select=said.get("select") or (),
            expand=said.get("expand") or (),
            orderby=",".join(order),
            top=top,
            more={**parameters, **(more or {})},
        )

    def _since(self, ask: Ask) -> str:
        if ask.start is None or self.spec.cursor is None:
            return ""
        known = self.client.sets.get(self._path.strip("/"))
        said = known.properties.get(self.spec.cursor) if known else None
        edm = said.edm if said else "Edm.DateTimeOffset"
        return f"{self.spec.cursor} ge {literal(ask.start, edm, version=self.client.version)}"


def page_size(spec: StreamSpec, calls: Calls) -> int:
    """How many records a page is asked for."""
    said = (spec.said.get("paginator") or {}).get("page_size")
    if said is None:
        return int(str(calls.config.get("page_size", 100)))
    return int(Decimal(str(filled([said], calls.scope())[0])))


def paging_of(spec: StreamSpec, calls: Calls) -> Paging:
    """The stream's paginator."""
    said = spec.said.get("paginator") or {"type": "NoPagination"}
    size, sized = page_size(spec, calls), said.get("page_size_parameter", "")
    match said["type"]:
        case "PageIncrement" | "OffsetIncrement":
            return _counted(said, size)
        case "CursorPagination":
            return CursorToken(
                said["cursor_parameter"], at=steps_of(said.get("cursor_path")), header=said.get("cursor_header", ""),
                more_at=steps_of(said.get("more_path")), size_parameter=sized, size=size,
            )  # fmt: skip
        case "LinkHeader":
            return NextAddress(rebase=bool(said.get("rebase")), parameters={sized: str(size)} if sized else {})
        case "NextUrl":
            return NextAddress(
                at=steps_of(said["next_path"]), rebase=bool(said.get("rebase")),
                parameters={sized: str(size)} if sized else {},
            )  # fmt: skip
        case "Keyset":
            return AfterKey(said.get("key_parameter", ""), said["key_field"], size, sized)
        case _:
            return SinglePage()


def _counted(said: Mapping[str, Any], size: int) -> Counted:
    by_records = said["type"] == "OffsetIncrement"
    return Counted(
        parameter=said["offset_parameter" if by_records else "page_parameter"],
        size=size,
        size_parameter=said.get("page_size_parameter", ""),
        start=said.get("start_from_page", 0 if by_records else 1),
        by_records=by_records,
        total_at=steps_of(said.get("total_path")),
        more_at=steps_of(said.get("more_path")),
        short_page_ends=bool(said.get("short_page_ends")),
    )
