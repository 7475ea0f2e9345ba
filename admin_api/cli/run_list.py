"""Commands about runs that were: list them, and allow what one of them asks. Decides nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from admin_api.cli import reports
from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.store.runs import RunRow

app = typer.Typer()

_MAY = {"vanished": "be gone", "sign": "change sign", "drift": "look otherwise than before"}


@app.callback(invoke_without_command=True)
def runs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List runs, or allow what one of them asks.

    Each with what became of the records it read.

    Example: concilia runs --limit 5
    """
    if context.invoked_subcommand is not None:
        return
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.latest_runs(hub, limit=limit)
    for row in found:
        screen.document(asdict(row))
    columns = ("run", "kind", "schedule", "status", "started", "finished", "read", *reports.DISPOSITIONS)
    screen.table(columns, [_line(row) for row in found])
    for row in found:
        for stream in row.streams:
            if stream.error:
                screen.say(f"Run {row.id}, {stream.connection}.{stream.stream}: {stream.error}")
        for told in row.body.get("drift", []):
            screen.say(f"Run {row.id} found another look: {told}")
    screen.say(f"{counted(len(found), 'run')}.")


@app.command()
def allow(
    number: Annotated[int, typer.Argument(metavar="RUN", help="The run that was stopped.")],
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Let the next sync pass what the breaker stopped in that run: records gone, with another sign or look.

    Example: concilia runs allow 12 --by carla
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        allowed = actions.allow_run(hub, number, by=by or login_name())
    for trip in allowed:
        screen.document(asdict(trip))
        screen.say(
            f"{trip.connection}.{trip.stream}: {trip.found} of {trip.known} records may {_MAY[trip.kind]}, once. "
            f"Read it again: concilia sync {trip.connection}"
        )


def _line(row: RunRow) -> tuple[object, ...]:
    counts = (sum(int(getattr(s, name)) for s in row.streams) for name in ("read", *reports.DISPOSITIONS))
    times = (row.started_at[:19], (row.finished_at or "")[:19])
    return (row.id, row.kind, row.schedule or "", row.status, *times, *counts)
