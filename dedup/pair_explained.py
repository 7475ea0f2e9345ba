"""Why two records of a table are, or are not, one debtor: the fields' bits, which are the score. Decides nothing."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from dedup.batch_csv import TableOptions, UnusableTable
from dedup.model import load
from dedup.party_profile import Profile
from dedup.scoring import FieldEvidence, explain, total
from dedup.table_reading import layout_of, profile_of_row


@dataclass(frozen=True, slots=True)
class ExplainedPair:
    """The evidence of a pair, its score, and the band that score alone would fall into."""

    evidence: tuple[FieldEvidence, ...]
    score: float
    band: str  # "auto" | "review" | "no"


def explain_pair(source: Path, left: str, right: str, *, options: TableOptions | None = None) -> ExplainedPair:
    """The evidence of two records of a CSV; UnusableTable when one of them is not in it."""
    options = options or TableOptions()
    model = options.model or load()
    found = _profiles(source, {left, right}, options)
    evidence = explain(found[left], found[right], model)
    score = total(evidence)
    bands = model.bands
    band = "auto" if score >= bands.automatic else "review" if score >= bands.review else "no"
    return ExplainedPair(evidence, score, band)


def _profiles(source: Path, wanted: set[str], options: TableOptions) -> dict[str, Profile]:
    found: dict[str, Profile] = {}
    with source.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.reader(stream)
        header = next(reader, [])
        if options.id_column not in header:
            raise UnusableTable(f"{source.name} has no column {options.id_column}.", mend="Name it with --id.")
        declared = {**options.columns, "record_id": options.id_column}
        layout = layout_of(header, declared=declared, country=options.country)
        place = layout.single["record_id"]
        for row in reader:
            if place < len(row) and row[place] in wanted:
                found[row[place]] = profile_of_row(row, layout)
    for name in sorted(wanted - found.keys()):
        raise UnusableTable(f"{source.name} has no record {name!r}.", mend="Name two records of the table.")
    return found
