"""A written portfolio as the matcher's columns, with the truth beside them. Matches nothing."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.evaluate_pairs import Truth, read_truth
from dedup.rows import Columns, columns_of
from dedup.table_reading import layout_of, profile_of_row

DECLARED = {"given_names": "given"}  # the one column of a portfolio that bears no field's name


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Records in the order of their ids, as the batch needs them; a run blanks values in `columns`, so take a copy."""

    ids: list[str]
    columns: Columns
    truth: dict[str, Truth]


def read_portfolio(folder: Path) -> Portfolio:
    """The portfolio in a folder with records.csv and truth.csv, normalised."""
    with (folder / "records.csv").open(newline="", encoding="utf-8") as stream:
        reader = csv.reader(stream)
        layout = layout_of(next(reader), declared={"record_id": "record_id", **DECLARED})
        place = layout.single["record_id"]
        rows = sorted(reader, key=lambda row: row[place])
    packed = b"".join([profile_of_row(row, layout).row() for row in rows])
    return Portfolio([row[place] for row in rows], columns_of(packed), read_truth(folder / "truth.csv"))
