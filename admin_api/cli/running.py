"""Commands that move records and payments: sync, push, approve. Decides nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from admin_api.cli import reports
from admin_api.cli.options import AsJson, Connection, Connections, Folder, opened
from admin_api.cli.plan_tables import show_plan
from admin_api.cli.progress import watched
from admin_api.cli.screen import Screen

app = typer.Typer()

By = Annotated[str, typer.Option("--by", metavar="NAME", show_default=False, help="Who says so; your login name.")]


@app.command("sync")
def run(
    names: Connections = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Read everything anew, not only what is new.")] = False,
    no_push: Annotated[bool, typer.Option("--no-push", help="Write nothing to other systems.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Look now for records that are gone.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Write nothing; plan it, and show the plan.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Read all streams, resolve, and push what is approved.

    Debtors, debts and payments are up to date afterwards. concilia.yaml is taken over first. Rows that cannot be used
    go to quarantine and stop nothing. Ends with 3 when no system could be worked with, with 4 when
    so much is gone that a person is asked, and with 5 when some streams failed.

    Example: concilia sync erp crm
    """
    from sync import actions, write_plans

    screen = Screen(as_json)
    made = None
    with opened(folder) as hub:
        for change in actions.apply(hub):
            if change.change != "same":
                screen.say(f"{change.name}: {change.change}")
        with watched() as watch:
            order = actions.RunOrder(full=full, push=not (no_push or plan), sweep=sweep)
            report = actions.run_order(hub, names or [], order=order, watch=watch)
        totals = actions.totals(hub)
        if plan:
            made = write_plans.make(hub, names or [], made_by=login_name())
    screen.document(reports.as_json(report, totals=totals))
    reports.show(report, totals=totals, screen=screen)
    if made is not None:
        show_plan(made, screen)
    raise typer.Exit(report.exit_code)


@app.command()
def push(
    names: Connections = None,
    *,
    plan: Annotated[bool, typer.Option("--plan", help="Write nothing; plan it, and show the plan.")] = False,
    apply: Annotated[
        int, typer.Option("--apply", metavar="PLAN", min=0, show_default=False, help="Write exactly that plan.")
    ] = 0,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Write what waits to the systems that must know.

    Payments, agreements, contact data.

    Only where writing is approved. With --apply the rows whose record was edited there since stop, and the others go
    on. Ends with 4 when a connection or a plan waits for `concilia approve`, and 5 when a system could not take
    everything.

    Example: concilia push erp
    """
    from sync import actions, write_plans

    screen = Screen(as_json)
    if plan or apply:
        if (plan and apply) or (apply and names):
            raise typer.BadParameter("--apply takes a plan and nothing else.")
        with opened(folder) as hub:
            done = write_plans.apply(hub, apply) if apply else []
            found = write_plans.show(hub, apply) if apply else write_plans.make(hub, names or [], made_by=login_name())
        reports.show_deliveries(done, screen)
        show_plan(found, screen)
        raise typer.Exit(5 if any(one.error for one in done) else 0)
    with opened(folder) as hub:
        deliveries = actions.push(hub, names or [])
    screen.document({"deliveries": [done.as_json() for done in deliveries]})
    reports.show_deliveries(deliveries, screen)
    if not deliveries:
        screen.say("Nothing waits to be pushed.")
    if any(done.error for done in deliveries):
        raise typer.Exit(5)


@app.command()
def approve(
    name: Connection,
    *,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the permission back.")] = False,
    plan: Annotated[
        int, typer.Option("--plan", metavar="PLAN", min=0, show_default=False, help="Allow this plan's part for it.")
    ] = 0,
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Allow writing to a connection. Until then, what is to be written only waits.

    A plan with more changes or money than concilia.yaml lets pass waits for its own approval: --plan.

    Example: concilia approve erp --by carla
    """
    from sync import actions, write_plans

    screen = Screen(as_json)
    with opened(folder) as hub:
        if plan:
            target = write_plans.approve(hub, plan, connection=name, by=by or login_name())
            screen.document({"plan": plan, "connection": name, "approved_by": target.approved_by})
            screen.say(f"Plan {plan} is approved for {name}. Write it: concilia push --apply {plan}")
            return
        applied = actions.approve(hub, name, by=by or login_name(), revoke=revoke)
    screen.document({"connection": name, "approved_at": applied.approved_at, "approved_by": applied.approved_by})
    if applied.approved_at is None:
        screen.say(f"Writing to {name} is off.")
    else:
        screen.say(
            f"Writing to {name} is on, approved by {applied.approved_by}. Write what waits: concilia push {name}"
        )


def login_name() -> str:
    """Who types, for the record of an approval or a ruling; `unknown` where the machine has no names."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
