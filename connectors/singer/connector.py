"""A system behind Singer programs: read through a tap, written through a target, or only one of the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from concilia.errors import ConciliaError, ConfigurationInvalid, PermissionMissing
from concilia.records import Bookmark, Page
from connectors.contract import (
    Capabilities,
    Finding,
    Found,
    Operation,
    Order,
    Receipt,
    Rung,
    StreamRequest,
    StreamSchema,
)
from connectors.singer.catalog import METHODS, OPTIONS, entry_of
from connectors.singer.client import TapClient
from connectors.singer.reading import kinds_of, read_stream
from connectors.singer.writing import Writer


@dataclass(frozen=True, slots=True)
class Offer:
    """What a target is said to take: operations, and columns of records that may be changed through it."""

    operations: tuple[Operation, ...]
    updates: Mapping[str, tuple[str, ...]]


class SingerConnector:
    """One configured tap, target, or both. Nothing is started before a method is called."""

    def __init__(
        self,
        name: str,
        *,
        streams: Sequence[StreamRequest],
        tap: TapClient | None,
        target: Writer | None = None,
        offer: Offer | None = None,
    ) -> None:
        self._name = name
        self._streams = tuple(streams)
        self._tap = tap
        self._target = target
        self._offer = offer or Offer((), {})
        for request in self._streams:
            _checked(request, connection=name)

    @property
    def capabilities(self) -> Capabilities:
        """Reads by the tap's own state. Writes on the rung that the workspace declares of the target."""
        rung = Rung.UPSERT if self._target is not None and self._target.upserts else Rung.NONE
        return Capabilities(
            streams=tuple(request.name for request in self._streams) if self._tap is not None else (),
            incremental="content" if self._tap is not None else "none",
            writes=dict.fromkeys(self._offer.operations, rung) if self._target is not None else {},
            updates=self._offer.updates,
        )

    def check(self) -> Sequence[Finding]:
        """Start the tap, look for each stream, read its first page; start the target with nothing to take in."""
        findings: list[Finding] = []
        if self._tap is not None:
            findings.append(_tried("the tap starts and answers", self._tap.entries))
            if findings[0].ok:
                findings += [
                    _tried(f"stream {one.name}", lambda request=one: self._first_page(request))  # type: ignore[misc]
                    for one in self._streams
                ]
        if self._target is not None:
            findings.append(_tried("the target starts and ends", self._target.start_once))
        return findings

    def discover(self) -> Sequence[StreamSchema]:
        """The streams of the tap's catalog, typed, by name; the configured ones when it cannot say."""
        if self._tap is None:
            return ()
        entries = self._tap.entries()
        if entries:
            return tuple(entry.as_schema() for entry in entries)
        return tuple(StreamSchema(one.name, dict.fromkeys(one.key, "text"), one.key) for one in self._streams)

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages behind the state that is kept, or from the beginning; see `reading`."""
        if self._tap is None:
            raise ConfigurationInvalid(
                f"Connection {self._name} has no tap, so nothing can be read.", mend="Remove its streams, or add `tap`."
            )
        _checked(request, connection=self._name)
        before = None if full else bookmarks.get("")
        return read_stream(self._tap, request, state=before.cursor if before is not None and before.cursor else None)

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:  # noqa: ARG002
        """Nothing, always: Singer has no question, only what a tap gives and what a target acknowledges."""
        return {}

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | ConciliaError]:
        """Tell the target; a receipt for each order whose STATE it echoed."""
        if self._target is None or operation not in self._offer.operations:
            raise PermissionMissing(
                f"Connection {self._name} takes no {operation}.",
                mend="Name it in `takes` of a singer_target connection, or route it elsewhere.",
                system=self._name,
            )
        return self._target.write(orders)

    def close(self) -> None:
        """Nothing is held between calls."""

    def _first_page(self, request: StreamRequest) -> None:
        """Read until the first page or the end: the end alone would say that an empty table is well."""
        if self._tap is not None:
            if entries := self._tap.entries():
                entry_of(entries, request.name, called=self._tap.called)
            pages = read_stream(self._tap, request, state=None)
            try:
                next(pages, None)
            finally:
                pages.close()


def _checked(request: StreamRequest, *, connection: str) -> None:
    unknown = sorted(set(request.options) - OPTIONS)
    if unknown:
        raise ConfigurationInvalid(
            f"Connection {connection}, stream {request.name}, has the unknown setting `{unknown[0]}`.",
            mend=f"Use only: {', '.join(sorted(OPTIONS))}.",
        )
    if request.options.get("replication_method", METHODS[0]) not in METHODS:
        raise ConfigurationInvalid(
            f"Connection {connection}, stream {request.name}: there is no such replication_method.",
            mend=f"Use one of: {', '.join(METHODS)}.",
        )
    if not isinstance(request.options.get("columns", []), list):
        raise ConfigurationInvalid(
            f"Connection {connection}, stream {request.name}: `columns` is no list.", mend="Write columns: [id, name]."
        )
    kinds_of(request)


def _tried(what: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except ConciliaError as fault:
        return Finding(what, ok=False, detail=str(fault))
    return Finding(what, ok=True)
