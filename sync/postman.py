"""Who tells subscribers as soon as something happened: looks often, one round for each subscriber at a time.

Several processes may do it for one workspace; of each subscriber one process at a time has the lock. A subscriber that
is slow or away keeps a thread busy for a while, and nobody waits for it but itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Final

from concilia.clock import to_text
from concilia.store import events, subscriptions
from concilia.store.subscriptions import ACTIVE, SubscriptionRow
from connectors.webhook_sender import Sender
from connectors.webhook_targets import Guard, parsed
from sync.event_retry import Patience
from sync.event_rounds import PARALLEL, Desk, Post, Round, run_round
from sync.hub import Hub

log = logging.getLogger(__name__)

GLANCE: Final = timedelta(milliseconds=100)  # between two looks at the number of the last event
LOOK: Final = 10  # glances between two looks at everything that may be due
AT_ONCE: Final = 16  # subscribers told at the same time
_MOST_ROUNDS: Final = 10_000


class Postman:
    """Tells the subscribers of one hub."""

    def __init__(self, hub: Hub, patience: Patience | None = None) -> None:
        self._hub = hub
        self._patience = patience or Patience.declared(hub.workspace.events)
        self._leaving = Event()
        self._rounds = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="events-round")
        self._calls = ThreadPoolExecutor(AT_ONCE * PARALLEL, thread_name_prefix="events-call")
        self._senders: dict[str, tuple[str, Sender]] = {}
        self._busy: dict[str, Future[Round | None]] = {}
        self._latest = -1
        self._desk = Desk(hub, self._patience, self._calls, self._post_to, self._leaving.is_set)

    def run(self) -> None:
        """Look and tell until `close`."""
        glances = 0
        while not self._leaving.is_set():
            try:
                glances = self._glanced(glances)
            except Exception:  # a database that is away for a while must not end the postman
                log.exception("a look for events to tell failed")
            self._leaving.wait(GLANCE.total_seconds())

    def tell_all(self) -> list[Round]:
        """Tell everything that is due now, and come back."""
        done: list[Round] = []
        for _ in range(_MOST_ROUNDS):
            rounds = [(name, self._rounds.submit(run_round, self._desk, name)) for name in self._due()]
            found = [one for _, future in rounds if (one := future.result()) is not None]
            done += found
            if not any(one.told or one.failed for one in found):
                break
        return done

    def close(self) -> None:
        """Come to an end: calls under way are waited for, nothing new begins."""
        self._leaving.set()
        self._rounds.shutdown(wait=True, cancel_futures=True)
        self._calls.shutdown(wait=True)
        for _, sender in self._senders.values():
            sender.close()

    def _glanced(self, glances: int) -> int:
        with self._hub.store.read() as tx:
            latest = events.latest(tx)
        self._busy = {name: future for name, future in self._busy.items() if not _over(future)}
        if latest == self._latest and glances:
            return glances - 1
        self._latest = latest
        due = self._due()
        again = bool(self._busy.keys() & set(due))  # whoever is busy may have read on before this happened
        for name in due:
            if name not in self._busy:
                self._busy[name] = self._rounds.submit(run_round, self._desk, name)
        return 0 if again else LOOK

    def _due(self) -> list[str]:
        """The subscribers to whom something is owed that may be told now."""
        at = to_text(self._hub.clock())
        with self._hub.store.read() as tx:
            latest = events.latest(tx)
            waiting = subscriptions.next_attempts(tx)
            rows = [row for row in subscriptions.every(tx) if row.state == ACTIVE and row.next_attempt_at <= at]
        return [row.id for row in rows if row.delivered < latest or waiting.get(row.id, "~") <= at]

    def _post_to(self, row: SubscriptionRow) -> Post:
        """The way to a subscriber; its connections are kept from one round to the next."""
        url, sender = self._senders.get(row.id, ("", None))
        if sender is None or url != row.url:
            if sender is not None:
                sender.close()
            sender = Sender(parsed(row.url), Guard(self._patience.allowed), now=self._hub.clock)
            self._senders[row.id] = (row.url, sender)
        return sender.post


def _over(future: Future[Round | None]) -> bool:
    if not future.done():
        return False
    if (fault := future.exception()) is not None:
        log.error("a round of deliveries failed", exc_info=fault)
    return True


@contextmanager
def telling(hub: Hub, *, patience: Patience | None = None) -> Iterator[Postman]:
    """Tell subscribers until the block ends."""
    postman = Postman(hub, patience)
    thread = Thread(target=postman.run, name="postman", daemon=True)
    thread.start()
    try:
        yield postman
    finally:
        postman.close()
        thread.join()


def deliver_once(hub: Hub, *, patience: Patience | None = None) -> list[Round]:
    """Tell everything that is due now, in this process."""
    postman = Postman(hub, patience)
    try:
        return postman.tell_all()
    finally:
        postman.close()
