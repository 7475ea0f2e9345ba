"""The feed of facts that happened: page by page, as a stream, and what types there are."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from admin_api import answers, event_stream, paging, wire
from admin_api.answers import Listing
from admin_api.auth import caller
from admin_api.event_stream import Streams
from admin_api.routes import TheHub
from admin_api.said import Said
from concilia.errors import RequestInvalid, RetryLater
from concilia.portfolio.event_catalogue import CATALOGUE
from concilia.store.access import KeyRow
from sync import actions, event_following
from sync.cloud_events import BATCH_MEDIA_TYPE, envelope
from sync.event_retry import LONGEST_REST

router = APIRouter(tags=["events"])

MOST_STREAMS: Final = 50


class Followed(wire.Told):
    """Which events of the stream are wanted."""

    after: int | None = Field(
        None, ge=0, lt=wire.LARGEST_NUMBER,
        description="Begin behind this sequence; 0 is everything. Left out: what happens from now on.",
    )  # fmt: skip
    types: list[wire.Asked] = Field(
        [], max_length=50, description="Only these types, such as `debt.settled` or `debt`."
    )
    debtor: str = Field("", pattern="^[a-z0-9]{0,40}$", description="Only what concerns this golden debtor.")


class EventType(Said):
    """A type of events: what its subject is, when it happens, and the JSON Schema of its data."""

    name: str
    about: str
    when: str
    dataschema: str
    data: dict[str, Any] = Field(description="The JSON Schema.")


class EventTypePage(Listing):
    """Types, by name."""

    items: list[EventType]


@router.get(
    "/events",
    response_model=answers.EventPage,
    summary="What happened, in order",
    responses={
        200: {
            "content": {
                BATCH_MEDIA_TYPE: {"schema": {"type": "array", "items": {"type": "object"}}},
            },
            "headers": {"Link": {"description": "Where to go on (`rel=next`).", "schema": {"type": "string"}}},
        }
    },
)
def events(asked: Annotated[wire.Page, Query()], request: Request, hub: TheHub) -> Response:
    """Events in one order without gaps. Keep `resume`, and ask again with `after` set to it to hear what is new.

    With `Accept: application/cloudevents-batch+json` the answer is a batch after CloudEvents 1.0, and where to go on
    stands in the header `Link`.
    """
    start = paging.number_of("events", asked.after)
    found = actions.events_after(hub, start, limit=asked.limit + 1)
    listed = paging.page("events", found, limit=asked.limit, place=lambda fact: fact.seq)
    last = listed["items"][-1].seq if listed["items"] else start
    resume = paging.cursor_of("events", last)
    headers = {"Link": f'</v1/events?after={resume}&limit={asked.limit}>; rel="next"', "Vary": "Accept"}
    if BATCH_MEDIA_TYPE in request.headers.get("accept", ""):
        batch = [envelope(fact) for fact in listed["items"]]
        return JSONResponse(batch, headers=headers, media_type=BATCH_MEDIA_TYPE)
    items = [answers.event(fact) for fact in listed["items"]]
    return JSONResponse({"items": items, "next": listed["next"], "resume": resume}, headers=headers)


@router.get(
    "/events/stream",
    response_class=StreamingResponse,
    summary="What happens, as it happens",
    responses={200: {"description": "Server-sent events.", "content": {"text/event-stream": {}}}},
)
async def stream(
    asked: Annotated[Followed, Query()],
    request: Request,
    hub: TheHub,
    key: Annotated[KeyRow, Depends(caller)],
    last_event_id: Annotated[
        str, Header(alias="Last-Event-ID", description="The `id` of the last event seen: the stream goes on behind it.")
    ] = "",
) -> Response:
    """Server-sent events: `id` is the sequence, `event` the type, `data` the event as CloudEvents 1.0 in JSON.

    A line that breaks is taken up with `Last-Event-ID`, as browsers do by themselves. A comment comes when nothing
    happens for fifteen seconds. Whoever follows a debtor goes on following it under the id it is merged into.
    """
    streams: Streams = request.app.state.streams
    if streams.open >= MOST_STREAMS:
        raise RetryLater(f"{MOST_STREAMS} streams are open already.", after=LONGEST_REST)
    after = _sequence(last_event_id) if last_event_id else asked.after
    types = [one.strip() for text in asked.types for one in text.split(",") if one.strip()]
    following = await run_in_threadpool(
        lambda: event_following.follow(hub, after=after, types=types, debtor=asked.debtor)
    )
    told = event_stream.told(streams, hub, following, key_id=key.id)
    return StreamingResponse(told, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/event-types", response_model=EventTypePage, summary="The types of events")
def event_types(asked: Annotated[wire.Page, Query()]) -> Response:
    """Every type that the hub tells, when it happens, and the JSON Schema of its data."""
    after = paging.name_of("event-types", asked.after)
    found = [_type_json(name) for name in sorted(CATALOGUE) if name > after]
    return JSONResponse(paging.page("event-types", found, limit=asked.limit, place=lambda one: str(one["name"])))


def _sequence(told: str) -> int:
    if re.fullmatch("[0-9]{1,18}", told) is None:
        raise RequestInvalid("Last-Event-ID is the id of an event of this stream.", field="Last-Event-ID")
    return int(told)


def _type_json(name: str) -> dict[str, Any]:
    one = CATALOGUE[name]
    return {"name": name, "about": one.about, "when": one.when, "dataschema": one.schema_id, "data": one.schema()}
