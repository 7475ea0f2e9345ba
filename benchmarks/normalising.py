"""CPU time of building matching profiles from the rows of a table, by field and in all.

    python -m benchmarks.normalising --records 100000 [--seed 5]

A field costs what its columns add to rows of which only country and kind are read: normalising it, its place in the
profile and its bytes in the packed row. The phone library reads the same phone cells alone, to E.164, without our
labels, rewritings, kinds of line, candidates and verdicts.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TypeVar

import phonenumbers

from dedup.table_reading import TableLayout, layout_of, profile_of_row

T = TypeVar("T")
Rows = Sequence[Sequence[str]]
Fields = tuple[str, ...]
ROOT = Path(__file__).resolve().parent.parent
_CHUNK = 5_000
FIELDS = {
    "tax ids": ("tax_id",),
    "names": ("full_name", "given_names", "surname_1", "surname_2", "surnames", "legal_name", "trade_name"),
    "phones": ("phone",),
    "e-mails": ("email",),
    "addresses": ("street", "number", "unit", "city"),
    "birth dates": ("birth_date",),
}
EVERY_FIELD = (*(name for names in FIELDS.values() for name in names), "postal_code")
SPELLED = {"given_names": "given"}  # how the portfolios head the column of a field, where it is not the field's name


def main() -> None:
    """Generate, measure each thing in a process of its own, print."""
    given = _arguments().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        source = generated((given.folder or Path(scratch)) / f"seed{given.seed}", given.records, given.seed)
        print(
            f"{given.records} records, seed {given.seed}: CPU microseconds a record, caches cold at first", flush=True
        )
        bare = apart(cost_of_fields, source, ())
        print_line("an empty profile", bare)
        for name, fields in FIELDS.items():
            print_line(name, apart(cost_of_fields, source, fields) - bare)
        print_line("in all", apart(cost_of_fields, source, EVERY_FIELD))
        print_line("- of it packing", apart(cost_of_packing, source, EVERY_FIELD))
        print_line("the phone library alone", apart(cost_of_library, source, ("phone",)))


def _arguments() -> argparse.ArgumentParser:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.normalising")
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=5)
    asked.add_argument("--folder", type=Path, help="keep the portfolio here")
    return asked


def generated(folder: Path, records: int, seed: int) -> Path:
    """The table of a portfolio, made unless it is there."""
    if not (folder / "records.csv").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        words = ["-m", "benchmarks.portfolios", "--records", str(records), "--seed", str(seed), "--out", str(folder)]
        subprocess.run([sys.executable, *words], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return folder / "records.csv"


def apart(cost: Callable[[Path, Fields], float], source: Path, fields: Fields) -> float:
    """The cost, measured in a new process, so that no cache is warm from what was measured before."""
    with get_context("spawn").Pool(1) as one:
        return one.apply(cost, (source, fields))


def print_line(name: str, cost: float) -> None:
    print(f"{name:26} {cost:8.1f}", flush=True)


def read(source: Path) -> tuple[TableLayout, Rows]:
    """The layout and the rows of a table."""
    with source.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    return layout_of(header, declared={**SPELLED, "record_id": "record_id"}), rows


def cost_of_fields(source: Path, fields: Fields) -> float:
    """From rows to packed profiles, reading these fields only."""
    whole, rows = read(source)
    layout = only(whole, ("country", "kind", *fields))
    return usual(lambda chunk: b"".join([profile_of_row(row, layout).row() for row in chunk]), rows) * 1e6


def cost_of_packing(source: Path, fields: Fields) -> float:
    """From profiles to packed profiles."""
    whole, rows = read(source)
    layout = only(whole, ("country", "kind", *fields))
    profiles = [profile_of_row(row, layout) for row in rows]
    return usual(lambda chunk: b"".join([profile.row() for profile in chunk]), profiles) * 1e6


def cost_of_library(source: Path, fields: Fields) -> float:
    """The phone library on the filled cells of these fields with the country of their row."""
    layout, rows = read(source)
    country, places = layout.single["country"], [place for name in fields for place in layout.several[name]]
    cells = [[(row[place], row[country]) for place in places if row[place]] for row in rows]
    return usual(lambda chunk: [by_library(*cell) for row in chunk for cell in row], cells) * 1e6


def only(layout: TableLayout, fields: Sequence[str]) -> TableLayout:
    """The layout of a table that has no other fields."""
    single = {name: place for name, place in layout.single.items() if name in fields}
    several = {name: places for name, places in layout.several.items() if name in fields}
    return TableLayout(single, several, layout.country)


def by_library(text: str, country: str) -> str:
    """What the phone library makes of a cell: E.164, or empty."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def usual(work: Callable[[Sequence[T]], object], records: Sequence[T]) -> float:
    """CPU seconds a record: the median over chunks, so that other work on the machine shows less."""
    costs = []
    for start in range(0, len(records), _CHUNK):
        chunk = records[start : start + _CHUNK]
        began = time.process_time()
        work(chunk)
        costs.append((time.process_time() - began) / len(chunk))
    return median(costs)


if __name__ == "__main__":
    main()
