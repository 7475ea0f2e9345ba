"""The embedded ERP and CRM over HTTP, on this machine only. It carries out faults; which ones is said in misbehave."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

import uvicorn
from fastapi import APIRouter, Body, Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from concilia.clock import Clock, system_clock, to_text
from connectors.sandbox.ledger import COLLECTIONS, Ledger, Mode, Refused
from connectors.sandbox.misbehave import Fault, Faults, FaultsInvalid, Kind, parse
from connectors.sandbox.portfolio import Portfolio, Row, generate
from connectors.sandbox.writes import Writes

_MAINTENANCE = "<html><body><h1>Sistema en mantención</h1><p>Vuelva más tarde.</p></body></html>".encode()

Message = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """How a sandbox is built. The same seed and number of customers give the same portfolio."""

    seed: int = 7
    customers: int = 200
    journal: Path | None = None  # JSON lines, one for each effect, on disk before the effect is answered
    api_key: str = "sandbox-key"
    port: int = 0  # 0: any free one
    now: Clock = system_clock


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a list: those changed since an instant, after an id of that very instant, from an offset."""

    limit: int = 100
    offset: int = 0
    updated_since: str | None = None
    after_id: str = ""
    reference: str | None = None
    invoice: str | None = None


class World:
    """What is inside one server: its ledger, the faults in force, and the calls it got."""

    def __init__(self, setup: Setup) -> None:
        self.portfolio: Portfolio = generate(setup.seed, customers=setup.customers)
        self.ledger = Ledger(self.portfolio, now=setup.now, journal=setup.journal)
        self.faults = Faults()
        self.calls: Counter[str] = Counter()
        self.api_key = setup.api_key


class Lists:
    """Lists and single objects of both systems."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self, system: str) -> APIRouter:
        """`/ping`, and each collection of that system as a list and one by one."""
        router = APIRouter(prefix=f"/{system}", dependencies=[Depends(_key_check(self._world.api_key))])
        router.add_api_route("/ping", self.ping, methods=["GET"])
        for collection in COLLECTIONS[system]:
            router.add_api_route(f"/{collection}", self._listing(collection), methods=["GET"])
            router.add_api_route(f"/{collection}/{{key}}", self._single(collection), methods=["GET"])
        return router

    async def ping(self) -> Row:
        """That the key is good."""
        return {"ok": True}

    def _single(self, collection: str) -> Callable[..., Any]:
        async def single(key: str) -> Row:
            return self._world.ledger.get(collection, key)

        return single

    def _listing(self, collection: str) -> Callable[..., Any]:
        async def listing(request: Request, asked: Annotated[Asked, Depends()]) -> Row:
            rows = self._world.ledger.rows(collection, reference=asked.reference, invoice=asked.invoice)
            since = "" if asked.updated_since is None else _instant(asked.updated_since)
            last = (since, asked.after_id) if asked.after_id else (since,)
            first = sum((row["updated_at"], row["id"]) <= last for row in rows) + max(asked.offset, 0)
            size = min(max(asked.limit, 1), 1000)
            return self._page(rows, first=first, size=size, fault=request.scope.get("sandbox.fault"))

        return listing

    def _page(self, rows: list[Row], *, first: int, size: int, fault: Fault | None) -> Row:
        """The rows from `first`, with `more` when others follow, spoilt by the fault of this call."""
        items = rows[first : first + size]
        more = first + size < len(rows)
        if fault is not None and fault.kind is Kind.DUPLICATE_PAGE and items:
            return {"items": rows[max(first - size, 0) : first] or items * 2, "more": True}
        if fault is not None and fault.kind is Kind.SHUFFLE_PAGE:
            items = self._world.faults.shuffled(items)
        return {"items": items, "more": more}


class Control:
    """The levers of tests and demos, without key and never befallen by a fault."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> APIRouter:
        """Everything under `/_control`."""
        router = APIRouter(prefix="/_control")
        router.add_api_route("/faults", self.set_faults, methods=["POST"])
        router.add_api_route("/mode", self.set_mode, methods=["POST"])
        router.add_api_route("/edit", self.edit, methods=["POST"])
        router.add_api_route("/ledger", self.ledger, methods=["GET"])
        router.add_api_route("/calls", self.calls, methods=["GET"])
        return router

    async def set_faults(self, document: Annotated[dict[str, Any], Body()]) -> Row:
        """Put these faults in force instead of the present ones."""
        try:
            self._world.faults = parse(document)
        except FaultsInvalid as fault:
            raise Refused(422, "bad_faults", str(fault)) from fault
        return {"rules": len(document.get("rules", []))}

    async def set_mode(self, document: Annotated[dict[str, Any], Body()]) -> Row:
        """What the ERP is able to do, see `ledger.Mode`; what is left out is as it was at the start."""
        known = set(Mode.__dataclass_fields__)
        if set(document) - known:
            raise Refused(422, "bad_mode", f"A mode has: {', '.join(sorted(known))}.")
        self._world.ledger.mode = Mode(**document)
        return asdict(self._world.ledger.mode)

    async def edit(self, document: Annotated[dict[str, Any], Body()]) -> Row:
        """What a person does: `{"collection", "id", "fields"}`; unknown ids are created, `"fields": null` deletes."""
        collection, key, fields = (document.get(name) for name in ("collection", "id", "fields"))
        known = [name for names in COLLECTIONS.values() for name in names]
        if collection not in known or not isinstance(key, str) or not (fields is None or isinstance(fields, dict)):
            raise Refused(422, "bad_edit", f"An edit needs a collection ({', '.join(known)}), an id and fields.")
        if fields is not None and "updated_at" in fields:
            fields = {**fields, "updated_at": _instant(str(fields["updated_at"]))}
        return {"object": self._world.ledger.edit(collection, key, fields)}

    async def ledger(self) -> Row:
        """Every effect ever made, in order, and the payments among them by invoice."""
        ledger = self._world.ledger
        return {
            "effects": [asdict(effect) for effect in ledger.effects],
            "payments_by_invoice": ledger.payments_by_invoice(),
        }

    async def calls(self) -> Row:
        """How often each method and path was called, failed calls included."""
        return dict(self._world.calls)


