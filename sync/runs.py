"""One run: pull every stream asked for, resolve until nothing is pending, deliver what is approved, add it all up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from concilia.budget import Lane
from concilia.clock import to_text
from concilia.errors import ConciliaError, MustBeMended, RequestInvalid, RetryLater, RunMustStop, SystemRefused
from concilia.store import connections, locks, outbox, runs, shapes, sources
from concilia.store.runs import DONE, FAILED, PARTLY, RunRow
from concilia.store.schedules import FiringRow, open_run
from sync import drift, resolve
from sync.breaker import BreakerTripped, ask
from sync.hub import Hub
from sync.opening import opened
from sync.plan_rows import prepare
from sync.policies import Progress
from sync.pull import PageProgress, Pulling, pull
from sync.push import Delivery, deliver
from sync.resolve import Tally
from sync.streams import StreamPlan, plans_of
from sync.sweeps import sweep

BUSY: Final = timedelta(seconds=30)  # until a firing whose connections are busy is tried again


@dataclass(frozen=True, slots=True)
class Watch:
    """Whom to tell how a run goes on."""

    page: PageProgress = lambda _plan, _count: None
    resolved: Progress = lambda _what, _count: None
    stage: Progress = lambda _what, _count: None


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What one run is to do; `firing` is the schedule's firing whose run it is."""

    full: bool = False
    push: bool = True
    sweep: bool = False  # list the keys of systems although it was done not long ago
    firing: FiringRow | None = None


@dataclass(slots=True)
class RunReport:
    """What one run did, for people and programs."""

    run: RunRow
    tally: Tally
    deliveries: list[Delivery] = field(default_factory=list)
    failures: dict[str, ConciliaError] = field(default_factory=dict)
    awaiting_approval: int = 0

    @property
    def exit_code(self) -> int:
        """0 done; 2 the configuration allows nothing; 3 no system works; 4 a person is asked; 5 some streams failed."""
        if any(isinstance(fault, BreakerTripped) for fault in self.failures.values()):
            return BreakerTripped.exit_code
        if not self.failures and not any(d.error for d in self.deliveries):
            return 0
        pulled = any(s.status == DONE for s in self.run.streams)
        if self.failures and not pulled:
            for kind in (MustBeMended, SystemRefused):
                if all(isinstance(fault, kind) for fault in self.failures.values()):
                    return kind.exit_code
        return 5

    @property
    def drift(self) -> list[str]:
        """A sentence for each column that looked otherwise than before."""
        return list(self.run.body.get("drift", ()))

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON."""
        return {
            "run": self.run.id,
            "status": self.run.status,
            "streams": [{n: getattr(s, n) for n in type(s).__dataclass_fields__} for s in self.run.streams],
            "resolved": dict(self.tally.as_json()),
            "matching": self.tally.note,
            "deliveries": [d.as_json() for d in self.deliveries],
            "awaiting_approval": self.awaiting_approval,
            "failures": {name: str(fault) for name, fault in sorted(self.failures.items())},
            "drift": self.drift,
        }


def chosen(hub: Hub, names: Sequence[str]) -> list[str]:
    """The connections asked for, or all of the workspace; RequestInvalid names one that does not exist."""
    for name in names:
        if name not in hub.workspace.connections:
            known = ", ".join(sorted(hub.workspace.connections)) or "none"
            raise RequestInvalid(f"There is no connection {name!r}.", mend=f"The workspace has: {known}.", field=name)
    return list(dict.fromkeys(names)) or list(hub.workspace.connections)


def run(
    hub: Hub, names: Sequence[str], *, full: bool = False, push: bool = True, watch: Watch | None = None
) -> RunReport:
    """Pull, resolve and push. One system's failure never stops another; what was stored stays."""
    return run_order(hub, names, order=RunOrder(full=full, push=push), watch=watch)


def run_order(hub: Hub, names: Sequence[str], *, order: RunOrder, watch: Watch | None = None) -> RunReport:
    """The same, as ordered. RetryLater when a firing's connections are busy: it has one run, and that has not begun."""
    watch = watch or Watch()
    wanted = chosen(hub, names)
    plans = {name: plans_of(hub.workspace.connections[name]) for name in wanted}
    failures: dict[str, ConciliaError] = {}
    with held(hub, wanted, failures) as free:
        if order.firing is not None and failures:
            raise RetryLater(str(next(iter(failures.values()))), after=BUSY)
        run_id = _open(hub, {name: plans[name] for name in free}, firing=order.firing)
        for name in free:
            watch.stage(name, len(plans[name]))
            failures |= _pull_connection(
                hub,
                name,
                plans[name],
                pulling=Pulling(run_id, full=order.full, sweep=order.sweep, progress=watch.page),
            )
        tally = resolve.resolve_all(hub.store, hub.policies, clock=hub.clock, progress=watch.resolved)
        deliveries = push_all(hub, free) if order.push else []
        row = _close(hub, run_id, tally, deliveries=deliveries, failures=failures)
    return RunReport(row, tally, deliveries, failures, awaiting_approval(hub))


def push_all(hub: Hub, names: Sequence[str]) -> list[Delivery]:
    """Plan what changed, and deliver what is approved and ready, connection by connection."""
    prepare(hub, names)
    return deliver_all(hub, names)


