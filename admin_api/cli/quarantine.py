"""Commands about rows that wait for repair: list, fix, replay. Decides nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.screen import Screen, counted

app = typer.Typer(no_args_is_help=True)

RowId = Annotated[int, typer.Argument(metavar="ID", help="The number that `concilia quarantine list` shows.")]


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Rows that could not be used: nothing of them is lost."""


@app.command("list")
def show(
    connection: Annotated[str, typer.Option(metavar="NAME", show_default=False, help="Of this one only.")] = "",
    after: Annotated[int, typer.Option(min=0, metavar="ID", help="Begin behind this row.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many rows.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List rows that wait for repair: where they stood, which column, and why.

    Example: concilia quarantine list --connection erp
    """
    from sync import actions
    from sync.runs import chosen

    screen = Screen(as_json)
    with opened(folder) as hub:
        chosen(hub, [connection] if connection else [])
        rows = actions.quarantined(hub, connection=connection, after=after, limit=limit)
        waiting = actions.totals(hub)["quarantined"]
    for row in rows:
        screen.document(row)
    lines = [
        (r["id"], f"{r['connection']}.{r['stream']}", r["position"], r["column"], _cell(r), r["reason"], r["status"])
        for r in rows
    ]
    screen.table(("id", "stream", "where", "column", "holds", "why", "status"), lines)
    screen.say(f"{counted(len(rows), 'row')} shown, {waiting} in quarantine in all.")


@app.command()
def fix(
    row: RowId,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="COLUMN=VALUE", help="What the cell should have held.")
    ] = None,
    dropped: Annotated[
        list[str] | None, typer.Option("--drop", metavar="COLUMN", help="Remove a cell, such as a surplus one.")
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Correct cells of a quarantined row. It is used again only by `concilia quarantine replay`.

    Example: concilia quarantine fix 7 --set VENCE=30-10-2026
    """
    from sync import repair

    screen = Screen(as_json)
    wanted: dict[str, str | None] = {**_changes(changes or []), **dict.fromkeys(dropped or [])}
    if not wanted:
        raise typer.BadParameter("Say what to change: --set COLUMN=VALUE or --drop COLUMN.")
    with opened(folder) as hub:
        fixed = repair.fix(hub, row, changes=wanted)
    screen.document(fixed)
    screen.table(("column", "now"), fixed["fields"].items())
    screen.say(f"Row {row} is {fixed['status']}. Use it: concilia quarantine replay {row}")


@app.command()
def replay(
    rows: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="All rows that wait.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Feed quarantined rows in again; one that is refused once more stays, with its new reason.

    Example: concilia quarantine replay 7 8
    """
    from sync import repair

    screen = Screen(as_json)
    if bool(rows) == every:
        raise typer.BadParameter("Name rows, or say --all.")
    with opened(folder) as hub:
        done = repair.replay(hub, rows or [])
    for one in done:
        screen.document(asdict(one))
    landed = sum(one.landed for one in done)
    refused = [one for one in done if not one.landed]
    screen.say(f"{counted(landed, 'row')} landed, {len(refused)} refused.")
    if refused:
        screen.table(("id", "column", "why"), [(one.id, one.column, one.reason) for one in refused])


def _changes(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text or text.startswith("="):
            raise typer.BadParameter(f"--set {text!r} is not COLUMN=VALUE.")
    return {column: value for column, _, value in (text.partition("=") for text in given)}


def _cell(row: dict[str, object]) -> object:
    fields = row["fields"]
    return fields.get(row["column"], "") if isinstance(fields, dict) else ""
