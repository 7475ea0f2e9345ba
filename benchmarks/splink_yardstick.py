"""Splink 5 with its expert settings on one portfolio: accuracy, CPU and memory, with and without the guard.

    python -m benchmarks.splink_yardstick OTHER_SEED --sweep --json cuts.json   # find the best cuts
    python -m benchmarks.splink_yardstick FOLDER --cuts cuts.json               # judge with them, fixed

The guard is ours: edges between two clearly different valid tax ids are dropped before clustering. The normalised
columns are kept beside the records as columns.parquet. Needs the optional group `bench`.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import evaluate_pairs, splink_expert
from benchmarks.yardstick_columns import columns_of, finished, read_in_pieces

KEEP = -2.0
VARIANTS = ("plain", "guard")
PIECE = 25_000
# As accurate here as ten million, at a third of the CPU; the yardstick is to be the best Splink, not a slow one.
U_PAIRS = 2e6
_TEXTS = ("record_id", "country", "kind", "tax", "street", "city", "birth_date", "given_s", "sur_s", "name_sorted")
_LISTS = ("phones", "emails", "given", "sur", "toks", "tokpairs")
_SCHEMA = pa.schema([
    *((name, pa.string()) for name in _TEXTS), *((name, pa.list_(pa.string())) for name in _LISTS),
    ("sureness", pa.int8()),
])  # fmt: skip
# Two numbers that both pass their check digits, or that are too far apart for a slip.
_GUARD = """
    create table guarded as select e.* from edges e
    join records l on e.record_id_l = l.record_id join records r on e.record_id_r = r.record_id
    where not (l.sureness > 0 and r.sureness > 0 and l.tax <> r.tax and l.country = r.country
               and (l.sureness + r.sureness = 4 or damerau_levenshtein(l.tax, r.tax) >= 3)) is true
"""


@dataclass(slots=True)
class Cost:
    """CPU seconds of this process and its children by step, and the most memory it held."""

    cpu: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one variant reached at one cut."""

    variant: str
    cut: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Scored:
    """Scored pairs of one portfolio, ready to be clustered at any cut; ends are positions of records."""

    entities: np.ndarray
    left: np.ndarray
    right: np.ndarray
    weight: np.ndarray
    guarded: np.ndarray  # whether the guard lets the pair pass


def prepare(folder: Path, *, processes: int = 2) -> Path:
    """Normalise the records once; the result is kept and made anew when the records are newer."""
    records, target = folder / "records.csv", folder / "columns.parquet"
    if not target.exists() or target.stat().st_mtime < records.stat().st_mtime:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:  # its memory is not Splink's
            alone.submit(_prepare, records, target, processes).result()
    return target


def run(columns: Path, *, cuts: dict[str, float], threads: int, u_pairs: float) -> tuple[Any, Cost]:
    """Train, predict and, where cuts are given, cluster with Splink; leaves tables edges, guarded and cluster_*."""
    cost = Cost()
    con = duckdb.connect(config={"threads": threads, "memory_limit": "6GB", "preserve_insertion_order": False})
    con.execute(f"create table records as select * from read_parquet('{columns}')")
    with _measured(cost, "train"):
        link = splink_expert.linker(con, con.table("records"), u_pairs=u_pairs)
    with _measured(cost, "predict"):
        edges = link.inference.predict(threshold_match_weight=KEEP)
    con.execute(f"create view edges as select * from {edges.physical_name}")
    with _measured(cost, "guard"):
        con.execute(_GUARD)
    api = link._db_api  # noqa: SLF001 - the only door to it
    tables = {"plain": edges, "guard": api.register("guarded")}
    for variant, cut in cuts.items():
        with _measured(cost, f"cluster {variant}"):
            found = link.clustering.cluster_pairwise_predictions_at_threshold(
                tables[variant], threshold_match_weight=cut
            )
        con.execute(f"create view cluster_{variant} as select * from {found.physical_name}")
    cost.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return con, cost


def scored(con: Any, truth: Path) -> Scored:
    """The scored pairs beside the truth."""
    con.execute(f"""create table known as
                    select record_id, entity_id, row_number() over (order by record_id) - 1 as place
                    from read_csv('{truth}', all_varchar = true)""")
    names = con.execute("select entity_id from known order by place").fetchnumpy()["entity_id"]
    entities = np.unique(names, return_inverse=True)[1]
    pairs = con.execute("""
        select l.place as l, r.place as r, e.match_weight as weight, g.record_id_l is not null as passed
        from edges e join known l on e.record_id_l = l.record_id join known r on e.record_id_r = r.record_id
        left join guarded g on e.record_id_l = g.record_id_l and e.record_id_r = g.record_id_r""").fetchnumpy()
    return Scored(entities, pairs["l"], pairs["r"], pairs["weight"], pairs["passed"].astype(bool))


def outcome(pairs: Scored, variant: str, cut: float) -> Outcome:
    """Pairwise precision, recall and F1 of the connected components at this cut."""
    kept = pairs.weight >= cut
    if variant == "guard":
        kept &= pairs.guarded
    clusters = components(len(pairs.entities), pairs.left[kept], pairs.right[kept])
    return Outcome(variant, cut, *pair_scores(clusters, pairs.entities))


