"""The page of subscriptions: who is told of events, how far, what is tried again; pause, resume, tell again."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from admin_api import paging
from admin_api.pages.rendering import HEADERS, page
from admin_api.pages.visitors import Form, TheHub, Visitor
from admin_api.wire import LARGEST_NUMBER, HubId
from concilia.errors import RequestInvalid
from sync import subscriptions
from sync.hub import Hub

router = APIRouter()

LINES: Final = 25
LETTERS: Final = 50
Done = Annotated[str, Query(pattern="^[a-z]{0,12}$")]


@router.get("/subscriptions")
def all_subscriptions(request: Request, hub: TheHub, _visitor: Visitor, hecho: Done = "") -> Response:
    """Every subscription with how it stands."""
    return _shown(request, hub, done=hecho)


@router.get("/subscriptions/{subscription_id}")
def one_subscription(
    request: Request, hub: TheHub, _visitor: Visitor, subscription_id: HubId, hecho: Done = ""
) -> Response:
    """One subscription with what is tried again and what was given up."""
    return page(
        request,
        "subscription.html",
        one=subscriptions.one(hub, subscription_id).as_json(),
        waiting=subscriptions.held(hub, subscription_id, state="waiting", limit=LETTERS),
        dead=subscriptions.held(hub, subscription_id, state="dead", limit=LETTERS),
        done=hecho,
    )


@router.post("/subscriptions/{subscription_id}/pausar")
def pause(hub: TheHub, visitor: Visitor, _form: Form, subscription_id: HubId) -> Response:
    """Let it rest."""
    subscriptions.pause(hub, subscription_id, by=visitor.name)
    return _back("paused")


@router.post("/subscriptions/{subscription_id}/reanudar")
def resume(hub: TheHub, visitor: Visitor, _form: Form, subscription_id: HubId) -> Response:
    """Let it go on."""
    subscriptions.resume(hub, subscription_id, by=visitor.name)
    return _back("resumed")


@router.post("/subscriptions/{subscription_id}/repetir")
def replay(request: Request, hub: TheHub, visitor: Visitor, form: Form, subscription_id: HubId) -> Response:
    """Tell again what is behind the sequence given."""
    told = form.get("after", "").strip()
    after = int(told) if re.fullmatch("[0-9]{1,18}", told) else LARGEST_NUMBER  # refused like any that there is not
    try:
        subscriptions.replay(hub, subscription_id, after=after, by=visitor.name)
    except RequestInvalid:
        return _shown(request, hub, wrong=subscription_id)
    return _back("replayed")


@router.post("/subscriptions/{subscription_id}/reintentar")
def replay_dead(hub: TheHub, visitor: Visitor, form: Form, subscription_id: HubId) -> Response:
    """Tell dead letters again: the one named, or all."""
    told = form.get("sequence", "")
    numbers = [int(told)] if re.fullmatch("[0-9]{1,18}", told) else None
    subscriptions.replay_dead(hub, subscription_id, numbers, by=visitor.name)
    return RedirectResponse(f"/subscriptions/{subscription_id}?hecho=again", status_code=303, headers=HEADERS)


def _shown(request: Request, hub: Hub, *, done: str = "", wrong: str = "") -> Response:
    found = [one.as_json() for one in subscriptions.listed(hub)]
    after = request.query_params.get("after", "")
    start = paging.number_of("subscriptions", after)
    rows = [{**one, "place": place} for place, one in enumerate(found, start=1) if place > start]
    listed = paging.page("subscriptions", rows, limit=LINES, place=lambda one: int(one["place"]))
    status = 422 if wrong else 200
    return page(request, "subscriptions.html", status=status, listed=listed, done=done, wrong=wrong, first=not after)


def _back(done: str) -> Response:
    return RedirectResponse(f"/subscriptions?hecho={done}", status_code=303, headers=HEADERS)
