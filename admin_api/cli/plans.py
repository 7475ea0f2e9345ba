"""Commands about what is planned to be pushed, and about conflicts between edits. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.plan_tables import show_plan, show_plans
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.store.conflicts import ConflictRow

app = typer.Typer()
conflicts = typer.Typer(no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="ID", help="As `concilia conflicts list` shows it.")]
Status = Annotated[
    str, typer.Option("--status", metavar="open|decided|resolved|settled|superseded|all", help="Of which state.")
]


@app.callback(invoke_without_command=True)
def plans(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 20,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List what was planned to be pushed.

    `concilia push --plan` makes a plan, `concilia sync` one for what changed.

    Example: concilia plans --limit 5
    """
    if context.invoked_subcommand is not None:
        return
    from sync import write_plans

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = write_plans.listed(hub, limit=limit)
    show_plans(found, screen)


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="PLAN", help="As `concilia plans` shows it.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show a plan field by field: base, ours, theirs, what is written and why, and what became of it.

    Example: concilia plans show 3
    """
    from sync import write_plans

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = write_plans.show(hub, number)
    show_plan(found, screen)


@conflicts.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Where a field was edited on two sides. The policy of concilia.yaml decides, or a person here."""


@conflicts.command("list")
def show_all(
    status: Status = "open",
    *,
    connection: Annotated[str, typer.Option(metavar="NAME", show_default=False, help="Only at this one.")] = "",
    after: Annotated[int, typer.Option(min=0, metavar="ID", help="Begin behind this one.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List conflicts: the record, the field, what was agreed, and what both sides say.

    Those that a policy decided are kept too: nothing is written over in silence.

    Example: concilia conflicts list --status decided
    """
    from sync import disputes

    screen = Screen(as_json)
    wanted = "" if status == "all" else status
    with opened(folder) as hub:
        found = disputes.listed(hub, status=wanted, connection=connection, after=after, limit=limit)
    for row in found:
        screen.document(disputes.as_json(row))
    columns = ("id", "kind", "record", "field", "base", "ours", "theirs", "why", "since", "status")
    screen.table(columns, [_line(row) for row in found])
    screen.say(f"{counted(len(found), 'conflict')}.")


@conflicts.command("show")
def show_one(number: Number, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show one conflict with what every system says, since when, and what they agreed on before.

    Example: concilia conflicts show 7
    """
    from sync import disputes

    screen = Screen(as_json)
    with opened(folder) as hub:
        row = disputes.one(hub, number)
    found = disputes.as_json(row)
    screen.document(found)
    screen.say(f"Conflict {row.id}: {row.kind.replace('_', ' ')} of {row.field}, {row.status}. {row.why}.")
    screen.say(f"base   {row.base}\nours   {row.ours}\ntheirs {row.theirs}  ({_record(row)})")
    columns = ("record", "says", "since", "base")
    names = ("connection", "external_id")
    rows = [(" ".join(v[n] for n in names), v["value"], v["since"][:19], v["base"]) for v in found["voices"]]
    screen.table(columns, rows)


@conflicts.command()
def resolve(
    number: Number,
    take: Annotated[str, typer.Option("--take", metavar="ours|theirs|VALUE", help="What stands from now on.")],
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Decide a conflict. The next push writes it where it has to be written.

    Example: concilia conflicts resolve 7 --take theirs
    """
    from sync import disputes

    screen = Screen(as_json)
    with opened(folder) as hub:
        row = disputes.resolve(hub, number, take=take, by=by or login_name())
    screen.document(disputes.as_json(row))
    screen.say(f"Conflict {row.id} is {row.status}: {row.field} is {row.taken or 'empty'}, says {row.resolved_by}.")
    if row.status == "resolved":
        screen.say("Write it: concilia push")


def _record(row: ConflictRow) -> str:
    return f"{row.connection} {row.external_id}"


def _line(row: ConflictRow) -> tuple[Any, ...]:
    said = (row.base, row.ours, row.theirs, row.why)
    return (row.id, row.kind, _record(row), row.field, *said, row.opened_at[:16], row.status)
