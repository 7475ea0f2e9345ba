"""How good a file of clusters is against a file of truth. Used by `concilia match evaluate`; decides nothing."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from dedup.batch_csv import UnusableTable
from dedup.evaluate import Quality, pairwise


def evaluate_files(clusters: Path, truth: Path, *, entity_column: str = "entity_id") -> Quality:
    """Pairwise precision, recall and F1 of `record_id,cluster_id[,band]`; a record in review counts as unmerged."""
    entity = {row["record_id"]: row[entity_column] for row in _rows(truth, ("record_id", entity_column))}
    numbers = {name: n for n, name in enumerate(entity)}
    groups: dict[str, list[int]] = defaultdict(list)
    for row in _rows(clusters, ("record_id", "cluster_id")):
        name = row["record_id"]
        if name not in numbers:
            raise UnusableTable(f"{clusters.name} has the record {name!r}, of which {truth.name} says nothing.")
        alone = row.get("band") == "review"
        groups[f"alone {name}" if alone else f"together {row['cluster_id']}"].append(numbers[name])
    found = {n for group in groups.values() for n in group}
    rest = [[n] for n in numbers.values() if n not in found]
    return pairwise([*groups.values(), *rest], truth={n: entity[name] for name, n in numbers.items()})


def _rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise UnusableTable(f"{path.name} has no column {missing[0]}.", mend=f"It needs {', '.join(needed)}.")
        return list(reader)
