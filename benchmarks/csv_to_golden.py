"""How much work and memory one CSV file costs on its way to golden records.

    python benchmarks/csv_to_golden.py [--rows 100000] [--database-url URL] [--keep FOLDER]

A seeded cp1252 file is written and synced twice by `python -m admin_api sync` in a process of its own: all new, then
unchanged. CPU seconds are those of the whole process tree, so other work on the machine hardly matters; memory is the
resident set of the whole tree, looked at every 50 ms. With PostgreSQL the server's own share is in neither. Ends with
1 when the memory reaches 300 MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from concilia.errors import ConciliaError
from concilia.store import golden, migrate, runs
from concilia.store.engine import sqlite_url
from concilia.store.unit_of_work import Store

ROOT = Path(__file__).resolve().parents[1]
LIMIT_MIB = 300
SEED = 20261122
DISTINCT = 0.7

WORKSPACE = """\
version: 1
connections:
  erp:
    connector: files
    settings: {path: erp, encoding: cp1252, delimiter: ";", decimal: ","}
    country: CL
    creditor: acme
    streams:
      cartera: {file: "*.csv", key: [DOC], cursor: MOD, map: cartera.yaml}
creditors:
  acme: {owner: erp, name: Acme S.A.}
"""
CARTERA = """\
entities:
- {entity: debtor, key: [RUT], fields: {tax_id: RUT, full_name: NOMBRE},
   contact_points: [{type: phone, from: [FONO1, FONO2]}, {type: email, from: CORREO}]}
- {entity: debt, key: [DOC], debtor: [RUT],
   fields: {balance: SALDO, document: DOC, due_date: {from: VENCE, convert: "date(%d-%m-%Y)"}}}
"""
COLUMNS = "DOC;RUT;NOMBRE;FONO1;FONO2;CORREO;SALDO;VENCE;MOD"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words(
    "María José Luis Ana Juan Carlos Francisca Camila Sebastián Ignacio Rocío Belén Andrés Nicolás Íñigo Begoña Ángel "
    "Valentina Martín Tomás Josefa Antonia Benjamín Agustín Sofía Emilia Óscar Úrsula Héctor Inés Raúl Noemí"
)
SURNAMES = _words(
    "González Muñoz Rojas Díaz Pérez Soto Contreras Silva Martínez Sepúlveda Morales Rodríguez López Fuentes Hernández "
    "Torres Araya Flores Espinoza Valenzuela Castillo Tapia Reyes Gutiérrez Castro Pizarro Álvarez Vásquez Sánchez "
    "Fernández Ramírez Carrasco Gómez Cortés Herrera Núñez Jara Vergara Rivera Figueroa Riquelme García Miranda Bravo "
    "Ibáñez Peña Yáñez Zúñiga Güenchul Ñanculeo Millán Ordóñez Cárdenas Saldías Quiñones"
)
PLACEHOLDERS = ("66.666.666-6", "11.111.111-1", "1-9", "0")
NO_PHONE = ("", "", "0", "999999999", "no tiene")


@dataclass(slots=True)
class Cost:
    """What one sync took. `pull_cpu` is the part before everything was read, None when it could not be seen."""

    cpu: float
    pull_cpu: float | None
    wall: float
    peak_mib: float
    report: dict[str, Any]

    @property
    def rest(self) -> float | None:
        """CPU seconds after everything was read."""
        return None if self.pull_cpu is None else self.cpu - self.pull_cpu

    def total(self, name: str) -> int:
        """A counter of the run over all its streams."""
        return sum(int(stream[name]) for stream in self.report["streams"])


def rut(body: int) -> str:
    """A Chilean RUT as people write it, with its check digit: weights 2 to 7 from the right, modulus 11."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(body))))
    check = 11 - total % 11
    return f"{body:,}".replace(",", ".") + "-" + ("0" if check == 11 else "K" if check == 10 else str(check))


