"""Pages that only list: runs and one run, rows in quarantine, discrepancies."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from admin_api import paging
from admin_api.pages.rendering import page
from admin_api.pages.visitors import TheHub, Visitor
from admin_api.wire import Number
from sync import actions, overview

router = APIRouter()

LINES: Final = 50
After = Annotated[str, Query(max_length=500)]


@router.get("/runs")
def runs(request: Request, hub: TheHub, _visitor: Visitor, after: After = "") -> Response:
    """Runs, newest first, with what became of their records."""
    before = paging.number_of("runs", after)
    found = actions.latest_runs(hub, before=before or None, limit=LINES + 1)
    return page(request, "runs.html", listed=paging.page("runs", found, limit=LINES, place=lambda row: row.id))


@router.get("/runs/{number}")
def run(request: Request, hub: TheHub, _visitor: Visitor, number: Number) -> Response:
    """One run: its streams with the six dispositions, and what failed."""
    return page(request, "run.html", run=actions.one_run(hub, number))


@router.get("/quarantine")
def quarantine(request: Request, hub: TheHub, _visitor: Visitor, after: After = "") -> Response:
    """Rows that wait for repair: where they stood, which column, and why."""
    start = paging.number_of("quarantine", after)
    found = actions.quarantined(hub, after=start, limit=LINES + 1)
    listed = paging.page("quarantine", found, limit=LINES, place=lambda row: int(row["id"]))
    return page(request, "quarantine.html", listed=listed)


@router.get("/discrepancies")
def discrepancies(request: Request, hub: TheHub, _visitor: Visitor, after: After = "") -> Response:
    """Debts of which two systems state different balances."""
    start = paging.number_of("discrepancies", after)
    found = overview.discrepancies_with_debtors(hub, after=start, limit=LINES + 1)
    listed = paging.page("discrepancies", found, limit=LINES, place=lambda row: int(row["id"]))
    return page(request, "discrepancies.html", listed=listed)
