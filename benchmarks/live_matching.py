"""What one record costs against a portfolio that is already there: normalise, match, cluster, survive, ledger.

    python -m benchmarks.live_matching --records 100000 [--folder FOLDER] [--seed 31] [--database-url URL]

A portfolio with truth (`benchmarks.portfolios`) is synced into a workspace of its own. Then records of the same people
arrive: one at a time, each in a transaction of its own; and by hundreds. Time before the commit is CPU time of this
process; a commit is timed apart, beside a bare fsync in the same folder. With PostgreSQL the server's share is in the
wall time only. `--folder` keeps the workspace, which is then used again.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from admin_api.bootstrap import open_hub
from benchmarks.portfolios.writer import write_portfolio
from concilia.clock import to_text
from concilia.records import Page, Record
from concilia.settings import Settings
from concilia.store import crosswalk, golden
from concilia.store.unit_of_work import Tx
from sync import actions, golden_records, identity, ruling
from sync.entities import Landing
from sync.hub import Hub
from sync.landing import land_page
from sync.streams import StreamPlan, plans_of

WORKSPACE = """\
version: 1
connections:
  book:
    connector: files
    settings: {path: book, encoding: utf-8, delimiter: ","}
    country: CL
    streams:
      people: {file: "*.csv", key: [record_id], cursor: updated_at, map: people.yaml}
"""
MAP = """\
entities:
- entity: debtor
  key: [record_id]
  fields: {full_name: full_name, given_names: given, surname_1: surnames, legal_name: legal_name, kind: kind,
    birth_date: birth_date}
  identifiers: [{from: tax_id, country: {from: country}}]
  contact_points:
  - {type: phone, from: [phone_1, phone_2], country: {from: country}}
  - {type: email, from: email}
  - {type: postal_address, parts: {street: street, city: city, subdivision: region}, country: {from: country}}
