"""Payments told by channels and gateways."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from admin_api import answers, paging, wire
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub, problem
from concilia.store.access import KeyRow
from sync import actions

router = APIRouter(tags=["payments"], route_class=JsonRoute)
_reading = APIRouter()

TheKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="One fresh key for each payment, and the same key when repeating it.",
        examples=["b7f1c1de-0d3e-4c1c-9d61-2f5c8a1f5d7b"],
    ),
]
_REPLAYED = {
    "Idempotent-Replayed": {
        "description": "`true` when this is the stored answer of an earlier call.",
        "schema": {"type": "string"},
    }
}


@router.post(
    "/payments",
    response_model=answers.RegisteredPayment,
    status_code=201,
    summary="Register a payment",
    responses={
        200: {
            "model": answers.RegisteredPayment,
            "description": "The payment was known already, under another key or from another system.",
            "headers": _REPLAYED,
        },
        201: {"description": "The payment is registered and applied.", "headers": _REPLAYED},
        413: problem("The body is larger than one mebibyte."),
    },
)
async def pay(
    told: wire.Payment,
    idempotency_key: TheKey,
    key: Annotated[KeyRow, Depends(caller)],
    hub: TheHub,
    request: Request,
) -> Response:
    """Take a payment that has happened, once however often it is told.

    The same `Idempotency-Key` and body get the first answer again, with `Idempotent-Replayed: true`; the same key
    with another body is refused. A payment known already under another key, or from another system, answers 200
    with the id it has. What exceeds the debt's balance is kept as `unapplied`.

    Payments follow one another; only a few may wait for their turn in threads, so that reading never waits for them.
    """
    async with request.app.state.payment_turns:
        answer = await run_in_threadpool(
            actions.register_payment, hub, told.as_told(), key_id=key.id, idempotency_key=idempotency_key
        )
    headers = {"Idempotent-Replayed": "true"} if answer.repeated else {}
    return JSONResponse(dict(answer.body), status_code=answer.status, headers=headers)


@router.post(
    "/payments/{payment_id}/reversal",
    response_model=answers.RegisteredPayment,
    status_code=201,
    summary="Take back a payment",
    responses={
        200: {
            "model": answers.RegisteredPayment,
            "description": "The payment was taken back already.",
            "headers": _REPLAYED,
        },
        201: {"description": "It is taken back: its debts owe it again.", "headers": _REPLAYED},
    },
)
async def reverse_payment(
    payment_id: wire.HubId,
    told: wire.Reversal,
    idempotency_key: TheKey,
    key: Annotated[KeyRow, Depends(caller)],
    request: Request,
) -> Response:
    """Say that a payment does not stand: a contra entry for each part, and the ledgers that hold it are told.

    A payment that was never applied to a debt is refused with `reversal-never-applied`.
    """
    async with request.app.state.payment_turns:
        answer = await run_in_threadpool(
            actions.reverse_payment,
            request.app.state.hub,
            payment_id,
            told.as_told(),
            key_id=key.id,
            idempotency_key=idempotency_key,
        )
    headers = {"Idempotent-Replayed": "true"} if answer.repeated else {}
    return JSONResponse(dict(answer.body), status_code=answer.status, headers=headers)


@_reading.get("/payments/refused", response_model=answers.PaymentRefusalPage, summary="Payments that were refused")
def refused_payments(asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """Payments and reversals that were told and refused under a named rule, and have not been taken since."""
    after = paging.number_of("payments", asked.after)
    found = actions.refused_payments(hub, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("payments", found, limit=asked.limit, place=_number))


@router.post(
    "/payments/refused/{number}/retry", response_model=answers.RegisteredPayment, summary="Tell a refused payment again"
)
async def retry_refused(number: wire.Number, told: wire.Correction, hub: TheHub, request: Request) -> Response:
    """Tell it again under its own key, with some members changed."""
    async with request.app.state.payment_turns:
        answer = await run_in_threadpool(actions.retry_refused, hub, number, changes=told.changes)
    return JSONResponse(dict(answer.body))


router.include_router(_reading)


def _number(row: dict[str, Any]) -> int:
    return int(row["id"])
