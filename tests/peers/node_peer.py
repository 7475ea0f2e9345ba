"""Servers of other authors from the npm registry: installed once into a cache folder, started by node. Standard library.

`start(folder)` runs `server.js` of a folder of tests/peers with the packages its package.json names.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


def missing() -> str:
    """Why no such server can be started here; empty when one can. In CI that is never a reason to skip."""
    absent = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"this machine has no {' and no '.join(absent)}" if absent and not os.environ.get("CI") else ""


def packages(folder: str) -> Path:
    """The node_modules of tests/peers/FOLDER, installed on first use."""
    manifest = HERE / folder / "package.json"
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()[:12]
    place = Path(os.environ.get("CONCILIA_PEER_CACHE") or HERE / ".cache") / f"npm-{folder}-{digest}"
    place.mkdir(parents=True, exist_ok=True)
    with (place / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may ask at once
        if not (place / ".complete").exists():
            shutil.copy(manifest, place)
            command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
            subprocess.run(command, cwd=place, check=True, timeout=280)
            (place / ".complete").touch()
    return place / "node_modules"


@dataclass
class NodePeer:
    """A running server on the loopback interface."""

    port: int
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End this server, and nothing else."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def start(folder: str, *arguments: str) -> NodePeer:
    """Run tests/peers/FOLDER/server.js; it prints its port once it listens, and ends when its input does."""
    command = ["node", str(HERE / folder / "server.js"), str(packages(folder)), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line.isdigit():
        process.kill()
        raise RuntimeError(f"{folder} did not start: {line}")
    return NodePeer(int(line), process)
