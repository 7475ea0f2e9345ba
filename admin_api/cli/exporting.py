"""The command that writes debtors, crosswalk, debts, payments and events as CSV or JSON Lines. Decides nothing."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Annotated

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.screen import Screen, counted
from concilia.errors import RequestInvalid

app = typer.Typer()


class What(enum.StrEnum):
    """What can be exported."""

    GOLDEN = "golden"
    CROSSWALK = "crosswalk"
    DEBTS = "debts"
    PAYMENTS = "payments"
    EVENTS = "events"


class Format(enum.StrEnum):
    """How it is written."""

    CSV = "csv"
    JSONL = "jsonl"


@app.command()
def export(
    what: Annotated[What, typer.Argument(help="What to write.")],
    written: Annotated[Format, typer.Option("--format", help="CSV for people, JSON Lines for programs.")] = Format.CSV,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", show_default=False, help="Instead of the screen.")
    ] = None,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Write what the hub holds as CSV or JSON Lines.

    Always in the same order and in UTF-8. In CSV, lists are joined by | and a text that a spreadsheet would take for a
    formula gets an apostrophe in front; JSON Lines hold every value as it is. A file appears whole or not at all.

    Example: concilia export golden --format csv --out debtors.csv
    """
    from admin_api.cli import table_text
    from sync import actions, exports

    screen = Screen(as_json)
    as_csv = written is Format.CSV and (out is not None or not as_json)
    with opened(folder) as hub:
        rows = actions.export(hub, what)
        lines = table_text.csv_lines(rows, exports.COLUMNS[what]) if as_csv else table_text.json_lines(rows)
        if out is None:
            _written(lines, sys.stdout.buffer)
            return
        with _whole(out) as file:
            number = _written(lines, file) - as_csv
    screen.document({"exported": str(what), "rows": number, "file": str(out)})
    screen.say(f"{counted(number, 'row')} written to {out}.")


def write_whole(path: Path, lines: Iterator[str]) -> int:
    """Write lines to a file that appears whole or not at all; how many there were."""
    with _whole(path) as file:
        return _written(lines, file)


def _written(lines: Iterator[str], file: IO[bytes]) -> int:
    number = 0
    for line in lines:
        file.write(line.encode("utf-8", "replace"))
        number += 1
    file.flush()
    return number


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `path` at the end, and leaves it alone when anything goes wrong."""
    if not path.absolute().parent.is_dir():
        raise RequestInvalid(f"There is no folder {path.absolute().parent}.", mend="Make it first.", field="out")
    with NamedTemporaryFile(dir=path.absolute().parent, prefix=f".{path.name}.", delete=False) as file:
        draft = Path(file.name)
        try:
            yield file
            file.close()
            if path.exists():
                draft.chmod(path.stat().st_mode & 0o777)  # a new file holds personal data and is its owner's alone
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
