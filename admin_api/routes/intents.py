"""Single writes to other systems: listed, and decided by a person where no program can; with their wire shapes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from admin_api import paging, wire
from admin_api.answers import Listing
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub
from admin_api.said import Said
from concilia.store.access import KeyRow
from sync import actions
from sync.intents import Said as Word

router = APIRouter(tags=["operation"])
_told = APIRouter(route_class=JsonRoute)

Key = Annotated[KeyRow, Depends(caller)]


class Asked(wire.Page):
    """A page of intents, of one state and connection or of all."""

    state: Literal["open", "all", "new", "sent_unknown", "parked", "dead", "done", "abandoned"] = Field(
        "open", description="`open` are all that are not over."
    )
    connection: Annotated[wire.Asked, Field(description="Only those of this connection.")] = ""


class Retry(wire.Told):
    """What to change in a refused order before it is tried again, and why."""

    changes: dict[wire.Line, Annotated[str, Field(max_length=500)]] = Field({}, description="Members of the order.")
    reason: wire.Asked = ""


class Abandonment(wire.Told):
    """Why it is never to be written."""

    reason: wire.Asked = ""


class Doneness(wire.Told):
    """Under which id the system holds it, and how that is known."""

    external_id: wire.Asked = ""
    reason: wire.Asked = ""


class Intent(Said):
    """One decided write and how far it got. `code` names the rule that refused it."""

    id: int
    connection: str
    operation: str
    state: str
    code: str | None
    reason: str
    attempts: int
    unknowns: int = Field(description="Attempts whose outcome nobody could tell.")
    next_attempt_at: str
    created_at: str
    changed_at: str
    order: dict[str, Any]


class KeptReceipt(Said):
    """What a system or a person said of it."""

    at: str
    outcome: str
    external_id: str | None
    said: dict[str, Any]


class IntentInFull(Intent):
    """With all receipts, oldest first."""

    receipts: list[KeptReceipt]


class IntentPage(Listing):
    """Intents, in order of number."""

    items: list[Intent]


@router.get("/intents", response_model=IntentPage, summary="Writes that are not over")
def intents(asked: Annotated[Asked, Query()], hub: TheHub) -> Response:
    """Decided writes: waiting, in doubt, parked for a person, refused, or over."""
    after = paging.number_of("intents", asked.after)
    found = actions.intents(hub, state=asked.state, connection=asked.connection, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("intents", found, limit=asked.limit, place=_number))


@router.get("/intents/{number}", response_model=IntentInFull, summary="One write")
def intent(number: wire.Number, hub: TheHub) -> Response:
    """A decided write with everything that systems and people said of it."""
    return JSONResponse(actions.intent(hub, number))


@_told.post("/intents/{number}/retry", response_model=IntentInFull, summary="Try a write again")
def retry_intent(number: wire.Number, told: Retry, hub: TheHub, key: Key) -> Response:
    """Try a refused or parked write again. One in doubt is looked up first, and cannot be edited."""
    return JSONResponse(actions.retry_intent(hub, number, Word(key.name, told.reason), changes=told.changes))


@_told.post("/intents/{number}/abandonment", response_model=IntentInFull, summary="Never write it")
def abandon_intent(number: wire.Number, told: Abandonment, hub: TheHub, key: Key) -> Response:
    """Never write it. The hub's own books stay as they are."""
    return JSONResponse(actions.abandon_intent(hub, number, Word(key.name, told.reason)))


@_told.post("/intents/{number}/done", response_model=IntentInFull, summary="Say that a write is there")
def intent_done(number: wire.Number, told: Doneness, hub: TheHub, key: Key) -> Response:
    """Take a person's word that the system holds it: the books go on as if it had answered so."""
    found = actions.intent_done(hub, number, Word(key.name, told.reason), external_id=told.external_id)
    return JSONResponse(found)


router.include_router(_told)


def _number(row: dict[str, Any]) -> int:
    return int(row["id"])
