"""The process that serves schedules: each tick keeps leases alive, writes down what is due, and starts what may run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from concilia.clock import from_text
from concilia.store.schedules import FiringRow
from sync import firings
from sync.declaring import current
from sync.firings import Holder
from sync.hub import Hub
from sync.schedules import ticking

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=1)
AT_ONCE = 2  # jobs one process works on
PATIENCE = 10.0  # seconds a job may go on after the process was asked to end; another process goes on with it then


class Ticker:
    """The firings one process works on."""

    def __init__(self, hub: Hub, holder: Holder, *, at_once: int = AT_ONCE) -> None:
        self._hub = hub
        self._holder = holder
        self._at_once = at_once
        self._busy: dict[threading.Thread, FiringRow] = {}

    def tick(self) -> int:
        """Do what the moment asks for; how many firings were started. A fault waits for the next tick."""
        started = 0
        try:
            self._hub = current(self._hub)
            self._keep()
            firings.write_down(self._hub)
            while len(self._busy) < self._at_once:
                firing = firings.claim_next(self._hub, self._holder)
                if firing is None:
                    break
                self._start(firing)
                started += 1
        except Exception:  # a database that is away for a while must not end the clock
            log.exception("a tick of the schedules failed")
        return started

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the jobs under way, each for so long."""
        for thread in list(self._busy):
            thread.join(seconds)

    def _start(self, firing: FiringRow) -> None:
        # Daemons: a job may last hours, and what is left of it after the end of the process is taken over.
        thread = threading.Thread(target=self._carry_out, args=(firing,), name=f"firing-{firing.id}", daemon=True)
        self._busy[thread] = firing
        thread.start()

    def _carry_out(self, firing: FiringRow) -> None:
        firings.carry_out(self._hub, firing)

    def _keep(self) -> None:
        self._busy = {thread: firing for thread, firing in self._busy.items() if thread.is_alive()}
        soon = self._hub.clock() + self._holder.lease * 2 / 3
        for thread, firing in list(self._busy.items()):
            if firing.lease_until is not None and from_text(firing.lease_until) > soon:
                continue
            self._busy[thread] = firings.renewed(self._hub, firing, self._holder)


@contextmanager
def serving_schedules(hub: Hub, holder: Holder, *, every: timedelta = EVERY) -> Iterator[Ticker]:
    """Take over the workspace's schedules and serve them until the block ends."""
    with hub.store.begin() as tx:
        firings.take_over(tx, hub)
    ticker = Ticker(hub, holder)
    with ticking(ticker.tick, every=every):
        yield ticker
    ticker.wait(PATIENCE)
