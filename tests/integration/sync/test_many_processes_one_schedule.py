"""Eight processes serve one workspace across changes of summer time, some are killed: each firing is exactly one run.

The clock is a file that the test moves on once everything due is over, so nothing depends on how fast the machine is.
`CONCILIA_TEST_SEED` replays which process is killed when. The soak is the same with 10,000 firings and 100 kills.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from concilia.store.schedules import DONE, RUNNING
from concilia.timetable import Overlap, Schedule
from sync import actions, jobs
from sync.hub import Hub
from sync.schedules import due_between
from tests.worlds import workspace

ROOT = Path(__file__).resolve().parents[3]
SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))
PROCESSES = 8
WORKER = """
import sys, time
from datetime import datetime, timedelta
from pathlib import Path
from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync import firings, jobs
folder, url, name = Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3]
jobs.JOBS["count"] = jobs.as_run("count", lambda hub, order: {"holder": name})
hub = open_hub(Settings(folder, url, {}), clock=lambda: datetime.fromisoformat((folder / "clock").read_text()))
holder = firings.Holder(name, lease=timedelta(minutes=10))
while not (folder / "stop").exists():
    firings.write_down(hub)
    firing = firings.claim_next(hub, holder)
    if firing is None:
        time.sleep(0.02)
    else:
        firings.carry_out(hub, firing)
