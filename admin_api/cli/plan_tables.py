"""A plan as a table of differences, for people and programs. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.store.write_plans import PlanRow
    from sync.write_plans import Plan


def show_plan(plan: Plan, screen: Screen) -> None:
    """A plan with the difference of each row, and what it waits for."""
    screen.document(plan.as_json())
    columns = ("row", "record", "what", "field", "base", "ours", "theirs", "writes", "why", "state")
    screen.table(columns, [_row(row) for row in plan.rows])
    for ref, field, why in plan.impossible:
        screen.say(f"{ref.connection} {ref.external_id}, {field}: {why}.")
    for target in plan.targets:
        if target.waits and target.approved_at is None:
            mend = f"concilia approve {target.connection} --plan {plan.head.id}"
            screen.say(f"{target.connection}: {target.waits}. Allow it: {mend}")
    screen.say(f"Plan {plan.head.id}: {counted(len(plan.rows), 'write')}, {plan.head.status}.")
    if plan.rows and plan.head.status == "made":
        screen.say(f"Write exactly this: concilia push --apply {plan.head.id}")


def show_plans(plans: list[Plan], screen: Screen) -> None:
    """The latest plans, one line each."""
    for plan in plans:
        screen.document(plan.as_json())
    rows = [
        (plan.head.id, plan.head.made_at[:19], plan.head.made_by, _targets(plan), plan.head.status) for plan in plans
    ]
    screen.table(("plan", "made", "by", "writes", "status"), rows)
    screen.say(f"{counted(len(plans), 'plan')}.")


def _targets(plan: Plan) -> str:
    return ", ".join(
        f"{t.connection} {t.changes}{' (waits for approval)' if t.waits and not t.approved_at else ''}"
        for t in plan.targets
    )


def _row(row: PlanRow) -> tuple[Any, ...]:
    from sync.write_plans import row_json

    writes = ", ".join(f"{name}={value or ''}" for name, value in row_json(row)["writes"].items())
    state = f"{row.state}: {row.reason}" if row.reason else row.state
    place = f"{row.connection} {row.external_id}"
    return (row.number, place, row.operation, row.field, row.base, row.ours, row.theirs, writes, row.why, state)