class Hostile:
    """The layer around the application that spoils calls as the faults in force say."""

    def __init__(self, app: Any, world: World, hang_up: Callable[[Any], None]) -> None:
        self._app = app
        self._world = world
        self._hang_up = hang_up

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self._app(scope, receive, send)
            return
        self._world.calls[f"{scope['method']} {scope['path']}"] += 1
        fault = self._world.faults.strike(scope["method"], scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
            return
        scope["sandbox.fault"] = fault
        match fault.kind:
            case Kind.ERROR_BEFORE_COMMIT:
                await _answer(send, fault.status, _fault_body("error", "Error interno."))
            case Kind.THROTTLE:
                wait = str(fault.retry_after)
                await _answer(send, 429, _fault_body("throttled", "Demasiadas llamadas."), **{"retry-after": wait})
            case Kind.HTML:
                await _answer(send, 200, _MAINTENANCE, **{"content-type": "text/html; charset=utf-8"})
            case Kind.SLOW:
                await self._slowly(fault, scope, receive, send)
            case Kind.DUPLICATE_PAGE | Kind.SHUFFLE_PAGE:
                await self._app(scope, receive, send)
            case _:
                await self._after_commit(fault, scope, receive, send)

    async def _slowly(self, fault: Fault, scope: Any, receive: Any, send: Any) -> None:
        body = [await receive()]
        while body[-1].get("more_body"):
            body.append(await receive())

        async def again() -> Message:
            return body.pop(0) if body else await receive()  # type: ignore[no-any-return]

        if not await _gone_within(receive, fault.seconds):
            await self._app(scope, again, send)

    async def _after_commit(self, fault: Fault, scope: Any, receive: Any, send: Any) -> None:
        said: list[Message] = []

        async def keep(message: Message) -> None:
            said.append(message)

        await self._app(scope, receive, keep)
        if fault.kind is Kind.ERROR_AFTER_COMMIT:
            await _answer(send, fault.status, _fault_body("error", "Error interno."))
            return
        if fault.kind is Kind.TIMEOUT_AFTER_COMMIT:
            await _gone_within(receive, fault.seconds)
        if fault.kind is Kind.HALF_BODY:
            body = b"".join(message.get("body", b"") for message in said[1:])
            await send(said[0])
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(0.01)  # lets the half leave before the line is cut
        self._hang_up(scope["client"])
        await _gone_within(receive, 5)


class SandboxServer:
    """A running sandbox: in a thread with start() and stop() (or `with`), or in the foreground with serve()."""

    def __init__(self, setup: Setup | None = None) -> None:
        self._setup = setup or Setup()
        self.world = World(self._setup)
        self._socket = _listening(self._setup.port)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        app = Hostile(_application(self.world), self.world, self._hang_up)
        settings = uvicorn.Config(
            app, log_level="critical", access_log=False, lifespan="off", ws="none", http="h11", loop="asyncio"
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self.serve, name="sandbox", daemon=True)

    def serve(self) -> None:
        """Answer calls until stopped."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Answer calls in a thread. The socket listens already: a call made now waits until it is served."""
        self._thread.start()

    def stop(self) -> None:
        """Cut every connection and free the port; open calls are not answered."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def misbehave(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """Put these faults in force instead of the present ones; none: behave."""
        self.world.faults = parse({"rules": list(rules), "seed": seed})

    def _hang_up(self, client: Any) -> None:
        """Cut the connection of that peer without another byte. Uvicorn offers no door for this but its own list."""
        for connection in list(self._server.server_state.connections):
            if getattr(connection, "client", None) == client:
                connection.transport.abort()


def _listening(port: int) -> socket.socket:
    """A listening socket of this machine. Said to be TCP, or asyncio leaves Nagle's delay on: 40 ms an answer."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
        found.listen(128)
    except OSError:
        found.close()
        raise
    return found


def _application(world: World) -> FastAPI:
    app = FastAPI(title="Concilia sandbox", openapi_url=None)
    lists = Lists(world)
    for system in COLLECTIONS:
        app.include_router(lists.routes(system))
    app.include_router(
        Writes(lambda: world.ledger).routes(APIRouter(dependencies=[Depends(_key_check(world.api_key))]))
    )
    app.include_router(Control(world).routes())
    app.add_exception_handler(Refused, _refusal)
    app.add_exception_handler(RequestValidationError, _bad_request)
    return app


async def _refusal(_: Request, fault: Exception) -> JSONResponse:
    refused = fault if isinstance(fault, Refused) else Refused(500, "error", str(fault))
    return JSONResponse({"code": refused.code, "message": refused.message}, status_code=refused.status)


async def _bad_request(_: Request, fault: Exception) -> JSONResponse:
    return JSONResponse({"code": "bad_request", "message": f"Solicitud inválida: {fault}"[:500]}, status_code=400)


def _key_check(api_key: str) -> Callable[..., Any]:
    async def check(x_api_key: Annotated[str | None, Header()] = None) -> None:
        if x_api_key != api_key:
            raise Refused(401, "bad_key", "La clave X-Api-Key falta o no es válida.")

    return check


def _instant(text: str) -> str:
    try:
        return to_text(datetime.fromisoformat(text))
    except ValueError as fault:
        raise Refused(400, "bad_instant", f"updated_since no es una fecha ISO 8601: {text!r}.") from fault


def _fault_body(code: str, message: str) -> bytes:
    return json.dumps({"code": code, "message": message}).encode()


async def _answer(send: Any, status: int, body: bytes, **headers: str) -> None:
    every = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    coded = [(name.encode(), value.encode()) for name, value in every.items()]
    await send({"type": "http.response.start", "status": status, "headers": coded})
    await send({"type": "http.response.body", "body": body})


async def _gone_within(receive: Any, seconds: float) -> bool:
    """Whether the caller hung up within that time."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(gone(), seconds)
    except TimeoutError:
        return False
    return True
