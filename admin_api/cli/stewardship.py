"""Commands of the steward: data quality, and rulings on who is who. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen

if TYPE_CHECKING:
    from concilia.records import RecordRef
    from sync.stewardship import Side

app = typer.Typer()
rulings = typer.Typer(no_args_is_help=True)

Left = Annotated[str, typer.Argument(metavar="LEFT", help="A source debtor as connection/stream/external-id.")]
Right = Annotated[str, typer.Argument(metavar="RIGHT", help="Another one.")]


@app.command()
def quality(folder: Folder = None, as_json: AsJson = False) -> None:
    """Show how many records carry which issue, by connection.

    Example: concilia quality
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.quality(hub)
    for line in found:
        screen.document(line)
    if found:
        screen.table(tuple(found[0]), [tuple(line.values()) for line in found])
    else:
        screen.say("No record has an issue.")


@rulings.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Rulings on two source debtors. They outlive every new read, and can be taken back."""


@rulings.command()
def candidates(
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many pairs to show.")] = 20,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show pairs that only a person can decide, those with most money at stake first.

    Example: concilia steward candidates --limit 10
    """
    from sync import stewardship

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = stewardship.candidates(hub, limit=limit)
        waiting = stewardship.count(hub)
    for pair in found:
        screen.document(
            {
                "left": _source(pair.left.ref),
                "right": _source(pair.right.ref),
                "names": [pair.left.name, pair.right.name],
                "golden_ids": [pair.left.golden_id, pair.right.golden_id],
                "value": {unit: format(amount, "f") for unit, amount in pair.value.items()},
                "rule": pair.rule,
                "reason": pair.reason,
            }
        )
    columns = ("at stake", "left", "right", "why")
    screen.table(columns, [(_money(p.value), _shown(p.left), _shown(p.right), p.rule) for p in found])
    screen.say(f"{waiting} pairs wait for a person." if waiting != 1 else "1 pair waits for a person.")


@rulings.command()
def same(left: Left, right: Right, by: By = "", folder: Folder = None, as_json: AsJson = False) -> None:
    """Rule that two source debtors are the same party.

    Example: concilia steward same erp/clientes/1041 crm/contacts/K-77
    """
    _rule(Screen(as_json), (left, right), judgement="same", by=by, folder=folder)


@rulings.command()
def different(left: Left, right: Right, by: By = "", folder: Folder = None, as_json: AsJson = False) -> None:
    """Rule that two source debtors are different parties.

    Example: concilia steward different erp/clientes/1041 crm/contacts/K-77
    """
    _rule(Screen(as_json), (left, right), judgement="different", by=by, folder=folder)


@rulings.command()
def undo(left: Left, right: Right, by: By = "", folder: Folder = None, as_json: AsJson = False) -> None:
    """Take the ruling on two source debtors back.

    Example: concilia steward undo erp/clientes/1041 crm/contacts/K-77
    """
    _rule(Screen(as_json), (left, right), judgement="withdrawn", by=by, folder=folder)


def _source(ref: RecordRef) -> str:
    return f"{ref.connection}/{ref.stream}/{ref.external_id}"


def _shown(side: Side) -> str:
    return f"{side.name or '-'} ({_source(side.ref)})"


def _money(value: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{format(amount, 'f')} {unit}" for unit, amount in sorted(value.items())) or "-"


def _rule(screen: Screen, pair: tuple[str, str], *, judgement: str, by: str, folder: Folder) -> None:
    from sync import actions

    with opened(folder) as hub:
        ids = actions.rule(hub, *pair, judgement=judgement, by=by or login_name())
    screen.document({"left": pair[0], "right": pair[1], "judgement": judgement, "golden_ids": ids})
    screen.table(("source debtor", "debtor"), list(zip(pair, ids, strict=True)))
    if len(set(ids)) == 1:
        screen.say("They are one debtor now.")
    elif judgement == "same":
        screen.say("The ruling is kept, but they stay two: what they state forbids it, such as two valid tax ids.")
    else:
        screen.say("They are two debtors now.")
