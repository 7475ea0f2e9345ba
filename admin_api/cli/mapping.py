"""Commands about mappings: see what one makes of real rows before anything is stored. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Connection, Folder, opened
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from sync.actions import PreviewRow

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """What a mapping makes of the rows of a stream."""


@app.command()
def preview(
    name: Connection,
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="A stream of that connection.")],
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows.")] = 5,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show the first rows of a stream before and after mapping, and what would be refused. Stores nothing.

    Example: concilia map preview erp cartera --limit 3
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        rows = actions.preview(hub, name, stream, limit=limit)
    for row in rows:
        screen.document(_row(row))
        screen.say(f"{row.position}" + (f": would be refused, {row.refusal}" if row.refusal else ""))
        screen.table(("column", "before"), row.before.items())
        if row.after is not None:
            screen.table(("entity", "key", "field", "after", "note"), row.after.as_rows())
    refused = sum(bool(row.refusal) for row in rows)
    screen.say(f"{counted(len(rows), 'row')} shown, of which {refused} would be refused; nothing was stored.")


def _row(row: PreviewRow) -> dict[str, Any]:
    after = None if row.after is None else [line._asdict() for line in row.after.as_rows()]
    return {"position": row.position, "before": dict(row.before), "after": after, "refusal": row.refusal or None}
