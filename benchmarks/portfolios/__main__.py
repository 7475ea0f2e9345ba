"""`python -m benchmarks.portfolios --records 100000 --seed 11 --out FOLDER`."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

from benchmarks.portfolios.writer import write_portfolio


def main() -> None:
    """Write one portfolio and say what it cost."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.portfolios", description="Debtor portfolios with truth.")
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=11)
    asked.add_argument("--out", type=Path, required=True, help="folder for records.csv, truth.csv and golden.csv")
    given = asked.parse_args()
    if given.records < 1:
        sys.exit("--records must be at least 1")
    write_portfolio(given.out, records=given.records, seed=given.seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{given.records} records in {given.out}: {time.process_time():.1f} CPU-s, {peak:.0f} MB at most")


if __name__ == "__main__":
    main()
