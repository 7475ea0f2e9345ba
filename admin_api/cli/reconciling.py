"""Commands that compare systems with the hub: reconcile, discrepancies. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Connections, Folder, opened
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.store.discrepancies import DiscrepancyRow
    from sync.reconcile import Figure, Place, Reconciliation

app = typer.Typer()
discrepancies = typer.Typer(no_args_is_help=True)

Status = Annotated[str, typer.Option("--status", metavar="open|accepted|resolved|all", help="Of which state.")]


@app.command()
def reconcile(
    names: Connections = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be opened.")] = False,
    days: Annotated[bool, typer.Option("--days", help="Show each day, not only their sums.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Compare the systems with the hub. Repairs nothing.

    Counts, sums and balances by source, creditor, currency and day; what differs is opened.

    Ends with 0 also when there are differences: they wait in `concilia discrepancies list`.

    Example: concilia reconcile erp --dry-run
    """
    from sync import actions, reconcile

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.reconcile(hub, names or [], dry_run=dry_run)
    screen.document(found.as_json())
    columns = ("what", "system", "creditor", "unit", *(("day",) if days else ()), "there", "here")
    shown = found.figures if days else tuple(reconcile.totals(found))
    sums = ("sum there", "sum here", "not posted", "difference")
    screen.table((*columns, *sums), [_line(place, figure, days=days) for place, figure in shown])
    _told(found, screen)


@discrepancies.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Where systems disagree about a debt. The answer is given in the systems, or by a person here."""


@discrepancies.command("list")
def show(
    status: Status = "open",
    *,
    kind: Annotated[str, typer.Option(metavar="KIND", show_default=False, help="Of this kind only.")] = "",
    after: Annotated[int, typer.Option(min=0, metavar="ID", help="Begin behind this one.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List discrepancies: which debt, which systems, both figures, and how it ended.

    Example: concilia discrepancies list --kind missing_in_source
    """
    from sync import actions

    screen = Screen(as_json)
    wanted = "" if status == "all" else status
    with opened(folder) as hub:
        found = actions.listed_discrepancies(hub, status=wanted, kind=kind, after=after, limit=limit)
    for row in found:
        screen.document(row.as_json())
    columns = ("id", "kind", "debt", "owner", "ours", "system", "theirs", "unit", "since", "status")
    screen.table(columns, [_shown(row) for row in found])
    screen.say(f"{counted(len(found), 'discrepancy', 'discrepancies')}.")


@discrepancies.command()
def resolve(
    number: Annotated[int, typer.Argument(metavar="ID", help="As `concilia discrepancies list` shows it.")],
    resolution: Annotated[
        str, typer.Option("--as", metavar="HOW", help="accepted, corrected_there, corrected_here or explained.")
    ],
    *,
    note: Annotated[str, typer.Option(metavar="TEXT", show_default=False, help="Why; it is kept.")] = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """End a discrepancy. `accepted` stays quiet until a figure changes; any other is opened again if it still differs.

    Example: concilia discrepancies resolve 7 --as accepted --note "interest, agreed with ACME"
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        row = actions.resolve_discrepancy(hub, number, resolution=resolution, by=by or login_name(), note=note)
    screen.document(row.as_json())
    screen.say(f"Discrepancy {row.id} is {row.resolution}, says {row.resolved_by}.")


def _told(found: Reconciliation, screen: Screen) -> None:
    opened_now = counted(len(found.opened), "discrepancy", "discrepancies")
    if found.dry_run:
        screen.say(
            f"{opened_now} would be opened and {found.closed} closed; {found.standing} stand. Nothing was written."
        )
        return
    screen.say(f"{opened_now} opened, {found.closed} closed by themselves, {found.standing} stand.")
    if found.opened or found.standing:
        screen.say("See them: concilia discrepancies list")


def _line(place: Place, figure: Figure, *, days: bool) -> tuple[Any, ...]:
    named = (place.what, place.connection, place.creditor, place.unit, *((place.day,) if days else ()))
    sums = (figure.sum_there, figure.sum_here, figure.unposted, figure.difference)
    return (*named, figure.there, figure.here, *(format(amount, "f") for amount in sums))


def _shown(row: DiscrepancyRow) -> tuple[Any, ...]:
    since, ended = row.opened_at[:10], f"{row.status} ({row.resolution})" if row.resolution else row.status
    return (row.id, row.kind, row.debt_id, row.owner, row.ours, row.connection, row.theirs, row.unit, since, ended)