def best(pairs: Scored, variant: str) -> Outcome:
    """The best outcome over cuts in halves of a bit."""
    return max((outcome(pairs, variant, float(cut)) for cut in np.arange(KEEP, 30.01, 0.5)), key=lambda found: found.f1)


def components(size: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The smallest position that can be reached from each, over edges given by their two ends."""
    labels = np.arange(size)
    while True:
        low = np.minimum(labels[left], labels[right])
        before = labels.copy()
        np.minimum.at(labels, labels[left], low)
        np.minimum.at(labels, labels[right], low)
        while not np.array_equal(labels, labels[labels]):
            labels = labels[labels]
        if np.array_equal(labels, before):
            return labels


def pair_scores(clusters: np.ndarray, entities: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall and F1 over all pairs, exact; both arrays hold small whole numbers."""
    right = _pairs(clusters.astype(np.int64) * (int(entities.max()) + 1) + entities)
    predicted, true = _pairs(clusters), _pairs(entities)
    return right / max(predicted, 1), right / max(true, 1), 2 * right / max(predicted + true, 1)


def main() -> None:
    """Judge with fixed cuts, or sweep to find them."""
    given = _arguments().parse_args()
    columns = prepare(given.folder)
    cuts = {} if given.sweep else _cuts(given)
    con, cost = run(columns, cuts=cuts, threads=given.threads, u_pairs=given.u_pairs)
    pairs = scored(con, given.folder / "truth.csv")
    if given.sweep:
        found = [best(pairs, variant) for variant in VARIANTS]
    else:
        found = [outcome(pairs, variant, cut) for variant, cut in cuts.items()]
    for one in found:
        scores = f"precision {one.precision:.4f}  recall {one.recall:.4f}  F1 {one.f1:.4f}"
        print(f"{one.variant:6} cut {one.cut:5.2f}  {scores}")
    spent = ", ".join(f"{step} {seconds:.1f}" for step, seconds in cost.cpu.items())
    print(f"CPU-s: {spent}; peak {cost.peak_mb:.0f} MB")
    for variant in cuts:
        _say_by_kind(con, variant, given.folder)
    if given.json:
        reached = {"outcomes": [asdict(one) for one in found], **asdict(cost)}
        given.json.write_text(json.dumps(reached, indent=1), "utf-8")


def _arguments() -> argparse.ArgumentParser:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.splink_yardstick")
    asked.add_argument("folder", type=Path, help="with records.csv and truth.csv")
    asked.add_argument("--cut", type=float, default=4.0, help="match weight, without the guard")
    asked.add_argument("--guard-cut", type=float, default=4.0, help="match weight, with the guard")
    asked.add_argument("--cuts", type=Path, help="take both from what --sweep --json wrote about another seed")
    asked.add_argument("--sweep", action="store_true", help="find the best cuts instead")
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--u-pairs", type=float, default=U_PAIRS)
    asked.add_argument("--json", type=Path, help="write the figures here as well")
    return asked


def _cuts(given: argparse.Namespace) -> dict[str, float]:
    if given.cuts is None:
        return {"plain": given.cut, "guard": given.guard_cut}
    return {one["variant"]: one["cut"] for one in json.loads(given.cuts.read_text("utf-8"))["outcomes"]}


def _say_by_kind(con: Any, variant: str, folder: Path) -> None:
    truth = evaluate_pairs.read_truth(folder / "truth.csv")
    clusters = dict(con.execute(f"select record_id, cluster_id from cluster_{variant}").fetchall())
    print(f"\nSplink's own clusters, {variant}:")
    print("\n".join(evaluate_pairs.lines(evaluate_pairs.evaluate(truth, clusters))))
    ids = evaluate_pairs.valid_ids(folder / "records.csv", checked_only=True)
    print(f"clusters holding two different valid tax ids: {evaluate_pairs.clusters_with_two_ids(clusters, ids)}")


@contextmanager
def _measured(cost: Cost, step: str) -> Iterator[None]:
    before = _cpu()
    yield
    cost.cpu[step] = _cpu() - before


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _prepare(records: Path, target: Path, processes: int) -> None:
    before = _cpu()
    with ProcessPoolExecutor(processes) as pool:
        rows = [row for piece in _spread(pool, records) for row in piece]
    table = finished(rows)
    with pq.ParquetWriter(target, _SCHEMA) as file:
        for start in range(0, len(table), PIECE):
            file.write_table(pa.Table.from_pylist(table[start : start + PIECE], schema=_SCHEMA))
    print(f"normalised {len(table)} records: {_cpu() - before:.1f} CPU-s")


def _spread(pool: ProcessPoolExecutor, records: Path) -> Iterator[list[dict[str, Any]]]:
    work: Callable[..., list[dict[str, Any]]] = columns_of
    yield from pool.map(work, read_in_pieces(records, PIECE))


def _pairs(labels: np.ndarray) -> int:
    sizes = np.unique(labels, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


if __name__ == "__main__":
    main()
