"""What a schedule can run, by name. A job opens the one run of its firing and says how it went. Knows no times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from concilia.clock import to_text
from concilia.errors import ConciliaError, RunMustStop
from concilia.store import runs, schedules
from concilia.store.schedules import FiringRow
from sync import agreements, contact_due, contact_preferences, reconcile, resolve
from sync.hub import Hub
from sync.push import Delivery
from sync.runs import RunOrder, chosen, held, push_all, run_order


@dataclass(frozen=True, slots=True)
class Order:
    """One firing to carry out, with the arguments of its schedule; no connections means all."""

    firing: FiringRow
    connections: tuple[str, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job went: well or not, in one sentence; `again_after` when it could not begin and should be tried again."""

    ok: bool
    told: str = ""
    again_after: timedelta | None = None


Job = Callable[[Hub, Order], Outcome]
Work = Callable[[Hub, Order], Mapping[str, Any]]


def as_run(kind: str, work: Work) -> Job:
    """The job that does this work in a run of that kind, whose body is what the work answers.

    The run is `partly_failed` when the answer has `failures`.
    """

    def job(hub: Hub, order: Order) -> Outcome:
        with hub.store.begin() as tx:
            run_id = schedules.open_run(tx, order.firing, kind=kind, at=to_text(hub.clock()))
        if run_id is None:
            raise RunMustStop("Another process has taken this firing over.")
        body = work(hub, order)
        failures = body.get("failures") or {}
        status = runs.PARTLY if failures else runs.DONE
        with hub.store.begin() as tx:
            runs.finish(tx, run_id, status=status, body=body, at=to_text(hub.clock()))
        return Outcome(ok=not failures, told="; ".join(f"{name}: {told}" for name, told in failures.items()))

    return job


def _sync(hub: Hub, order: Order) -> Outcome:
    report = run_order(hub, order.connections, order=RunOrder(full=order.full, firing=order.firing))
    told = {**{n: str(f) for n, f in report.failures.items()}, **{d.connection: d.error for d in report.deliveries}}
    return Outcome(
        ok=report.exit_code == 0, told="; ".join(f"{name}: {text}" for name, text in sorted(told.items()) if text)
    )


def _resolve(hub: Hub, _order: Order) -> Mapping[str, Any]:
    return {"resolved": dict(resolve.resolve_all(hub.store, hub.policies, clock=hub.clock).as_json())}


def _push(hub: Hub, order: Order) -> Mapping[str, Any]:
    busy: dict[str, ConciliaError] = {}
    with held(hub, chosen(hub, order.connections), busy) as free:
        deliveries = push_all(hub, free)
    deliveries += [Delivery(name, error=str(fault)) for name, fault in busy.items()]
    return {
        "deliveries": [d.as_json() for d in deliveries],
        "failures": {d.connection: d.error for d in deliveries if d.error},
    }


def _reconcile(hub: Hub, order: Order) -> Mapping[str, Any]:
    return reconcile.reconcile(hub, chosen(hub, order.connections)).as_json()


def _contact_points(hub: Hub, _order: Order) -> Mapping[str, Any]:
    return {"stale": contact_due.announce(hub), "preferences": contact_preferences.refresh(hub)}


# A job is one line here: a name for concilia.yaml, and what it does.
JOBS: dict[str, Job] = {
    "sync": _sync,
    "resolve": as_run("resolve", _resolve),
    "push": as_run("push", _push),
    "reconcile": as_run("reconcile", _reconcile),
    "contact_points": as_run("contact_points", _contact_points),
    "agreements": as_run("agreements", lambda hub, _order: {"changed": len(agreements.evaluate(hub))}),
}
