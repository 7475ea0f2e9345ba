"""Third-party Singer programs for tests, each in an environment of its own, installed once and kept in a cache folder.

Standard library only, and independent of the connectors. What is installed is pinned whole in `singer/NAME.txt`.
From a terminal: `python tests/peers/singer_peers.py target-jsonl` prints where the program is.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = {
    "target-jsonl": "target-jsonl",
    "tap-rest-api-msdk": "tap-rest-api-msdk",
    "meltanolabs-target-postgres": "target-postgres",
}


def program(name: str, *, cache: Path | None = None) -> Path:
    """The executable of a package, which is installed at first use."""
    requirements = HERE / "singer" / f"{name}.txt"
    folder = cache or default_cache()
    mark = hashlib.sha256(requirements.read_bytes() + str(sys.version_info[:2]).encode()).hexdigest()[:10]
    place = folder / f"{name}-{mark}"
    with _alone(folder):
        if not (place / ".complete").exists():
            shutil.rmtree(place, ignore_errors=True)
            _run(sys.executable, "-m", "venv", place)
            _run(place / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", requirements)
            (place / ".complete").touch()
    return place / "bin" / PROGRAMS[name]


def default_cache() -> Path:
    """Where environments are kept: CONCILIA_PEER_CACHE, or `.cache` beside the peers (not in git)."""
    return Path(os.environ.get("CONCILIA_PEER_CACHE") or HERE / ".cache") / "singer"


def _run(*command: str | Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([str(word) for word in command], env=clean, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[2]} … failed:\n{(done.stdout + done.stderr)[-3000:]}")


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """One process at a time installs."""
    import fcntl  # POSIX only, like the tests that ask for a peer

    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(PROGRAMS))
    print(program(parser.parse_args().name))
