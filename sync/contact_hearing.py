"""Make golden records anew when something was heard of their contact points, within a second while the hub is served.

Whoever hears of something takes no lock of resolving; this is done afterwards, in turn with everybody who resolves.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from concilia.clock import to_text
from concilia.errors import RetryLater
from concilia.store import contact_evidence, locks
from sync import golden_records, identity, match_models
from sync.hub import Hub
from sync.schedules import ticking

log = logging.getLogger(__name__)

EVERY: Final = timedelta(seconds=1)
BATCH: Final = 100


def hear(hub: Hub) -> int:
    """Bring up to date whom something was heard of; how many source debtors. None while all are matched anew."""
    with hub.store.read() as tx:
        if not contact_evidence.unheeded(tx, limit=1):
            return 0
    done = 0
    while heard := _batch(hub):
        done += heard
    return done


class Listener:
    """Looks whether something was heard."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def look(self) -> int:
        """The same as `hear`; a fault waits for the next look."""
        try:
            return hear(self._hub)
        except RetryLater:
            return 0
        except Exception:  # a database that is away for a while must not end the listener
            log.exception("a look for what was heard of contact points failed")
            return 0


@contextmanager
def hearing(hub: Hub, *, every: timedelta = EVERY) -> Iterator[Listener]:
    """Take in what is heard until the block ends."""
    listener = Listener(hub)
    with ticking(listener.look, every=every):
        yield listener


def _batch(hub: Hub) -> int:
    with hub.store.begin() as tx:
        locks.in_turn(tx, "identity")
        at = to_text(hub.clock())
        found = contact_evidence.unheeded(tx, limit=BATCH)
        if not found or not match_models.active(tx, at=at).linked:
            return 0
        resolved = identity.resolve_batch(tx, found, trust=hub.policies.ledger.trust, at=at)
        golden_records.bring_up_to_date(tx, resolved, policy=hub.policies.survivorship, at=at)
        contact_evidence.set_heeded(tx, found)
        return len(found)
