"""Creates the site of pages and stands it before the API. No page is made here but the one that tells of errors."""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from admin_api import problems
from admin_api.pages import candidates, contact_changes, debtors, home, lists, subscriptions, visitors
from admin_api.pages.rendering import page
from admin_api.pages.sessions import Sessions
from admin_api.pages.visitors import FormRefused, NotLoggedIn
from concilia.errors import ConciliaError
from sync.hub import Hub

log = logging.getLogger(__name__)

# The first step of every address that is a page; the API has /v1 and the open addresses.
PLACES: Final = frozenset({
    "", "entrar", "salir", "idioma", "static", "runs", "debtors", "candidates", "quarantine", "discrepancies",
    "subscriptions", "contact-changes",
})  # fmt: skip
TOLD: Final = frozenset({400, 403, 404, 405, 409, 413, 422, 503})  # the others are told as 500


class Pages:
    """Answers the addresses of the pages; lets every other one through to the API."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app = app
        self._site = create_site(hub)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        ours = scope["type"] == "http" and scope["path"].split("/")[1] in PLACES and not scope["path"].startswith("//")
        await (self._site if ours else self._app)(scope, receive, send)


def create_site(hub: Hub) -> FastAPI:
    """The pages over an opened workspace."""
    site = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    site.state.hub = hub
    site.state.sessions = Sessions(hub.clock)
    for area in (visitors, home, lists, debtors, candidates, contact_changes, subscriptions):
        site.include_router(area.router)
    static = Path(str(resources.files("admin_api.pages").joinpath("static")))
    site.mount("/static", GZipMiddleware(_KeptForGood(directory=static), minimum_size=1000))
    site.add_exception_handler(ConciliaError, _deliberate)
    site.add_exception_handler(RequestValidationError, _unusable)
    site.add_exception_handler(HTTPException, _of_the_framework)
    site.add_exception_handler(Exception, _unforeseen)
    return site


class _KeptForGood(StaticFiles):
    """Static files, whose addresses change with their content."""

    def file_response(self, *given: Any, **named: Any) -> Response:
        """The file, to be kept by browsers."""
        answer = super().file_response(*given, **named)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


async def _deliberate(request: Request, fault: Exception) -> Response:
    if isinstance(fault, NotLoggedIn):
        return visitors.to_login(request)
    if isinstance(fault, FormRefused):
        return _problem(request, 403)
    status = next(problems.OF_ERRORS[cls].status for cls in type(fault).__mro__ if cls in problems.OF_ERRORS)
    if status >= 500:
        log.error("page %s: %s", problems.request_id(request), fault)
    return _problem(request, status)


async def _unusable(request: Request, _fault: Exception) -> Response:
    """An address with an id that no id can look like is simply not known."""
    return _problem(request, 404)


async def _of_the_framework(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)  # noqa: S101 - registered for nothing else
    return _problem(request, fault.status_code)


async def _unforeseen(request: Request, _fault: Exception) -> Response:
    """The server logs the fault itself after this answer was sent."""
    return _problem(request, 500)


def _problem(request: Request, status: int) -> Response:
    told = status if status in TOLD else 500
    return page(request, "problem.html", status=told, told=str(told), number=problems.request_id(request))
