"""The command that shows the whole way: two hostile systems, two files, one hub, and money written exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder
from admin_api.cli.screen import Screen
from admin_api.cli.serving import LOOPBACK, answer_calls, listening, url_of

if TYPE_CHECKING:
    from sync.hub import Hub

app = typer.Typer()

NAME = "concilia-demo"


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop at the end instead of serving.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the hub answers; 0 takes any free one.")] = 0,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", show_default=False, help=f"Default: {NAME}; with --once none is kept."),
    ] = None,
    workspace: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Run the whole job on made-up debtors; needs no network.

    An ERP and a CRM answer over HTTP on this machine, and two files lie in a folder. The ERP misbehaves on purpose
    while payments are written to it. At the end the hub is served on this machine, or with --once everything is checked
    and the command ends: 0 when every record is accounted for and every payment is in the ERP's ledger exactly once.

    Example: concilia demo --once
    """
    screen = Screen(as_json)
    with ExitStack() as stack:
        place = folder or workspace
        if place is None:
            place = Path(stack.enter_context(TemporaryDirectory(prefix=NAME))) if once else Path(NAME)
        held = None if once else stack.enter_context(listening(LOOPBACK, port))
        hub, outcome = stack.enter_context(_played(place, screen))
        if held is None:
            screen.document(outcome)
        else:
            key = _fresh_key(hub)
            screen.document({**outcome, "url": url_of(held), "api_key": key})
            _invite(hub, url_of(held), key=key, screen=screen)
            answer_calls(hub, held)
    if outcome["problems"]:
        raise typer.Exit(1)


@contextmanager
def _played(place: Path, screen: Screen) -> Iterator[tuple[Hub, dict[str, Any]]]:
    """The story told, with the systems still running while the caller goes on."""
    from admin_api.cli import demo_stage, demo_story

    with demo_stage.standing_in(place) as (hub, server):
        yield hub, demo_story.tell(hub, server, screen=screen)


def _fresh_key(hub: Hub) -> str:
    """An API key for this demo; those of earlier ones are revoked."""
    from sync import actions

    for known in actions.keys(hub):
        if known.name == NAME and known.revoked_at is None:
            actions.revoke_key(hub, known.id)
    return actions.create_key(hub, NAME)[1]


def _invite(hub: Hub, url: str, *, key: str, screen: Screen) -> None:
    """Two calls to try, about somebody whose payment was just written."""
    from urllib.parse import quote

    from sync import actions

    chosen = next(row["golden_id"] for row in actions.export(hub, "debts") if row["status"] == "partially_paid")
    name = next(row["full_name"] or "" for row in actions.export(hub, "golden") if row["golden_id"] == chosen)
    screen.say(f"\nThe hub answers at {url} (Ctrl-C stops it). Open it in a browser and enter the key {key}")
    screen.say("or try, from another terminal:")
    for path in (f"/v1/debtors?q={quote(name)}", f"/v1/debtors/{chosen}"):
        screen.say(f'  curl -H "Authorization: Bearer {key}" "{url}{path}"')
