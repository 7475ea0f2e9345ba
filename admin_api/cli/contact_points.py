"""Commands about contact points: what channels tell, changes that wait, stale ones, preferences. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from sync.contact_stewardship import Says

app = typer.Typer(no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="As `concilia contacts pending` shows it.")]
Because = Annotated[str, typer.Option("--reason", show_default=False, help="Why, in your words; it is kept.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
Debtor = Annotated[str, typer.Argument(metavar="DEBTOR", help="A golden id, tax id, phone, e-mail or document.")]
Type = Annotated[str, typer.Option("--type", metavar="TYPE", help="phone, email, postal_address or whatsapp_id.")]


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Keep contact points alive: corrections and changes."""


@app.command()
def pending(
    *,
    status: Annotated[
        str, typer.Option(metavar="STATUS", help="open, confirmed, rejected, superseded or all.")
    ] = "open",
    after: Annotated[int, typer.Option(min=0, help="Begin behind this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List changes of verified contact points that wait for a word, with both values and their times.

    Example: concilia contacts pending
    """
    from sync import contact_stewardship

    screen = Screen(as_json)
    with opened(folder) as hub:
        wanted = "" if status == "all" else status
        found = contact_stewardship.listed(hub, status=wanted, after=after, limit=limit)
        waiting = contact_stewardship.waiting(hub)
    for one in found:
        screen.document(one)
    _changes(screen, found)
    more = f" Go on with --after {found[-1]['id']}." if len(found) == limit else ""
    screen.say(f"{counted(waiting, 'change waits', 'changes wait')} for a word.{more}")


@app.command()
def confirm(
    number: Number,
    *,
    because: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Let the new value stand, verified. The old one ranks last where a source still states it.

    Example: concilia contacts confirm 12 --reason "the debtor called"
    """
    from sync.contact_stewardship import Says

    _say(Screen(as_json), folder, (number, Says.CONFIRM, by, because), dry_run=dry_run)


@app.command()
def reject(
    number: Number,
    *,
    because: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Keep the old value. The new one does not come back from any load, and is corrected where that is allowed.

    Example: concilia contacts reject 12
    """
    from sync.contact_stewardship import Says

    _say(Screen(as_json), folder, (number, Says.REJECT, by, because), dry_run=dry_run)


@app.command()
def undo(
    number: Number,
    *,
    because: Because = "",
    by: By = "",
    dry_run: DryRun = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Take back a confirmation or a rejection: the change waits again. What evidence decided stays.

    Example: concilia contacts undo 12
    """
    from sync.contact_stewardship import Says

    _say(Screen(as_json), folder, (number, Says.UNDO, by, because), dry_run=dry_run)


@app.command()
def add(
    debtor: Debtor,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As the debtor shows it.")],
    *,
    kind: Type,
    how: Annotated[str, typer.Option("--how", metavar="METHOD", help="How it was learnt: call, visit, web_form, …")],
    evidence: Annotated[str, typer.Option(help="Where it can be seen: a call, a form, a document.")],
    replaces: Annotated[str, typer.Option(show_default=False, help="The value that it takes the place of.")] = "",
    verified: Annotated[
        str, typer.Option("--verified", metavar="METHOD", show_default=False, help="otp, right_party, document, …")
    ] = "",
    by: By = "",
    dry_run: DryRun = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Tell of a contact point: one more, or another in the place of one; or that one was verified.

    Example: concilia contacts add 12.531.909-2 "9 6123 4567" --type phone --how call --evidence "call 77"
    """
    from sync import contact_corrections
    from sync.contact_corrections import ACQUIRED, VERIFIED_BY, Correction

    _known(kind, (how, ACQUIRED, "--how"), (verified, VERIFIED_BY, "--verified"))
    body: dict[str, Any] = {"type": kind, "value": value, "acquisition_method": how, "evidence": evidence}
    body |= {"replaces": replaces} if replaces else {}
    body |= {"verification": {"method": verified}} if verified else {}
    screen = Screen(as_json)
    with opened(folder) as hub:
        told = Correction(body, by or login_name())
        found = contact_corrections.tell_any(hub, debtor, told, dry_run=dry_run)
    screen.document(found)
    point = found["contact_point"] or {}
    screen.say(f"{point.get('value', value)} of {found['debtor']} is {point.get('status', 'unknown')}.")
    if found["change"]:
        screen.say(f"Change {found['change']['id']} waits for a word: concilia contacts confirm or reject.")
    _dry(screen, dry_run)


@app.command()
def withdraw(
    debtor: Annotated[str, typer.Argument(metavar="DEBTOR", help="A golden id.")],
    evidence: Annotated[str, typer.Argument(metavar="EVIDENCE", help="As the reasons of a status name it.")],
    *,
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Take back what was heard of a contact point by mistake, such as a wrong party that was none.

    Example: concilia contacts withdraw gzzs27gi5b3unldhg6cla ekq2m7vhx3t5nq6pzrwab
    """
    from sync import contact_corrections

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = contact_corrections.withdraw(hub, debtor, evidence, by=by or login_name())
    screen.document(found)
    point = found["contact_point"]
    screen.say(f"It counts no more: {point['value']} is {point['status']}." if point else "It counts no more.")


@app.command()
def stale(
    *,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, show_default=False, help="Instead of the days of the workspace.")
    ] = None,
    kind: Type = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 50,
    out: Annotated[
        Path | None, typer.Option("--export", metavar="FILE.csv", show_default=False, help="All of them, as CSV.")
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List contact points to verify again: those of whoever owes most first, unit by unit.

    Example: concilia contacts stale --days 90 --type phone --export verificar.csv
    """
    from admin_api.cli import table_text
    from admin_api.cli.exporting import write_whole
    from sync import contact_due

    _known(kind)
    screen = Screen(as_json)
    with opened(folder) as hub:
        found = contact_due.due(hub, contact_due.Asked(kind, days), limit=None if out else limit)
    if out is not None:
        rows = write_whole(out, table_text.csv_lines(found, contact_due.COLUMNS)) - 1
        screen.document({"exported": "stale", "rows": rows, "file": str(out)})
        screen.say(f"{counted(rows, 'contact point')} written to {out}.")
        return
    for one in found:
        screen.document(one)
    names = ("debtor", "name", "type", "value", "since", "verification_method", "unit", "amount")
    screen.table(names, [tuple(one[name] for name in names) for one in found])
    screen.say(f"{counted(len(found), 'contact point')} to verify again.")


@app.command()
def preferences(
    debtor: Annotated[str, typer.Argument(metavar="[DEBTOR]", show_default=False, help="Whom to show.")] = "",
    *,
    refresh: Annotated[bool, typer.Option("--refresh", help="Make the portfolio's rates anew.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show by which channel and when a debtor is reached best: what it asked for, and what its answers suggest.

    Example: concilia contacts preferences 12.531.909-2
    """
    from sync import contact_preferences

    if not debtor and not refresh:
        raise typer.BadParameter("Name a debtor, or use --refresh.", param_hint="DEBTOR")
    screen = Screen(as_json)
    with opened(folder) as hub:
        made = contact_preferences.refresh(hub) if refresh else None
        found = contact_preferences.of_debtor(hub, {"any": debtor}) if debtor else None
    if made is not None:
        screen.document(made)
        screen.say(f"Fitted to {counted(made['attempts'], 'attempt')} with {counted(made['debtors'], 'debtor')}.")
    if found is not None:
        screen.document(found)
        _preferences(screen, found)


@app.command()
def refresh(folder: Folder = None, as_json: AsJson = False) -> None:
    """Tell followers of contact points that have become stale, and make the portfolio's rates anew.

    The same as the job `contact_points` of a schedule.

    Example: concilia contacts refresh
    """
    from sync import contact_due, contact_preferences

    screen = Screen(as_json)
    with opened(folder) as hub:
        told, made = contact_due.announce(hub), contact_preferences.refresh(hub)
    screen.document({"stale": told, **made})
    screen.say(f"{counted(told, 'contact point')} newly stale; rates of {counted(made['debtors'], 'debtor')}.")


def _say(screen: Screen, folder: Path | None, word: tuple[int, Says, str, str], *, dry_run: bool) -> None:
    from sync import contact_stewardship

    number, says, by, because = word
    with opened(folder) as hub:
        if dry_run:
            found = contact_stewardship.foresee(hub, number, says)
        else:
            found = contact_stewardship.say(hub, number, says, by=by or login_name(), because=because)
    screen.document(found)
    _changes(screen, [found])
    _dry(screen, dry_run)


def _changes(screen: Screen, found: Sequence[Mapping[str, Any]]) -> None:
    columns = ("number", "debtor", "type", "in use", "verified", "wanted", "told", "by", "status")
    screen.table(columns, [_line(one) for one in found])


def _line(one: Mapping[str, Any]) -> tuple[Any, ...]:
    new = one["new"]["value"] if one["new"] else "(removed)"
    told = one["told_at"] or one["opened_at"]
    shown = (one["old"]["value"], (one["old"]["verified_at"] or "")[:10], new, told[:10])
    return (one["id"], one["name"] or one["debtor"], one["type"], *shown, one["origin"], one["status"])


def _preferences(screen: Screen, found: Mapping[str, Any]) -> None:
    for one in found["declared"]:
        windows = "; ".join(f"{','.join(w['days'])} {w['from']}-{w['to']}" for w in one["windows"])
        ended = f", ended {one['ended_at'][:10]}" if one["ended_at"] else ""
        asked = " ".join(filter(None, (one["channel"], windows)))
        screen.say(f"Asked for {asked} ({one['evidence']}; lawful: {one['lawful']}{ended}).")
    inferred = found["inferred"]
    columns = ("suggested", "reached", "of", "rate", "95 %", "portfolio")
    for name in ("channels", "hours"):
        screen.table(
            columns,
            [
                (
                    one["name"], one["successes"], one["attempts"], f"{one['rate']:.2f}",
                    f"{one['low']:.2f}-{one['high']:.2f}", f"{one['prior']['rate']:.2f}",
                )
                for one in inferred[name]
            ],
        )  # fmt: skip
    screen.say(f"Attempts since {inferred['since'][:10]}, hours in {inferred['time_zone']}. Neither allows anything.")


def _known(kind: str, *more: tuple[str, Sequence[str], str]) -> None:
    """Refuse a word that nobody knows, before anything is opened; `more` are words, those known, and their option."""
    from concilia.documents import did_you_mean
    from concilia.schema import CONTACT_TYPES

    for word, words, option in ((kind, CONTACT_TYPES, "--type"), *more):
        if word and word not in words:
            mend = did_you_mean(word, words) or f"Known are: {', '.join(words)}."
            raise typer.BadParameter(f"{word!r} is not known here. {mend}", param_hint=option)


def _dry(screen: Screen, dry_run: bool) -> None:
    if dry_run:
        screen.say("A dry run: nothing was changed.")
