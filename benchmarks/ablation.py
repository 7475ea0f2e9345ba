"""What each part of the matcher is worth: the same portfolio with one part after the other switched off.

    python -m benchmarks.ablation --records 100000 --seed 1 [--folder FOLDER]

Weights and cuts are learnt anew in each run. A record in review counts as unmerged.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.evaluate_pairs import Report, clusters_with_two_ids, evaluate, valid_ids
from benchmarks.portfolio_columns import Portfolio, read_portfolio
from benchmarks.portfolios.writer import write_portfolio
from dedup.batch import ALL_PARTS, BatchResult, Parts, match_batch
from dedup.batch_csv import bands_of
from dedup.model import load

REVIEW = 2
RUNS = {
    "everything": ALL_PARTS,
    "without weights from labels": Parts(labelled_weights=False),
    "without cannot-link": Parts(cannot_link=False),
    "connected components": Parts(average_linkage=False),
    "without generic values": Parts(generic_keys=False),
    "the shipped model alone": Parts(learning=False),
}


def clusters_of(portfolio: Portfolio, found: BatchResult) -> tuple[dict[str, str], int]:
    """The cluster of every record that does not wait for a person, and how many wait."""
    waiting = bands_of(found.partition) == REVIEW
    roots = found.partition.cluster.tolist()
    merged = {
        name: portfolio.ids[root] for name, root, waits in zip(portfolio.ids, roots, waiting, strict=True) if not waits
    }
    return merged, int(waiting.sum())


def judge(portfolio: Portfolio, parts: Parts) -> tuple[Report, dict[str, str]]:
    """How good the clusters are with these parts, and the clusters."""
    columns = portfolio.columns.take(np.arange(len(portfolio.columns)))
    clusters, waiting = clusters_of(portfolio, match_batch(columns, start=load(), parts=parts))
    return evaluate(portfolio.truth, clusters, in_review=waiting), clusters


def line(name: str, report: Report, two_ids: int) -> str:
    """One run as a line of the table."""
    whole, kinds = report.whole, report.by_kind
    family = f"{kinds['father_son'].precision:12.4f}{kinds['twins'].precision:10.4f}" if kinds else ""
    share = report.in_review / max(report.records, 1)
    return f"{name:30}{whole.precision:10.4f}{whole.recall:10.4f}{whole.f1:10.4f}{share:9.1%}{two_ids:10}{family}"


def main() -> None:
    """Write the portfolio if it is not there, and print the table."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.ablation")
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1, help="one the matcher was tuned on; the others are for judging")
    asked.add_argument("--folder", type=Path, help="keep the portfolio here, or take the one that is here")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        if not (folder / "truth.csv").is_file():
            write_portfolio(folder, records=given.records, seed=given.seed)
        portfolio = read_portfolio(folder)
        ids = list(valid_ids(folder / "records.csv", checked_only=True))
    heads = (f"{'':30}{'precision':>10}{'recall':>10}{'F1':>10}{'review':>9}{'two ids':>10}", "father/son     twins")
    print(*heads)
    for name, parts in RUNS.items():
        report, clusters = judge(portfolio, parts)
        print(line(name, report, clusters_with_two_ids(clusters, ids)), flush=True)


if __name__ == "__main__":
    main()
