"""Firings of schedules: written down when due, claimed by one holder, carried out as one run, finished or taken over.

Any number of processes may do this with one workspace. What they agree on is in the database: a firing is unique by
schedule and due time, a claim raises its fence, and only the last fence may finish it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from concilia import timetable
from concilia.clock import from_text, to_text
from concilia.errors import ConciliaError, NotFound, RequestInvalid, RetryLater, RunMustStop
from concilia.store import runs, schedules
from concilia.store.schedules import DONE, FAILED, MISSED, RUNNING, WAITING, FiringRow, ScheduleRow
from concilia.store.unit_of_work import Tx
from concilia.timetable import Schedule
from sync.firing_rules import Skip, Start, Wait, to_write, turn_of
from sync.hub import Hub
from sync.jobs import JOBS, Order, Outcome
from sync.schedules import checked, due_between, ticking

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
LOOK_BACK = timedelta(days=31)  # what was due earlier is not even written down as missed


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that carries out firings, under a name of its own, and for how long it may be silent."""

    name: str
    lease: timedelta = LEASE


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """How one schedule of the workspace differs from what was taken over last."""

    name: str
    change: str  # "new" | "changed" | "same" | "removed"


def take_over(tx: Tx, hub: Hub, *, dry_run: bool = False) -> list[ScheduleChange]:
    """Let the workspace's schedules be those of the database. A new or changed one is due from now on only."""
    wanted = {name: _known_job(checked(one)) for name, one in hub.workspace.schedules.items()}
    known = schedules.every(tx)
    changes = [ScheduleChange(name, "removed") for name in known if name not in wanted]
    if not dry_run:
        for change in changes:
            schedules.remove(tx, change.name)
    for name, declared in wanted.items():
        before, body, now = known.get(name), declared.to_text(), to_text(hub.clock())
        same = before is not None and before.body == body
        changes.append(ScheduleChange(name, "same" if same else "changed" if before else "new"))
        if not same and not dry_run:
            fresh = before or ScheduleRow(name, body, "", now, now)
            settled = before.settled_at if before and _same_times(before, declared) else now
            schedules.store(tx, replace(fresh, body=body, applied_at=now, settled_at=settled))
    return changes


def write_down(hub: Hub) -> int:
    """Write down every firing that became due; how many this process was the first to write."""
    now = hub.clock()
    with hub.store.read() as tx:
        rows = [row for row in schedules.every(tx).values() if row.paused_at is None]
    return sum(_write_due(hub, row.name, now=now) for row in rows if _due(row, now=now))


def claim_next(hub: Hub, holder: Holder) -> FiringRow | None:
    """Take the oldest firing that may run, or one whose holder is dead; None when there is none."""
    now = hub.clock()
    with hub.store.read() as tx:
        names = schedules.names_with_work(tx, now=to_text(now))
    for name in names:
        with hub.store.begin() as tx:
            schedules.in_turn(tx, name)
            found = _claimed(tx, name, holder=holder, now=now)
        if found is not None:
            return found
    return None


def renewed(hub: Hub, firing: FiringRow, holder: Holder) -> FiringRow:
    """Say that the holder lives: the firing under its new lease, or as it was when it is not ours any more."""
    until = to_text(hub.clock() + holder.lease)
    with hub.store.begin() as tx:
        return replace(firing, lease_until=until) if schedules.renew(tx, firing, lease_until=until) else firing


def carry_out(hub: Hub, firing: FiringRow) -> FiringRow:
    """Run a claimed firing to its end and write down how it went; the firing as it stands then."""
    outcome = _finished_before(hub, firing) or _outcome(hub, firing)
    at = hub.clock()
    with hub.store.begin() as tx:
        if outcome.again_after is not None:
            schedules.put_back(tx, firing, start_at=to_text(at + outcome.again_after), reason=outcome.told)
        else:
            status = DONE if outcome.ok else FAILED
            if not schedules.finish(tx, firing, status=status, reason=outcome.told, at=to_text(at)):
                log.warning("firing %s was taken over by another process", firing.id)
        return schedules.get(tx, firing.id)


def run_now(hub: Hub, name: str, holder: Holder) -> FiringRow:
    """Run a schedule once, now, in this process; RunMustStop while one of its firings runs."""
    now = hub.clock()
    with hub.store.begin() as tx:
        schedules.in_turn(tx, name)
        row_of(tx, name)
        if any(row.status == RUNNING for row in schedules.startable(tx, name, now=to_text(now))):
            raise RunMustStop(f"{name} is running now.", mend="Wait for it to end; `concilia runs` shows it.")
        at = to_text(now)
        schedules.add(tx, [FiringRow(0, name, at, at, WAITING, "asked for by hand")])
        fresh = next(row for row in schedules.startable(tx, name, now=at) if row.due_at == at)
        firing = _taken(tx, fresh, holder=holder, now=now)
    if firing is None:
        raise RunMustStop(f"{name} was started by another process just now.", mend="See: concilia runs")
    with ticking(lambda: renewed(hub, firing, holder), every=holder.lease / 3):
        return carry_out(hub, firing)


def pause(hub: Hub, name: str, *, by: str) -> None:
    """Let a schedule rest: nothing becomes due. What waits is left out; what runs goes on."""
    with hub.store.begin() as tx:
        row = row_of(tx, name)
        schedules.in_turn(tx, name)
        schedules.pause(tx, name, at=to_text(hub.clock()), by=by, settled_at=row.settled_at)
        schedules.leave_out(tx, name, reason=f"paused by {by}")


