"""The process that writes as soon as there is something to write: no schedule, no command. Decides nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from concilia.clock import to_text
from concilia.errors import ConciliaError
from concilia.store import connections, events, outbox
from sync.declaring import current
from sync.hub import Hub
from sync.push import Delivery
from sync.runs import held, push_all
from sync.schedules import ticking

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=1)


class Courier:
    """Looks whether a connection has something to be written, and delivers what is approved."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._seen = -1  # the last event that was looked at for contact data

    def look(self) -> list[Delivery]:
        """Deliver what is ready now. Connections that a run works with are left to it; a fault waits for the next."""
        try:
            return self._deliver()
        except Exception:  # a database or a system that is away for a while must not end the courier
            log.exception("a look for what waits to be written failed")
            return []

    def _deliver(self) -> list[Delivery]:
        self._hub = current(self._hub)
        names, latest = self._ready()
        failures: dict[str, ConciliaError] = {}
        deliveries: list[Delivery] = []
        if names:
            with held(self._hub, names, failures) as free:
                deliveries = push_all(self._hub, free)
        if not failures:
            self._seen = latest
        return deliveries

    def _ready(self) -> tuple[list[str], int]:
        """Approved connections with something due, and the latest event."""
        with self._hub.store.read() as tx:
            approved = {name for name, row in connections.every(tx).items() if row.approved_at is not None}
            latest = events.latest(tx)
            at = to_text(self._hub.clock())
            found = []
            for name, connection in self._hub.workspace.connections.items():
                news = connection.writes.contacts and latest != self._seen
                if name in approved and (news or outbox.is_due(tx, name, at=at)):
                    found.append(name)
        return found, latest


@contextmanager
def delivering(hub: Hub, *, every: timedelta = EVERY) -> Iterator[Courier]:
    """Deliver what becomes ready until the block ends."""
    courier = Courier(hub)
    with ticking(courier.look, every=every):
        yield courier
