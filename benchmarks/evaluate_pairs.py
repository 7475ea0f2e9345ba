"""Exact pairwise precision and recall of a clustering against truth, whole and inside each group of look-alikes.

    python -m benchmarks.evaluate_pairs --truth FOLDER/truth.csv --clusters clusters.csv [--records FOLDER/records.csv]

Clusters: record_id,cluster_id[,band]. A record without a line, or whose band is "review", counts as unmerged.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

UNMERGED = "review"


class Truth(NamedTuple):
    """Whose record it is, and the group of look-alikes that party belongs to ("" and "" outside one)."""

    entity: str
    hard_kind: str
    group: str


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many pairs were put together, how many belong together, and how many are both."""

    right: int
    predicted: int
    true: int

    @property
    def precision(self) -> float:
        """Of the pairs put together, the share that belongs together (1 when none was put together)."""
        return self.right / self.predicted if self.predicted else 1.0

    @property
    def recall(self) -> float:
        """Of the pairs that belong together, the share that was put together (1 when none belongs together)."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / (self.predicted + self.true) if self.predicted + self.true else 1.0


@dataclass(frozen=True, slots=True)
class Report:
    """The whole portfolio, then each hard kind counting only pairs whose two records are of one group."""

    whole: Pairs
    by_kind: Mapping[str, Pairs]
    in_review: int
    records: int


def evaluate(truth: Mapping[str, Truth], clusters: Mapping[str, str], *, in_review: int = 0) -> Report:
    """Count pairs, not clusters. `clusters` leaves out the records that were not merged."""
    placed = [(clusters.get(record, f"\x00{record}"), known) for record, known in truth.items()]
    whole = _count((cluster, known.entity, "") for cluster, known in placed)
    kinds = sorted({known.hard_kind for known in truth.values()} - {""})
    by_kind = {
        kind: _count((cluster, known.entity, known.group) for cluster, known in placed if known.hard_kind == kind)
        for kind in kinds
    }
    return Report(whole, by_kind, in_review, len(truth))


def clusters_with_two_ids(clusters: Mapping[str, str], ids: Iterable[tuple[str, str, str]]) -> int:
    """How many clusters hold two different numbers of one kind. `ids`: record, kind of number, number."""
    numbers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record, kind, number in ids:
        if record in clusters:
            numbers[clusters[record], kind].add(number)
    return len({cluster for (cluster, _), found in numbers.items() if len(found) > 1})


def read_truth(path: Path) -> dict[str, Truth]:
    """truth.csv by record id."""
    rows = _rows(path, ("record_id", "entity_id", "hard_kind", "group_id"))
    return {row["record_id"]: Truth(row["entity_id"], row["hard_kind"], row["group_id"]) for row in rows}


def read_clusters(path: Path) -> tuple[dict[str, str], int]:
    """The cluster of every merged record, and how many records wait for review."""
    clusters: dict[str, str] = {}
    in_review = 0
    for row in _rows(path, ("record_id", "cluster_id")):
        if row["record_id"] in clusters:
            sys.exit(f"{path}: record {row['record_id']} stands in it twice; a record has one cluster")
        if row.get("band") == UNMERGED:
            in_review += 1
        else:
            clusters[row["record_id"]] = row["cluster_id"]
    return clusters, in_review


def valid_ids(records: Path, *, checked_only: bool) -> Iterable[tuple[str, str, str]]:
    """Record, kind and number of every valid tax id; `checked_only` leaves out kinds without a check digit.

    The number inside another one counts, so a person's CUIT and the DNI in it are one number.
    """
    from concilia.normalize.tax_ids import normalize_tax_id
    from concilia.normalize.verdict import Verdict

    wanted = {Verdict.VALID_CHECKSUM} if checked_only else {Verdict.VALID_CHECKSUM, Verdict.VALID_FORMAT}
    for row in _rows(records, ("record_id", "country", "tax_id")):
        if row["tax_id"]:
            found = normalize_tax_id(row["tax_id"], row["country"])
            if found.verdict in wanted:
                inner = found.derived[0] if found.derived else found
                yield row["record_id"], f"{inner.country} {inner.kind}", inner.value


def lines(report: Report) -> list[str]:
    """The report as a table."""
    found = [f"{'':16}{'precision':>10}{'recall':>10}{'F1':>10}{'true pairs':>12}{'wrong':>10}"]
    for name, pairs in {"all": report.whole, **report.by_kind}.items():
        wrong = pairs.predicted - pairs.right
        found.append(f"{name:16}{pairs.precision:10.4f}{pairs.recall:10.4f}{pairs.f1:10.4f}{pairs.true:12}{wrong:10}")
    found.append(f"in review: {report.in_review} of {report.records} records")
    return found


def main() -> None:
    """Print the report of one clustering."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.evaluate_pairs")
    asked.add_argument("--truth", type=Path, required=True)
    asked.add_argument("--clusters", type=Path, required=True)
    asked.add_argument("--records", type=Path, help="to count clusters that hold two different valid tax ids")
    given = asked.parse_args()
    clusters, in_review = read_clusters(given.clusters)
    print("\n".join(lines(evaluate(read_truth(given.truth), clusters, in_review=in_review))))
    if given.records:
        for checked_only, name in ((True, "with check digit"), (False, "well formed")):
            wrong = clusters_with_two_ids(clusters, valid_ids(given.records, checked_only=checked_only))
            print(f"clusters holding two different valid tax ids of one kind ({name}): {wrong}")


def _count(placed: Iterable[tuple[str, str, str]]) -> Pairs:
    """Pairs within one cluster and group, within one entity and group, and within both."""
    cells: Counter[tuple[str, str, str]] = Counter(placed)
    predicted: Counter[Hashable] = Counter()
    true: Counter[Hashable] = Counter()
    for (cluster, entity, group), size in cells.items():
        predicted[cluster, group] += size
        true[entity, group] += size
    return Pairs(_pairs(cells.values()), _pairs(predicted.values()), _pairs(true.values()))


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _rows(path: Path, columns: tuple[str, ...]) -> Iterable[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                sys.exit(f"{path}: the column {missing[0]} is missing; it needs {', '.join(columns)}")
            yield from reader
    except FileNotFoundError:
        sys.exit(f"{path}: no such file")


if __name__ == "__main__":
    main()
