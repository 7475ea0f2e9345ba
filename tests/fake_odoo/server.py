"""The small Odoo on a port of this machine: JSON-RPC, XML-RPC and JSON-2 over the same books, and its bad days.

The envelopes are those of Odoo's documentation: JSON-RPC errors inside an answer of status 200 and no `result` for
None; XML-RPC faults by number, and a fault for None after the method has ended; JSON-2 with a status and a named body.
"""

from __future__ import annotations

import http.server
import json
import threading
import traceback
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fake_odoo.books import Books
from tests.fake_odoo.orm import Refused

DATABASE, LOGIN, PASSWORD, KEY = "produccion", "cobranza", "secreta-ñ", "llave-0123456789"
TRAINEE, TRAINEE_KEY = "becaria", "llave-de-becaria"  # may read no payments
STATUS = {"AccessError": 403, "AccessDenied": 403, "MissingError": 404, "UserError": 422, "ValidationError": 422,
          "LockError": 409, "Unauthorized": 401, "NotFound": 404}  # fmt: skip


@dataclass
class Misfortune:
    """What befalls the next calls of one method: before it is carried out, or after."""

    method: str
    times: int = 1
    carried_out: bool = False
    refusal: Refused | None = None
    status: int | None = None  # None: the connection is closed without an answer
    body: bytes = b""
    kind: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeOdoo:
    """A server with its books, what was called, and what shall go wrong."""

    books: Books
    url: str = ""
    interfaces: frozenset[str] = frozenset({"jsonrpc", "xmlrpc", "json2"})
    misfortunes: list[Misfortune] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def version(self) -> str:
        return f"{self.books.series}.0+e"

    def settings(self, **changes: Any) -> dict[str, Any]:
        given = {"url": self.url, "database": DATABASE, "username": LOGIN, "api_key": KEY, "overlap_seconds": 0}
        return {name: value for name, value in {**given, **changes}.items() if value is not None}

    def befall(self, method: str, **how: Any) -> None:
        self.misfortunes.append(Misfortune(method, **how))

    def take(self, method: str) -> Misfortune | None:
        for one in self.misfortunes:
            if one.method == method and one.times > 0:
                one.times -= 1
                return one
        return None


class Gone(Exception):
    """The answer is this and no other; no status: the line is cut."""

    def __init__(self, misfortune: Misfortune) -> None:
        super().__init__(misfortune.method)
        self.misfortune = misfortune


def carried_out(odoo: FakeOdoo, model: str, method: str, run: Callable[[], Any]) -> Any:
    odoo.calls.append((model, method))
    bad = odoo.take(method)
    if bad is None:
        return run()
    if bad.carried_out:
        run()
    if bad.refusal is not None:
        raise bad.refusal
    raise Gone(bad)


def execute_kw(odoo: FakeOdoo, args: list[Any]) -> Any:
    database, user, key, model, method, place, *rest = args
    known = {odoo.books.user: (PASSWORD, KEY), odoo.books.trainee: (TRAINEE_KEY,)}
    if database != DATABASE or key not in known.get(user, ()):
        raise Refused("odoo.exceptions.AccessDenied", "Access Denied")
    named = dict(rest[0]) if rest else {}
    context = named.pop("context", {})
    place = list(place)
    on_records = method in ("write", "action_create_payments", "action_draft", "action_cancel", "message_post",
                            "activity_schedule", "action_feedback", "has_access")  # fmt: skip
    ids = place.pop(0) if on_records else []
    names = {"create": ["vals_list"], "search_count": ["domain"], "default_get": ["fields"], "write": ["vals"]}
    if method == "create" and not place:
        raise Refused("builtins.IndexError", "tuple index out of range")  # api.call_kw looks at args[0]
    given = {**dict(zip(names.get(method, []), place, strict=False)), **named}
    return carried_out(
        odoo, model, method, lambda: odoo.books.call(model, method, ids, given, {**context, "uid": user})
    )


def service(odoo: FakeOdoo, name: str, method: str, args: list[Any]) -> Any:
    match name, method:
        case "common", "version":
            return {"server_version": odoo.version, "server_serie": f"{odoo.books.series}.0", "protocol_version": 1}
        case "common", "authenticate":
            database, login, key, _ = args
            if database != DATABASE:
                raise Refused("psycopg2.OperationalError", f'FATAL:  database "{database}" does not exist')
            if (login, key) == (TRAINEE, TRAINEE_KEY):
                return odoo.books.trainee
            return odoo.books.user if login == LOGIN and key in (PASSWORD, KEY) else False
        case "db", "list":
            raise Refused("odoo.exceptions.AccessDenied", "Access Denied")
        case _:
            return execute_kw(odoo, args)


