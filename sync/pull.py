"""The story of one incoming page: read, land, map, mark pending, bookmark last. No SQL, no vendor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from concilia.clock import to_text
from concilia.store import bookmarks, runs
from connectors.contract import Connector
from sync import breaker, drift
from sync.entities import Landing
from sync.hub import Hub
from sync.landing import Disposition, land_page, map_again
from sync.streams import StreamPlan

PageProgress = Callable[[StreamPlan, int], None]


@dataclass(frozen=True, slots=True)
class Pulling:
    """One run's way of reading: everything anew or since the bookmarks, and whom to tell about progress."""

    run_id: int
    full: bool = False
    sweep: bool = False  # list the keys of systems although it was done not long ago
    progress: PageProgress = lambda _plan, _count: None


def pull(hub: Hub, connector: Connector, plan: StreamPlan, *, pulling: Pulling) -> None:
    """Read one stream to its end; each page is one transaction with its counters and its bookmark."""
    _map_again(hub, plan, pulling=pulling)
    with hub.store.read() as tx:
        known = bookmarks.of_stream(tx, plan.connection, stream=plan.stream)
        reading = runs.same_reading(tx, pulling.run_id, connection=plan.connection, stream=plan.stream)
        guard = breaker.guard_of(tx, plan, run_id=pulling.run_id)
        watch = drift.watched(tx, plan, run_id=pulling.run_id)
    for page in connector.read(plan.request, bookmarks=known, full=pulling.full):
        shape = drift.look(hub, watch, page)
        at = to_text(hub.clock())
        landing = Landing(plan, pulling.run_id, at, hub.policies.ledger, reading, guard)
        with hub.store.begin() as tx:
            counts = land_page(tx, page, landing=landing)
            runs.count(
                tx,
                pulling.run_id,
                connection=plan.connection,
                stream=plan.stream,
                counts={"read": page.read, **{str(name): counts[name] for name in Disposition}},
            )
            if page.bookmark is not None:
                bookmarks.move(tx, (plan.connection, plan.stream), page.bookmark, run_id=pulling.run_id, at=at)
        drift.learn(watch, shape, applied=counts[Disposition.APPLIED])
        pulling.progress(plan, page.read)
    with hub.store.begin() as tx:
        breaker.read_well(tx, plan, breaker.Cause.SIGN)
        drift.keep(hub, tx, watch)


def _map_again(hub: Hub, plan: StreamPlan, *, pulling: Pulling) -> None:
    after = -1
    while after:
        with hub.store.begin() as tx:
            landing = Landing(plan, pulling.run_id, to_text(hub.clock()), hub.policies.ledger)
            after = map_again(tx, landing=landing, after=max(after, 0))
