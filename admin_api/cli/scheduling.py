"""Commands of schedules: list, next, run, pause, resume, history. Decides nothing."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.store.schedules import FiringRow
    from sync.firings import Holder
    from sync.schedule_views import ScheduleView
    from sync.schedules import Due

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A schedule of concilia.yaml.")]
Count = Annotated[int, typer.Option("--count", min=1, max=1000, help="How many.")]


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """What runs by itself, and when. `concilia serve` keeps the clock."""


@app.command("list")
def show(folder: Folder = None, as_json: AsJson = False) -> None:
    """List schedules: when each is due next, its policies, and how it last went.

    Example: concilia schedule list
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.schedules(hub)
    for one in found:
        screen.document(actions.schedule_json(one))
    columns = ("schedule", "job", "cron", "zone", "next", "overlap", "late", "last", "run")
    screen.table(columns, [_line(one) for one in found])
    screen.say(f"{counted(len(found), 'schedule')}.")


@app.command("next")
def upcoming(name: Name, count: Count = 5, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show when a schedule is due next, in its own zone and in UTC.

    A time that the clock skips when summer time begins is due at that moment; one that comes twice, once.

    Example: concilia schedule next nightly --count 10
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.coming(hub, name, count=count)
    for due in found:
        screen.document({"due": due.at.isoformat(), "utc": _utc(due), "wall": due.wall.isoformat()})
    screen.table(("due", "UTC", ""), [(due.at.isoformat(" "), _utc(due), _remark(due)) for due in found])


@app.command()
def run(name: Name, folder: Folder = None, as_json: AsJson = False) -> None:
    """Run a schedule once, now, in this process. Ends with 5 when it did not go well.

    Example: concilia schedule run nightly
    """
    from concilia.store.schedules import DONE
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        actions.apply(hub)
        firing = actions.run_schedule(hub, name, this_process())
    screen.document(_firing_json(firing))
    why = f": {firing.reason}" if firing.reason else "."
    screen.say(f"{name} is {firing.status}{why}")
    if firing.run_id is not None:
        screen.say(f"It was run {firing.run_id}; see concilia runs.")
    raise typer.Exit(0 if firing.status == DONE else 5)


@app.command()
def pause(name: Name, by: By = "", folder: Folder = None, as_json: AsJson = False) -> None:
    """Let a schedule rest until it is resumed. What runs goes on.

    Example: concilia schedule pause nightly --by carla
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        actions.pause_schedule(hub, name, by=by or login_name())
    screen.document({"schedule": name, "paused": True})
    screen.say(f"{name} rests. Let it go on: concilia schedule resume {name}")


@app.command()
def resume(name: Name, folder: Folder = None, as_json: AsJson = False) -> None:
    """Let a schedule go on. What was due meanwhile is not caught up.

    Example: concilia schedule resume nightly
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        actions.resume_schedule(hub, name)
        (due,) = actions.coming(hub, name, count=1)
    screen.document({"schedule": name, "paused": False, "next": due.at.isoformat()})
    screen.say(f"{name} goes on. It is due next at {due.at.isoformat(' ')}.")


@app.command()
def history(
    name: Annotated[str, typer.Argument(metavar="[NAME]", show_default=False, help="All when left out.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List firings: also those that were skipped or missed, with the reason.

    Example: concilia schedule history nightly --limit 50
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.firing_history(hub, name, limit=limit)
    for firing in found:
        screen.document(_firing_json(firing))
    columns = ("due", "schedule", "status", "run", "why")
    screen.table(columns, [(f.due_at[:19], f.schedule, f.status, f.run_id, f.reason) for f in found])
    screen.say(f"{counted(len(found), 'firing')}; times are UTC.")


def this_process() -> Holder:
    """The name under which this process holds firings."""
    from sync.firings import Holder

    return Holder(f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}")


def _line(one: ScheduleView) -> tuple[Any, ...]:
    last = one.latest[0] if one.latest else None
    due = one.next_due.at.isoformat(" ") if one.next_due else f"paused by {one.paused_by}"
    told = one.declared
    late = f"{told.catch_up} after {told.grace}"
    went = f"{last.status} {last.due_at[:19]}" if last else ""
    return (
        told.name,
        told.job,
        told.cron,
        told.time_zone,
        due,
        told.overlap,
        late,
        went,
        last.run_id if last else None,
    )


def _firing_json(firing: FiringRow) -> dict[str, Any]:
    names = ("id", "schedule", "due_at", "start_at", "status", "reason", "run_id", "finished_at")
    return {name: getattr(firing, name) for name in names}


def _utc(due: Due) -> str:
    return due.at.astimezone(UTC).isoformat()


def _remark(due: Due) -> str:
    return f"{due.wall:%H:%M} does not exist that day" if due.skipped else ""
