"""Commands about API keys: create, list, revoke. Decides nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.screen import Screen

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Keys that let programs use the HTTP API."""


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it, such as dialer.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key. It is shown this once and cannot be shown again.

    Example: concilia keys create dialer
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        number, key = actions.create_key(hub, name)
    screen.document({"number": number, "name": name, "key": key})
    screen.say(f"API key {number} for {name}; keep it now, it is not shown again.")
    if not as_json:
        screen.say(key)


@app.command("list")
def show(folder: Folder = None, as_json: AsJson = False) -> None:
    """List API keys; the keys themselves are not stored.

    Example: concilia keys list
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = [asdict(key) for key in actions.keys(hub)]
    for key in found:
        screen.document(key)
    if found:
        screen.table(tuple(found[0]), [tuple(key.values()) for key in found])
    else:
        screen.say("There is no API key. Make one: concilia keys create NAME")


@app.command()
def revoke(
    number: Annotated[int, typer.Argument(metavar="N", help="The number that `concilia keys list` shows.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Revoke an API key at once.

    Example: concilia keys revoke 2
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        actions.revoke_key(hub, number)
    screen.document({"number": number, "revoked": True})
    screen.say(f"API key {number} is revoked.")