def deliver_all(hub: Hub, names: Sequence[str]) -> list[Delivery]:
    """Deliver what is approved and ready, connection by connection; what was written is known here at once."""
    with hub.store.read() as tx:
        approved = {n for n, c in connections.every(tx).items() if c.approved_at is not None}
        waiting = outbox.counts(tx)
    due = [n for n in names if n in approved and any(waiting.get((n, s)) for s in (outbox.NEW, outbox.SENT_UNKNOWN))]
    deliveries = [_deliver(hub, name) for name in due]
    if any(
        d.delivered + d.found_before and hub.workspace.connections[d.connection].writes.contacts for d in deliveries
    ):
        resolve.resolve_all(hub.store, hub.policies, clock=hub.clock)
    return deliveries


def awaiting_approval(hub: Hub) -> int:
    """How many intents wait because writing to their connection is not approved."""
    with hub.store.read() as tx:
        approved = {n for n, c in connections.every(tx).items() if c.approved_at is not None}
        return sum(n for (name, state), n in outbox.counts(tx).items() if name not in approved and state == outbox.NEW)


def _deliver(hub: Hub, name: str) -> Delivery:
    try:
        connector = opened(hub, name, lane=Lane.URGENT)
    except ConciliaError as fault:
        return Delivery(name, error=str(fault))
    try:
        return deliver(hub, connector, name)
    finally:
        connector.close()


@contextmanager
def held(hub: Hub, names: Sequence[str], failures: dict[str, ConciliaError]) -> Iterator[list[str]]:
    """Hold the connections that no other process works with now; the others are failures of this run."""
    with ExitStack() as stack:
        free = []
        for name in names:
            if stack.enter_context(locks.hold(hub.store, f"connection-{name}")):
                free.append(name)
            else:
                failures[name] = RunMustStop(
                    f"Another run is working with {name} now.", mend="Wait for it to end; `concilia runs` shows it."
                )
        yield free


def _open(hub: Hub, plans: dict[str, tuple[StreamPlan, ...]], *, firing: FiringRow | None) -> int:
    with hub.store.begin() as tx:
        at = to_text(hub.clock())
        # We hold these connections, so whoever had them and says that it is running was killed.
        stale = [r.id for r in runs.running(tx) if _is_stale(r, plans)]
        runs.abandon(tx, stale, at=at)
        run_id = runs.start(tx, "sync", at=at) if firing is None else open_run(tx, firing, kind="sync", at=at)
        if run_id is None:
            raise RunMustStop("Another process has taken this firing over.")
        for name, streams in plans.items():
            for plan in streams:
                runs.open_stream(tx, run_id, connection=name, stream=plan.stream)
    return run_id


def _is_stale(run: RunRow, plans: Mapping[str, object]) -> bool:
    """A run of a schedule that has read nothing yet holds no connection; its lease says whether it lives."""
    return (bool(run.streams) or run.schedule is None) and {s.connection for s in run.streams} <= plans.keys()


def _pull_connection(hub: Hub, name: str, plans: Sequence[StreamPlan], *, pulling: Pulling) -> dict[str, ConciliaError]:
    try:
        connector = opened(hub, name, lane=Lane.BULK)
    except ConciliaError as fault:
        for plan in plans:
            _close_stream(hub, plan, pulling.run_id, fault)
        return {name: fault}
    failures: dict[str, ConciliaError] = {}
    try:
        for plan in _unread(hub, plans, run_id=pulling.run_id):
            problem = _pull_stream(hub, connector, plan, pulling=pulling)
            _close_stream(hub, plan, pulling.run_id, problem)
            if problem is not None:
                failures[f"{name}.{plan.stream}"] = problem
    finally:
        connector.close()
    return failures


def _unread(hub: Hub, plans: Sequence[StreamPlan], *, run_id: int) -> list[StreamPlan]:
    """The streams that this run has not read to their end before its process was killed."""
    with hub.store.read() as tx:
        done = {(s.connection, s.stream) for s in runs.get(tx, run_id).streams if s.status == DONE}
    return [plan for plan in plans if (plan.connection, plan.stream) not in done]


def _pull_stream(hub: Hub, connector: Any, plan: StreamPlan, *, pulling: Pulling) -> ConciliaError | None:
    try:
        pull(hub, connector, plan, pulling=pulling)
        sweep(hub, connector, plan, pulling=pulling)
    except BreakerTripped as fault:
        ask(hub, plan, fault, run_id=pulling.run_id)
        return fault
    except ConciliaError as fault:
        return fault
    return None


def _close_stream(hub: Hub, plan: StreamPlan, run_id: int, fault: ConciliaError | None) -> None:
    with hub.store.begin() as tx:
        error = None if fault is None else str(fault)
        runs.close_stream(tx, run_id, connection=plan.connection, stream=plan.stream, error=error)


def _close(
    hub: Hub, run_id: int, tally: Tally, *, deliveries: Sequence[Delivery], failures: dict[str, ConciliaError]
) -> RunRow:
    with hub.store.begin() as tx:
        for (connection, stream), waiting in sources.blocked_in_run(tx, run_id).items():
            runs.count(
                tx, run_id, connection=connection, stream=stream, counts={"applied": -waiting, "blocked": waiting}
            )
        row = runs.get(tx, run_id)
        done = sum(s.status == DONE for s in row.streams)
        status = DONE if not failures else PARTLY if done else FAILED
        body = {
            "resolved": dict(tally.as_json()),
            "matching": tally.note,
            "deliveries": [d.as_json() for d in deliveries],
            "failures": {name: str(fault) for name, fault in failures.items()},
            "drift": drift.sentences(shapes.of_run(tx, run_id)),
        }
        runs.finish(tx, run_id, status=status, body=body, at=to_text(hub.clock()))
        return runs.get(tx, run_id)
