"""Commands about single writes to other systems: list, show, retry, abandon, done. Decides nothing."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

app = typer.Typer(no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="N", help="The number that `concilia intents list` shows.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", show_default=False, help="Why; it is kept.")]
_COLUMNS = ("number", "connection", "operation", "state", "tried", "reference", "why")


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Single writes to other systems, also those for a person."""


@app.command("list")
def show_all(
    *,
    state: Annotated[
        str, typer.Option(metavar="STATE", help="open, all, new, sent_unknown, parked, dead, done or abandoned.")
    ] = "open",
    connection: Annotated[str, typer.Option(metavar="NAME", show_default=False, help="Of this one only.")] = "",
    after: Annotated[int, typer.Option(min=0, metavar="N", help="Begin behind this one.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List writes that are not over: waiting, in doubt, parked for a person, or refused.

    Example: concilia intents list --state parked
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.intents(hub, state=state, connection=connection, after=after, limit=limit)
    for one in found:
        screen.document(one)
    screen.table(_COLUMNS, [_line(one) for one in found])
    screen.say(f"{counted(len(found), 'write')}.")


@app.command()
def show(number: Number, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show one write with everything that systems and people said of it.

    Example: concilia intents show 12
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.intent(hub, number)
    _show(screen, found)
    lines = [
        (said["at"][:19], said["outcome"], said["external_id"] or "", _told(said["said"])) for said in found["receipts"]
    ]
    screen.table(("at", "outcome", "id there", "said"), lines)


@app.command()
def retry(
    number: Number,
    *,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="MEMBER=TEXT", help="A member anew, such as value_date.")
    ] = None,
    reason: Reason = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Try a refused or parked write again at the next push. One in doubt is looked up first, and cannot be edited.

    Example: concilia intents retry 12 --set value_date=2026-12-01
    """
    from sync import actions
    from sync.intents import Said

    screen = Screen(as_json)
    wanted = dict(_pair(text) for text in changes or [])
    with opened(folder) as hub:
        found = actions.retry_intent(hub, number, Said(by or login_name(), reason), changes=wanted)
    _show(screen, found)
    screen.say(f"Write it now: concilia push {found['connection']}")


@app.command()
def abandon(
    number: Number, *, reason: Reason = "", by: By = "", folder: Folder = None, as_json: AsJson = False
) -> None:
    """Never write it. The hub's own books stay as they are; the difference shows in `concilia reconcile`.

    Example: concilia intents abandon 12 --reason "registered by hand under another number"
    """
    from sync import actions
    from sync.intents import Said

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.abandon_intent(hub, number, Said(by or login_name(), reason))
    _show(screen, found)


@app.command("done")
def mark_done(
    number: Number,
    *,
    external_id: Annotated[str, typer.Option("--id", metavar="ID", show_default=False, help="Its id there.")] = "",
    reason: Reason = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Say that the system holds it: somebody looked there. The books go on as if it had answered so.

    Example: concilia intents done 12 --id P-00123
    """
    from sync import actions
    from sync.intents import Said

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.intent_done(hub, number, Said(by or login_name(), reason), external_id=external_id)
    _show(screen, found)


def _show(screen: Screen, found: dict[str, Any]) -> None:
    screen.document(found)
    screen.table(_COLUMNS, [_line(found)])


def _line(one: dict[str, Any]) -> tuple[object, ...]:
    reference = one["order"].get("reference", "")
    why = f"{one['code']}: {one['reason']}" if one["code"] else one["reason"]
    return (one["id"], one["connection"], one["operation"], one["state"], one["attempts"], reference, why)


def _told(said: dict[str, Any]) -> str:
    shown = {name: value for name, value in said.items() if value and name != "fields"}
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def _pair(text: str) -> tuple[str, str]:
    member, sign, value = text.partition("=")
    if not (member and sign):
        raise typer.BadParameter(f"--set {text!r} is not MEMBER=TEXT.")
    return member, value
