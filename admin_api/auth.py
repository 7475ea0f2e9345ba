"""Who may do what: one table. Whoever has a key in force may do everything; without one, only what stands in OPEN.

The gate is in front of the routes and asks about addresses, so a route added tomorrow is closed until somebody
opens it here. It also stands before the body is read: strangers make the hub work as little as possible.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from admin_api import problems
from admin_api.problems import Unauthorized
from concilia.errors import ConciliaError
from concilia.store.access import KeyRow
from sync import actions
from sync.hub import Hub

OPEN: Final = frozenset({"/healthz", "/openapi.json", "/docs"})

_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="The API key as a bearer token.")
_API_KEY = APIKeyHeader(
    name="X-Api-Key", auto_error=False, scheme_name="api_key", description="The API key in a header of its own."
)


class KeyGate:
    """Lets through what is open, and requests that carry a key in force."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            request.state.key = await run_in_threadpool(key_of, self._hub, told_key(request))
        except ConciliaError as fault:
            await problems.of_error(request, fault)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def told_key(request: Request) -> str:
    """The key a request carries, or nothing: `Authorization: Bearer`, else `X-Api-Key`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "").strip()


def key_of(hub: Hub, told: str) -> KeyRow:
    """The key in force; Unauthorized for anything else. It is looked up each time, so a revoked key ends at once."""
    found = actions.key_for(hub, told) if told else None
    if found is None:
        raise Unauthorized(
            "The key is unknown or revoked." if told else "This address needs an API key.",
            mend="Send Authorization: Bearer ck_…; `concilia keys create` makes one.",
        )
    return found


async def caller(
    request: Request,
    _bearer: Annotated[object, Security(_BEARER)] = None,
    _api_key: Annotated[object, Security(_API_KEY)] = None,
) -> KeyRow:
    """The key of this request as the gate found it; the schemes are named for the API's description."""
    found: KeyRow | None = getattr(request.state, "key", None)
    if found is None:
        raise Unauthorized("This address needs an API key.", mend="Send Authorization: Bearer ck_….")
    return found
