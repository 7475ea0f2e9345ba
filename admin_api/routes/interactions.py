"""What channels did: told, one or many, and what came of it; whom it was with; and a debtor's timeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Discriminator, Field, Tag
from starlette.concurrency import run_in_threadpool

from admin_api import paging, problems, wire
from admin_api import told_interactions as told_shapes
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub, problem
from admin_api.told_interactions import InteractionsTold, InteractionTold, checked, plain
from concilia.errors import ConciliaError, RequestInvalid
from concilia.store.access import KeyRow
from concilia.store.timelines import KINDS
from sync import interactions, timelines
from sync.contacts import Caller
from sync.interactions import Asked, Line

_ONE, _MANY = "one", "many"


class OneOrMany(JsonRoute):
    """A route whose body has one of two shapes: which of them was read is no part of a member's name."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with places of faults as the caller knows them."""
        handler = super().get_route_handler()

        async def named(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as fault:
                raise RequestValidationError([_as_told(one) for one in fault.errors()], body=fault.body) from fault

        return named


router = APIRouter(tags=["interactions"])
_told = APIRouter(route_class=OneOrMany)
_TOO_LARGE: Final[dict[int | str, dict[str, Any]]] = {413: problem("The body is larger than one mebibyte.")}
_REPLAYED: Final = {
    "Idempotent-Replayed": {
        "description": "`true` when this is the stored answer of an earlier call.",
        "schema": {"type": "string"},
    }
}
TheCaller = Annotated[KeyRow, Depends(caller)]
MayRepeat = Annotated[
    str,
    Header(alias="Idempotency-Key", max_length=255, description="The same key and body get the same answer again."),
]
Telling = Annotated[
    Annotated[InteractionTold, Tag(_ONE)] | Annotated[InteractionsTold, Tag(_MANY)],
    Discriminator(lambda value: _ONE if told_shapes.one_told(value) else _MANY),
    Body(description="One interaction, or up to 1,000 as `items`."),
]


class Interactions(wire.Page):
    """A page of interactions."""

    waiting: Annotated[bool, Field(description="Only those whose party or debts nobody can tell yet.")] = False
    bypass: Annotated[bool, Field(description="Only outbound ones that nobody asked for.")] = False
    debtor: Annotated[str, Field(pattern="^[a-z0-9]{0,40}$", description="Only those with this debtor.")] = ""
    external_ref: Annotated[wire.Asked, Field(description="Only the one that this key told under that reference.")] = ""


class TimelineAsked(wire.Page):
    """A page of a timeline."""

    kind: Annotated[
        list[Literal[KINDS]] | None,  # type: ignore[valid-type]
        Field(max_length=len(KINDS), description="Only these kinds; may be repeated."),
    ] = None
    since: Annotated[str, Field(max_length=40, description="From this moment on, with its offset.")] = ""
    until: Annotated[str, Field(max_length=40, description="Before this moment.")] = ""
    order: Literal["newest", "oldest"] = Field("newest", description="Which end comes first.")


@_told.post(
    "/interactions",
    response_model=told_shapes.InteractionSaid,
    status_code=201,
    summary="Tell what took place, one or many",
    responses={
        200: {
            "model": told_shapes.InteractionSaid | told_shapes.ManySaid,
            "description": "It was known already; or what became of each of many.",
            "headers": _REPLAYED,
        },
        201: {"description": "It is recorded.", "headers": _REPLAYED},
        **_TOO_LARGE,
    },
)
async def tell_interaction(
    told: Telling, key: TheCaller, hub: TheHub, request: Request, idempotency_key: MayRepeat = ""
) -> Response:
    """Take in calls, messages and visits, once however often they are told, by any identifier of the party.

    The same `external_ref` of the same key is the same interaction; so is the same `Idempotency-Key` with the same
    body. A party that nobody can tell yet waits, and is found after later loads and merges. With `decision_id` it is
    the interaction that the decision became; outbound without one it counts, and says `bypass`.
    """
    asking = Caller(key.name, key.id, idempotency_key)
    async with request.app.state.payment_turns:
        if isinstance(told, InteractionTold):
            answer = await run_in_threadpool(interactions.record, hub, plain(told), caller=asking)
        else:
            lines = [_line(item) for item in told.items]
            refusal = _refusal(request)
            answer = await run_in_threadpool(interactions.record_many, hub, lines, caller=asking, refusal=refusal)
    headers = {"Idempotent-Replayed": "true"} if answer.repeated else {}
    return JSONResponse(dict(answer.body), status_code=answer.status, headers=headers)


@router.get("/interactions", response_model=told_shapes.InteractionPage, summary="Interactions, all or those that wait")
def list_interactions(asked: Annotated[Interactions, Query()], key: TheCaller, hub: TheHub) -> Response:
    """Interactions in the order in which they were recorded; those that wait in the order in which they came to."""
    listing = "interactions that wait" if asked.waiting else "interactions"
    at, _, number = paging.name_of(listing, asked.after).partition(" ")
    wanted = Asked(asked.waiting, asked.bypass, asked.debtor, asked.external_ref, key.name)
    found = interactions.listed(hub, wanted, after=(at, number), limit=asked.limit + 1)
    return JSONResponse(paging.page(listing, found, limit=asked.limit, place=_place))


@router.get("/interactions/{interaction_id}", response_model=told_shapes.InteractionSaid, summary="One interaction")
def interaction(interaction_id: wire.HubId, hub: TheHub) -> Response:
    """An interaction as it stands, with everything that was told of it."""
    return JSONResponse(interactions.one(hub, interaction_id))


@_told.post(
    "/interactions/{interaction_id}/outcomes",
    response_model=told_shapes.InteractionSaid,
    status_code=201,
    summary="What came of an interaction",
    responses={200: {"model": told_shapes.InteractionSaid, "description": "It was told before."}, **_TOO_LARGE},
)
def tell_outcome(interaction_id: wire.HubId, told: told_shapes.OutcomeTold, key: TheCaller, hub: TheHub) -> Response:
    """Append what came of it, in any order: a delivery receipt, a reply, the right party, its end.

    Nothing is overwritten: where it stands is derived from everything that was told. Told twice, it is kept once.
    """
    answer = interactions.add_outcome(hub, interaction_id, plain(told), by=key.name)
    return JSONResponse(dict(answer.body), status_code=answer.status)


@_told.post(
    "/interactions/{interaction_id}/party",
    response_model=told_shapes.InteractionSaid,
    summary="Say whom a waiting interaction was with",
    responses=_TOO_LARGE,
)
def tell_party(interaction_id: wire.HubId, told: told_shapes.PartyTold, key: TheCaller, hub: TheHub) -> Response:
    """A person's word: the interaction is with this debtor, and so is the business-scoped id it carries, if any."""
    return JSONResponse(interactions.settle(hub, interaction_id, plain(told), by=key.name))


@router.get(
    "/debtors/{debtor_id}/timeline", response_model=told_shapes.TimelinePage, summary="Everything that happened"
)
def timeline(debtor_id: wire.HubId, asked: Annotated[TimelineAsked, Query()], hub: TheHub) -> Response:
    """What happened to a debtor, across all source debtors now in its golden record, in one order.

    By instant; of one instant, what decides comes before what follows from it.
    """
    listing = f"timeline {asked.order}"
    wanted = timelines.Asked(tuple(asked.kind or ()), asked.since, asked.until, asked.order == "newest")
    found = timelines.page(hub, debtor_id, wanted, after=paging.name_of(listing, asked.after), limit=asked.limit)
    following = paging.cursor_of(listing, found.next) if found.next else None
    return JSONResponse({"debtor": found.debtor, "items": found.entries, "next": following})


router.include_router(_told)


def _line(item: Any) -> Line:
    try:
        return Line(checked(item))
    except RequestInvalid as fault:
        return Line(fault)


def _refusal(request: Request) -> Callable[[ConciliaError], Mapping[str, Any]]:
    """Refusals of single ones as the problem documents they would have been."""

    def told(fault: ConciliaError) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(bytes(problems.of_error(request, fault).body))
        return found

    return told


def _as_told(fault: Any) -> Any:
    place = tuple(fault["loc"])
    return {**fault, "loc": (*place[:1], *place[2:])} if place[1:2] in ((_ONE,), (_MANY,)) else fault


def _place(shown: Mapping[str, Any]) -> str:
    return " ".join(interactions.place(shown))
