"""Creates the web application and mounts its routes. No handlers."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI

from admin_api import description, problems
from admin_api.auth import KeyGate, caller
from admin_api.event_stream import Streams
from admin_api.intake import Manners, SizeLimit
from admin_api.pages import Pages
from admin_api.routes import (
    PROBLEMS,
    agreements,
    changes,
    conflicts,
    connecting,
    contact_points,
    contacts,
    debtors,
    events,
    health,
    intents,
    interactions,
    payments,
    pins,
    reconciliation,
    reports,
    schedules,
    stewardship,
    subscriptions,
)
from sync.hub import Hub

PAYMENT_TURNS: Final = 4  # of the 40 threads that answer requests, and of the 15 connections of a database pool


class HubApi(FastAPI):
    """FastAPI with our description of it."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = description.openapi(list(self.routes))
        return self.openapi_schema


def create_app(hub: Hub) -> FastAPI:
    """The hub's HTTP API over an opened workspace."""
    app = HubApi(
        title=description.TITLE,
        version=description.VERSION,
        docs_url=None,  # FastAPI's pages load scripts from other hosts; routes.health has one that does not
        redoc_url=None,
        redirect_slashes=False,
        responses=dict(PROBLEMS),
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.hub = hub
    app.state.streams = Streams()
    app.state.payment_turns = asyncio.Semaphore(PAYMENT_TURNS)
    v1 = APIRouter(prefix="/v1", dependencies=[Depends(caller)])
    for area in (
        debtors,
        payments,
        intents,
        agreements,
        contacts,
        contact_points,
        interactions,
        events,
        subscriptions,
        changes,
        reports,
        reconciliation,
        conflicts,
        schedules,
        stewardship,
        connecting,
        pins,
    ):
        v1.include_router(area.router)
    app.include_router(v1)
    app.include_router(health.router)
    problems.install(app)
    # The last one added is the first to see a request.
    app.add_middleware(SizeLimit)
    app.add_middleware(KeyGate, hub=hub)
    app.add_middleware(Pages, hub=hub)
    app.add_middleware(Manners)
    return app
