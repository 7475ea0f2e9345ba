"""Commands about matching in a workspace: the model in force, the score of a pair, learning. Decides nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.progress import watched
from admin_api.cli.screen import Screen

app = typer.Typer()
Check = Annotated[bool, typer.Option("--check", help="Also try its cuts on pairs that valid tax ids label.")]
NAMES = ("field", "level", "left", "right", "bits", "why")


@app.command()
def model(
    check: Annotated[
        bool, typer.Option("--check", help="Also try its cuts on pairs that valid tax ids label.")
    ] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show the model that decides who is who in this workspace: where its weights come from, and its cuts.

    Example: concilia match model
    """
    from sync import portfolio_matching

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = portfolio_matching.in_force(hub)
        checked = portfolio_matching.check(hub) if check else ""
    screen.document(
        {
            "number": found.number, "weights": found.note, "made_at": found.made_at, "automatic": found.automatic,
            "review": found.review, "debtors": found.debtors, "alarms": list(found.alarms), "checked": checked,
        }
    )  # fmt: skip
    screen.say(f"Model {found.number} of {found.made_at}: {found.note}. {found.debtors} source debtors are filed.")
    screen.say(f"From {found.automatic:.1f} bits records merge; from {found.review:.1f} a steward is asked.")
    if checked:
        screen.say(f"{checked[0].upper()}{checked[1:]}.")
    for tax_id in found.alarms:
        screen.complain(f"{tax_id} stands under too many unlike names: it merges nobody until a person finds out why.")


@app.command()
def pair(
    left: Annotated[str, typer.Argument(metavar="LEFT", help="A source debtor as connection/stream/external-id.")],
    right: Annotated[str, typer.Argument(metavar="RIGHT", help="Another one.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show what each field says of two source debtors, in bits. Their sum is the score.

    Example: concilia match pair erp/cartera/F-1 crm/contactos/c1
    """
    from sync import portfolio_matching, stewardship

    screen = Screen(as_json)
    with opened(folder) as hub:
        ids = (stewardship.source_debtor(hub, named) for named in (left, right))
        found = portfolio_matching.explain(hub, *ids)
    screen.document({"evidence": [dict(item) for item in found.evidence], "score": found.score, "band": found.band})
    shown = [{**item, "field": item["feature"], "bits": f"{item['bits']:+.2f}"} for item in found.evidence]
    screen.table(NAMES, [tuple(item[name] for name in NAMES) for item in shown])
    screen.say(f"{found.score:+.2f} bits in all: {found.band}.")


@app.command()
def learn(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Learn weights from this workspace's own records and rulings, and match every debtor anew under them.

    Example: concilia match learn --dry-run
    """
    from sync import portfolio_matching

    screen = Screen(as_json)
    with opened(folder) as hub:
        if dry_run:
            seen = portfolio_matching.foresee(hub)
            screen.document({name: getattr(seen, name) for name in type(seen).__dataclass_fields__})
            screen.say(f"Of {seen.debtors} source debtors: {seen.note}.")
            screen.say(f"{seen.joined} golden records would be joined with another, {seen.split} would be split.")
            return
        with watched() as watch:
            done = portfolio_matching.learn(hub, told=watch.resolved)
    screen.document({name: getattr(done, name) for name in type(done).__dataclass_fields__})
    screen.say(f"Matched {done.debtors} source debtors: {done.note}. {done.merged} golden records were merged away.")