def resume(hub: Hub, name: str) -> None:
    """Let a schedule go on, from now: what was due meanwhile is not caught up."""
    with hub.store.begin() as tx:
        row_of(tx, name)
        schedules.in_turn(tx, name)
        schedules.pause(tx, name, at=None, by=None, settled_at=to_text(hub.clock()))


def _known_job(declared: Schedule) -> Schedule:
    if declared.job in JOBS:
        return declared
    message, mend = f'there is no job "{declared.job}".', f"Jobs are: {', '.join(JOBS)}."
    if declared.source is None:
        raise RequestInvalid(message, mend=mend, field="job")
    raise declared.source.error(message, at=("job",), mend=mend)


def _same_times(before: ScheduleRow, declared: Schedule) -> bool:
    old = timetable.from_text(before.name, before.body)
    return (old.cron, old.time_zone) == (declared.cron, declared.time_zone)


def _due(row: ScheduleRow, *, now: datetime) -> list[datetime]:
    start = max(from_text(row.settled_at), now - LOOK_BACK)
    return [due.at for due in due_between(timetable.from_text(row.name, row.body), start, now)]


def _write_due(hub: Hub, name: str, *, now: datetime) -> int:
    with hub.store.begin() as tx:
        schedules.in_turn(tx, name)
        row = schedules.every(tx).get(name)
        due = _due(row, now=now) if row is not None and row.paused_at is None else []
        if row is None or not due:
            return 0
        at = to_text(now)
        rows = [
            FiringRow(
                id=0,
                schedule=name,
                due_at=to_text(one.due_at),
                start_at=to_text(one.start_at),
                status=MISSED if one.missed else WAITING,
                reason=one.missed,
                finished_at=at if one.missed else None,
            )
            for one in to_write(timetable.from_text(name, row.body), due, now=now)
        ]
        schedules.settle(tx, name, at=rows[-1].due_at)
        return schedules.add(tx, rows)


def _claimed(tx: Tx, name: str, *, holder: Holder, now: datetime) -> FiringRow | None:
    rows = schedules.startable(tx, name, now=to_text(now))
    live = [row for row in rows if row.status == RUNNING and (row.lease_until or "") >= to_text(now)]
    dead = [row for row in rows if row.status == RUNNING and row not in live]
    if dead:
        return _taken(tx, dead[0], holder=holder, now=now)
    row = schedules.every(tx).get(name)
    declared = timetable.from_text(name, row.body) if row else None
    ahead = 0
    for firing in rows:
        if firing.status != WAITING:
            continue
        match turn_of(declared, running=bool(live), ahead=ahead):
            case Start():
                return _taken(tx, firing, holder=holder, now=now)
            case Wait():
                ahead += 1
            case Skip(reason):
                schedules.skip(tx, firing, reason=reason, at=to_text(now))
            case never:
                assert_never(never)
    return None


def _taken(tx: Tx, firing: FiringRow, *, holder: Holder, now: datetime) -> FiringRow | None:
    mine = schedules.claim(tx, firing, holder=holder.name, lease_until=to_text(now + holder.lease))
    return schedules.get(tx, firing.id) if mine else None


def _finished_before(hub: Hub, firing: FiringRow) -> Outcome | None:
    """How the run of a firing that was taken over went, when its holder died only after the end of it."""
    if firing.run_id is None:
        return None
    with hub.store.read() as tx:
        run = runs.get(tx, firing.run_id)
    if run.status in (runs.RUNNING, runs.ABANDONED):
        return None
    return Outcome(ok=run.status == runs.DONE, told="" if run.status == runs.DONE else "see its run")


def _outcome(hub: Hub, firing: FiringRow) -> Outcome:
    try:
        declared = _declared(hub, firing)
        return JOBS[declared.job](hub, Order(firing, declared.connections, full=declared.full))
    except RetryLater as fault:
        return Outcome(ok=False, told=str(fault), again_after=fault.after)
    except ConciliaError as fault:
        return _failed(hub, firing, told=str(fault))
    except Exception as fault:  # one broken job may not end the process that serves all schedules
        log.exception("firing %s failed", firing.id)
        return _failed(hub, firing, told=f"Concilia has a fault ({type(fault).__name__}). Please report this.")


def _declared(hub: Hub, firing: FiringRow) -> Schedule:
    with hub.store.read() as tx:
        row = schedules.every(tx).get(firing.schedule)
    if row is None:
        raise RequestInvalid(f"The schedule {firing.schedule} was removed.")
    return _known_job(timetable.from_text(firing.schedule, row.body))


def _failed(hub: Hub, firing: FiringRow, *, told: str) -> Outcome:
    """A firing that could not even begin, or broke off, has its one run all the same."""
    at = to_text(hub.clock())
    with hub.store.begin() as tx:
        run_id = schedules.open_run(tx, firing, kind="schedule", at=at)
        if run_id is not None:
            runs.finish(tx, run_id, status=runs.FAILED, body={"failures": {firing.schedule: told}}, at=at)
    return Outcome(ok=False, told=told)


def row_of(tx: Tx, name: str) -> ScheduleRow:
    """A schedule taken over; NotFound for an unknown name."""
    found = schedules.every(tx)
    if name not in found:
        known = ", ".join(found) or "none; write them under `schedules` and say: concilia apply"
        raise NotFound(f"There is no schedule {name!r}.", mend=f"There are: {known}.")
    return found[name]
