"""The command line: all commands in one program, and the way every ending of it becomes an exit code. No verb.

Heavy libraries are imported inside the commands that use them, so that `concilia --help` answers at once.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from admin_api.cli import workspace
from admin_api.cli.agreements import app as agreements
from admin_api.cli.connector_programs import app as connector_programs
from admin_api.cli.connectors import app as connectors
from admin_api.cli.contact_points import app as contact_points
from admin_api.cli.contacts import app as contacts
from admin_api.cli.demo import app as demo
from admin_api.cli.endings import exit_code_of
from admin_api.cli.events import app as events
from admin_api.cli.exporting import app as exporting
from admin_api.cli.intents import app as intents
from admin_api.cli.interactions import app as interactions
from admin_api.cli.keys import app as keys
from admin_api.cli.mapping import app as mapping
from admin_api.cli.matching import app as matching
from admin_api.cli.options import AsJson, Folder
from admin_api.cli.payments import app as payments
from admin_api.cli.plans import app as plans
from admin_api.cli.plans import conflicts
from admin_api.cli.quarantine import app as quarantine
from admin_api.cli.rebuilding import app as rebuilding
from admin_api.cli.reconciling import app as reconciling
from admin_api.cli.reconciling import discrepancies
from admin_api.cli.run_list import app as runs
from admin_api.cli.running import app as running
from admin_api.cli.scheduling import app as scheduling
from admin_api.cli.screen import Screen
from admin_api.cli.serving import app as serving
from admin_api.cli.stewardship import app as stewardship
from admin_api.cli.stewardship import rulings
from admin_api.cli.timelines import app as timelines
from admin_api.cli.vault import app as vault

__all__ = ["app", "main"]

app = typer.Typer(
    name="concilia",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: it comes at once and reads the same on every terminal
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(workspace.app)
app.add_typer(mapping, name="map")
app.add_typer(running)
app.add_typer(connector_programs, name="connector")
app.add_typer(connectors, name="connectors")
app.add_typer(intents, name="intents")
app.add_typer(payments, name="payments")
app.add_typer(plans, name="plans")
app.add_typer(conflicts, name="conflicts")
app.add_typer(runs, name="runs")
app.add_typer(scheduling, name="schedule")
app.add_typer(reconciling)
app.add_typer(rebuilding)
app.add_typer(discrepancies, name="discrepancies")
app.add_typer(quarantine, name="quarantine")
app.add_typer(stewardship)
app.add_typer(rulings, name="steward")
app.add_typer(matching, name="match")
app.add_typer(agreements, name="agreements")
app.add_typer(contacts, name="contact")
app.add_typer(contact_points, name="contacts")
app.add_typer(interactions, name="interactions")
app.add_typer(timelines)
app.add_typer(events, name="events")
app.add_typer(exporting)
app.add_typer(keys, name="keys")
app.add_typer(vault, name="vault")
app.add_typer(serving)
app.add_typer(demo)


def _version(wanted: bool) -> None:
    if wanted:
        workspace.show_version(Screen())
        raise typer.Exit


@app.callback()
def concilia(
    folder: Folder = None,  # each command takes these two over, see options
    as_json: AsJson = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version and stop.")
    ] = False,
) -> None:
    """Concilia reconciles debtors, debts and payments across ERPs, CRMs and files.

    \b
    A first look:      concilia demo
    A workspace:       concilia init cartera && cd cartera && concilia sync

    Exit codes: 0 done, 1 a fault of the program, 2 usage or configuration, 3 a system or its credentials, 4 waits
    for a person, 5 some streams failed, 130 interrupted.
    """


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
        return exit_code_of(fault, screen=Screen("--json" in given))
    return 0
