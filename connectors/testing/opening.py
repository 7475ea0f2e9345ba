"""Connectors opened for one attempt and closed after it, by the good settings or with some changed. No claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from concilia.errors import ConciliaError
from concilia.records import Bookmark, Page, Record
from connectors.contract import ConnectionSettings, Connector, StreamRequest
from connectors.gate import OPEN, Gate
from connectors.testing.harness import DoesNotApply, Harness, Key, Network, Reading, given
from connectors.testing.server import HostileServer
from connectors.tokens import IN_MEMORY, TokenSources

Leaf = TypeVar("Leaf")
NOTHING: Mapping[str, Bookmark] = {}


class Naps:
    """A sleep that takes no time and remembers what was asked of it."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        """Sleep, as far as the connector can tell."""
        self.taken.append(seconds)


class CountingGate:
    """A gate that lets everything pass and counts; with `shut` it lets nothing pass."""

    def __init__(self, *, shut: ConciliaError | None = None) -> None:
        self.entered = 0
        self.told: list[timedelta] = []
        self._shut = shut

    def enter(self) -> None:
        """Counts, or raises."""
        if self._shut is not None:
            raise self._shut
        self.entered += 1

    def told_to_wait(self, wait: timedelta) -> None:
        """Remembers."""
        self.told.append(wait)


@dataclass(frozen=True, slots=True)
class Way:
    """How a connector is opened: settings changed, the gate it passes, how it sleeps, the hub's moment, the tokens."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    gate: Gate = OPEN
    sleep: Callable[[float], None] = field(default_factory=Naps)
    now: datetime | None = None
    tokens: TokenSources = IN_MEMORY


def made(harness: Harness, way: Way | None = None) -> Connector:
    """The connector of the harness; whoever calls closes it."""
    taken = way or Way()
    reading = harness.reading
    first = () if isinstance(reading, str) else (reading.stream,)
    configured = ConnectionSettings(
        name=harness.name,
        settings={**harness.settings, **taken.settings},
        folder=harness.folder,
        country=harness.country,
        streams=(*first, *harness.streams),
        now=taken.now,
        gate=taken.gate,
        sleep=taken.sleep,
        tokens=taken.tokens,
    )
    return harness.connect(configured)


@contextmanager
def opened(harness: Harness, way: Way | None = None) -> Iterator[Connector]:
    """The connector, closed at the end."""
    connector = made(harness, way)
    try:
        yield connector
    finally:
        connector.close()


@contextmanager
def fronted(harness: Harness) -> Iterator[tuple[Network, HostileServer]]:
    """A hostile server between the connector and its peer, behaving so far. DoesNotApply without a network."""
    network = given(harness.network, called="network")
    if not network.speaks_http:
        raise DoesNotApply("It does not speak HTTP.")
    with HostileServer(upstream=network.address) as server:
        yield network, server


def reading_of(harness: Harness) -> Reading:
    """What can be read; DoesNotApply with the author's reason otherwise."""
    return given(harness.reading, called="reading")


def requests_of(harness: Harness) -> tuple[StreamRequest, ...]:
    """Every stream of the harness."""
    reading = harness.reading
    return (*(() if isinstance(reading, str) else (reading.stream,)), *harness.streams)


@dataclass(slots=True)
class Pass:
    """What one read gave, and how it ended: at its end, or by an error."""

    pages: list[Page] = field(default_factory=list)
    bookmarks: dict[str, Bookmark] = field(default_factory=dict)
    fault: Exception | None = None

    @property
    def records(self) -> list[Record]:
        """All records in the order they came."""
        return [record for page in self.pages for record in page.records]

    @property
    def keys(self) -> set[Key]:
        """The keys of the records and of rows that were bad."""
        bad = {row.key for page in self.pages for row in page.bad_rows if row.key}
        return {record.key for record in self.records} | bad

    def take(self, page: Page) -> None:
        """A page, stored with its bookmark."""
        self.pages.append(page)
        if page.bookmark is not None:
            self.bookmarks[page.bookmark.partition] = page.bookmark


@contextmanager
def left_open(pages: Iterator[Leaf]) -> Iterator[Iterator[Leaf]]:
    """Pages that may be left in the middle: whatever the connector holds for them is let go of at the end."""
    try:
        yield pages
    finally:
        close = getattr(pages, "close", None)
        if close is not None:
            close()


def read(connector: Connector, request: StreamRequest, *, since: Mapping[str, Bookmark] = NOTHING) -> Pass:
    """Read a stream from these bookmarks to its end; errors get out."""
    found = Pass(bookmarks=dict(since))
    for page in connector.read(request, bookmarks=since):
        found.take(page)
    return found


def read_until_fault(connector: Connector, request: StreamRequest, *, since: Mapping[str, Bookmark] = NOTHING) -> Pass:
    """The same; an error ends it and is kept. What came before is stored."""
    found = Pass(bookmarks=dict(since))
    try:
        for page in connector.read(request, bookmarks=since):
            found.take(page)
    except Exception as fault:  # noqa: BLE001  any error is an answer here, and is judged by the claim
        found.fault = fault
    return found


def sampled(harness: Harness, combinations: Sequence[Leaf]) -> Sequence[Leaf]:
    """All of them, or as many as the harness asks for, spread evenly."""
    if harness.sample is None or len(combinations) <= harness.sample:
        return combinations
    step = len(combinations) / harness.sample
    return [combinations[int(place * step)] for place in range(harness.sample)]


def shown(keys: Sequence[Key] | set[Key], *, most: int = 5) -> str:
    """Some keys for a message."""
    listed = sorted("/".join(key) for key in keys)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
