"""Commands about payments that people tell: take one back, and those that were refused. Decides nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.refusals import After, Changes, HowMany, changed_members, show_refused
from admin_api.cli.screen import Screen

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Payments: take one back, and mend those that were refused."""


@app.command()
def reverse(
    payment: Annotated[str, typer.Argument(metavar="ID", help="The id that the payment was answered with.")],
    *,
    kind: Annotated[str, typer.Option(metavar="KIND", help="reversed, charged_back or refunded.")] = "reversed",
    day: Annotated[str, typer.Option(metavar="DAY", show_default=False, help="From when it does not count.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", show_default=False, help="Why; ledgers are told.")] = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Take back a payment: its debts owe it again, and at the next push the ledgers that hold it are told.

    Example: concilia payments reverse pkq2m7vhx3t5nq6pzrw --reason "the cheque bounced"
    """
    from sync import actions

    screen = Screen(as_json)
    if kind not in ("reversed", "charged_back", "refunded"):
        raise typer.BadParameter("--kind is reversed, charged_back or refunded.")
    given = {"kind": kind, "value_date": day, "reason": reason}
    with opened(folder) as hub:
        answer = actions.reverse_payment(hub, payment, {name: text for name, text in given.items() if text})
    screen.document(dict(answer.body))
    screen.say(f"Payment {payment} is {answer.body['status']}; the debt owes {answer.body['balance']}.")


@app.command()
def refused(after: After = 0, limit: HowMany = 50, folder: Folder = None, as_json: AsJson = False) -> None:
    """List payments and reversals that were told and refused, with the reason. Nothing of them is lost.

    Example: concilia payments refused
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.refused_payments(hub, after=after, limit=limit)
    show_refused(found, what="payment", screen=screen)


@app.command()
def retry(
    number: Annotated[int, typer.Argument(metavar="N", help="The number that `concilia payments refused` shows.")],
    *,
    changes: Changes = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Tell a refused payment again, as it is or with members changed.

    Example: concilia payments retry 3 --set unit=CLP
    """
    from sync import actions

    screen = Screen(as_json)
    wanted = changed_members(changes, numbers_are_text=True)
    with opened(folder) as hub:
        answer = actions.retry_refused(hub, number, changes=wanted)
    screen.document(dict(answer.body))
    screen.say(f"Payment {answer.body['id']} is {answer.body['status']}.")
