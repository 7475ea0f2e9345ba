"""A folder of CSV files as a peer of the conformance suite: each insert writes a file, as nightly extracts do."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from connectors.contract import StreamRequest
from connectors.files import connect
from connectors.testing import Harness, Reading, Signing

HEADER = ["id", "nombre", "monto", "nota"]
Key = tuple[str, ...]


@dataclass
class Desk:
    """What somebody does in the folder."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def files(self) -> list[Path]:
        """All extracts."""
        return sorted(self.folder.glob("clientes-*.csv"))

    def rows(self, path: Path) -> list[list[str]]:
        """The rows of one, without the header."""
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file, delimiter=";"))[1:]

    def write(self, path: Path, rows: list[list[str]], header: list[str] | None = None) -> None:
        """Write a file whole: under another name first, then renamed."""
        text = io.StringIO()
        csv.writer(text, delimiter=";", lineterminator="\n").writerows([header or HEADER, *rows])
        draft = path.with_suffix(".tmp")
        draft.write_text(text.getvalue(), encoding="utf-8")
        draft.replace(path)

    def keys(self) -> set[Key]:
        """All rows of all files."""
        return {(row[0],) for path in self.files() for row in self.rows(path)}

    def insert(self, count: int, _: datetime | None) -> list[Key]:
        """New rows, forty to a file."""
        made = [[f"F-{next(self.numbers):06d}", "Peñaloza Ñ", "1.234,50", "x"] for _ in range(count)]
        for first in range(0, count, 40):
            self.write(self.folder / f"clientes-{next(self.numbers):06d}.csv", made[first : first + 40])
        return [(row[0],) for row in made]

    def insert_text(self, text: str) -> tuple[Key, str]:
        """A row with that name."""
        key = f"T-{next(self.numbers):06d}"
        self.write(self.folder / f"clientes-{next(self.numbers):06d}.csv", [[key, text, "1", ""]])
        return (key,), "nombre"

    def _replace(self, key: Key, made: list[list[str]]) -> None:
        for path in self.files():
            rows = self.rows(path)
            if any(row[0] == key[0] for row in rows):
                self.write(path, [row for row in rows if row[0] != key[0]] + made)

    def update(self, key: Key) -> None:
        """Another amount."""
        self._replace(key, [[key[0], "Peñaloza Ñ", str(next(self.numbers)), "x"]])

    def delete(self, key: Key) -> None:
        """The row is missing in the next extract of that name."""
        self._replace(key, [])

    @contextmanager
    def vanished(self) -> Iterator[str]:
        """All extracts come without the column `nota`."""
        held = {path: self.rows(path) for path in self.files()}
        for path, rows in held.items():
            self.write(path, [row[:3] for row in rows], HEADER[:3])
        try:
            yield "nota"
        finally:
            for path, rows in held.items():
                self.write(path, rows)


@contextmanager
def harness(folder: Path) -> Iterator[Harness]:
    """A folder of this machine."""
    desk = Desk(folder)
    desk.insert(3, None)
    yield Harness(
        name="erp",
        connect=connect,
        settings={"path": ".", "delimiter": ";", "decimal": ",", "thousands": "."},
        folder=str(folder),
        reading=Reading(
            stream=StreamRequest("clientes", key=("id",), options={"file": "clientes-*.csv"}),
            keys=desk.keys,
            insert=desk.insert,
            update=desk.update,
            delete=desk.delete,
            insert_text=desk.insert_text,
            late="files are written whole and renamed; settle_seconds is for the others",
            stamped="a file is read by its content and not by stamps",
            page_size=40,
            small_pages={},
            drifts={"vanished": desk.vanished, "retyped": "all cells of a CSV file are text"},
        ),
        signing=Signing(
            wrong="a folder has no credentials",
            unreachable={"path": "nowhere"},
            forbidden="whoever runs these tests may read every file",
        ),
        network="a folder has no network",
        tested_against="a folder of this machine",
    )
