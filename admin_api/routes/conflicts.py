"""Plans of what is pushed, and conflicts between edits: listed, shown, decided; with their wire shapes."""

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
from sync import disputes, write_plans

router = APIRouter(tags=["operation"])
_told = APIRouter(route_class=JsonRoute)


class Conflicts(wire.Page):
    """A page of conflicts, of one status and connection or of all."""

    status: Literal["open", "decided", "resolved", "settled", "superseded", "all"] = Field(
        "open", description="Only those of this status; `decided` are those a policy decided."
    )
    connection: Annotated[wire.Asked, Field(description="Only those at this connection.")] = ""


class Decision(wire.Told):
    """What a person takes."""

    take: wire.Line = Field(description="`ours`, `theirs`, or the value that stands from now on.", examples=["theirs"])


class SaidBy(Said):
    """What one record said of the field, and what hub and record had agreed on."""

    connection: str
    stream: str
    external_id: str
    key: str
    value: str
    since: str
    base: str | None
    moved: bool


class Conflict(Said):
    """A field that was edited on two sides. `base` is what they agreed on last."""

    id: int
    fingerprint: str
    kind: str
    status: str
    golden_id: str | None
    field: str
    connection: str
    stream: str
    external_id: str
    base: str
    ours: str
    theirs: str
    policy: str
    why: str
    opened_at: str
    taken: str | None
    resolved_by: str | None
    resolved_at: str | None
    voices: list[SaidBy]


class ConflictPage(Listing):
    """Conflicts, oldest first."""

    items: list[Conflict]


class PlannedRow(Said):
    """One planned write: what both agreed on, what the hub says, what the record says, what is written, and why."""

    plan_id: int
    number: int
    connection: str
    operation: str
    golden_id: str | None
    stream: str
    external_id: str
    field: str
    base: str
    ours: str
    theirs: str
    why: str
    idempotency_key: str
    state: str
    reason: str
    changed_at: str
    writes: dict[str, str | None]


class PlanPart(Said):
    """A plan's part for one connection, and why it waits for approval (empty: it does not)."""

    plan_id: int
    connection: str
    fingerprint: str
    changes: int
    waits: str
    approved_at: str | None
    approved_by: str | None


class WritePlan(Said):
    """A plan of what is pushed. Lists leave its rows out."""

    id: int
    status: str
    made_by: str
    made_at: str
    applied_at: str | None
    targets: list[PlanPart]
    rows: list[PlannedRow]
    impossible: list[dict[str, Any]] = Field(description="What its mapping or system cannot write, when just made.")


class WritePlans(Said):
    """The latest plans."""

    items: list[WritePlan]


@router.get("/conflicts", response_model=ConflictPage, summary="Fields edited on two sides")
def conflicts(asked: Annotated[Conflicts, Query()], hub: TheHub) -> Response:
    """Conflicts, the open ones unless asked otherwise. Those that a policy decided are kept too."""
    after = paging.number_of("conflicts", asked.after)
    status = "" if asked.status == "all" else asked.status
    found = disputes.listed(hub, status=status, connection=asked.connection, after=after, limit=asked.limit + 1)
    rows = [disputes.as_json(row) for row in found]
    return JSONResponse(paging.page("conflicts", rows, limit=asked.limit, place=_number))


@router.get("/conflicts/{number}", response_model=Conflict, summary="One conflict")
def conflict(number: wire.Number, hub: TheHub) -> Response:
    """A conflict with every voice that was heard."""
    return JSONResponse(disputes.as_json(disputes.one(hub, number)))


@_told.post("/conflicts/{number}/resolution", response_model=Conflict, summary="Decide a conflict")
def decide(number: wire.Number, told: Decision, hub: TheHub, key: Annotated[KeyRow, Depends(caller)]) -> Response:
    """Decide an open conflict. The next push writes it where it has to be written."""
    return JSONResponse(disputes.as_json(disputes.resolve(hub, number, take=told.take, by=key.name)))


@router.get("/plans", response_model=WritePlans, summary="Plans of what is pushed")
def plans(hub: TheHub, limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 20) -> Response:
    """The latest plans without their rows, newest first."""
    return JSONResponse({"items": [plan.as_json() for plan in write_plans.listed(hub, limit=limit)]})


@router.get("/plans/{number}", response_model=WritePlan, summary="One plan, field by field")
def plan(number: wire.Number, hub: TheHub) -> Response:
    """A plan with the difference of each row, and what became of it."""
    return JSONResponse(write_plans.show(hub, number).as_json())


router.include_router(_told)


def _number(row: dict[str, Any]) -> int:
    return int(row["id"])
