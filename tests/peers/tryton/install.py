"""Make what a Tryton peer is started from: its own environment and a seeded database, both kept in a cache folder.

Standard library only. Nothing is built twice: the environment is kept per content of requirements.txt, the
database per content of the seed, number of parties and year (its fiscal years move with the calendar).
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATABASE = "erp"
USER = "admin"
PASSWORD = "peer-only-password"
MODULES = ("account_invoice",)
REQUIREMENTS = {"8.0": "requirements.txt", "7.0": "requirements-7.0.txt"}  # by series
_SEEDING = ("debtors.py", "seed.py")  # what the seeded database depends on besides


def default_cache() -> Path:
    """Where things are kept: CONCILIA_PEER_CACHE, or `.cache` beside the peers (not in git)."""
    return Path(os.environ.get("CONCILIA_PEER_CACHE") or HERE.parent / ".cache") / "tryton"


def environment(cache: Path, *, series: str = "8.0") -> Path:
    """The virtual environment with Tryton, installed on first use; `uv` when it is on PATH, else venv and pip."""
    requirements = HERE / REQUIREMENTS[series]
    place = cache / f"venv-{_digest([requirements])}"
    with _alone(cache):
        if not (place / ".complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            if shutil.which("uv"):
                _run("uv", "venv", "--quiet", "--python", sys.executable, place)
                _run("uv", "pip", "install", "--quiet", "--python", place / "bin" / "python", "-r", requirements)
            else:
                _run(sys.executable, "-m", "venv", place)
                _run(place / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", requirements)
            (place / ".complete").touch()
    return place


def seeded(cache: Path, *, parties: int, series: str = "8.0") -> Path:
    """The folder with the seeded database `erp.sqlite` and what stands in it, `truth.json`."""
    venv = environment(cache, series=series)
    year = dt.date.today().year  # noqa: DTZ011  the ERP's own business date
    place = cache / f"seed-{_digest([HERE / name for name in (REQUIREMENTS[series], *_SEEDING)])}-{year}-{parties}"
    with _alone(cache):
        if not (place / ".complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            blank = _blank(cache, venv)
            shutil.copy(blank / f"{DATABASE}.sqlite", place)
            config = write_config(place, port=0)
            arguments = ("--config", config, "--database", DATABASE, "--parties", str(parties))
            _run(venv / "bin" / "python", HERE / "seed.py", *arguments, "--truth", place / "truth.json")
            _settle(place / f"{DATABASE}.sqlite")
            (place / ".complete").touch()
    return place


def write_config(folder: Path, *, port: int) -> Path:
    """The server's configuration in the folder of its database, listening on the loopback interface only."""
    config = folder / "trytond.conf"
    lines = (
        "[database]", "uri = sqlite://", f"path = {folder}",
        "[web]", f"listen = 127.0.0.1:{port}",
        "[session]", "max_attempt = 1000", "max_attempt_ip_network = 10000",
        "[password]", "length = 1",
    )  # fmt: skip
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config


def _blank(cache: Path, venv: Path) -> Path:
    """A database with the modules and nobody in it, kept beside its environment."""
    place = cache / f"blank-{venv.name}"
    if not (place / ".complete").exists():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / f"{DATABASE}.sqlite").touch()
        password = place / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        config = write_config(place, port=0)
        chosen = ("-c", config, "-d", DATABASE, "--email", "admin@example.com", "-u", *MODULES)
        admin = venv / "bin" / "trytond-admin"
        _run(admin, *chosen, "--activate-dependencies", TRYTONPASSFILE=str(password))
        _settle(place / f"{DATABASE}.sqlite")
        (place / ".complete").touch()
    return place


def _settle(database: Path) -> None:
    """Bring everything into the one file, so that a plain copy of it is the whole database."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _digest(files: list[Path]) -> str:
    content = b"\0".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)
    return hashlib.sha256(content + str(sys.version_info[:2]).encode()).hexdigest()[:10]


def _run(*command: str | Path, **extra: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRYTOND_", "PYTHON"))}
    words = [str(word) for word in command]
    done = subprocess.run(words, env={**clean, **extra}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:3])} … failed:\n{(done.stdout + done.stderr)[-3000:]}")


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """One process at a time builds in the cache."""
    import fcntl  # POSIX only, like the peer

    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=300)
    parser.add_argument("--series", choices=sorted(REQUIREMENTS), default="8.0")
    parser.add_argument("--cache", type=Path, default=default_cache())
    given = parser.parse_args()
    print(seeded(given.cache, parties=given.parties, series=given.series))
