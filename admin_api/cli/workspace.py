"""Commands around the workspace folder: start one, take it over, try its connections. Decides nothing."""

from __future__ import annotations

from dataclasses import asdict
from importlib import resources
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Any

import typer

from admin_api.cli.options import AsJson, Connection, Connections, Folder, opened
from admin_api.cli.screen import Screen, counted

app = typer.Typer()

STARTER = ("concilia.yaml", "cartera.yaml", "in/cartera.csv")


@app.command()
def init(
    target: Annotated[Path | None, typer.Argument(metavar="[DIR]", show_default=False)] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Start a workspace with a small example.

    It gets a commented concilia.yaml, a mapping, and a file to read. Nothing that exists is overwritten. `concilia
    sync` works in the new folder at once.

    Example: concilia init cartera
    """
    screen = Screen(as_json)
    made = target or folder or Path()
    _refuse_to_overwrite(made)
    for name in STARTER:
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(resources.files("admin_api").joinpath("starter", name).read_bytes())
    # The database is no part of what belongs in version control.
    (made / ".concilia").mkdir(exist_ok=True)
    (made / ".concilia" / ".gitignore").write_text("*\n", "utf-8")
    screen.document({"folder": str(made), "files": list(STARTER)})
    where = "" if made == Path() else f" -w {made}"
    screen.say(f"Started a workspace in {made.absolute()}: {', '.join(STARTER)}.")
    screen.say(f"Read the example: concilia{where} sync")


@app.command("apply")
def apply_workspace(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Check concilia.yaml and take over what changed.

    Mappings are checked too. `concilia sync` does this first, so it is needed only to look.

    Example: concilia apply --dry-run
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        changes = actions.apply(hub, dry_run=dry_run)
    screen.document({"dry_run": dry_run, "connections": [asdict(change) for change in changes]})
    screen.table(("connection", "change"), [(c.name, c.change) for c in changes])
    changed = sum(change.change != "same" for change in changes)
    would = "would change" if dry_run else "changed"
    screen.say(f"{counted(changed, 'connection')} {would}, {len(changes) - changed} as before.")


@app.command()
def check(names: Connections = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """Try connections: address, credentials and each stream. Writes nothing anywhere.

    Ends with 0 when everything went well, 2 when the configuration is wrong, 3 when a system cannot be worked with.

    Example: concilia check erp
    """
    from admin_api.cli.endings import as_json as error_as_json
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = actions.check(hub, names or [])
    for each in found:
        findings = [asdict(finding) for finding in each.findings]
        error = None if each.fault is None else error_as_json(each.fault)
        screen.document({"connection": each.name, "ok": each.ok, "findings": findings, "error": error})
    rows = [(e.name, f.what, _word(f.ok), f.detail) for e in found for f in e.findings]
    rows += [(e.name, "open the connection", _word(False), str(e.fault)) for e in found if e.fault]
    screen.table(("connection", "what was tried", "", ""), rows)
    faults = [each.fault for each in found if each.fault]
    if any(not each.ok for each in found):
        raise typer.Exit(min((fault.exit_code for fault in faults), default=3))


@app.command()
def discover(name: Connection, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show the streams a connection offers, with their columns.

    Example: concilia discover erp
    """
    from sync import actions

    screen = Screen(as_json)
    with opened(folder) as hub:
        streams = actions.discover(hub, name)
    for stream in streams:
        screen.document(_stream(stream))
        key = ", ".join(stream.key) or "none"
        screen.say(f"{stream.name}: key {key}, cursor {stream.cursor or 'none'}")
        screen.table(("column", "type"), stream.columns.items())
    screen.say(f"{counted(len(streams), 'stream')}.")


@app.command()
def version(folder: Folder = None, as_json: AsJson = False) -> None:  # noqa: ARG001  every command takes -w
    """Print the version.

    Example: concilia version
    """
    show_version(Screen(as_json))


def show_version(screen: Screen) -> None:
    """The installed version, for people or programs."""
    found = version_of("concilia")
    screen.document({"version": found})
    if not screen.as_json:
        screen.say(f"concilia {found}")


@app.command("test", hidden=True, context_settings={"ignore_unknown_options": True})
def no_tests_here(arguments: Annotated[list[str] | None, typer.Argument()] = None) -> None:  # noqa: ARG001
    """Only a checkout of the repository can be tested: there, `bin/concilia test` runs all checks and tests.

    Example: bin/concilia test tests/unit
    """
    from concilia.errors import RequestInvalid

    raise RequestInvalid(
        "The installed program brings no tests.", mend="Run bin/concilia test in a checkout of the repository."
    )


def _refuse_to_overwrite(folder: Path) -> None:
    from concilia.errors import RequestInvalid

    there = [name for name in STARTER if (folder / name).exists()]
    if there:
        raise RequestInvalid(
            f"There is {' and '.join(there)} in {folder.absolute()} already.",
            mend="Name a new folder; nothing was changed.",
            field="DIR",
        )


def _word(ok: bool) -> str:
    return "ok" if ok else "FAILED"


def _stream(schema: Any) -> dict[str, Any]:
    return {
        "name": schema.name,
        "key": list(schema.key),
        "cursor": schema.cursor,
        "columns": dict(schema.columns),
    }
