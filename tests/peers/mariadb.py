"""A private MariaDB from its Debian package, started on a free port of this machine. Standard library only."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("mariadbd", "mariadb-install-db")
MISSING = "MariaDB is not installed: apt-get install mariadb-server"


def is_installed() -> bool:
    """Whether there is a server to start."""
    return all(map(shutil.which, PROGRAMS))


@dataclass
class MariadbPeer:
    """A running server, its administrator without a password on this machine."""

    port: int
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End this server, and nothing else."""
        self.process.kill()  # its data is thrown away with it
        self.process.wait(10)


def start(folder: Path, *, patience: float = 60) -> MariadbPeer:
    """An empty server with its data in `folder`; it answers when this returns."""
    data, socket_file, log = folder / "data", folder / "s", folder / "log"
    root = [f"--user={'root' if os.geteuid() == 0 else os.environ.get('USER', 'mysql')}"]
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"]
    subprocess.run([*install, *root, "--skip-test-db"], check=True, capture_output=True, timeout=120)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    small = ["--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0", "--innodb-log-file-size=8M"]
    place = ["--bind-address=127.0.0.1", f"--port={port}", f"--socket={socket_file}", f"--datadir={data}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["mariadbd", "--no-defaults", *root, *place, *small, "--skip-name-resolve"],
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
                if line.recv(5):  # its greeting: it takes connections
                    return MariadbPeer(port, process)
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise RuntimeError(f"MariaDB did not come up:\n{log.read_text(errors='replace')[-2000:]}")
