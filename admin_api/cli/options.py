"""What every command takes, wherever it stands on the line, and the opened hub it works on. No verb, no output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sync.hub import Hub


def _or_given_before(context: typer.Context, parameter: typer.CallbackParam, value: Any) -> Any:
    """`concilia -w DIR sync` is `concilia sync -w DIR`: what a command is not told, the words before it were."""
    if value or context.parent is None:
        return value
    return context.parent.params.get(parameter.name or "", value)


Folder = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        metavar="DIR",
        callback=_or_given_before,
        help="The workspace folder; otherwise the current one if it has a concilia.yaml, then CONCILIA_WORKSPACE.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", callback=_or_given_before, help="JSON on standard output, and nothing else there.")
]
Connections = Annotated[
    list[str] | None, typer.Argument(metavar="[CONNECTION]...", show_default=False, help="All when left out.")
]
Connection = Annotated[str, typer.Argument(metavar="CONNECTION", help="A connection of concilia.yaml.")]


@contextmanager
def opened(folder: Path | None) -> Iterator[Hub]:
    """The hub of the workspace, closed again at the end."""
    from admin_api.bootstrap import open_hub, settings

    hub = open_hub(settings(folder))
    try:
        yield hub
    finally:
        hub.store.close()
