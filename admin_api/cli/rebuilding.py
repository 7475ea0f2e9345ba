"""The command that derives everything anew and compares. Decides nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.screen import Screen, counted

app = typer.Typer()


@app.command()
def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Compare, and change nothing.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many differences to show.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Derive golden records anew, and compare them.

    From source records, rulings, pins, payments, agreements and what channels told, in a database that is thrown
    away; nothing is written to the hub's own. Ends with 5 when something differs.

    Example: concilia rebuild --check
    """
    from concilia.errors import RequestInvalid
    from sync import rebuild as rebuilding

    if not check:
        raise RequestInvalid("Only comparing is offered.", mend="Say --check: nothing is written.", field="check")
    screen = Screen(as_json)
    with opened(folder) as hub:
        found = rebuilding.check(hub)
    totals = {"source_debtors": found.source_debtors, "goldens": found.goldens, "debts": found.debts}
    shown = [asdict(one) for one in found.differences[:limit]]
    screen.document({**totals, "differing": found.differing, "differences": shown})
    if shown:
        screen.table(("what", "id", "field", "stored", "rebuilt"), [tuple(one.values()) for one in shown])
    compared = f"{counted(found.source_debtors, 'source debtor')}, {counted(found.goldens, 'golden id')} and"
    told = "all as derived" if found.equal else counted(found.differing, "difference")
    screen.say(f"{compared} {counted(found.debts, 'debt')} compared: {told}.")
    raise typer.Exit(0 if found.equal else 5)
