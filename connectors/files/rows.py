"""Physical lines to rows of cells: quotes, newlines inside cells, and getting back on track. Knows no keys."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from connectors.files.layout import Layout
from connectors.files.lines import Damage, Line, decoded

MOST_LINES = 2000  # of one row; beyond, its opening quote is taken as never closed


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is bad. `at` is the position of the bad cell among the row's cells, if it can be told."""

    reason: str
    at: int | None = None


class Row(NamedTuple):
    """Cells with the first and last physical line they come from; `text` is the row as written."""

    first: int
    last: int
    cells: list[str]
    text: str
    fault: Fault | None = None


class Ending(enum.Enum):
    """How a line ended: outside quotes, inside an open cell, or with text after a closing quote."""

    CLOSED = "closed"
    OPEN = "open"
    BROKEN = "broken"


def split_line(text: str, *, delimiter: str, quote: str, inside: bool = False) -> tuple[list[str], Ending]:
    """The cells of one physical line. `inside`: it starts within a quoted cell of the line before.

    A quote opens a cell only as its first character; elsewhere it is an ordinary character.
    """
    cells: list[str] = []
    at, twice = 0, quote * 2
    while True:
        if not inside and not text.startswith(quote, at):
            end = text.find(delimiter, at)
            if end < 0:
                cells.append(text[at:])
                return cells, Ending.CLOSED
            cells.append(text[at:end])
            at = end + 1
            continue
        start = at if inside else at + 1
        inside = False
        end = text.find(quote, start)
        while end >= 0 and text.startswith(quote, end + 1):
            end = text.find(quote, end + 2)
        if end < 0:
            cells.append(text[start:].replace(twice, quote))
            return cells, Ending.OPEN
        cells.append(text[start:end].replace(twice, quote))
        at = end + 1
        if at == len(text):
            return cells, Ending.CLOSED
        if text[at] != delimiter:
            return cells, Ending.BROKEN
        at += 1


