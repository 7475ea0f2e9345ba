"""Comparing systems with the hub, and discrepancies: listed, and ended by a person; with their wire shapes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from admin_api import paging, wire
from admin_api.answers import Discrepancy, DiscrepancyPage
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub
from admin_api.said import Said
from concilia.store.access import KeyRow
from sync import actions

router = APIRouter(tags=["operation"])
_told = APIRouter(route_class=JsonRoute)


class Comparison(wire.Told):
    """Which systems to compare, and whether anything is written."""

    connections: list[wire.Line] = Field([], max_length=200, description="All when empty.")
    dry_run: bool = Field(False, description="Only say what would be opened.")


class Resolution(wire.Told):
    """How a person ends a discrepancy."""

    resolution: Literal["accepted", "corrected_there", "corrected_here", "explained"] = Field(
        description="`accepted` stays quiet until a figure changes; any other is opened again if it still differs."
    )
    note: Annotated[wire.Asked, Field(description="Why; it is kept.")] = ""


class ComparedFigure(Said):
    """Counts and sums of one system, creditor, unit and day, there and here."""

    what: Literal["debts", "payments"]
    connection: str
    creditor: str
    unit: str
    day: str
    there: int
    here: int
    sum_there: str
    sum_here: str
    unposted: str = Field(description="Payments the hub took off and that ledger does not hold yet.")
    difference: str
    agrees: bool


class Reconciled(Said):
    """What a comparison found. `run` is null in a dry run, which writes nothing."""

    run: int | None
    dry_run: bool
    figures: list[ComparedFigure]
    opened: list[Discrepancy]
    standing: int
    closed: int


@router.get("/discrepancies/{number}", response_model=Discrepancy, summary="One discrepancy")
def discrepancy(number: wire.Number, hub: TheHub) -> Response:
    """A discrepancy, open or ended, with who ended it and how."""
    return JSONResponse(actions.one_discrepancy(hub, number).as_json())


@_told.post("/reconciliations", response_model=Reconciled, summary="Compare systems with the hub")
def reconcile(told: Comparison, hub: TheHub) -> Response:
    """Compare counts, sums and balances by system, creditor, unit and day, and open what differs. Repairs nothing."""
    return JSONResponse(actions.reconcile(hub, told.connections, dry_run=told.dry_run).as_json())


@_told.post("/discrepancies/{number}/resolution", response_model=Discrepancy, summary="End a discrepancy")
def end_discrepancy(
    number: wire.Number, told: Resolution, hub: TheHub, key: Annotated[KeyRow, Depends(caller)]
) -> Response:
    """End a discrepancy as a person decided. The debt is not changed: its owner's word stands."""
    row = actions.resolve_discrepancy(hub, number, resolution=told.resolution, by=key.name, note=told.note)
    return JSONResponse(row.as_json())


@router.get("/discrepancies", response_model=DiscrepancyPage, summary="Debts stated differently")
def discrepancies(asked: Annotated[wire.Discrepancies, Query()], hub: TheHub) -> Response:
    """Differences between systems, the open ones unless asked otherwise, oldest first."""
    after = paging.number_of("discrepancies", asked.after)
    status = "" if asked.status == "all" else asked.status
    found = actions.listed_discrepancies(hub, status=status, kind=asked.kind, after=after, limit=asked.limit + 1)
    rows = [row.as_json() for row in found]
    return JSONResponse(paging.page("discrepancies", rows, limit=asked.limit, place=_number))


router.include_router(_told)


def _number(row: dict[str, Any]) -> int:
    return int(row["id"])
