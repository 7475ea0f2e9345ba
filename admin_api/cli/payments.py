"""Commands about payments that people tell: take one back, and those that were refused. Decides nothing."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.screen import Screen, counted

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
def refused(
    after: Annotated[int, typer.Option(min=0, metavar="N", help="Begin behind this one.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List payments and reversals that were told and refused, with the reason. Nothing of them is lost.

    Example: concilia payments refused
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.refused_payments(hub, after=after, limit=limit)
    for one in found:
        screen.document(one)
    screen.table(
        ("number", "at", "code", "member", "why", "mend"),
        [(one["id"], one["at"][:19], one["code"], one["field"], one["message"], one["mend"]) for one in found],
    )
    screen.say(f"{counted(len(found), 'payment')} refused.")


@app.command()
def retry(
    number: Annotated[int, typer.Argument(metavar="N", help="The number that `concilia payments refused` shows.")],
    *,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="MEMBER=JSON", help="A member anew; null leaves it out.")
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Tell a refused payment again, as it is or with members changed.

    Example: concilia payments retry 3 --set unit=CLP
    """
    from sync import actions

    screen = Screen(as_json)
    wanted = dict(_change(text) for text in changes or [])
    with opened(folder) as hub:
        answer = actions.retry_refused(hub, number, changes=wanted)
    screen.document(dict(answer.body))
    screen.say(f"Payment {answer.body['id']} is {answer.body['status']}.")


def _change(text: str) -> tuple[str, Any]:
    member, sign, value = text.partition("=")
    if not (member and sign):
        raise typer.BadParameter(f"--set {text!r} is not MEMBER=JSON.")
    try:
        found = json.loads(value)
    except ValueError:
        return member, value  # a bare word is a text: --set unit=CLP
    return member, value if isinstance(found, (int, float)) else found  # an amount stays the text it was written as
