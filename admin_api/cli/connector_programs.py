"""The command that installs Singer taps and targets for a workspace. Decides nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from admin_api.cli.options import AsJson, Folder
from admin_api.cli.screen import Screen, counted

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Programs that connectors run: Singer taps and targets."""


@app.command()
def install(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A tap or target, such as tap-github.")],
    pip_url: Annotated[
        str,
        typer.Option("--pip-url", metavar="REQUIREMENT", help="What pip installs instead: a version, a git address."),
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Install it anew, although it is there.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Install a Singer tap or target into an environment of its own, inside the workspace.

    It runs as a process of its own and shares no library with Concilia. A connection names it with `package: NAME`.

    Example: concilia connector install tap-github --pip-url "tap-github==1.8.0"
    """
    from admin_api.bootstrap import settings
    from concilia.errors import ConfigurationInvalid
    from concilia.workspace import FILE
    from connectors.singer.environments import install as install_program

    screen = Screen(as_json)
    workspace: Path = settings(folder).workspace.absolute()
    if not (workspace / FILE).is_file():
        raise ConfigurationInvalid(f"There is no {FILE} in {workspace}.", mend="Run `concilia init` to start one.")
    found = install_program(workspace, name, requirement=pip_url, again=again)
    told = {"name": found.name, "executable": str(found.executable), "packages": list(found.packages)}
    screen.document(told)
    screen.say(f"{name} is installed with {counted(len(found.packages), 'package')}: {found.executable}")
