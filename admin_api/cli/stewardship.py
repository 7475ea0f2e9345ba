"""Commands of the steward: data quality, rulings on who is who, and pins of values. Decides nothing."""

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
    from sync.pinning import FieldNow, Pinned, Wish
    from sync.stewardship import PairView, Side, Word

app = typer.Typer()
rulings = typer.Typer(no_args_is_help=True)

Left = Annotated[str, typer.Argument(metavar="LEFT", help="A source debtor as connection/stream/external-id.")]
Right = Annotated[str, typer.Argument(metavar="RIGHT", help="Another one.")]
Reason = Annotated[str, typer.Option("--reason", show_default=False, help="Why, in your words; it is kept.")]
Debtor = Annotated[
    str, typer.Argument(metavar="DEBTOR", help="A golden id, or a source debtor as connection/stream/external-id.")
]
FieldName = Annotated[str, typer.Argument(metavar="FIELD", help="A field of debtors, such as full_name.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]


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
    """Rulings on two source debtors, and pinned values. They outlive every new read, and can be taken back."""


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
def same(
    left: Left,
    right: Right,
    *,
    retire_id: Annotated[
        str,
        typer.Option(
            "--retire-id",
            metavar="COUNTRY:TYPE:VALUE",
            show_default=False,
            help="A number that keeps them apart: mistyped, and out of use for the side that states it.",
        ),
    ] = "",
    superseded: Annotated[
        bool, typer.Option("--superseded", help="With --retire-id: it was replaced, and counts nowhere any more.")
    ] = False,
    reason: Reason = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Rule that two source debtors are the same party.

    Two that state different valid numbers of one kind stay two until one of the numbers is retired.

    Example: concilia steward same erp/clientes/1041 crm/contacts/K-77 --retire-id CL:RUT:12345678-5
    """
    from sync.stewardship import Retiring, Word

    if superseded and not retire_id:
        raise typer.BadParameter(
            "It says how a number is retired: name it with --retire-id.", param_hint="--superseded"
        )
    retire = Retiring(retire_id, superseded) if retire_id else None
    word = Word("same", by or login_name(), reason, retire)
    _say(Screen(as_json), (left, right), word, folder=folder)


@rulings.command()
def different(
    left: Left, right: Right, *, reason: Reason = "", by: By = "", folder: Folder = None, as_json: AsJson = False
) -> None:
    """Rule that two source debtors are different parties.

    Example: concilia steward different erp/clientes/1041 crm/contacts/K-77
    """
    from sync.stewardship import Word

    _say(Screen(as_json), (left, right), Word("different", by or login_name(), reason), folder=folder)


@rulings.command()
def undo(
    left: Left, right: Right, *, reason: Reason = "", by: By = "", folder: Folder = None, as_json: AsJson = False
) -> None:
    """Take the ruling on two source debtors back, and with it the numbers it retired.

    Example: concilia steward undo erp/clientes/1041 crm/contacts/K-77
    """
    from sync.stewardship import Word

    _say(Screen(as_json), (left, right), Word("withdrawn", by or login_name(), reason), folder=folder)


@rulings.command()
def pin(
    debtor: Debtor,
    field: FieldName,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="The value that stands from now on.")],
    *,
    dry_run: DryRun = False,
    reason: Reason = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Fix the value of a field of a debtor, whatever the sources say.

    The pin hangs on a source debtor, so it follows when debtors are joined or split.

    Example: concilia steward pin erp/clientes/1041 full_name "Ana Muñoz Núñez" --reason "her id card"
    """
    from sync.pinning import Wish

    wish = Wish(field, value, by or login_name(), reason)
    _pin(Screen(as_json), debtor, wish, dry_run=dry_run, folder=folder)


@rulings.command()
def unpin(
    debtor: Debtor,
    field: FieldName,
    *,
    dry_run: DryRun = False,
    reason: Reason = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Let the sources decide a pinned field again.

    Example: concilia steward unpin erp/clientes/1041 full_name
    """
    from sync.pinning import Wish

    wish = Wish(field, None, by or login_name(), reason)
    _pin(Screen(as_json), debtor, wish, dry_run=dry_run, folder=folder)


def _source(ref: RecordRef) -> str:
    return f"{ref.connection}/{ref.stream}/{ref.external_id}"


def _shown(side: Side) -> str:
    return f"{side.name or '-'} ({_source(side.ref)})"


def _money(value: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{format(amount, 'f')} {unit}" for unit, amount in sorted(value.items())) or "-"


def _say(screen: Screen, pair: tuple[str, str], word: Word, *, folder: Folder) -> None:
    from sync import stewardship

    with opened(folder) as hub:
        left, right = (stewardship.source_debtor(hub, name) for name in pair)
        found = stewardship.say(hub, (left, right), word)
        now = stewardship.pair(hub, left, right)
    retired = [f"{one.name}:{one.value}" for one in now.ruling.retired] if now.ruling else []
    screen.document(
        {
            "left": pair[0],
            "right": pair[1],
            "judgement": word.judgement,
            "golden_ids": list(found.after),
            "refusal": found.refusal,
            "retired": retired,
        }
    )
    screen.table(("source debtor", "debtor"), list(zip(pair, found.after, strict=True)))
    if found.together:
        screen.say("They are one debtor now.")
    elif word.judgement == "same":
        screen.say(f"The ruling is kept, but they stay two: {found.refusal or 'what they state forbids it'}.")
        _offer(screen, now)
    else:
        screen.say("They are two debtors now.")
    for number in retired:
        screen.say(f"Retired: {number}. Undo puts it back.")


def _offer(screen: Screen, pair: PairView) -> None:
    """Which numbers may be retired so that they join."""
    for conflict in pair.conflicts:
        numbers = " or ".join(f"{conflict.name}:{value}" for value in (*conflict.left, *conflict.right))
        screen.say(f"If one of the numbers is wrong, retire it: --retire-id {numbers}")


def _pin(screen: Screen, debtor: str, wish: Wish, *, dry_run: bool, folder: Folder) -> None:
    from sync import pinning

    with opened(folder) as hub:
        found = (pinning.foresee if dry_run else pinning.pin)(hub, debtor, wish)
    screen.document({**_pinned(found), "dry_run": dry_run})
    lines = [("before", *_now(found.before)), ("after", *_now(found.after))]
    screen.table((found.field, "value", "rule"), lines)
    if dry_run:
        screen.say("Nothing was changed.")
    else:
        screen.say(f"{found.field} of {found.golden_id} is {'let go' if wish.value is None else 'pinned'}.")


def _pinned(found: Pinned) -> dict[str, object]:
    told = {name: dict(zip(("value", "rule"), _now(now), strict=True)) for name, now in
            (("before", found.before), ("after", found.after))}  # fmt: skip
    return {"golden_id": found.golden_id, "anchor": _source(found.anchor), "field": found.field, **told}


def _now(now: FieldNow) -> tuple[str, str]:
    return now.value, now.rule
