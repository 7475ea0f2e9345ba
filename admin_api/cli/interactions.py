"""Commands about interactions: list, show, record files of dialers and bots, say whom one was with. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.refusals import pair_of
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

app = typer.Typer(no_args_is_help=True)

InteractionId = Annotated[str, typer.Argument(metavar="ID", help="The id that `concilia interactions list` shows.")]
_COLUMNS = ("id", "started", "direction", "channel", "outcome", "party", "result", "debtor", "waits because")


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """What channels did, and what of it waits."""


@app.command("list")
def show_all(
    *,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those whose party or debts are not known.")] = False,
    bypass: Annotated[bool, typer.Option("--bypass", help="Only outbound ones that nobody asked for.")] = False,
    debtor: Annotated[str, typer.Option(metavar="ID", show_default=False, help="Of this golden debtor only.")] = "",
    after: Annotated[str, typer.Option(metavar="MARK", show_default=False, help="Begin behind it.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List interactions in the order in which they were recorded, or those that wait.

    Example: concilia interactions list --waiting
    """
    from sync import interactions

    screen = Screen(as_json)
    at, _, number = after.partition(" ")
    with opened(folder) as hub:
        asked = interactions.Asked(waiting=waiting, bypass=bypass, debtor=debtor)
        found = interactions.listed(hub, asked, after=(at, number), limit=limit)
        waits = interactions.count_waiting(hub)
    for one in found:
        screen.document(one)
    screen.table(_COLUMNS, [_line(one) for one in found])
    more = f' Go on with --after "{" ".join(interactions.place(found[-1]))}".' if len(found) == limit else ""
    screen.say(f"{counted(len(found), 'interaction')}; {waits} in all wait for their party or a debt.{more}")


@app.command()
def show(interaction: InteractionId, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show an interaction: how it stands, how its party was named, and everything that was told of it.

    Example: concilia interactions show iq2m7vhx3t5nq6pzrw4k
    """
    from sync import interactions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = interactions.one(hub, interaction)
    _show(screen, found)


@app.command()
def record(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines, or CSV with a column for each member.")],
    *,
    members: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="MEMBER=VALUE", help="A member of every line that has none: channel=voice_agent."
        ),
    ] = None,
    zone: Annotated[
        str, typer.Option(metavar="ZONE", show_default=False, help="Of times without an offset: America/Santiago.")
    ] = "",
    by: By = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line, and store nothing.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Record the results file of a dialer, bot or agency: each line by itself, with its result. Told twice, kept once.

    Columns of a CSV are the members of an interaction, those inside others with a point: party.phone, actor.id,
    contact_point.value. Documents of several debts stand in `debts`, parted by a semicolon or a bar.

    \b
    Example: concilia interactions record llamadas.csv --set channel=voice_agent --set direction=outbound --dry-run
    """
    from admin_api.interaction_files import lines_of
    from sync import interactions
    from sync.contacts import Caller

    screen = Screen(as_json)
    usual = dict(pair_of(text, "--set", shape="MEMBER=VALUE") for text in members or ())
    lines = lines_of(file, usual=usual, zone=zone)
    refused: list[tuple[Any, ...]] = []
    counts = {"recorded": 0, "known": 0, "refused": 0, "waiting": 0}
    with opened(folder) as hub:
        for begin in range(0, len(lines), interactions.MOST):
            some = lines[begin : begin + interactions.MOST]
            answer = interactions.record_many(
                hub, [line for _, line in some], caller=Caller(by or login_name()), refusal=_told, dry_run=dry_run
            )
            for item in answer.body["items"]:
                number = some[item["index"]][0]
                counts[item["status"]] += 1
                counts["waiting"] += bool(item.get("waiting"))
                screen.document({"line": number, **{name: value for name, value in item.items() if name != "index"}})
                if item["status"] == "refused":
                    refused.append(
                        (number, item["problem"]["field"], item["problem"]["detail"], item["problem"]["mend"])
                    )
    if refused:
        screen.table(("line", "member", "why", "mend"), refused)
    done = "would be recorded" if dry_run else "recorded"
    screen.say(
        f"{counts['recorded']} {done} ({counts['waiting']} waiting), {counts['known']} known already, "
        f"{counts['refused']} refused."
    )
    if refused:
        raise typer.Exit(5)


@app.command()
def outcome(
    interaction: InteractionId,
    *,
    said: Annotated[str, typer.Option("--outcome", metavar="OUTCOME", show_default=False, help="Such as read.")] = "",
    party: Annotated[str, typer.Option("--party", metavar="WHO", show_default=False, help="Such as right_party.")] = "",
    result: Annotated[
        str, typer.Option("--result", metavar="RESULT", show_default=False, help="Such as promise.")
    ] = "",
    at: Annotated[str, typer.Option(metavar="MOMENT", show_default=False, help="Now when left out.")] = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Append what came of an interaction; nothing that was told before is changed.

    Example: concilia interactions outcome iq2m7vhx3t5nq6pzrw4k --party wrong_party
    """
    from admin_api.told_interactions import outcome_checked
    from sync import interactions

    screen = Screen(as_json)
    given = {"outcome": said, "party_outcome": party, "result": result, "at": at}
    told = outcome_checked({name: text for name, text in given.items() if text})
    with opened(folder) as hub:
        answer = interactions.add_outcome(hub, interaction, told, by=by or login_name())
    _show(screen, answer.body)


@app.command()
def settle(
    interaction: InteractionId,
    *,
    debtor: Annotated[str, typer.Option(metavar="DEBTOR", help="A golden id, tax id, phone, e-mail or document.")],
    because: Annotated[str, typer.Option(metavar="TEXT", show_default=False, help="Why; it is kept.")] = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Say whom a waiting interaction was with. Its business-scoped id is that debtor's from then on.

    Example: concilia interactions settle iq2m7vhx3t5nq6pzrw4k --debtor 12.531.909-2 --because "he sent his RUT"
    """
    from sync import interactions

    screen = Screen(as_json)
    told = {"debtor": {"any": debtor}, "because": because}
    with opened(folder) as hub:
        found = interactions.settle(hub, interaction, told, by=by or login_name())
    _show(screen, found)


def _told(fault: Any) -> Mapping[str, Any]:
    return {"detail": fault.message, "mend": fault.mend, "field": getattr(fault, "field", "")}


def _show(screen: Screen, found: Mapping[str, Any]) -> None:
    screen.document(found)
    screen.table(_COLUMNS, [_line(found)])
    if found["waiting"]:
        screen.say(f"It waits since {found['waiting']['since'][:19]}: {found['waiting']['says']}")
    party = ", ".join(f"{name} {value}" for name, value in found["party"].items())
    screen.say(f"Told by {found['told_by']} of {party or 'the debtor of its decision'}.")
    if found["bypass"]:
        screen.say("Nobody asked whether this contact may be made.")
    words = ("at", "outcome", "party_outcome", "result", "by", "note")
    screen.table(words, [tuple(word[name] for name in words) for word in found["outcomes"]])


def _line(one: Mapping[str, Any]) -> tuple[object, ...]:
    names = ("direction", "channel", "outcome", "party_outcome", "result", "debtor")
    reason = (one["waiting"] or {}).get("reason", "")
    return (one["id"], one["told"]["started_at"], *(one[name] for name in names), reason)
