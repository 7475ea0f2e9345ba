"""The command that shows what happened to a debtor, and writes it as evidence. Decides nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.screen import Screen, counted

app = typer.Typer()


@app.command()
def timeline(
    debtor: Annotated[
        str,
        typer.Argument(metavar="[DEBTOR]", show_default=False, help="A golden id, tax id, phone, e-mail or document."),
    ] = "",
    *,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Only this kind; may be repeated.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="MOMENT", show_default=False, help="From then on, with offset.")] = "",
    until: Annotated[str, typer.Option(metavar="MOMENT", show_default=False, help="Before then.")] = "",
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="From the beginning.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", show_default=False, help="Write all of it as evidence, JSON Lines."),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", metavar="FILE", show_default=False, help="Whether an exported file is as it was."),
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show everything that happened to a debtor, in one order.

    Contacts, payments, agreements, changes of data, merges, and what was written to other systems.

    An export is whole, oldest first; each line holds the hash of the one before, so that nothing can be changed or
    taken out unseen. --check says whether a file is still as it was written; it needs no debtor and no workspace.

    \b
    Example: concilia timeline 12.531.909-2 --kind interaction --kind payment
    Example: concilia timeline 12.531.909-2 --export evidencia.jsonl
    """
    screen = Screen(as_json)
    if check is not None:
        _check(screen, check)
        return
    if not debtor:
        raise typer.BadParameter("Name a debtor, or a file with --check.", param_hint="DEBTOR")
    from concilia.servicing.contact_naming import debtor_named
    from sync import timelines

    asked = timelines.Asked(tuple(kinds or ()), since, until, newest_first=not oldest_first)
    with opened(folder) as hub:
        with hub.store.read() as tx:
            golden_id = debtor_named(tx, {"any": debtor})
        if export is not None:
            from admin_api.cli.exporting import write_whole

            lines = (f"{json.dumps(line, ensure_ascii=False)}\n" for line in timelines.evidence(hub, golden_id, asked))
            number = write_whole(export, lines)
            screen.document({"debtor": golden_id, "entries": number - 2, "file": str(export)})
            screen.say(f"{counted(number - 2, 'entry', 'entries')} written to {export}.")
            return
        found = timelines.page(hub, golden_id, asked, limit=limit)
    for entry in found.entries:
        screen.document(entry)
    screen.table(("at", "kind", "what", "about"), [_line(entry) for entry in found.entries])
    more = "There is more: give --since, --until or a greater --limit." if found.next else ""
    screen.say(f"{counted(len(found.entries), 'entry', 'entries')} of {found.debtor}. {more}".strip())


def _check(screen: Screen, file: Path) -> None:
    from concilia.servicing import evidence_chain

    with file.open(encoding="utf-8") as lines:
        number = evidence_chain.checked(lines)
    screen.document({"file": str(file), "entries": number, "whole": True})
    screen.say(f"{file} is as it was written: {counted(number, 'entry', 'entries')}.")


def _line(entry: dict[str, Any]) -> tuple[str, str, str, str]:
    names = (
        "channel", "purpose", "outcome", "party_outcome", "result", "amount", "unit", "balance", "status", "reference",
        "agreement", "reason", "connection", "operation", "member", "other_id", "debtor", "field",
    )  # fmt: skip
    details = entry["details"]
    said = [f"{name} {details[name]}" for name in names if details.get(name)]
    changed = [one for one in details.get("changed", ()) if isinstance(one, dict)]
    said += [f"{one['field']}: {one['before']} -> {one['after']}" for one in changed]
    said += [one["rule"] for one in details.get("reasons", ())]
    return entry["at"][:19], entry["kind"], entry["what"], ", ".join(said)