def json_rpc(odoo: FakeOdoo, body: bytes) -> tuple[int, str, bytes]:
    call = json.loads(body)
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
    try:
        params = call["params"]
        value = service(odoo, params["service"], params["method"], params["args"])
        if value is not None:
            answer["result"] = value
    except Refused as refused:
        said = {
            "name": refused.name,
            "message": refused.message,
            "arguments": [refused.message],
            "debug": "Traceback …",
        }
        answer["error"] = {"code": 200, "message": "Odoo Server Error", "data": said}
    return 200, "application/json", json.dumps(answer).encode()


def xml_rpc(odoo: FakeOdoo, path: str, body: bytes) -> tuple[int, str, bytes]:
    args, method = xmlrpc.client.loads(body)
    try:
        value = service(odoo, path.rpartition("/")[2], str(method), list(args))
        inside = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=False)
    except Refused as refused:
        kind = refused.name.rpartition(".")[2]
        code = {"UserError": 2, "ValidationError": 2, "MissingError": 2, "AccessDenied": 3, "AccessError": 4}.get(
            kind, 1
        )
        text = (
            refused.message
            if code > 1
            else f"Traceback (most recent call last):\n  File …\n{refused.name}: {refused.message}\n"
        )
        inside = xmlrpc.client.dumps(xmlrpc.client.Fault(code, text), methodresponse=True)
    except TypeError:
        inside = xmlrpc.client.dumps(xmlrpc.client.Fault(1, traceback.format_exc()), methodresponse=True)
    return 200, "text/xml", inside.encode()


def json2(odoo: FakeOdoo, path: str, headers: Any, body: bytes) -> tuple[int, str, bytes]:
    try:
        users = {f"bearer {KEY}": odoo.books.user, f"bearer {TRAINEE_KEY}": odoo.books.trainee}
        user = users.get(headers.get("authorization", ""))
        if user is None:
            raise Refused("werkzeug.exceptions.Unauthorized", "Invalid apikey")  # noqa: TRY301  one way out for all refusals
        if headers.get("x-odoo-database") != DATABASE:
            return 404, "text/html", b"<h1>Not Found</h1>"
        _, _, _, model, method = path.split("/")
        given = json.loads(body)
        ids, context = given.pop("ids", []), {**given.pop("context", {}), "uid": user}
        value = carried_out(odoo, model, method, lambda: odoo.books.call(model, method, ids, given, context))
        return 200, "application/json; charset=utf-8", json.dumps(value).encode()
    except Refused as refused:
        kind = refused.name.rpartition(".")[2]
        said = {
            "name": refused.name,
            "message": refused.message,
            "arguments": [refused.message],
            "context": {},
            "debug": "…",
        }
        return STATUS.get(kind, 500), "application/json; charset=utf-8", json.dumps(said).encode()


def answered(odoo: FakeOdoo, method: str, path: str, *, headers: Any, body: bytes) -> tuple[int, str, bytes]:
    odoo.paths.append(path)
    if path == "/jsonrpc" and "jsonrpc" in odoo.interfaces:
        return json_rpc(odoo, body)
    if path.startswith("/xmlrpc/2/") and "xmlrpc" in odoo.interfaces:
        return xml_rpc(odoo, path, body)
    if path.startswith("/json/2/") and "json2" in odoo.interfaces and odoo.books.series >= 19:
        return json2(odoo, path, headers, body)
    if path == "/web/version" and method == "GET" and odoo.books.series >= 19:
        said = {"version_info": [odoo.books.series, 0, 0, "final", 0, ""], "version": f"{odoo.books.series}.0"}
        return 200, "application/json", json.dumps(said).encode()
    return 404, "text/html", b"<!doctype html><title>404</title>"


@contextmanager
def serving(books: Books, **how: Any) -> Iterator[FakeOdoo]:
    """The books on a free port until the context is left."""
    odoo = FakeOdoo(books, **how)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body in one packet
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("content-length") or 0)))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            with odoo.lock:
                try:
                    status, kind, text = answered(odoo, self.command, self.path, headers=self.headers, body=body)
                    extra: dict[str, str] = {}
                except Gone as gone:
                    bad = gone.misfortune
                    if bad.status is None:
                        self.close_connection = True
                        return
                    status, kind, text, extra = bad.status, bad.kind, bad.body, bad.headers
            self.send_response(status)
            for name, value in {"content-type": kind, "content-length": str(len(text)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    odoo.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield odoo
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
