"""Where commands write: sentences and tables for people, JSON for programs, never both on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_OF_A_PIPE = 200  # a table in a file or a log is not cut at the 80 columns of a terminal
_LONGEST_CELL = 300


@dataclass(frozen=True, slots=True)
class Screen:
    """Standard output belongs to JSON when it was asked for; what people read goes to standard error then."""

    as_json: bool = False

    @property
    def for_people(self) -> TextIO:
        """The stream that people read."""
        return sys.stderr if self.as_json else sys.stdout

    def say(self, sentence: str = "") -> None:
        """A sentence for people."""
        self.for_people.write(f"{printable(sentence)}\n")
        self.for_people.flush()

    def complain(self, sentence: str) -> None:
        """A sentence about something that went wrong; always on standard error."""
        sys.stderr.write(f"{printable(sentence)}\n")
        sys.stderr.flush()

    def document(self, value: Any) -> None:
        """One JSON document on a line of its own, when JSON was asked for."""
        if self.as_json:
            # Where the terminal cannot show Ñ, JSON has its own way to write it.
            plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
            sys.stdout.write(f"{json.dumps(value, ensure_ascii=plain, default=str)}\n")
            sys.stdout.flush()

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, totals: Sequence[Any] = ()) -> None:
        """A table for people; columns of numbers stand to the right, `totals` is a last row."""
        from rich import box
        from rich.table import Table

        cells = [list(row) for row in rows]
        table = Table(
            box=box.SIMPLE_HEAD, show_footer=bool(totals), show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
        )
        for place, name in enumerate(columns):
            numeric = bool(cells) and all(isinstance(row[place], int) for row in cells)
            footer = _cell(totals[place]) if totals else ""
            table.add_column(name, footer, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
        for row in cells:
            table.add_row(*(_cell(value) for value in row))
        console = console_on(self.for_people)
        if console.measure(table).maximum > console.width:
            table.padding = (0, 0, 0, 0)
        console.print(table)
        self.say()


def console_on(stream: TextIO) -> Console:
    """A console that writes values as they are: nothing in them is markup."""
    from rich.console import Console

    class Plain(Console):
        """Hands a closed pipe on to the caller instead of ending the process."""

        def on_broken_pipe(self) -> None:
            raise  # noqa: PLE0704  called while the BrokenPipeError is handled

    width = None if stream.isatty() else _WIDTH_OF_A_PIPE
    return Plain(file=stream, width=width, markup=False, emoji=False, highlight=False)


def printable(text: str) -> str:
    """The text without control characters: a name from a source may not move the cursor or colour the terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else _shown(sign) for sign in text)


def _shown(sign: str) -> str:
    return " " if sign.isspace() else "\ufffd"


def counted(number: int, one: str, several: str = "") -> str:
    """`1 row`, `2 rows`; `several` where an s is not enough."""
    return f"{number} {one}" if number == 1 else f"{number} {several or f'{one}s'}"


def _cell(value: Any) -> str:
    text = "" if value is None else printable(str(value).replace("\n", " "))
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"