class RowReader:
    """Iterates over the rows of one file. Set `width` once the columns are known: it bounds open quotes."""

    def __init__(self, lines: Iterator[Line], *, layout: Layout) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self._layout = layout
        self._first: Row | None = None
        self.width = 0

    def __iter__(self) -> Iterator[Row]:
        return self

    def skip_to(self, number: int) -> None:
        """Drop all lines up to this one."""
        while (line := self._next()) is not None:
            if line.number > number:
                self._again.appendleft(line)
                return

    def restart(self, row: Row) -> None:
        """Give this row, the first one read, again: it is no header."""
        self._first = row

    def __next__(self) -> Row:
        if self._first is not None:
            row, self._first = self._first, None
            return row
        layout = self._layout
        encoding, delimiter, quote = layout.encoding, layout.delimiter, layout.quote
        while True:
            line = self._next()
            if line is None:
                raise StopIteration
            text, damage = decoded(line, encoding=encoding)
            if not text:
                continue  # an empty line is no row
            if not quote or quote not in text:
                cells, ending = text.split(delimiter), Ending.CLOSED
            else:
                cells, ending = _split_quoted(text, delimiter=delimiter, quote=quote)
            if damage is None and ending is Ending.CLOSED and not line.cut and len(text) <= layout.largest_cell:
                return Row(line.number, line.number, cells, text)
            return self._doubtful(Row(line.number, line.number, cells, text), line, ending=ending, damage=damage)

    def _next(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _doubtful(self, alone: Row, line: Line, *, ending: Ending, damage: Damage | None) -> Row:
        cells = alone.cells
        if line.cut:
            size = len(line.raw) + line.cut
            reason = f"The line is {size} bytes long, more than the {self._layout.longest_row} a row may have."
            return alone._replace(fault=self._too_large(cells) or Fault(reason, len(cells) - 1))
        if ending is Ending.BROKEN:
            return alone._replace(fault=_broken(cells))
        if ending is Ending.OPEN:
            return self._continued(alone, line, damage=damage)
        return alone._replace(fault=_located(damage, cells) or self._too_large(cells))

    def _continued(self, opened: Row, line: Line, *, damage: Damage | None) -> Row:
        growing = _Growing(opened.cells, layout=self._layout)
        read = [line]
        why = ""
        while growing.ending is Ending.OPEN and not why:
            follower = self._next()
            if follower is not None:
                growing.size += len(follower.raw)
            if follower is None or follower.cut or growing.size > self._layout.longest_row or len(read) >= MOST_LINES:
                self._again.extendleft([follower] if follower else [])
                why = "The opening quote is never closed."
                break
            read.append(follower)
            text, worse = decoded(follower, encoding=self._layout.encoding)
            damage = damage or worse
            growing.add(text, newline=_newline(read[-2].raw))
            why = growing.wrong(self.width)
        cells, opening = growing.cells, len(opened.cells) - 1
        why = why or self._swallowed(growing.lines, opened=opened)
        if why:
            self._again.extendleft(reversed(read[1:]))  # go on after the line where the row started
            return opened._replace(fault=Fault(why, opening))
        fault = _located(damage, cells) or self._too_large(cells)
        return Row(opened.first, read[-1].number, cells, "\n".join([opened.text, *growing.lines]), fault)

    def _swallowed(self, lines: list[str], *, opened: Row) -> str:
        delimiters, delimiter = self.width - 1, self._layout.delimiter
        if delimiters < 2 or any(text.count(delimiter) != delimiters for text in (opened.text, *lines)):
            return ""
        return f"The opening quote is never closed: the {len(lines)} lines up to the next quote look like rows."

    def _too_large(self, cells: list[str]) -> Fault | None:
        limit = self._layout.largest_cell
        for at, cell in enumerate(cells):
            if len(cell) > limit:
                return Fault(f"The cell is larger than {limit} characters.", at)
        return None


class _Growing:
    """A row whose last cell is still open, line after line."""

    def __init__(self, cells: list[str], *, layout: Layout) -> None:
        self.cells = cells[:-1]
        self.lines: list[str] = []
        self.size = sum(map(len, cells))
        self.ending = Ending.OPEN
        self._open = [cells[-1]]
        self._layout = layout

    def add(self, text: str, *, newline: str) -> None:
        """The next physical line, parted from the one before by `newline`."""
        self.lines.append(text)
        layout = self._layout
        more, self.ending = split_line(text, delimiter=layout.delimiter, quote=layout.quote, inside=True)
        self._open += (newline, more[0])
        if len(more) == 1 and self.ending is Ending.OPEN:
            return
        self.cells.append("".join(self._open))
        self.cells += more[1:]
        self._open = [self.cells.pop()] if self.ending is Ending.OPEN else []

    def wrong(self, width: int) -> str:
        """Why this cannot be one row, or nothing. `width` 0: the columns are not known yet."""
        if self.ending is Ending.BROKEN:
            return "The opening quote is closed only inside a later line, with text after it."
        if self.ending is Ending.OPEN and width and len(self.cells) >= width:
            return "The opening quote is never closed where it should be."
        return ""


def _newline(raw: bytes) -> str:
    return "\r\n" if raw.endswith(b"\r\n") else "\r" if raw.endswith(b"\r") else "\n"


def _split_quoted(text: str, *, delimiter: str, quote: str) -> tuple[list[str], Ending]:
    if text[0] == quote and text[-1] == quote and len(text) > 1:
        cells = text[1:-1].split(quote + delimiter + quote)
        if text.count(quote) == 2 * len(cells):  # every cell quoted, no quote inside: the common export
            return cells, Ending.CLOSED
    return split_line(text, delimiter=delimiter, quote=quote)


def _broken(cells: list[str]) -> Fault:
    return Fault("Text follows the closing quote of a cell.", len(cells) - 1)


def _located(damage: Damage | None, cells: list[str]) -> Fault | None:
    if damage is None:
        return None
    at = next((at for at, cell in enumerate(cells) if damage.mark.search(cell)), None)
    return Fault(damage.reason, at)