"""
# Each zone with the night in which its clock is put forward, and back.
ZONES = {
    "santiago": ("America/Santiago", ("2026-09-06T04:00", "2026-04-05T03:00")),
    "havana": ("America/Havana", ("2026-03-08T05:00", "2026-11-01T05:00")),
    "york": ("America/New_York", ("2026-03-08T07:00", "2026-11-01T06:00")),
}


@dataclass
class Crowd:
    """The processes, which of them were killed, and the clock they look at."""

    folder: Path
    url: str | None
    alive: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)

    def set_clock(self, moment: datetime) -> None:
        fresh = self.folder / "clock.new"
        fresh.write_text(moment.isoformat())
        fresh.replace(self.folder / "clock")

    def start(self) -> None:
        name = f"p{len(self.alive) + len(self.dead)}"
        command = [sys.executable, "-c", WORKER, str(self.folder), self.url or "", name]
        self.alive[name] = subprocess.Popen(command, cwd=ROOT)

    def kill(self, name: str) -> None:
        process = self.alive.pop(name)
        process.kill()
        process.wait()
        self.dead.add(name)


@contextmanager
def crowd(folder: Path, url: str | None, start: datetime) -> Iterator[Crowd]:
    found = Crowd(folder, url)
    found.set_clock(start)
    for _ in range(PROCESSES):
        found.start()
    try:
        yield found
        (folder / "stop").touch()
        assert [process.wait(60) for process in found.alive.values()] == [0] * len(found.alive)
    finally:
        for process in found.alive.values():
            process.kill()
            process.wait()


def declared(folder: Path) -> None:
    lines = [
        # The clock of this test jumps, so firings are late: none of them may be left out.
        f'  {name}: {{cron: "* * * * *", time_zone: {zone}, job: count, overlap: queue, misfire: {{catch_up: all}}}}\n'
        for name, (zone, _) in ZONES.items()
    ]
    with (folder / "concilia.yaml").open("a") as file:
        file.write("schedules:\n" + "".join(lines))


def expected(start: datetime, now: datetime) -> Counter[str]:
    """How many firings of each schedule are due; every minute of a time that comes twice is due once."""
    every_minute = {
        name: Schedule(name, "* * * * *", zone, "count", overlap=Overlap.QUEUE) for name, (zone, _) in ZONES.items()
    }
    return Counter({name: len(due_between(one, start, now)) for name, one in every_minute.items()})


def done(hub: Hub) -> int:
    """How many firings are done."""
    with hub.store.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM firing WHERE status = 'done'")).scalar_one())


def stuck(hub: Hub, crowd: Crowd, wanted: Counter[str]) -> bool:
    """Whether all that is left waits behind a process that was killed, whose lease only time can end."""
    with hub.store.read() as tx:
        rows = tx.execute(text("SELECT schedule, status, holder, count(*) FROM firing GROUP BY 1, 2, 3")).all()
    left = Counter(wanted)
    written: Counter[str] = Counter()
    held = set()
    for schedule, status, holder, n in rows:
        written[schedule] += n
        left[schedule] -= n if status == DONE else 0
        if status == RUNNING and holder in crowd.dead:
            held.add(schedule)
    return written == wanted and {schedule for schedule, n in left.items() if n} == held != set()


def settled(hub: Hub, crowd: Crowd, *, start: datetime, now: datetime) -> datetime:
    """Wait until everything due is done, moving the clock past the leases of the killed where only that helps."""
    while done(hub) < expected(start, now).total():
        if stuck(hub, crowd, expected(start, now)):
            now += timedelta(minutes=11)
            crowd.set_clock(now)
        time.sleep(0.02)
    return now


def serve(hub: Hub, crowd: Crowd, *, start: datetime, hours: int, kills: int, chance: random.Random) -> datetime:
    """Move the clock on hour by hour, killing processes on the way; the moment at the end."""
    moments = sorted(chance.choices(range(hours), k=kills))
    now = start
    for hour in range(hours):
        now += timedelta(hours=1)
        crowd.set_clock(now)
        for _ in range(moments.count(hour)):
            due = expected(start, now)
            wanted = chance.randrange(done(hub), due.total() + 1)
            while done(hub) < wanted and not stuck(hub, crowd, due):
                time.sleep(0.005)
            crowd.kill(chance.choice(sorted(crowd.alive)))
            crowd.start()
        now = settled(hub, crowd, start=start, now=now)
    return now


def each_firing_is_one_run(hub: Hub, wanted: Counter[str]) -> None:
    with hub.store.read() as tx:
        firings = tx.execute(text("SELECT schedule, status, run_id FROM firing")).all()
        by_firing = tx.execute(text("SELECT count(*) FROM run GROUP BY schedule, due_at")).scalars().all()
        statuses = set(tx.execute(text("SELECT status FROM run")).scalars())
    assert Counter(schedule for schedule, _, _ in firings) == wanted
    assert {status for _, status, _ in firings} == {DONE}
    assert len({run_id for _, _, run_id in firings}) == len(firings) == len(by_firing)
    assert set(by_firing) == {1}
    assert statuses == {"done"}


def around(zone: str, change: int) -> datetime:
    return datetime.fromisoformat(ZONES[zone][1][change]).replace(tzinfo=UTC)


def a_season(folder: Path, url: str | None, *, start: datetime, hours: int, kills: int) -> None:
    chance = random.Random(SEED)
    print(f"CONCILIA_TEST_SEED={SEED}")
    (folder / ".concilia").mkdir(exist_ok=True)
    declared(workspace(folder))
    hub = open_hub(Settings(folder, url, {}), clock=lambda: start)
    try:
        actions.apply(hub)
        with crowd(folder, url, start) as processes:
            end = serve(hub, processes, start=start, hours=hours, kills=kills, chance=chance)
        each_firing_is_one_run(hub, expected(start, end))
    finally:
        hub.store.close()


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jobs.JOBS, "count", jobs.as_run("count", lambda _hub, _order: {}))


def test_each_firing_is_one_run_across_a_change_of_the_clock(tmp_path: Path, database_url: str | None) -> None:
    # The clock is put forward on one database and back on the other, to keep this short.
    start = around("york", 1 if database_url else 0) - timedelta(hours=1)
    a_season(tmp_path, database_url, start=start, hours=2, kills=3)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_firings_with_a_hundred_kills(tmp_path: Path, database_url: str | None) -> None:
    start = around("york", 1) - timedelta(hours=28)
    a_season(tmp_path, database_url, start=start, hours=57, kills=100)
