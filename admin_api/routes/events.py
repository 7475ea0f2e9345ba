"""The feed of facts that happened."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from admin_api import answers, paging, wire
from admin_api.routes import TheHub
from sync import actions

router = APIRouter(tags=["events"])


@router.get("/events", response_model=answers.EventPage, summary="What happened, in order")
def events(asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """Events in one order without gaps. Keep `resume`, and ask again with `after` set to it to hear what is new."""
    start = paging.number_of("events", asked.after)
    found = [answers.event(fact) for fact in actions.events_after(hub, start, limit=asked.limit + 1)]
    page = paging.page("events", found, limit=asked.limit, place=lambda event: event["sequence"])
    last = page["items"][-1]["sequence"] if page["items"] else start
    return JSONResponse({**page, "resume": paging.cursor_of("events", last)})
