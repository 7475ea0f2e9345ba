"""Events as server-sent events: one connection, one thread a page, a heartbeat when nothing happens. No routes.

All streams of a process share one look at the number of the last event, so that many that wait cost as little as one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool

from concilia.store.events import RecordedFact
from sync import event_following
from sync.cloud_events import as_bytes, envelope
from sync.event_following import Following
from sync.hub import Hub

GLANCE: Final = 0.1  # seconds between two looks for something new
HEARTBEAT: Final = 15.0  # seconds of silence before a comment shows that the line is open
RECONNECT: Final = b"retry: 2000\n\n"
BEAT: Final = b": nothing yet\n\n"


@dataclass(slots=True)
class Streams:
    """The streams of one process: how many there are, and whether the process is about to end."""

    leaving: Callable[[], bool] = lambda: False
    open: int = 0
    heartbeat: float = HEARTBEAT
    _seen: int = -1
    _seen_at: float = float("-inf")
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def latest(self, hub: Hub) -> int:
        """The number of the last event, as of a moment ago."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if now - self._seen_at >= GLANCE:
                self._seen = await run_in_threadpool(event_following.latest, hub)
                self._seen_at = now
        return self._seen


async def told(streams: Streams, hub: Hub, following: Following, *, key_id: int) -> AsyncIterator[bytes]:
    """What happens, until the reader goes away, the key is revoked, or the process ends."""
    streams.open += 1
    try:
        yield RECONNECT
        quiet = 0.0
        while not streams.leaving():
            if await streams.latest(hub) > following.through:
                if not await run_in_threadpool(event_following.is_in_force, hub, key_id):
                    return
                found = await run_in_threadpool(event_following.next_page, hub, following)
                if found:
                    yield b"".join(map(_line, found))
                    quiet = 0.0
                if not following.dry:
                    continue
            await asyncio.sleep(GLANCE)
            quiet += GLANCE
            if quiet >= streams.heartbeat:
                if not await run_in_threadpool(event_following.is_in_force, hub, key_id):
                    return
                yield BEAT
                quiet = 0.0
    finally:
        streams.open -= 1


def _line(fact: RecordedFact) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (fact.seq, fact.type.encode(), as_bytes(envelope(fact)))
