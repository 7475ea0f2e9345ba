"""A sync that is killed at any moment and started again comes to the same conclusions as one that was left alone.

The kills are SIGKILL to the real command, at seeded random delays and at seeded random amounts of stored work. A
round is killed and restarted until it ends by itself; then its exports are compared with those of an undisturbed run,
and the next round begins, until there were enough kills. `CONCILIA_TEST_SEED` replays a failure.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from concilia.store.engine import sqlite_url
from concilia.store.migrate import current
from concilia.store.unit_of_work import Store
from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.worlds import dotted, rut, workspace, write_cartera, write_contacts, write_payments

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))
GIVEN = ("Ana", "José", "María", "Íñigo", "Begoña", "Luis", "Rocío", "Ñusta")
SURNAMES = ("Muñoz", "Peña", "Núñez", "Soto", "Ibáñez", "Rojas", "Güenchul", "Araya", "Vera", "Tapia")
WORK = ("source_record", "golden_debtor", "debt", "payment", "application", "bookmark")

Exports = dict[str, list[str]]
Where = tuple[Path, str | None]  # workspace folder, PostgreSQL URL


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a run that is left alone takes and comes to."""

    folder: Path  # as it was before the run
    exports: Exports
    seconds: float
    work: int


def portfolio(folder: Path, chance: random.Random) -> None:
    """Two systems that know many of the same people, in several files each, and a bank that pays some of their debts."""
    people = [
        (rut(5_000_000 + 977 * n), " ".join((chance.choice(GIVEN), *chance.sample(SURNAMES, 2)))) for n in range(1100)
    ]
    phones = [f"9{60_000_000 + 31 * n}" for n in range(1100)]
    debts = [_debt(chance, n, people, phones) for n in range(1750)]
    debts += [(*row[:5], "777", *row[6:7], "2026-11-20T10:00:00") for row in chance.sample(debts, 50)]  # newer versions
    contacts = [_contact(chance, n, people, phones) for n in range(1200)]
    payments = [
        (f"b{n}", chance.choice(debts)[0], str(chance.randint(100, 9000)), "2026-11-20", f"TRX-{n}") for n in range(180)
    ]
    payments += [(f"x{n}", *payments[n][1:]) for n in range(10)]  # told twice under another number
    payments += [(f"z{n}", f"UNKNOWN-{n}", "5000", "2026-11-20", f"Z-{n}") for n in range(10)]
    for name, write, rows, size in (
        ("cartera", write_cartera, debts, 250), ("contactos", write_contacts, contacts, 250), ("abonos", write_payments, payments, 50),
    ):  # fmt: skip
        for start in range(0, len(rows), size):
            write(folder, rows[start : start + size], name=f"{name}-{start:05d}.csv")


def _debt(chance: random.Random, n: int, people: list[tuple[str, str]], phones: list[str]) -> tuple[str, ...]:
    who = chance.randrange(len(people))
    tax_id = "66.666.666-6" if chance.random() < 0.03 else dotted(people[who][0])
    balance = "no sé" if chance.random() < 0.01 else f"{chance.randint(1000, 900_000):,}".replace(",", ".")
    return (f"F-{n}", tax_id, people[who][1], phones[who], "", balance, "01-10-2026", "2026-11-01T10:00:00")


def _contact(chance: random.Random, n: int, people: list[tuple[str, str]], phones: list[str]) -> tuple[str, ...]:
    who = chance.randrange(len(people))
    tax_id = chance.choice((people[who][0], people[who][0], people[who][0].replace("-", ""), "", "11111111-1"))
    verified = "2026-11-09T10:00:00Z" if chance.random() < 0.5 else ""
    given, *surnames = people[who][1].split()
    name = f"{' '.join(surnames)} {given}".upper()
    return (
        f"c{n}",
        tax_id,
        name,
        phones[who],
        verified,
        f"persona{who}@clientes.cl",
        f"2026-11-{chance.randint(1, 20):02d}T10:00:00Z",
    )


