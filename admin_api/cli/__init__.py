"""The command line: all commands in one program, and the way every ending of it becomes an exit code. No verb.

Heavy libraries are imported inside the commands that use them, so that `concilia --help` answers at once.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from admin_api.cli import (
    demo,
    exporting,
    keys,
    mapping,
    quarantine,
    running,
    serving,
    stewardship,
    workspace,
)
from admin_api.cli.endings import exit_code_of
from admin_api.cli.options import AsJson, Folder
from admin_api.cli.screen import Screen

__all__ = ["app", "main"]

app = typer.Typer(
    name="concilia",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: it comes at once and reads the same on every terminal
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(workspace.app)
app.add_typer(mapping.app, name="map")
app.add_typer(running.app)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(stewardship.app)
app.add_typer(stewardship.rulings, name="steward")
app.add_typer(exporting.app)
app.add_typer(keys.app, name="keys")
app.add_typer(serving.app)
app.add_typer(demo.app)


@app.callback()
def concilia(
    folder: Folder = None,  # noqa: ARG001  each command takes it over, see options
    as_json: AsJson = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Concilia reconciles debtors, debts and payments across ERPs, CRMs and files.

    \b
    A first look:      concilia demo
    A workspace:       concilia init cartera && cd cartera && concilia sync

    Exit codes: 0 done, 1 a fault of the program, 2 usage or configuration, 3 a system or its credentials, 4 waits
    for a person, 5 some streams failed, 130 interrupted.
    """
    if version:
        workspace.show_version(Screen(as_json))
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and answer its exit code; whatever goes wrong is one sentence, never a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Ñ shows ?, and the command goes on
    command = typer.main.get_command(app)
    try:
        with command.make_context("concilia", given) as context:
            command.invoke(context)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as fault:  # noqa: BLE001  the end of the process: all becomes an exit code
        return exit_code_of(fault, screen=Screen("--json" in sys.argv if arguments is None else "--json" in given))
    return 0
