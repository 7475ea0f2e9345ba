"""May this debtor be contacted, what was done about it, and what debtors and people say of it."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from admin_api import paging, told_contacts, wire
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub, problem
from concilia.store.access import KeyRow
from sync import contact_packs, contacts
from sync.contacts import Caller

router = APIRouter(tags=["contact"])
_told = APIRouter(route_class=JsonRoute)
_TOO_LARGE: Final[dict[int | str, dict[str, Any]]] = {413: problem("The body is larger than one mebibyte.")}
TheCaller = Annotated[KeyRow, Depends(caller)]
MayRepeat = Annotated[
    str,
    Header(alias="Idempotency-Key", max_length=255, description="The same key and body get the same answer again."),
]


class Disputes(wire.Page):
    """A page of disputes, of one status or of all."""

    status: Annotated[Literal["", "open", "closed"], Field(description="Only those of this status; all if empty.")] = ""


@_told.post(
    "/contact-decisions",
    response_model=told_contacts.ContactDecisionSaid,
    status_code=201,
    summary="May this debtor be contacted?",
    responses=_TOO_LARGE,
)
async def decide_contact(
    told: told_contacts.DecisionAsked, key: TheCaller, hub: TheHub, request: Request, idempotency_key: MayRepeat = ""
) -> Response:
    """Answer allow or deny with every reason, and hold an allowed contact ready for the one who asked.

    Of two tools that ask at once one is given it. It is confirmed when the contact begins, released when it will not
    be made, and free again by itself at `reservation.expires_at`. Every decision is kept with the rules it held. This
    is no legal advice.
    """
    body = told.model_dump(exclude_none=True, exclude_unset=True)
    asking = Caller(key.name, key.id, idempotency_key)
    async with request.app.state.payment_turns:
        answer = await run_in_threadpool(contacts.decide, hub, body, caller=asking)
    headers = {"Idempotent-Replayed": "true"} if answer.repeated else {}
    return JSONResponse(dict(answer.body), status_code=answer.status, headers=headers)


@router.get(
    "/contact-decisions/{decision_id}",
    response_model=told_contacts.ContactDecisionSaid,
    summary="One contact decision",
)
def contact_decision(decision_id: wire.HubId, hub: TheHub) -> Response:
    """A decision as it was answered, and how its reservation stands now."""
    return JSONResponse(contacts.one(hub, decision_id))


@router.get(
    "/contact-decisions/{decision_id}/replay",
    response_model=told_contacts.ReplaySaid,
    summary="Decide again by what was kept",
)
def replay_contact(decision_id: wire.HubId, hub: TheHub) -> Response:
    """The same facts and the same rules, decided again; `same` says whether the answer is the same."""
    return JSONResponse(contacts.replay(hub, decision_id))


@_told.post(
    "/contact-decisions/{decision_id}/confirm",
    response_model=told_contacts.ContactDecisionSaid,
    summary="The contact was made",
    responses=_TOO_LARGE,
)
def confirm_contact(decision_id: wire.HubId, told: told_contacts.ContactMade, key: TheCaller, hub: TheHub) -> Response:
    """Tell that the contact began: it becomes an interaction, once, however often that is told."""
    body = told.model_dump(exclude_none=True, exclude_unset=True)
    return JSONResponse(contacts.confirm(hub, decision_id, body, by=key.name))


@router.post(
    "/contact-decisions/{decision_id}/release",
    response_model=told_contacts.ContactDecisionSaid,
    summary="The contact will not be made",
)
def release_contact(decision_id: wire.HubId, hub: TheHub) -> Response:
    """Give a contact back that is held ready; repeating it changes nothing."""
    return JSONResponse(contacts.release(hub, decision_id))


@_told.post(
    "/contact-packs/check",
    response_model=told_contacts.PacksSaid,
    summary="Would these packs of rules stand?",
    responses=_TOO_LARGE,
)
def check_packs(told: told_contacts.PacksTold) -> Response:
    """Read packs of contact rules beside those that ship; nothing is stored.

    A missing source, an unknown word, and two packs of one place in force on one day are refused, with the line and
    what to change. A pack of the place and version of one that ships stands in for it.
    """
    return JSONResponse({"packs": contact_packs.check_told(told.packs)})


@router.get(
    "/debtors/{debtor_id}/contact-terms",
    response_model=told_contacts.TermsSaid,
    summary="Consents, prohibitions, disputes and holds of a debtor",
)
def contact_terms(debtor_id: wire.HubId, hub: TheHub) -> Response:
    """Everything that was said of contact with a debtor, what has ended too."""
    return JSONResponse(contacts.terms(hub, debtor_id))


@_told.post(
    "/debtors/{debtor_id}/consents",
    response_model=told_contacts.ConsentSaid,
    status_code=201,
    summary="Record a consent",
    responses=_TOO_LARGE,
)
def record_consent(debtor_id: wire.HubId, told: told_contacts.ConsentTold, key: TheCaller, hub: TheHub) -> Response:
    """Record what a debtor said of a channel, a contact point or a purpose; of several words the latest counts."""
    body = told.model_dump(exclude_none=True, exclude_unset=True)
    return JSONResponse(contacts.consent(hub, debtor_id, body, by=key.name), status_code=201)


@_told.post(
    "/debtors/{debtor_id}/do-not-contact",
    response_model=told_contacts.ProhibitionSaid,
    status_code=201,
    summary="Forbid contact",
    responses=_TOO_LARGE,
)
def forbid_contact(debtor_id: wire.HubId, told: told_contacts.ProhibitionTold, key: TheCaller, hub: TheHub) -> Response:
    """Record a contact that must not be made; it wins over everything until it is lifted."""
    body = told.model_dump(exclude_none=True, exclude_unset=True)
    return JSONResponse(contacts.prohibit(hub, debtor_id, body, by=key.name), status_code=201)


@_told.post(
    "/do-not-contact/{number}/lift",
    response_model=told_contacts.ProhibitionSaid,
    summary="Lift a prohibition",
    responses=_TOO_LARGE,
)
def lift_prohibition(number: wire.Number, told: told_contacts.LiftTold, key: TheCaller, hub: TheHub) -> Response:
    """End a prohibition, and say why; it is kept."""
    return JSONResponse(contacts.lift_prohibition(hub, number, because=told.because, by=key.name))


@router.get("/disputes", response_model=told_contacts.DisputePage, summary="Disputes, all or of one status")
def list_disputes(asked: Annotated[Disputes, Query()], hub: TheHub) -> Response:
    """Disputes in order of number, with their debts and how they ended."""
    after = paging.number_of("disputes", asked.after)
    found = contacts.disputes(hub, status=asked.status, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("disputes", found, limit=asked.limit, place=_number))


@_told.post(
    "/disputes",
    response_model=told_contacts.DisputeSaid,
    status_code=201,
    summary="Open a dispute",
    responses=_TOO_LARGE,
)
def open_dispute(told: told_contacts.DisputeTold, key: TheCaller, hub: TheHub) -> Response:
    """Open a dispute about debts; they are not asked for until it is resolved, unless its effect is `none`."""
    body = told.model_dump(exclude_none=True, exclude_unset=True)
    return JSONResponse(contacts.dispute(hub, body, by=key.name), status_code=201)


@_told.post(
    "/disputes/{number}/resolution",
    response_model=told_contacts.DisputeSaid,
    summary="Resolve a dispute",
    responses=_TOO_LARGE,
)
def resolve_dispute(number: wire.Number, told: told_contacts.ResolutionTold, key: TheCaller, hub: TheHub) -> Response:
    """End a dispute; its debts may be asked for again, if nothing else stands in the way."""
    body = told.model_dump(exclude_none=True, exclude_unset=True)
    return JSONResponse(contacts.resolve_dispute(hub, number, body, by=key.name))


@_told.post(
    "/holds", response_model=told_contacts.HoldSaid, status_code=201, summary="Hold debts", responses=_TOO_LARGE
)
def hold_debts(told: told_contacts.HoldTold, key: TheCaller, hub: TheHub) -> Response:
    """Let debts, or a debtor with everything it owes, alone for now.

    `payment_announced` is believed for the days that the rules give it.
    """
    body = told.model_dump(exclude_none=True, exclude_unset=True)
    return JSONResponse(contacts.hold(hub, body, by=key.name), status_code=201)


@_told.post("/holds/{number}/lift", response_model=told_contacts.HoldSaid, summary="Lift a hold", responses=_TOO_LARGE)
def lift_hold(number: wire.Number, told: told_contacts.LiftTold, key: TheCaller, hub: TheHub) -> Response:
    """End a hold and say why: the reason is kept with it, and contact is weighed without it from now on."""
    return JSONResponse(contacts.lift_hold(hub, number, because=told.because, by=key.name))


router.include_router(_told)


def _number(row: Any) -> int:
    return int(row["id"])
