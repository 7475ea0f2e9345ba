"""Our matcher and Splink 5 on one portfolio, one after the other, each with its cut fixed on another seed.

    python -m benchmarks.matching --records 100000 --seed 21 [--folder FOLDER] [--splink PYTHON]

Ours runs as `concilia match batch`. Splink needs its own environment (requirements/bench.txt), whose interpreter
`--splink` names; its cuts are found on the next seed first. Without `--splink` only our figures are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import evaluate_pairs

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Generate, match, evaluate, print."""
    given = _arguments().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        here = _portfolio(folder / f"seed{given.seed}", given.records, given.seed)
        _ours(here)
        if given.splink:
            other = _portfolio(folder / f"seed{given.seed + 1}", given.records, given.seed + 1)
            _splink(given.splink, here, other)


def _arguments() -> argparse.ArgumentParser:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.matching")
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=21, help="not one the matcher was tuned on (1, 2, 11, 12)")
    asked.add_argument("--folder", type=Path, help="keep the portfolios here")
    asked.add_argument("--splink", help="the interpreter of an environment with requirements/bench.txt")
    return asked


def _portfolio(folder: Path, records: int, seed: int) -> Path:
    if not (folder / "truth.csv").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        words = ["-m", "benchmarks.portfolios", "--records", str(records), "--seed", str(seed), "--out", str(folder)]
        subprocess.run([sys.executable, *words], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return folder


def _ours(folder: Path) -> None:
    out = folder / "clusters.csv"
    words = ["-P", "-m", "admin_api", "match", "batch", str(folder / "records.csv"), "--out", str(out), "--json"]
    words += ["--column", "given_names=given"]  # the one column that bears no field's name
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *words], check=True, cwd=ROOT, capture_output=True, text=True, env=_plain())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = json.loads(done.stdout)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"ours: {said['records']} records, {cpu:.1f} CPU-s in all, {time.monotonic() - began:.0f} s,", end=" ")
    print(f"peak {after.ru_maxrss >> 10} MiB; CPU-s by stage: {said['cpu_seconds']}")
    truth = evaluate_pairs.read_truth(folder / "truth.csv")
    clusters, review = evaluate_pairs.read_clusters(out)
    print(*evaluate_pairs.lines(evaluate_pairs.evaluate(truth, clusters, in_review=review)), sep="\n")
    for checked in (True, False):
        ids = evaluate_pairs.valid_ids(folder / "records.csv", checked_only=checked)
        count = evaluate_pairs.clusters_with_two_ids(clusters, ids)
        kind = "with a check digit" if checked else "well formed"
        print(f"clusters with two different tax ids {kind}: {count}")


def _splink(python: str, here: Path, other: Path) -> None:
    cuts = here / "cuts.json"
    for words in ([str(other), "--sweep", "--json", str(cuts)], [str(here), "--cuts", str(cuts)]):
        print(f"\nsplink: {' '.join(words[1:])}", flush=True)
        subprocess.run([python, "-W", "ignore", "-m", "benchmarks.splink_yardstick", *words], check=True, cwd=ROOT)


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


if __name__ == "__main__":
    main()
