"""Agreements told by channels, bots and agents: record, read, and what a person says of one."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from admin_api import paging, wire
from admin_api.answers import AgreementInShort, Listing
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub, problem
from admin_api.routes.payments import TheKey
from admin_api.said import Said
from admin_api.told_agreements import ToldAgreement
from admin_api.wire import Asked, HubId, Told
from concilia.portfolio.agreement import Happening
from concilia.store.access import KeyRow
from sync import agreements
from sync.agreements import Telling

router = APIRouter(tags=["agreements"])
_told = APIRouter(route_class=JsonRoute)


class ToldWord(Told):
    """Why, and (reinstate) until when what was missed may be paid."""

    reason: Asked = ""
    until: Asked = ""


class OfDebtor(wire.Page):
    """A page of agreements, of one state or of all."""

    state: str = Field(default="", max_length=200, description="Only agreements in this state; all when empty.")


class HeldDebt(Said):
    """A debt under an agreement, and how much of it."""

    debt: str
    amount: str


class PartNow(Said):
    """How one part stands, with the days that count and the holiday that moved its due date."""

    number: int
    due_date: str
    business_day: str
    last_day: str
    amount: str
    standing: Literal["open", "kept_on_schedule", "kept_late", "missed"]
    missing: str
    moved_because: str


class EvaluationNow(Said):
    """What payments and days say of an agreement. `paid_by_balance` came without a payment that we know."""

    on: str
    state: str
    reason: str
    paid: str
    missing: str
    paid_by_balance: str
    late: bool
    calendar: str
    parts: list[PartNow]


class HistoryLine(Said):
    """One state it went through."""

    state: str
    happening: str
    at: str
    by: str
    reason: str


class WrittenBack(Said):
    """How far telling one system got."""

    connection: str
    reference: str
    state: str
    external_id: str | None
    changed_at: str


class ListedAgreement(AgreementInShort):
    """An agreement in a list."""

    debtor: str | None
    debts: list[HeldDebt]
    tolerance_days: int
    tolerance_amount: str
    expires_on: str | None
    extended_to: str | None
    origin: str
    replaced_by: str | None
    version: int
    recorded_at: str
    updated_at: str


class Agreement(ListedAgreement):
    """An agreement with its progress, its history, and the systems that were told."""

    evaluation: EvaluationNow | None
    history: list[HistoryLine]
    written_back: list[WrittenBack]


class AgreementPage(Listing):
    """Agreements, in order of id."""

    items: list[ListedAgreement]


_WORDS: Final = {
    "accept": Happening.ACCEPTED,
    "reject": Happening.REJECTED,
    "cancel": Happening.CANCELLED,
    "withdraw": Happening.WITHDRAWN,
    "reinstate": Happening.REINSTATED,
}


@_told.post(
    "/agreements",
    response_model=Agreement,
    status_code=201,
    summary="Record an agreement",
    responses={
        200: {"model": Agreement, "description": "It stands already, told under another key."},
        201: {"description": "The agreement is recorded."},
        413: problem("The body is larger than one mebibyte."),
    },
)
async def record_agreement(
    told: ToldAgreement,
    idempotency_key: TheKey,
    key: Annotated[KeyRow, Depends(caller)],
    hub: TheHub,
    request: Request,
) -> Response:
    """Record a promise, a plan or a settlement once, however often it is told.

    One agreement holds a debt at a time; another one has to name it in `replaces`. What cannot be agreed is a 422 whose
    `type` names the rule, such as `agreement-above-balance`; it is kept, and settled when it is told again and taken
    under the same `Idempotency-Key`.
    """
    body = told.model_dump(exclude_none=True, exclude_unset=True)
    async with request.app.state.payment_turns:
        telling = Telling(key.name, key.id, idempotency_key)
        answer = await run_in_threadpool(agreements.record, hub, body, told=telling)
    headers = {"Idempotent-Replayed": "true"} if answer.repeated else {}
    return JSONResponse(dict(answer.body), status_code=answer.status, headers=headers)


@router.get("/agreements", response_model=AgreementPage, summary="Agreements, all or of one state")
def list_agreements(asked: Annotated[OfDebtor, Query()], hub: TheHub) -> Response:
    """Agreements in order of id, with how each part stands and the first one that is due."""
    after = paging.name_of("agreements", asked.after)
    found = agreements.listed(hub, state=asked.state, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("agreements", found, limit=asked.limit, place=_id))


@router.get("/agreements/{agreement_id}", response_model=Agreement, summary="One agreement")
def one_agreement(agreement_id: HubId, hub: TheHub) -> Response:
    """An agreement with how it stands today part by part, its history, and which systems were told."""
    return JSONResponse(agreements.one(hub, agreement_id))


@router.get("/debtors/{debtor_id}/agreements", response_model=AgreementPage, summary="The agreements of a debtor")
def agreements_of_debtor(debtor_id: HubId, asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """Agreements on the debts a debtor owes now, in order of id; a merged id answers with where it went."""
    after = paging.name_of("debtor-agreements", asked.after)
    found = agreements.of_debtor(hub, debtor_id, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("debtor-agreements", found, limit=asked.limit, place=_id))


@_told.post(
    "/agreements/{agreement_id}/{word}",
    response_model=Agreement,
    summary="Accept, reject, cancel, withdraw or reinstate",
    responses={413: problem("The body is larger than one mebibyte.")},
)
def move_agreement(
    agreement_id: HubId,
    word: Annotated[
        Literal["accept", "reject", "cancel", "withdraw", "reinstate"], Path(description="What is said of it.")
    ],
    told: ToldWord,
    key: Annotated[KeyRow, Depends(caller)],
    hub: TheHub,
) -> Response:
    """Say what became of it: `cancel` by the creditor, `withdraw` by the debtor; repeating it changes nothing.

    A broken one is reinstated with `until`, the day until which what was missed may be paid.
    """
    said = agreements.word(_WORDS[word], by=key.name, reason=told.reason, until=told.until)
    return JSONResponse(agreements.move(hub, agreement_id, said))


router.include_router(_told)


def _id(row: Any) -> str:
    return str(row["id"])
