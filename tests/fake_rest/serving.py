"""One HTTP server for all small systems: a function from request to answer, what was asked, and what shall go wrong."""

from __future__ import annotations

import http.server
import json
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str  # decoded, without parameters
    query: dict[str, str]
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Said:
    status: int = 200
    body: Any = None  # bytes as they are, anything else as JSON
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"
    cut: bool = False  # the connection is closed instead of an answer

    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


@dataclass
class Served:
    """A running server. `befall` puts an answer before the real one, or instead of it once it was carried out."""

    answer: Callable[[Asked], Said]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    misfortunes: list[tuple[Callable[[Asked], bool], Said, bool]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def befall(
        self, said: Said, *, method: str = "", path: str = "", carried_out: bool = False, times: int = 1
    ) -> None:
        def fits(asked: Asked) -> bool:
            return (not method or asked.method == method) and path in asked.path

        self.misfortunes += [(fits, said, carried_out)] * times

    def respond(self, asked: Asked) -> Said:
        with self.lock:
            self.asked.append(asked)
            for one in self.misfortunes:
                fits, said, carried_out = one
                if fits(asked):
                    self.misfortunes.remove(one)
                    if carried_out:
                        self.answer(asked)
                    return said
            return self.answer(asked)


@contextmanager
def serving(answer: Callable[[Asked], Said]) -> Iterator[Served]:
    served = Served(answer)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length") or 0))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            try:
                said = served.respond(Asked(self.command, unquote(parts.path), query, headers, body))
            except Exception:  # noqa: BLE001 - a mistake of the small system itself
                traceback.print_exc()
                said = Said(500, {"error": "the small system has a mistake"})
            if said.cut:
                self.close_connection = True
                return
            raw = said.raw()
            self.send_response(said.status)
            self.send_header("content-type", said.kind)
            self.send_header("content-length", str(len(raw)))
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_MERGE = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
