"""What was told and refused, for every kind of thing that people tell: how it is listed and how it is mended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

from admin_api.cli.screen import Screen, counted

After = Annotated[int, typer.Option(min=0, metavar="N", help="Begin behind this one.")]
HowMany = Annotated[int, typer.Option(min=1, max=10_000, help="How many.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="MEMBER=JSON", help="A member anew; null leaves it out.")
]


def show_refused(found: Sequence[Mapping[str, Any]], *, what: str, screen: Screen) -> None:
    """The refused ones with their reasons; `what` is one of them in a word."""
    for one in found:
        screen.document(one)
    screen.table(
        ("number", "at", "code", "member", "why", "mend"),
        [(one["id"], one["at"][:19], one["code"], one["field"], one["message"], one["mend"]) for one in found],
    )
    screen.say(f"{counted(len(found), what)} refused.")


def changed_members(changes: Iterable[str] | None, *, numbers_are_text: bool) -> dict[str, Any]:
    """The members that `--set` names, with their values; an amount that is told as text stays as it was written."""
    found: dict[str, Any] = {}
    for change in changes or ():
        member, written = pair_of(change, "--set", shape="MEMBER=JSON")
        value = _read(written)
        found[member] = written if numbers_are_text and isinstance(value, (int, float)) else value
    return found


def pair_of(text: str, option: str, *, shape: str) -> tuple[str, str]:
    """Both sides of the first equals sign, or a usage error that shows the shape."""
    left, sign, right = text.partition("=")
    if not (left and sign):
        raise typer.BadParameter(f"{option} {text!r} is not {shape}.")
    return left, right


def _read(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return written  # a bare word is a text: --set unit=CLP
