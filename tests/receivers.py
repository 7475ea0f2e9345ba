"""A subscriber for tests: a real HTTP server in a process of its own, which can be killed and started again.

It checks every signature by its own arithmetic, writes what it took to a file, line by line and on the disk before it
answers, and misbehaves when told to. The listening socket belongs to whoever starts it, so a new process answers at
the same address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class Receiver:
    """The subscriber as tests see it."""

    folder: Path
    listening: socket.socket
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}/hook"

    def start(self, **manners: Any) -> None:
        """Answer from now on; `manners` are those of `Manners`."""
        (self.folder / "manners.json").write_text(json.dumps(manners))
        command = [sys.executable, str(Path(__file__)), str(self.folder), str(self.listening.fileno())]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, pass_fds=[self.listening.fileno()], env=environment)

    def kill(self) -> None:
        """kill -9, wherever it is."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.kills += 1

    def trust(self, *secrets: str) -> None:
        """Take what is signed with one of these; before that nothing is checked."""
        (self.folder / "secrets.json").write_text(json.dumps(secrets))

    def taken(self) -> list[dict[str, Any]]:
        """Every event it answered for, or was about to, in the order of arrival, repeats and all."""
        try:
            lines = (self.folder / "taken.jsonl").read_text("utf-8").split("\n")
        except FileNotFoundError:
            return []
        return [found for line in lines if (found := _event_in(line)) is not None]

    def count(self) -> int:
        """About how many events it took so far, repeats and all: cheap to ask again and again."""
        try:
            return (self.folder / "taken.jsonl").read_bytes().count(b"}\n")
        except FileNotFoundError:
            return 0

    def firsts(self) -> list[dict[str, Any]]:
        """The same without repeats, as a subscriber that knows events by their ids would see them."""
        seen: dict[str, dict[str, Any]] = {}
        for event in self.taken():
            seen.setdefault(event["id"], event)
        return list(seen.values())

    def wait_for(self, count: int, *, seconds: float = 60) -> list[dict[str, Any]]:
        """The firsts, once there are so many."""
        return wait_until(lambda: found if len(found := self.firsts()) >= count else None, seconds=seconds)


def _event_in(line: str) -> dict[str, Any] | None:
    """The event of a line; none of one that a killed process left unfinished, which it had not answered for."""
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return found


def wait_until(ask: Callable[[], Any], *, seconds: float = 60) -> Any:
    """What `ask` answers, as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.02)
    raise AssertionError("it never came to that")


@contextmanager
def receiver(folder: Path, **manners: Any) -> Iterator[Receiver]:
    """A subscriber that answers until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        found = Receiver(folder, listening)
        found.start(**manners)
        try:
            yield found
        finally:
            found.kill()


# ---- the other process


@dataclass
class Manners:
    """How the subscriber behaves: which share of calls fails and how, and which events are never taken."""

    seed: int = 0
    fail: float = 0.0  # share of calls answered with 500, after which nothing was kept
    lose: float = 0.0  # share of calls kept and not answered
    slow: float = 0.0  # seconds before each answer
    poison: list[str] = field(default_factory=list)  # subjects refused with 422
    status: int = 0  # every call is answered with it, and nothing kept
    retry_after: str = ""


def serve(folder: Path, descriptor: int) -> None:
    """Answer until killed."""
    manners = Manners(**json.loads((folder / "manners.json").read_text()))
    chance = random.Random(manners.seed)
    journal = (folder / "taken.jsonl").open("ab", buffering=0)
    journal.write(b"\n")  # behind what a killed process may have left unfinished

    class Hook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = self.judge(body)
            time.sleep(manners.slow)
            if status == 0:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.send_response(status)
            if manners.retry_after and status >= 400:
                self.send_header("Retry-After", manners.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def judge(self, body: bytes) -> int:
            event = json.loads(body)
            if manners.status:
                return manners.status
            if not is_signed(folder, dict(self.headers.items()), body):
                return 401
            if event.get("subject") in manners.poison:
                return 422
            if chance.random() < manners.fail:
                return 500
            journal.write(body + b"\n")
            os.fsync(journal.fileno())
            return 0 if chance.random() < manners.lose else 200

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=descriptor)
    server.server_address = server.socket.getsockname()
    server.serve_forever(poll_interval=0.05)


def is_signed(folder: Path, headers: dict[str, str], body: bytes) -> bool:
    """Standard Webhooks by its own words: HMAC-SHA256 over id, timestamp and body, one of the signatures fits."""
    try:
        trusted = json.loads((folder / "secrets.json").read_text())
    except FileNotFoundError:
        return True
    lower = {name.lower(): value for name, value in headers.items()}
    signed = f"{lower['webhook-id']}.{lower['webhook-timestamp']}.".encode() + body
    if abs(time.time() - int(lower["webhook-timestamp"])) > 300:
        return False
    for secret in trusted:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        wanted = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if wanted in lower["webhook-signature"].split(" "):
            return True
    return False


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
