"""Subscriptions to events: who is told over HTTP, how each stands, dead letters; with their wire shapes."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

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
from concilia.vault import Secret
from sync import subscriptions
from sync.subscriptions import Standing, Wanted

router = APIRouter(tags=["events"])
_told = APIRouter(route_class=JsonRoute)

LISTED: Final = "subscriptions"
Key = Annotated[KeyRow, Depends(caller)]
Types = Annotated[
    list[wire.Line], Field(max_length=50, description="Types, such as `debt.settled`, or beginnings, such as `debt`.")
]
AfterDead = Annotated[
    Literal["go_on", "hold"],
    Field(description="What becomes of a debtor's later events when one of them is given up."),
]
Url = Annotated[str, Field(min_length=1, max_length=2000, description="Where events are posted: https, and public.")]


class NewSubscription(wire.Told):
    """Whom to tell, and what."""

    url: Url
    types: Types = Field(default_factory=list)
    after: int | None = Field(
        None, ge=0, lt=wire.LARGEST_NUMBER,
        description="Begin behind this sequence; 0 is everything. Left out: what happens from now on.",
    )  # fmt: skip
    after_dead: AfterDead = "go_on"
    description: Annotated[wire.Asked, Field(description="For people.")] = ""


class SubscriptionChange(wire.Told):
    """What is to be different; the rest stays."""

    url: Url | None = None
    types: Types | None = None
    after_dead: AfterDead | None = None
    description: Annotated[wire.Asked, Field(description="For people.")] | None = None


class Rotation(wire.Told):
    """How long events carry a signature with the old secret too."""

    overlap_hours: int = Field(24, ge=0, le=720, description="0 ends the old secret at once.")


class Replay(wire.Told):
    """From where on to tell again."""

    after: int = Field(ge=0, lt=wire.LARGEST_NUMBER, description="Behind this sequence; 0 is everything.")


class DeadReplay(wire.Told):
    """Which dead letters to tell again."""

    sequences: list[int] | None = Field(None, max_length=1000, description="All of them when left out.")


class Subscription(Said):
    """A subscription and how it stands. Nothing is owed up to `delivered`, but for `waiting` and `dead` events."""

    id: str
    url: str
    types: list[str] = Field(description="Empty: all.")
    after_dead: str
    description: str
    state: str = Field(description="active or paused.")
    reason: str = Field(description="Why it is paused.")
    delivered: int = Field(description="The sequence up to which it was told, in order.")
    latest: int = Field(description="The sequence of the last event there is.")
    lag: int = Field(description="How many events it is behind, wanted or not.")
    waiting: int = Field(description="Events up to `delivered` that are tried again.")
    dead: int = Field(description="Events that were given up.")
    failures: int = Field(description="How often in a row nothing got through.")
    failing_since: str | None
    last_error: str
    last_success_at: str | None
    next_attempt_at: str | None = Field(description="When it is tried again, if nothing gets through now.")
    old_secret_until: str | None = Field(description="Until when events are signed with the old secret too.")
    created_by: str
    created_at: str
    changed_by: str
    changed_at: str


class SubscriptionWithSecret(Subscription):
    """A subscription with its secret, which is shown this once."""

    secret: str = Field(description="`whsec_…`, after Standard Webhooks.")


class SubscriptionPage(Listing):
    """Subscriptions, oldest first."""

    items: list[Subscription]


class HeldEvent(Said):
    """An event that is apart from the rest: tried again, waiting behind another one, or given up."""

    sequence: int
    type: str
    subject: str
    state: str = Field(description="waiting or dead.")
    attempts: int = Field(description="0 while it only waits behind another event of the same debtor.")
    first_failed_at: str | None
    next_attempt_at: str | None
    reason: str


class Deliveries(Listing):
    """How a subscription stands, and the events that are tried again, in order."""

    subscription: Subscription
    items: list[HeldEvent]


class HeldEventPage(Listing):
    """Events, in order."""

    items: list[HeldEvent]


class TestResult(Said):
    """What came of a test."""

    taken: bool
    reason: str = Field(description="Why it was not taken; empty when it was.")
    event_id: str


class Replayed(Said):
    """How many events are told again."""

    replayed: int


@_told.post(
    "/subscriptions", response_model=SubscriptionWithSecret, status_code=201, summary="Have events posted to you",
    responses={201: {"description": "It is told from now on. The secret is shown this once."}},
)  # fmt: skip
def subscribe(told: NewSubscription, hub: TheHub, key: Key) -> Response:
    """Events are posted one by one, signed after Standard Webhooks, in order for each debtor and at least once.

    The address must be https and public; hosts that the workspace lets in (`events.allow_hosts`) may be private, and
    this machine may be plain http. An address that may not be called is refused with `subscription-target`.
    """
    wanted = Wanted(told.url, tuple(told.types), told.after, told.after_dead, told.description)
    return _with_secret(*subscriptions.subscribe(hub, wanted, by=key.name), status=201)


@router.get("/subscriptions", response_model=SubscriptionPage, summary="Subscriptions, oldest first")
def all_subscriptions(asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """Every subscription with how it stands: how far it was told, what is tried again, why it rests."""
    start = paging.number_of(LISTED, asked.after)
    found = [
        {**one.as_json(), "place": place}
        for place, one in enumerate(subscriptions.listed(hub), start=1)
        if place > start
    ]
    page = paging.page(LISTED, found, limit=asked.limit, place=lambda one: int(one["place"]))
    return JSONResponse({**page, "items": [{n: v for n, v in one.items() if n != "place"} for one in page["items"]]})


@router.get("/subscriptions/{subscription_id}", response_model=Subscription, summary="One subscription")
def one_subscription(subscription_id: wire.HubId, hub: TheHub) -> Response:
    """A subscription with how it stands; never its secret."""
    return _answer(subscriptions.one(hub, subscription_id))


@_told.patch("/subscriptions/{subscription_id}", response_model=Subscription, summary="Change a subscription")
def change_subscription(subscription_id: wire.HubId, told: SubscriptionChange, hub: TheHub, key: Key) -> Response:
    """What is named is changed, the rest stays. Another address is tried at once; the secret stays the same."""
    named = told.model_dump(exclude_unset=True, exclude_none=True)
    return _answer(subscriptions.change(hub, subscription_id, named, by=key.name))


@router.delete("/subscriptions/{subscription_id}", response_model=Subscription, summary="End a subscription")
def end_subscription(subscription_id: wire.HubId, hub: TheHub, key: Key) -> Response:
    """It is forgotten with its secret and its dead letters. The answer says how it stood."""
    return _answer(subscriptions.remove(hub, subscription_id, by=key.name))


@router.post("/subscriptions/{subscription_id}/pause", response_model=Subscription, summary="Pause a subscription")
def pause_subscription(subscription_id: wire.HubId, hub: TheHub, key: Key) -> Response:
    """It is told nothing until it is resumed; what happens meanwhile is not lost."""
    return _answer(subscriptions.pause(hub, subscription_id, by=key.name))


@router.post("/subscriptions/{subscription_id}/resume", response_model=Subscription, summary="Resume a subscription")
def resume_subscription(subscription_id: wire.HubId, hub: TheHub, key: Key) -> Response:
    """It goes on where it rests, at once. Earlier failures count no more."""
    return _answer(subscriptions.resume(hub, subscription_id, by=key.name))


@_told.post(
    "/subscriptions/{subscription_id}/rotate-secret", response_model=SubscriptionWithSecret, summary="Make a new secret"
)
def rotate_secret(subscription_id: wire.HubId, told: Rotation, hub: TheHub, key: Key) -> Response:
    """The new secret is shown this once. Until the overlap ends, events are signed with both."""
    overlap = timedelta(hours=told.overlap_hours)
    return _with_secret(*subscriptions.rotate_secret(hub, subscription_id, by=key.name, overlap=overlap), status=200)


@router.post("/subscriptions/{subscription_id}/test", response_model=TestResult, summary="Try a receiver")
def try_subscription(subscription_id: wire.HubId, hub: TheHub) -> Response:
    """Posts an event of type `subscription.test` at once and says what came of it. It is in no feed."""
    found = subscriptions.try_out(hub, subscription_id)
    return JSONResponse({name: getattr(found, name) for name in TestResult.model_fields})


@router.get(
    "/subscriptions/{subscription_id}/deliveries", response_model=Deliveries, summary="How a subscription stands"
)
def deliveries_of(subscription_id: wire.HubId, asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """How far it was told, and each event that is tried again or waits behind one that is."""
    standing = subscriptions.one(hub, subscription_id).as_json()
    return JSONResponse({"subscription": standing, **_held(hub, subscription_id, asked, state="waiting")})


@_told.post("/subscriptions/{subscription_id}/replay", response_model=Subscription, summary="Tell events again")
def replay_events(subscription_id: wire.HubId, told: Replay, hub: TheHub, key: Key) -> Response:
    """Everything behind the sequence is told again, in order. Receivers know an event by its id."""
    return _answer(subscriptions.replay(hub, subscription_id, after=told.after, by=key.name))


@router.get(
    "/subscriptions/{subscription_id}/dead-letters", response_model=HeldEventPage, summary="Events that were given up"
)
def dead_letters(subscription_id: wire.HubId, asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """Events that the receiver did not take however often they were told, with its last answer."""
    return JSONResponse(_held(hub, subscription_id, asked, state="dead"))


@_told.post(
    "/subscriptions/{subscription_id}/dead-letters/replay", response_model=Replayed, summary="Tell dead letters again"
)
def replay_dead_letters(subscription_id: wire.HubId, told: DeadReplay, hub: TheHub, key: Key) -> Response:
    """All dead letters, or those with these sequences, are tried as if for the first time."""
    return JSONResponse({"replayed": subscriptions.replay_dead(hub, subscription_id, told.sequences, by=key.name)})


router.include_router(_told)


def _answer(standing: Standing) -> Response:
    return JSONResponse(standing.as_json())


def _with_secret(standing: Standing, secret: Secret, *, status: int) -> Response:
    return JSONResponse({**standing.as_json(), "secret": secret.reveal()}, status_code=status)


def _held(hub: TheHub, subscription_id: str, asked: wire.Page, *, state: str) -> dict[str, Any]:
    listing = f"{LISTED}-{state}"
    after = paging.number_of(listing, asked.after)
    found = subscriptions.held(hub, subscription_id, state=state, after=after, limit=asked.limit + 1)
    return paging.page(listing, found, limit=asked.limit, place=lambda one: int(one["sequence"]))
