"""Commands that move records and payments: sync, push, approve, runs. Decides nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from admin_api.cli import reports
from admin_api.cli.options import AsJson, Connection, Connections, Folder, opened
from admin_api.cli.progress import watched
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.store.runs import RunRow

app = typer.Typer()

By = Annotated[str, typer.Option("--by", metavar="NAME", show_default=False, help="Who says so; your login name.")]


@app.command("sync")
def run(
    names: Connections = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything anew, not only what is new.")] = False,
    no_push: Annotated[bool, typer.Option("--no-push", help="Write nothing to other systems.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Read all streams, resolve, and push what is approved.

    Debtors, debts and payments are up to date afterwards. concilia.yaml is taken over first. Rows that cannot be used
    go to quarantine and stop nothing. Ends with 3 when no system could be worked with and 5 when some streams failed.

    Example: concilia sync erp crm
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        for change in actions.apply(hub):
            if change.change != "same":
                screen.say(f"{change.name}: {change.change}")
        with watched() as watch:
            report = actions.run(hub, names or [], full=full, push=not no_push, watch=watch)
        totals = actions.totals(hub)
    screen.document(reports.as_json(report, totals=totals))
    reports.show(report, totals=totals, screen=screen)
    raise typer.Exit(report.exit_code)


@app.command()
def push(names: Connections = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Write waiting payments to the systems that must know.

    Only where writing is approved. Ends with 4 when a connection waits for `concilia approve`, and 5 when a system
    could not take everything.

    Example: concilia push erp
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        deliveries = actions.push(hub, names or [])
    screen.document({"deliveries": [done.as_json() for done in deliveries]})
    reports.show_deliveries(deliveries, screen)
    if not deliveries:
        screen.say("Nothing waits to be pushed.")
    if any(done.error for done in deliveries):
        raise typer.Exit(5)


@app.command()
def approve(
    name: Connection,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the permission back.")] = False,
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Allow writing to a connection. Until then, what is to be written only waits.

    Example: concilia approve erp --by carla
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        applied = actions.approve(hub, name, by=by or login_name(), revoke=revoke)
    screen.document({"connection": name, "approved_at": applied.approved_at, "approved_by": applied.approved_by})
    if applied.approved_at is None:
        screen.say(f"Writing to {name} is off.")
    else:
        screen.say(
            f"Writing to {name} is on, approved by {applied.approved_by}. Write what waits: concilia push {name}"
        )


@app.command()
def runs(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List runs with what became of the records they read.

    Example: concilia runs --limit 5
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.latest_runs(hub, limit=limit)
    for row in found:
        screen.document(asdict(row))
    columns = ("run", "kind", "status", "started", "finished", "read", *reports.DISPOSITIONS)
    screen.table(columns, [_line(row) for row in found])
    for row in found:
        for stream in row.streams:
            if stream.error:
                screen.say(f"Run {row.id}, {stream.connection}.{stream.stream}: {stream.error}")
    screen.say(f"{counted(len(found), 'run')}.")


def login_name() -> str:
    """Who types, for the record of an approval or a ruling; `unknown` where the machine has no names."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def _line(row: RunRow) -> tuple[object, ...]:
    counts = (sum(int(getattr(s, name)) for s in row.streams) for name in ("read", *reports.DISPOSITIONS))
    return (row.id, row.kind, row.status, row.started_at[:19], (row.finished_at or "")[:19], *counts)
