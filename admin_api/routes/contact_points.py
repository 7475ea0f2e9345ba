"""Contact points live: what channels tell of them, changes that wait for a word, stale ones, preferences."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from admin_api import paging, wire
from admin_api import told_contact_points as told_
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub, problem
from concilia.store.access import KeyRow
from sync import contact_corrections, contact_due, contact_preferences, contact_stewardship
from sync.contact_corrections import Correction
from sync.contact_stewardship import Says
from sync.hub import Hub

router = APIRouter(tags=["contact points"])
_told = APIRouter(route_class=JsonRoute)
_TOO_LARGE: Final[dict[int | str, dict[str, Any]]] = {413: problem("The body is larger than one mebibyte.")}
TheCaller = Annotated[KeyRow, Depends(caller)]


@_told.post(
    "/debtors/{debtor_id}/contact-points",
    response_model=told_.PointAnswer,
    summary="Tell of a contact point",
    responses=_TOO_LARGE,
)
def tell_contact_point(debtor_id: wire.HubId, told: told_.PointTold, key: TheCaller, hub: TheHub) -> Response:
    """Add a contact point, correct one, or say that one was verified; telling it again changes nothing.

    It is a statement of the hub's own beside those of the sources. A verified value is not overwritten: the change
    waits in `change`, unless the new value is verified as well.
    """
    by = f"{key.name}/{told.actor}" if told.actor else key.name
    correction = Correction(told.as_told(), by)
    return JSONResponse(contact_corrections.tell(hub, debtor_id, correction, dry_run=told.dry_run))


@_told.post(
    "/debtors/{debtor_id}/contact-points/withdraw",
    response_model=told_.PointAnswer,
    summary="Take back what was heard of a contact point by mistake",
    responses=_TOO_LARGE,
)
def withdraw_evidence(debtor_id: wire.HubId, told: told_.EvidenceNamed, key: TheCaller, hub: TheHub) -> Response:
    """Such as a wrong party that was none. It stays in the history, and counts no more."""
    return JSONResponse(contact_corrections.withdraw(hub, debtor_id, told.evidence, by=key.name))


@router.get("/contact-changes", response_model=told_.ChangePage, summary="Changes of verified contact points")
def list_changes(asked: Annotated[told_.Changes, Query()], hub: TheHub) -> Response:
    """Those that wait for a word, or those of another status, in order of number; both values with their times."""
    after = paging.number_of("contact-changes", asked.after)
    status = "" if asked.status == "all" else asked.status
    found = contact_stewardship.listed(hub, status=status, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("contact-changes", found, limit=asked.limit, place=_id))


@_told.post(
    "/contact-changes/{number}/confirm",
    response_model=told_.Change,
    summary="Confirm a change of a contact point",
    responses=_TOO_LARGE,
)
def confirm_change(number: wire.Number, told: told_.Because, key: TheCaller, hub: TheHub) -> Response:
    """The new value stands, verified; the old one ranks last where a source still states it."""
    return JSONResponse(_say(hub, number, Says.CONFIRM, told, key))


@_told.post(
    "/contact-changes/{number}/reject",
    response_model=told_.Change,
    summary="Reject a change of a contact point",
    responses=_TOO_LARGE,
)
def reject_change(number: wire.Number, told: told_.Because, key: TheCaller, hub: TheHub) -> Response:
    """The old value stays, and the new one does not come back from any load."""
    return JSONResponse(_say(hub, number, Says.REJECT, told, key))


@_told.post(
    "/contact-changes/{number}/undo",
    response_model=told_.Change,
    summary="Take back the word on a change",
    responses=_TOO_LARGE,
)
def undo_change(number: wire.Number, told: told_.Because, key: TheCaller, hub: TheHub) -> Response:
    """The change waits again. What evidence decided cannot be taken back here."""
    return JSONResponse(_say(hub, number, Says.UNDO, told, key))


@router.get("/contact-points/stale", response_model=told_.StalePage, summary="Contact points to verify again")
def list_stale(asked: Annotated[told_.Stale, Query()], hub: TheHub) -> Response:
    """Verified too long ago, or replaced: unit by unit, those of whoever owes most first."""
    after = paging.number_of("stale", asked.after)
    wanted = contact_due.Asked(asked.type, asked.days)
    found = contact_due.due(hub, wanted, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("stale", found, limit=asked.limit, place=_number))


@router.get(
    "/debtors/{debtor_id}/contact-preferences",
    response_model=told_.Preferences,
    summary="When and how a debtor wants to be reached",
)
def preferences(debtor_id: wire.HubId, hub: TheHub) -> Response:
    """What it asked for, with evidence, and what its answers suggest, with counts; neither allows anything."""
    return JSONResponse(contact_preferences.of_debtor(hub, {"id": debtor_id}))


@_told.post(
    "/debtors/{debtor_id}/contact-preferences",
    response_model=told_.Declared,
    status_code=201,
    summary="Record what a debtor asked for",
    responses=_TOO_LARGE,
)
def declare_preference(debtor_id: wire.HubId, told: told_.PreferenceTold, key: TheCaller, hub: TheHub) -> Response:
    """It takes the place of what was asked for before on that channel. Hours do not widen the law."""
    return JSONResponse(contact_preferences.declare(hub, debtor_id, told.as_told(), by=key.name), status_code=201)


@_told.post(
    "/contact-preferences/{number}/end",
    response_model=told_.Declared,
    summary="End what a debtor asked for",
    responses=_TOO_LARGE,
)
def end_preference(number: wire.Number, told: told_.Because, key: TheCaller, hub: TheHub) -> Response:
    """The wish does not stand any more. It is kept, with the reason."""
    return JSONResponse(contact_preferences.end(hub, number, because=told.because, by=key.name))


router.include_router(_told)


def _say(hub: Hub, number: int, says: Says, told: told_.Because, key: KeyRow) -> dict[str, Any]:
    if told.dry_run:
        return contact_stewardship.foresee(hub, number, says)
    return contact_stewardship.say(hub, number, says, by=key.name, because=told.because)


def _id(row: dict[str, Any]) -> int:
    return int(row["id"])


def _number(row: dict[str, Any]) -> int:
    return int(row["number"])
