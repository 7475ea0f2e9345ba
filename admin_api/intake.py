"""How requests come in and answers go out, whatever they are about: size, JSON, headers, one log line. No routes."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin_api.problems import HEADERS, BodyTooLarge, BodyUnreadable

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 1024 * 1024
DRAINED: Final = 16 * LARGEST_BODY  # a caller who is still sending would never see an answer


class Manners:
    """Numbers each request, gives each answer its headers, and logs it by its route, never by path or query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = str(uuid.uuid4())
        scope.setdefault("state", {})["request_id"] = number
        began = time.perf_counter()

        async def mannerly(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (*HEADERS.items(), ("X-Request-Id", number)):
                    headers.setdefault(name, value)
                spent = round((time.perf_counter() - began) * 1000)
                route = getattr(scope.get("route"), "path", "")
                line = {"request_id": number, "method": scope["method"], "route": route, "ms": spent}
                log.info("request answered", extra={**line, "status": message["status"]})
            await send(message)

        await self._app(scope, receive, mannerly)


class SizeLimit:
    """Refuses bodies above LARGEST_BODY, whatever length they announce."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > LARGEST_BODY:
                await _drain(message, receive, taken)
                raise BodyTooLarge("A request may have one mebibyte.", mend="Send less in each request.")
            return message

        await self._app(scope, limited, send)


class JsonRoute(APIRoute):
    """A route whose body is JSON in UTF-8 whatever its Content-Type says, read strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler behind our reading of the body."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            try:
                told = read_json(await request.body())
            except ClientDisconnect as fault:
                raise BodyUnreadable("The body ended before its announced length.") from fault
            return await handler(_rewritten(request, told))

        return strict


def read_json(raw: bytes) -> bytes:
    """The document again in plain form; BodyUnreadable for what two readers could understand differently.

    That is: not UTF-8, not JSON, NaN and its like, a member named twice, or more depth than a reader can follow.
    """
    try:
        found = json.loads(raw.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_once)
        return json.dumps(found).encode()
    except UnicodeDecodeError as fault:
        raise BodyUnreadable(f"The body is not UTF-8 at byte {fault.start}.", mend="Send JSON in UTF-8.") from fault
    except json.JSONDecodeError as fault:
        where = f"line {fault.lineno}, column {fault.colno}"
        raise BodyUnreadable(f"The body is not JSON at {where}.", mend="Send one JSON object.") from fault
    except (ValueError, RecursionError) as fault:
        raise BodyUnreadable(
            "The body is JSON that cannot be read in one way only.",
            mend="Name each member once, and send no NaN, no Infinity and no endless depth or number.",
        ) from fault


def _no_constant(_name: str) -> Any:
    raise ValueError("JSON has no such number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is named twice")
    return found


def _rewritten(request: Request, body: bytes) -> Request:
    kept = [
        (name, value) for name, value in request.scope["headers"] if name not in (b"content-type", b"content-length")
    ]
    headers = [*kept, (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({**request.scope, "headers": headers}, receive)


async def _drain(message: Message, receive: Receive, taken: int) -> None:
    while message.get("more_body") and taken < DRAINED:
        message = await receive()
        taken += len(message.get("body", b""))