"""


_PAIRS = "SELECT min(id), max(id) FROM source_debtor WHERE golden_id IS NOT NULL GROUP BY golden_id HAVING count(*) > 1"


@dataclass(slots=True)
class Costs:
    """Seconds of each record or transaction."""

    before_commit: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)


def main() -> None:
    """Fill a workspace, then measure."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.live_matching")
    asked.add_argument("--records", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=31)
    asked.add_argument("--singles", type=int, default=500)
    asked.add_argument("--batches", type=int, default=30)
    asked.add_argument("--folder", type=Path, help="keep the workspace here, and use it again")
    asked.add_argument("--database-url")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        hub = _filled(folder, given.records, given.seed, given.database_url)
        incoming = _arrivals(hub, folder, given.records)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"portfolio: {given.records} records; peak memory {peak} MiB")
        singles = _measure(hub, incoming, transactions=given.singles, size=1)
        _print("one record a transaction", singles, size=1)
        _print("a hundred a transaction", _measure(hub, incoming, transactions=given.batches, size=100), size=100)
        parted, joined = _unmerges(hub, given.singles // 5)
        half, most = (_percentile(parted, p) * 1000 for p in (50, 99))
        print(f"unmerge with its commit: p50 {half:.1f} ms, p99 {most:.1f} ms; taken back: p50", end=" ")
        print(f"{_percentile(joined, 50) * 1000:.1f} ms; the same ids and records afterwards")
        print(f"bare fsync of the same disk: p50 {_percentile(_fsyncs(folder), 50) * 1000:.2f} ms")


def _filled(folder: Path, records: int, seed: int, url: str | None) -> Hub:
    book = folder / "workspace" / "book"
    fresh = not book.exists()
    if fresh:
        write_portfolio(folder, records=records + records // 10 + 20_000, seed=seed)
        book.mkdir(parents=True)
        (book.parent / "concilia.yaml").write_text(WORKSPACE, encoding="utf-8")
        (book.parent / "people.yaml").write_text(MAP, encoding="utf-8")
        with (folder / "records.csv").open(encoding="utf-8") as source, (book / "people.csv").open("w") as target:
            target.writelines(islice(source, records + 1))
    hub = open_hub(Settings(workspace=book.parent, database_url=url, environment={}))
    if fresh:
        began = time.process_time()
        report = actions.run(hub, [])
        cpu = time.process_time() - began
        print(f"first load: {records} records in {cpu:.0f} CPU-s, {records / cpu:.0f} a CPU second; {report.tally}")
    return hub


def _arrivals(hub: Hub, folder: Path, records: int) -> Iterator[Record]:
    """Records of the same portfolio that were not loaded, then those with another phone."""
    with hub.store.read() as tx:
        dice = random.Random(crosswalk.count_claimed(tx))  # another run sees other ones
    with (folder / "records.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(islice(csv.DictReader(stream), records, None))
    dice.shuffle(rows)
    for number in range(10**9):
        row = dict(rows[number % len(rows)])
        row["phone_2"] = rows[dice.randrange(len(rows))]["phone_1"]
        yield Record(key=(row["record_id"],), fields=row, position=f"row {number}", cursor=row["updated_at"])


def _measure(hub: Hub, incoming: Iterator[Record], *, transactions: int, size: int) -> Costs:
    plan = next(iter(plans_of(hub.workspace.connections["book"])))
    found = Costs()
    for _ in range(transactions):
        page = Page(tuple(islice(incoming, size)), (), None)
        began = time.process_time()
        with hub.store.begin() as tx:
            _upsert(tx, hub, plan, page)
            found.before_commit.append(time.process_time() - began)
            closing = time.perf_counter()
        found.commit.append(time.perf_counter() - closing)
    return found


def _upsert(tx: Tx, hub: Hub, plan: StreamPlan, page: Page) -> None:
    at = to_text(hub.clock())
    land_page(tx, page, landing=Landing(plan, 0, at, hub.policies.ledger))
    pending = crosswalk.pending(tx, limit=1000)
    resolved = identity.resolve_batch(tx, pending, trust=hub.policies.ledger.trust, at=at)
    golden_records.bring_up_to_date(tx, resolved, policy=hub.policies.survivorship, at=at)


def _unmerges(hub: Hub, count: int) -> tuple[list[float], list[float]]:
    """A steward parts two records of one debtor and takes it back: seconds of each, and nothing may be left of it."""
    with hub.store.read() as tx:
        pairs = [(row[0], row[1]) for row in tx.exec_driver_sql(f"{_PAIRS} LIMIT {count}")]
    parted, joined = [], []
    for pair in pairs:
        before = [_side(hub, n) for n in pair]
        for judgement, spent in (("different", parted), ("withdrawn", joined)):
            began = time.perf_counter()
            ruling.rule(hub, pair, judgement=judgement, by="benchmark")
            spent.append(time.perf_counter() - began)
        after = [_side(hub, n) for n in pair]
        if before != after:
            raise SystemExit(f"taking back left another state behind: {pair}")
    return parted, joined


def _side(hub: Hub, debtor_id: int) -> tuple[str | None, str]:
    with hub.store.read() as tx:
        golden_id = crosswalk.load(tx, [debtor_id])[debtor_id].golden_id
        return golden_id, golden.load(tx, [golden_id or ""])[golden_id or ""].body


def _fsyncs(folder: Path) -> list[float]:
    found = []
    with (folder / "fsync.probe").open("wb") as file:
        for _ in range(50):
            file.write(b"x" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            found.append(time.perf_counter() - began)
    return found


def _print(what: str, costs: Costs, *, size: int) -> None:
    half, most = (_percentile(costs.before_commit, p) * 1000 for p in (50, 99))
    cpu = sum(costs.before_commit)
    rate = len(costs.before_commit) * size / cpu
    closing = _percentile(costs.commit, 50) * 1000
    print(
        f"{what}: p50 {half:.2f} ms, p99 {most:.2f} ms CPU before the commit; {rate:.0f} upserts a CPU second;", end=" "
    )
    print(f"the commit p50 {closing:.2f} ms")


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


if __name__ == "__main__":
    main()
