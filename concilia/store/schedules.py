"""Schedules as taken over, and their firings: written down once, claimed once, finished by who holds them.

No policy, no commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from concilia.store import bulk, locks, runs, tables
from concilia.store.unit_of_work import Tx

WAITING, RUNNING, DONE, FAILED, SKIPPED, MISSED = "waiting", "running", "done", "failed", "skipped", "missed"


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule; firings up to `settled_at` are written down. `body` is what `timetable.Schedule` makes."""

    name: str
    body: str
    fingerprint: str
    applied_at: str
    settled_at: str
    paused_at: str | None = None
    paused_by: str | None = None


@dataclass(frozen=True, slots=True)
class FiringRow:
    """One time a schedule was due. `fence` grows with each holder; only the last one may finish it."""

    id: int
    schedule: str
    due_at: str
    start_at: str
    status: str
    reason: str
    holder: str | None = None
    fence: int = 0
    lease_until: str | None = None
    run_id: int | None = None
    finished_at: str | None = None


_SCHEDULE = tuple(ScheduleRow.__dataclass_fields__)
_FIRING = tuple(FiringRow.__dataclass_fields__)
_FIRING_NAMES = ", ".join(_FIRING)


def every(tx: Tx) -> dict[str, ScheduleRow]:
    """All schedules by name."""
    rows = tx.execute(text(f"SELECT {', '.join(_SCHEDULE)} FROM schedule ORDER BY name"))
    return {row[0]: ScheduleRow(*row) for row in rows}


def store(tx: Tx, row: ScheduleRow) -> None:
    """Insert or overwrite a schedule."""
    bulk.upsert(tx, tables.schedule, _SCHEDULE, [tuple(getattr(row, n) for n in _SCHEDULE)], key=("name",))


def remove(tx: Tx, name: str) -> None:
    """Forget a schedule; its firings are kept, and those that waited are left out."""
    tx.execute(text("DELETE FROM schedule WHERE name = :name"), {"name": name})
    leave_out(tx, name, reason="its schedule was removed")


def leave_out(tx: Tx, name: str, *, reason: str) -> None:
    """Skip what waits of a schedule."""
    sql = text("UPDATE firing SET status = 'skipped', reason = :reason WHERE schedule = :name AND status = 'waiting'")
    tx.execute(sql, {"name": name, "reason": reason})


def in_turn(tx: Tx, name: str) -> None:
    """Make transactions about one schedule follow one another."""
    locks.in_turn(tx, f"schedule-{name}")


def add(tx: Tx, rows: Sequence[FiringRow]) -> int:
    """Write firings down with fresh ids, leaving out those that somebody wrote already; how many were new."""
    if not rows:
        return 0
    first = bulk.reserve(tx, "firing", len(rows))
    sql = text(
        f"INSERT INTO firing ({_FIRING_NAMES}) VALUES ({', '.join(f':{n}' for n in _FIRING)}) "
        "ON CONFLICT (schedule, due_at) DO NOTHING"
    )
    values = [{**{n: getattr(row, n) for n in _FIRING}, "id": first + place} for place, row in enumerate(rows)]
    return sum(int(tx.execute(sql, one).rowcount) for one in values)


def settle(tx: Tx, name: str, *, at: str) -> None:
    """Everything due up to `at` is written down."""
    sql = text("UPDATE schedule SET settled_at = :at WHERE name = :name AND settled_at < :at")
    tx.execute(sql, {"name": name, "at": at})


def pause(tx: Tx, name: str, *, at: str | None, by: str | None, settled_at: str) -> None:
    """Stop a schedule, or with None let it go on; what was due in between is not written down."""
    sql = text("UPDATE schedule SET paused_at = :at, paused_by = :by, settled_at = :settled WHERE name = :name")
    tx.execute(sql, {"name": name, "at": at, "by": by, "settled": settled_at})


def names_with_work(tx: Tx, *, now: str) -> list[str]:
    """Schedules with a firing that may start, or one whose holder has not been heard of since its lease ended."""
    sql = text(
        "SELECT schedule, min(due_at) AS oldest FROM firing WHERE (status = 'waiting' AND start_at <= :now) "
        "OR (status = 'running' AND lease_until < :now) GROUP BY schedule ORDER BY oldest, schedule"
    )
    return [row[0] for row in tx.execute(sql, {"now": now})]