def started(folder: Path, database_url: str | None) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CONCILIA_")}
    if database_url:
        environment["CONCILIA_DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "admin_api", "-w", str(folder), "sync", "--no-push", "--json"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def work_stored(store: Store) -> int:
    """How much was committed so far."""
    with store.read() as tx:
        if current(tx) is None:
            return 0
        return sum(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in WORK)


def killed(process: subprocess.Popen[bytes], *, when: Callable[[], bool]) -> bool:
    """Kill the process as soon as `when` says so; whether it was still alive then."""
    while process.poll() is None:
        if when():
            process.kill()
            break
        time.sleep(0.003)
    return process.wait() < 0


def a_moment(chance: random.Random, store: Store, reference: Undisturbed) -> Callable[[], bool]:
    """Some time after now, or some amount of work after what is stored already."""
    done = work_stored(store)
    if chance.random() < 0.5 or done >= reference.work:
        end = time.monotonic() + chance.uniform(0, reference.seconds)
        return lambda: time.monotonic() >= end
    enough = chance.randint(done + 1, reference.work)
    return lambda: work_stored(store) >= enough


def rows_of(hub: Hub) -> Exports:
    """The exports with each golden id replaced by its smallest member, and what is in quarantine."""
    members: dict[str, str] = {}
    for row in actions.export(hub, "crosswalk"):
        name = "|".join((row["connection"], row["stream"], row["external_id"]))
        members[row["golden_id"]] = min(members.get(row["golden_id"], name), name)

    def plain(row: dict[str, Any]) -> str:
        named = {"golden_id": members[row["golden_id"]]} if row.get("golden_id") else {}
        return repr(sorted({**row, **named}.items()))

    found = {
        what: sorted(map(plain, actions.export(hub, what))) for what in ("golden", "crosswalk", "debts", "payments")
    }
    kept = ("connection", "stream", "key", "position", "column", "reason", "status")
    refused = actions.quarantined(hub, limit=10_000)
    return {**found, "quarantine": sorted(repr([row.get(name) for name in kept]) for row in refused)}


def hub_at(where: Where) -> Hub:
    return open_hub(Settings(where[0], where[1], {}))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The reference, on SQLite: PostgreSQL has to come to the same."""
    untouched = workspace(tmp_path_factory.mktemp("untouched"))
    portfolio(untouched, random.Random(SEED))
    folder = tmp_path_factory.mktemp("undisturbed") / "w"
    shutil.copytree(untouched, folder)
    began = time.monotonic()
    assert started(folder, None).wait() == 0
    seconds = time.monotonic() - began
    hub = hub_at((folder, None))
    found = Undisturbed(untouched, rows_of(hub), seconds, work_stored(hub.store))
    hub.store.close()
    assert (len(found.exports["payments"]), len(found.exports["golden"])) > (150, 900)
    return found


@pytest.fixture
def fresh(request: pytest.FixtureRequest, tmp_path: Path, undisturbed: Undisturbed) -> Callable[[str], Iterator[Where]]:
    """One untouched workspace after the other."""

    def places(dialect: str) -> Iterator[Where]:
        for number in count():
            folder = tmp_path / f"round{number}"
            shutil.copytree(undisturbed.folder, folder)
            (folder / ".concilia").mkdir()
            if dialect == "sqlite":
                yield folder, None
            else:
                server, name = request.getfixturevalue("postgres_server"), f"killed{number}"
                server.psql(f"CREATE DATABASE {name}")
                yield folder, str(server.get_uri(name))

    return places


@pytest.mark.timeout(1200)  # some fifty processes follow one another; a busy machine takes its time
@pytest.mark.parametrize(("dialect", "kills"), [("sqlite", 20), ("postgresql", 5)])
def test_a_sync_killed_at_any_moment_and_started_again_comes_to_the_same(
    dialect: str, kills: int, undisturbed: Undisturbed, fresh: Callable[[str], Iterator[Where]]
) -> None:
    print(f"CONCILIA_TEST_SEED={SEED}")
    chance = random.Random(SEED + kills)
    left, abandoned = kills, 0
    for where in fresh(dialect):
        mine = _round(where, chance, undisturbed, most=left)
        left -= mine
        hub = hub_at(where)
        assert rows_of(hub) == undisturbed.exports, f"after {mine} kills, seed {SEED}"
        _nothing_is_doubled(hub)
        abandoned += _runs_are_closed(hub, kills=mine)
        hub.store.close()
        if not left:
            break
    assert abandoned, "some kill must have hit a run that had begun"


def _round(where: Where, chance: random.Random, undisturbed: Undisturbed, *, most: int) -> int:
    """Kill and start again until a run ends by itself; how many kills it took."""
    store = Store(where[1] or sqlite_url(where[0]))
    kills = 0
    try:
        while kills < most:
            if not killed(started(*where), when=a_moment(chance, store, undisturbed)):
                break
            kills += 1
        # A killed client's session may outlive it for a moment on PostgreSQL, and holds its connections so long.
        assert any(started(*where).wait() == 0 for _ in range(20))
    finally:
        store.close()
    return kills


def _nothing_is_doubled(hub: Hub) -> None:
    with hub.store.read() as tx:
        applied = Counter(tx.execute(text("SELECT payment_id, debt_id FROM application")).all())
        births = Counter(tx.execute(text("SELECT type, subject FROM event")).all())
        keys = Counter(tx.execute(text("SELECT idempotency_key FROM intent")).scalars())
    numbers = [fact.seq for fact in actions.events_after(hub, 0, limit=1_000_000)]
    assert set(applied.values()) == set(keys.values()) == {1}
    born = {pair: n for pair, n in births.items() if pair[0] in ("debtor.created", "debt.opened", "payment.received")}
    assert set(born.values()) == {1}
    assert numbers == list(range(1, len(numbers) + 1))


def _runs_are_closed(hub: Hub, *, kills: int) -> int:
    """No run says that it is running; the killed ones are abandoned, and what they counted adds up."""
    found = actions.latest_runs(hub, limit=1000)
    assert all(stream.adds_up for run in found for stream in run.streams)
    assert found[0].status == "done"
    assert {run.status for run in found} <= {"done", "abandoned", "partly_failed", "failed"}
    gone = [run for run in found if run.status == "abandoned"]
    assert all(run.finished_at and stream.status in ("done", "abandoned") for run in gone for stream in run.streams)
    assert len(gone) <= kills
    return len(gone)


@pytest.mark.parametrize(("step", "late"), [("debts", "cartera"), ("debtors", "clientes")])
def test_what_waits_is_tried_again_though_the_run_that_brought_what_it_waits_for_was_killed(
    tmp_path: Path, database_url: str | None, opened: OpenHub, step: str, late: str
) -> None:
    folder = workspace(tmp_path)
    if late == "clientes":
        _debtors_apart(folder)
    else:
        write_payments(folder, [("b1", "F-1", "5000", "2026-11-20", "TRX-1")])
    hub = opened(folder, database_url=database_url)
    first = actions.run(hub, [])
    assert sum(stream.blocked for stream in first.run.streams) == 1
    if late == "clientes":
        (folder / "erp" / "clientes.txt").write_text(f"RUT;NOMBRE\n{rut(9876543)};José Soto\n", encoding="cp1252")
    else:
        write_cartera(
            folder, [("F-1", rut(9876543), "José Soto", "", "", "8.000", "01-12-2026", "2026-11-02T10:00:00")]
        )

    def kill(what: str, _: int) -> None:
        if what == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.run(hub, [], watch=actions.Watch(resolved=kill))
    actions.run(hub, [])
    debt = next(row for row in actions.export(hub, "debts") if row["document"] == "F-1")
    assert debt["balance"] == ("8000" if late == "clientes" else "3000")


def _debtors_apart(folder: Path) -> None:
    """The ERP sends its debtors in a file of their own, which has not come yet."""
    text = (folder / "concilia.yaml").read_text(encoding="utf-8")
    stream = '      clientes: {file: "*.txt", key: [RUT], map: clientes.yaml}\n'
    (folder / "concilia.yaml").write_text(text.replace("      cartera:", f"{stream}      cartera:"), encoding="utf-8")
    (folder / "clientes.yaml").write_text(
        "entities:\n- {entity: debtor, key: [RUT], fields: {tax_id: RUT, full_name: NOMBRE}}\n", encoding="utf-8"
    )
    lines = (folder / "cartera.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    debts_only = lines[:1] + lines[lines.index(next(x for x in lines if "entity: debt," in x)) :]
    text = "".join(debts_only).replace("debtor: [RUT]", "debtor: {key: [RUT], stream: clientes}")
    (folder / "cartera.yaml").write_text(text, encoding="utf-8")
    write_cartera(folder, [("F-1", rut(9876543), "José Soto", "", "", "8.000", "01-12-2026", "2026-11-02T10:00:00")])
