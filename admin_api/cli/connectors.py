"""Commands about connectors: which there are, what they can do, and whether one conforms. Decides nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder
from admin_api.cli.screen import Screen

if TYPE_CHECKING:
    from connectors.description import Description

app = typer.Typer(no_args_is_help=True)
_FAILED = 5


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Connectors: what they can do, and whether one conforms."""


@app.command("list")
def show_all(folder: Folder = None, as_json: AsJson = False) -> None:  # noqa: ARG001  every command takes a workspace
    """List the installed connectors with what they can do.

    Example: concilia connectors list
    """
    from connectors import abilities, registry

    screen = Screen(as_json)
    rows = []
    for name, described in sorted(registry.described().items()):
        row = abilities.abilities_of(name, described)
        screen.document({"name": name, "title": described.title, "tested_against": list(described.tested_against)})
        rows.append((name, described.title, row.cursor, row.payment, row.contact, row.tested_against))
    screen.table(("connector", "title", "cursor", "payments", "contacts", "tested against"), rows)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="CONNECTOR", help="A name that `concilia connectors list` shows.")],
    folder: Folder = None,  # noqa: ARG001
    as_json: AsJson = False,
) -> None:
    """Show one connector: its settings, of which each is secret, needed or has a default, and what it can do.

    Example: concilia connectors show tryton
    """
    from concilia.errors import NotFound
    from connectors import abilities, registry

    described = registry.describe(name)
    if described is None:
        raise NotFound(f"The connector {name} says nothing of itself.", mend="Read the README of its package.")
    screen = Screen(as_json)
    row = abilities.abilities_of(name, described)
    screen.document(_document(name, described, row.cells))
    screen.say(described.title)
    if described.note:
        screen.say(described.note)
    screen.say()
    screen.table(("setting", "", "meaning"), _settings(described))
    screen.table(("it can", ""), list(zip(abilities.HEADINGS[1:], row.cells[1:], strict=True)))


@app.command()
def table(folder: Folder = None, as_json: AsJson = False) -> None:  # noqa: ARG001
    """Print the table of all connectors as the documentation has it.

    Example: concilia connectors table > docs/reference/connectors.md
    """
    from connectors import abilities, registry

    screen = Screen(as_json)
    for row in abilities.table(registry.described()):
        screen.document(dict(zip(abilities.HEADINGS, row.cells, strict=True)))
    if not as_json:
        screen.say(abilities.page(registry.described()).rstrip("\n"))


@app.command()
def conform(
    name: Annotated[str, typer.Argument(metavar="CONNECTOR", help="The installed connector that is tried.")],
    harness: Annotated[str, typer.Option("--harness", metavar="FILE|MODULE", help="Where its harness() is.")],
    only: Annotated[list[str] | None, typer.Option("--only", metavar="WORD", help="Claims by name or area.")] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Hold a connector to every claim of the conformance suite, and say sentence by sentence what became of it.

    Example: concilia connectors conform tryton --harness tests/harness.py --only cursors
    """
    from concilia.errors import RequestInvalid
    from connectors import registry
    from connectors.testing import conform as judged
    from connectors.testing.__main__ import chosen
    from connectors.testing.loading import harness_in
    from connectors.testing.report import as_json as document
    from connectors.testing.report import lines, passed, summary

    screen = Screen(as_json)
    verdicts = []
    with harness_in(harness, folder=folder or Path.cwd()) as made:
        point = registry.available().get(name)
        if point is None or point.load() is not made.connect:
            raise RequestInvalid(
                f"The harness is for another connector than {name}, or {name} is not installed.",
                mend="Before it is installed: python -m connectors.testing HARNESS.",
                field="name",
            )
        for verdict in judged(made, chosen(only or [])):
            verdicts.append(verdict)
            screen.document(document(verdict))
    for line in lines(verdicts):
        screen.say(line)
    screen.say()
    screen.say(f"{name} on {made.tested_against or 'a peer that is not said'}: {summary(verdicts)}")
    if not passed(verdicts):
        raise typer.Exit(_FAILED)


def _settings(described: Description) -> list[tuple[str, str, str]]:
    needed = described.settings_schema.get("required", [])
    return [
        (member, _kind(schema, needed=member in needed), str(schema.get("description", "")))
        for member, schema in described.settings_schema["properties"].items()
    ]


def _kind(schema: dict[str, Any], *, needed: bool) -> str:
    said = ["needed"] if needed else [f"default {schema['default']}"] if "default" in schema else []
    return ", ".join([*said, *(["secret"] if schema.get("writeOnly") else [])])


def _document(name: str, described: Description, cells: tuple[str, ...]) -> dict[str, Any]:
    from connectors import abilities

    return {
        "name": name,
        "title": described.title,
        "note": described.note,
        "settings": described.settings_schema,
        "abilities": dict(zip(abilities.HEADINGS[1:], cells[1:], strict=True)),
        "tested_against": list(described.tested_against),
        "needs": list(described.needs),
    }
