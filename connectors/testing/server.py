"""A programmable hostile HTTP server: it answers by a function, or fronts a real peer, and misbehaves by script.

Standard library only, on this machine only. It knows no vendor and judges nothing; the faults themselves are in
`mischief.py`. Calls are kept as they came, so that a test can count and compare them.
"""

from __future__ import annotations

import http.client
import os
import select
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection", "content-length"}
)
_GLANCE = 0.05  # seconds between two looks whether the caller has hung up


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came; `number` counts from 1 over the life of the server."""

    number: int
    method: str
    path: str  # with its parameters
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cut:
    """The line is reset after that part of the answer: 0 is not a byte, 0.5 is all headers and half a body."""

    part: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, until the caller hangs up or the server is stopped."""


Respond = Callable[[Call], Answer]
Spoil = Callable[[Answer], Answer]


def every_call(_: Call) -> bool:
    """The condition of a fault that concerns everything."""
    return True


@dataclass(frozen=True, slots=True)
class Fault:
    """How calls go wrong. Of those `when` concerns, the first `after` pass; it befalls the next `times` (None: all).

    With `forward` the peer gets the call first and does what it says; `says` is what the caller gets then.
    """

    called: str
    says: Answer | Cut | Silence | Spoil
    forward: bool = False
    when: Callable[[Call], bool] = every_call
    after: int = 0
    times: int | None = None


class HostileServer:
    """A server on a free port of this machine, in a thread. Use `with`, or start() and stop()."""

    def __init__(self, respond: Respond | None = None, *, upstream: str = "") -> None:
        if (respond is None) is not bool(upstream):
            raise ValueError("give either a function that answers, or the address of a peer")
        self._respond = respond or Forwarder(upstream, shown_as=lambda: self.url)
        self._lock = threading.Lock()
        self._faults: list[list[Any]] = []  # fault, calls it concerned so far
        self._stopped = threading.Event()
        self.calls: list[Call] = []
        self.watchers: list[Callable[[Call], None]] = []  # each sees a call before anything else is done with it
        self._http = _Listener(self)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), name="hostile", daemon=True)

    def start(self) -> None:
        """Answer calls in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Let go of whoever waits, and free the port."""
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def befall(self, *faults: Fault) -> None:
        """Put these faults in force instead of the present ones; none: behave. The first that strikes wins."""
        with self._lock:
            self._faults = [[fault, 0] for fault in faults]

    def take(self, call: Call) -> tuple[Call, Fault | None]:
        """Keep a call, numbered; and the fault that befalls it."""
        with self._lock:
            kept = replace(call, number=len(self.calls) + 1)
            self.calls.append(kept)
            struck: Fault | None = None
            for pair in self._faults:
                fault: Fault = pair[0]
                if fault.when(kept):
                    pair[1] += 1
                    beyond = pair[1] - fault.after
                    if struck is None and beyond > 0 and (fault.times is None or beyond <= fault.times):
                        struck = fault
        for watch in self.watchers:
            watch(kept)
        return kept, struck

    def respond(self, call: Call) -> Answer:
        """What the peer, or the function, says to a call."""
        return self._respond(call)

    def is_stopped(self) -> bool:
        """Whether nobody should be kept waiting any more."""
        return self._stopped.is_set()


class Forwarder:
    """Asks the real peer. Its own address in answers becomes that of the server in front, so that links lead back."""

    def __init__(self, upstream: str, *, shown_as: Callable[[], str]) -> None:
        self._at = urlsplit(upstream)
        self._origin = f"{self._at.scheme}://{self._at.netloc}"
        self._shown_as = shown_as

    def __call__(self, call: Call) -> Answer:
        """The peer's answer; 502 when it cannot be reached."""
        kind = http.client.HTTPSConnection if self._at.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._at.hostname or "", self._at.port, timeout=60)
        headers = {name: value for name, value in call.headers.items() if name not in _HOP_BY_HOP}
        packed = "gzip" if "gzip" in headers.get("accept-encoding", "") else "identity"
        headers |= {"host": self._at.netloc, "accept-encoding": packed}
        try:
            connection.request(call.method, call.path, body=call.body or None, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP}
        except (OSError, http.client.HTTPException):
            return Answer(502, b"the peer cannot be reached", {"content-type": "text/plain"})
        finally:
            connection.close()
        here = self._shown_as()
        shown = {name: value.replace(self._origin, here) for name, value in kept.items()}
        body, shown = _unpacked(body, shown)
        return Answer(answer.status, body.replace(self._origin.encode(), here.encode()), shown)


def _unpacked(body: bytes, headers: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """The body as it is to be read, where the peer packed it."""
    named = {name.lower(): value for name, value in headers.items()}
    rest = {name: value for name, value in headers.items() if name.lower() != "content-encoding"}
    match named.get("content-encoding", "").lower():
        case "gzip" | "deflate" if body:
            return zlib.decompress(body, wbits=zlib.MAX_WBITS | 32), rest
        case _:
            return body, dict(headers)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, owner: HostileServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is expected here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: otherwise each answer waits 40 ms
    server: _Listener

    def _serve(self) -> None:
        owner = self.server.owner
        headers = {name.lower(): value for name, value in self.headers.items()}
        call, fault = owner.take(Call(0, self.command, self.path, headers, self._body(headers)))
        if fault is None:
            self._answer(owner.respond(call))
            return
        held = owner.respond(call) if fault.forward else Answer()
        match fault.says:
            case Silence():
                self._wait()
                self._reset()
            case Cut(part):
                self._answer(held, part=part)
                self._reset()
            case Answer() as said:
                self._answer(said)
            case spoil:
                self._answer(spoil(held))

    def __getattr__(self, name: str) -> Any:
        """Every method is served alike."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        parts: list[bytes] = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, said: Answer, *, part: float = 1.0) -> None:
        if part <= 0:
            return
        self.send_response_only(said.status)
        for name, value in said.headers.items():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        bare = self.command == "HEAD" or said.status in {204, 304}
        self.send_header("content-length", "0" if bare else str(len(said.body)))
        self.end_headers()
        if not bare:
            self.wfile.write(said.body[: int(len(said.body) * part)])

    def _wait(self) -> None:
        while not self.server.owner.is_stopped():
            ready, _, _ = select.select([self.connection], [], [], _GLANCE)
            if ready and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def _reset(self) -> None:
        self.close_connection = True
        # Linger 0 makes the close a reset, and no end of stream that could be taken for the end of an answer.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def paths(calls: Sequence[Call]) -> list[str]:
    """Method and path of each, for messages."""
    return [f"{call.method} {call.path.partition('?')[0]}" for call in calls]