def lines(rows: int) -> Iterator[str]:
    """The file's lines: debts of about 70 % as many debtors, some without a tax id, some rows that are no use."""
    chance = random.Random(SEED)
    people = [_person(chance, number) for number in range(max(1, round(rows * DISTINCT)))]
    yield COLUMNS
    for number in range(rows):
        person = people[number] if number < len(people) else chance.choice(people)
        day = f"{chance.randint(1, 28):02d}-{chance.randint(1, 12):02d}-2026"
        balance = f"{chance.randint(1_000, 3_000_000):,}".replace(",", ".")
        moment = f"2026-11-{chance.randint(1, 21):02d}T{chance.randint(0, 23):02d}:30:00"
        dice = chance.random()
        if dice < 0.002:
            yield f"F-{number};{person};{balance}"  # too few cells
            continue
        if dice < 0.004:
            day = "31-02-2026"
        elif dice < 0.006:
            balance = "por definir"
        yield f"F-{number};{person};{balance};{day};{moment}"


def _person(chance: random.Random, number: int) -> str:
    given, first, second = chance.choice(GIVEN), chance.choice(SURNAMES), chance.choice(SURNAMES)
    name = f"{given} {chance.choice(GIVEN)} {first} {second}"
    dice = chance.random()
    tax_id = chance.choice(PLACEHOLDERS) if dice < 0.02 else rut(5_000_000 + number * 223)
    if 0.02 <= dice < 0.03:
        tax_id = tax_id[:-1] + ("1" if tax_id[-1] != "1" else "2")  # its check digit is wrong
    mobile = f"9{chance.randint(20_000_000, 99_999_999)}"
    fixed = f"2{chance.randint(20_000_000, 29_999_999)}" if chance.random() < 0.5 else chance.choice(NO_PHONE)
    mail = f"{given}.{first}{number}@correo.cl".lower() if chance.random() < 0.4 else ""
    return f"{tax_id};{name};{mobile};{fixed};{mail.translate(PLAIN)}"


PLAIN = str.maketrans("áéíóúñü", "aeiounu")


def workspace(folder: Path, rows: int) -> Path:
    """A workspace with the file in it."""
    (folder / "erp").mkdir(parents=True)
    (folder / "concilia.yaml").write_text(WORKSPACE, encoding="utf-8")
    (folder / "cartera.yaml").write_text(CARTERA, encoding="utf-8")
    with (folder / "erp" / "cartera.csv").open("w", encoding="cp1252", newline="") as file:
        file.writelines(line + "\r\n" for line in lines(rows))
    return folder


