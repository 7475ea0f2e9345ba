"""The routes by area. Each parses, calls one action of `sync`, and answers; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from admin_api.problems import MEDIA_TYPE
from sync.declaring import current
from sync.hub import Hub

_DESCRIPTIONS: Final = {
    400: "The body is no JSON in UTF-8, or the cursor was not given out by this list.",
    401: "There is no API key, or none in force.",
    404: "Nothing is known under that address, id or reference.",
    405: "The address does not know that method.",
    422: "The request is understood and cannot be used; `errors` names the members.",
    500: "The hub failed; `instance` finds the reason in its log.",
    503: "The hub's database does not answer now; repeat later.",
}


def problem(description: str) -> dict[str, Any]:
    """How an operation describes a problem that it may answer."""
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


PROBLEMS: Final[Mapping[int | str, dict[str, Any]]] = {status: problem(text) for status, text in _DESCRIPTIONS.items()}


async def _hub_of(request: Request) -> Hub:
    found: Hub = request.app.state.hub
    return found


def _hub_now(request: Request) -> Hub:
    """The hub with everything that was declared over the API, by this process or another one."""
    request.app.state.hub = current(request.app.state.hub)
    found: Hub = request.app.state.hub
    return found


TheHub = Annotated[Hub, Depends(_hub_of)]
TheHubNow = Annotated[Hub, Depends(_hub_now)]
