"""Commands about kept secrets: give, list, seal again, make a master key. Decides nothing."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from admin_api.cli.options import AsJson, Connection, Folder, opened
from admin_api.cli.screen import Screen, counted

app = typer.Typer(no_args_is_help=True)

_SETTING = typer.Argument(metavar="SETTING", help="The setting that holds it, such as password.")


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Secrets that the hub keeps itself, sealed."""


@app.command("new-key")
def new_key(
    key_id: Annotated[str, typer.Option("--id", help="A name of the key; keys in use need different ones.")] = "k1",
    folder: Folder = None,  # noqa: ARG001  every command takes -w
    as_json: AsJson = False,
) -> None:
    """Make a master key. It is shown this once, and belongs in CONCILIA_MASTER_KEY.

    To replace a key, put the new one before the old one, with a comma between them; then `concilia vault rotate`.

    Example: concilia vault new-key --id 2026
    """
    from concilia.sealing import new_key as made

    screen, key = Screen(as_json), made(key_id)
    screen.document({"key": key})
    if not as_json:
        screen.say(key)


@app.command("set")
def give(
    name: Connection,
    setting: Annotated[str, _SETTING],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Keep a secret setting of a connection, sealed. The secret is asked for, or read from standard input.

    In concilia.yaml the setting is then "${vault:CONNECTION/SETTING}".

    Example: concilia vault set erp password
    """
    from concilia.vault import Secret
    from sync.declaring import keep_secret

    screen = Screen(as_json)
    asked = sys.stdin.isatty()
    text = typer.prompt(f"{name}/{setting}", hide_input=True) if asked else sys.stdin.read().strip("\r\n")
    with opened(folder) as hub:
        kept = keep_secret(hub, name, setting, Secret(text), by="cli")
    screen.document(asdict(kept))
    screen.say(f"Kept. Write it in concilia.yaml as {setting}: ${{vault:{name}/{setting}}}")


@app.command("list")
def show(folder: Folder = None, as_json: AsJson = False) -> None:
    """List which secrets are kept, never the secrets.

    Example: concilia vault list
    """
    from sync.declaring import kept_secrets

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = kept_secrets(hub)
    for one in found:
        screen.document(asdict(one))
    if found:
        screen.table(("connection", "setting", "changed", "by"), [tuple(asdict(one).values()) for one in found])
    else:
        screen.say("No secret is kept. Give one: concilia vault set CONNECTION SETTING")


@app.command()
def rotate(folder: Folder = None, as_json: AsJson = False) -> None:
    """Seal all kept secrets and tokens under the current master key.

    Older keys are of no use afterwards.

    Example: concilia vault rotate
    """
    from sync import declaring, tokens

    screen = Screen(as_json)
    with opened(folder) as hub:
        count = declaring.seal_again(hub, by="cli") + tokens.seal_again(hub)
    screen.document({"sealed": count})
    screen.say(f"{counted(count, 'secret')} sealed under the current key.")