def startable(tx: Tx, name: str, *, now: str) -> list[FiringRow]:
    """The firings of a schedule that run, or wait and may start by now; the oldest first."""
    sql = text(
        f"SELECT {_FIRING_NAMES} FROM firing WHERE schedule = :name AND (status = 'running' "
        "OR (status = 'waiting' AND start_at <= :now)) ORDER BY due_at"
    )
    return [FiringRow(*row) for row in tx.execute(sql, {"name": name, "now": now})]


def claim(tx: Tx, firing: FiringRow, *, holder: str, lease_until: str) -> bool:
    """Take a firing under the next fence; False when somebody else did since it was looked at."""
    sql = text(
        "UPDATE firing SET status = 'running', holder = :holder, fence = fence + 1, lease_until = :until, "
        "reason = '' WHERE id = :id AND fence = :fence AND status = :status"
    )
    values = {"id": firing.id, "fence": firing.fence, "status": firing.status, "holder": holder}
    return bool(tx.execute(sql, {**values, "until": lease_until}).rowcount)


def renew(tx: Tx, firing: FiringRow, *, lease_until: str) -> bool:
    """Say that its holder is still there; False when it is not the holder any more."""
    sql = text("UPDATE firing SET lease_until = :until WHERE id = :id AND fence = :fence AND status = 'running'")
    return bool(tx.execute(sql, {"id": firing.id, "fence": firing.fence, "until": lease_until}).rowcount)


def open_run(tx: Tx, firing: FiringRow, *, kind: str, at: str) -> int | None:
    """The one run of a firing, begun or gone on with; None when the firing has another holder now."""
    now = get(tx, firing.id)
    if now.fence != firing.fence or now.status != RUNNING:
        return None
    if now.run_id is not None:
        runs.resume(tx, now.run_id)
        return now.run_id
    run_id = runs.start(tx, kind, at=at, schedule=firing.schedule, due_at=firing.due_at)
    tx.execute(text("UPDATE firing SET run_id = :run_id WHERE id = :id"), {"run_id": run_id, "id": firing.id})
    return run_id


def finish(tx: Tx, firing: FiringRow, *, status: str, reason: str, at: str) -> bool:
    """End a firing; False, and nothing changed, when another holder has taken it over."""
    sql = text(
        "UPDATE firing SET status = :status, reason = :reason, finished_at = :at, lease_until = NULL "
        "WHERE id = :id AND fence = :fence AND status = 'running'"
    )
    values = {"id": firing.id, "fence": firing.fence, "status": status, "reason": reason, "at": at}
    return bool(tx.execute(sql, values).rowcount)


def put_back(tx: Tx, firing: FiringRow, *, start_at: str, reason: str) -> bool:
    """Let a claimed firing wait again until then."""
    sql = text(
        "UPDATE firing SET status = 'waiting', reason = :reason, start_at = :start, lease_until = NULL "
        "WHERE id = :id AND fence = :fence AND status = 'running'"
    )
    values = {"id": firing.id, "fence": firing.fence, "reason": reason, "start": start_at}
    return bool(tx.execute(sql, values).rowcount)


def skip(tx: Tx, firing: FiringRow, *, reason: str, at: str) -> None:
    """Leave a waiting firing out."""
    sql = text(
        "UPDATE firing SET status = 'skipped', reason = :reason, finished_at = :at "
        "WHERE id = :id AND status = 'waiting'"
    )
    tx.execute(sql, {"id": firing.id, "reason": reason, "at": at})


def get(tx: Tx, firing_id: int) -> FiringRow:
    """One firing; it must exist."""
    row = tx.execute(text(f"SELECT {_FIRING_NAMES} FROM firing WHERE id = :id"), {"id": firing_id}).one()
    return FiringRow(*row)


def latest(tx: Tx, name: str = "", *, limit: int = 20) -> list[FiringRow]:
    """Firings of one schedule, or of all, newest first."""
    only = "WHERE schedule = :name" if name else ""
    sql = text(f"SELECT {_FIRING_NAMES} FROM firing {only} ORDER BY due_at DESC, id DESC LIMIT :limit")
    return [FiringRow(*row) for row in tx.execute(sql, {"name": name, "limit": limit} if name else {"limit": limit})]