def sync(folder: Path, *, database_url: str | None, store: Store) -> Cost:
    """Run one sync to its end and watch what it takes."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CONCILIA_")}
    if database_url:
        environment["CONCILIA_DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "admin_api", "-w", str(folder), "sync", "--json"]
    before, began = _children_cpu(), time.monotonic()
    # Files, not pipes: nobody reads while the memory is looked at.
    with tempfile.TemporaryFile("w+") as answer, tempfile.TemporaryFile("w+") as story:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=answer, stderr=story)
        peak, pull_cpu = _watch(process, store=store)
        answer.seek(0)
        story.seek(0)
        said, told = answer.read(), story.read()
    if process.returncode:
        sys.exit(f"the sync ended with {process.returncode}: {told}")
    return Cost(_children_cpu() - before, pull_cpu, time.monotonic() - began, peak / 2**20, json.loads(said))


def _watch(process: subprocess.Popen[bytes], *, store: Store) -> tuple[int, float | None]:
    """The largest resident set of the tree, and its CPU seconds when the last stream had been read."""
    root, peak, pull_cpu, look = psutil.Process(process.pid), 0, None, 0
    known = _newest_run(store)
    while process.poll() is None:
        try:
            tree = [root, *root.children(recursive=True)]
            peak = max(peak, sum(one.memory_info().rss for one in tree))
            look += 1
            if pull_cpu is None and look % 4 == 0 and _has_read_all(store, after=known):
                times = root.cpu_times()
                pull_cpu = times.user + times.system + times.children_user + times.children_system
        except psutil.NoSuchProcess:
            continue
        time.sleep(0.05)
    return peak, pull_cpu


def _newest_run(store: Store) -> int:
    try:
        with store.read() as tx:
            found = runs.latest(tx, limit=1) if migrate.current(tx) else []
    except ConciliaError:
        return 0
    return found[0].id if found else 0


def _has_read_all(store: Store, *, after: int) -> bool:
    if _newest_run(store) <= after:
        return False
    with store.read() as tx:
        return all(stream.status != runs.RUNNING for stream in runs.latest(tx, limit=1)[0].streams)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def database_mib(folder: Path, store: Store) -> float:
    """How large the database is on disk."""
    if store.engine.dialect.name == "postgresql":
        with store.read() as tx:
            return float(tx.execute(text("SELECT pg_database_size(current_database())")).scalar_one()) / 2**20
    return sum(file.stat().st_size for file in (folder / ".concilia").glob("hub.db*")) / 2**20


def table(rows: int, costs: list[tuple[str, Cost]], *, goldens: int, size: float) -> str:
    """The figures as a Markdown table."""
    names = [name for name, _ in costs]
    found: list[tuple[str, list[str]]] = [
        ("rows", [f"{rows:,}"] * len(costs)),
        ("applied / unchanged / quarantined", [_dispositions(cost) for _, cost in costs]),
        ("golden records", [f"{goldens:,}"] * len(costs)),
        ("CPU seconds", [f"{cost.cpu:.1f}" for _, cost in costs]),
        ("rows read per CPU second", [_rate(cost.total("read"), cost.cpu) for _, cost in costs]),
        ("- pull: CPU seconds (rows read per second)", [_part(cost.total("read"), cost.pull_cpu) for _, cost in costs]),
        (
            "- resolve: CPU seconds (rows applied per second)",
            [_part(cost.total("applied"), cost.rest) for _, cost in costs],
        ),
        ("wall-clock seconds", [f"{cost.wall:.1f}" for _, cost in costs]),
        ("peak memory of the process tree, MiB", [f"{cost.peak_mib:.0f}" for _, cost in costs]),
        ("database, MiB", [f"{size:.0f}"] * len(costs)),
    ]
    head = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    return "\n".join(head + [f"| {name} | " + " | ".join(values) + " |" for name, values in found])


def _dispositions(cost: Cost) -> str:
    return " / ".join(f"{cost.total(name):,}" for name in ("applied", "unchanged", "quarantined"))


def _part(rows: int, cpu: float | None) -> str:
    return "-" if cpu is None else f"{cpu:.1f} ({_rate(rows, cpu)})" if rows else f"{cpu:.1f}"


def _rate(rows: int, cpu: float) -> str:
    return f"{rows / cpu:,.0f}" if rows else "-"


def measure(folder: Path, *, rows: int, database_url: str | None) -> float:
    """Sync twice, print the table; the larger peak in MiB."""
    workspace(folder, rows)
    (folder / ".concilia").mkdir()
    store = Store(database_url or sqlite_url(folder))
    first = sync(folder, database_url=database_url, store=store)
    # The second run's file has to be looked at as if it had been sent again: same rows, another content.
    with (folder / "erp" / "cartera.csv").open("a", encoding="cp1252", newline="") as file:
        file.write("\r\n")
    again = sync(folder, database_url=database_url, store=store)
    idle = sync(folder, database_url=database_url, store=store)
    with store.read() as tx:
        goldens = golden.count_active(tx)
    costs = [("first", first), ("same rows sent again", again), ("nothing changed", idle)]
    print(table(rows, costs, goldens=goldens, size=database_mib(folder, store)))
    store.close()
    return max(first.peak_mib, again.peak_mib, idle.peak_mib)


def main() -> int:
    """Run the benchmark; 1 when the memory reaches the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database-url", help="an empty PostgreSQL database instead of SQLite")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the workspace there")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="concilia-benchmark-") as temporary:
        folder = asked.keep.absolute() if asked.keep else Path(temporary) / "workspace"
        peak = measure(folder, rows=asked.rows, database_url=asked.database_url)
    if peak >= LIMIT_MIB:
        print(f"The memory reached {peak:.0f} MiB; the limit is {LIMIT_MIB} MiB.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
