"""What operators look at: runs, data quality, quarantine."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from admin_api import answers, paging, wire
from admin_api.routes import TheHub
from sync import actions

router = APIRouter(tags=["operation"])


@router.get("/runs", response_model=answers.RunPage, summary="Runs, newest first")
def runs(asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """Runs with what became of every record they read."""
    before = paging.number_of("runs", asked.after)
    found = [answers.run(row) for row in actions.latest_runs(hub, before=before or None, limit=asked.limit + 1)]
    return JSONResponse(paging.page("runs", found, limit=asked.limit, place=lambda run: run["id"]))


@router.get("/runs/{number}", response_model=answers.Run, summary="One run")
def run(number: wire.Number, hub: TheHub) -> Response:
    """A run with what became of every record it read."""
    return JSONResponse(answers.run(actions.one_run(hub, number)))


@router.get("/quality", response_model=answers.QualityPage, summary="Data quality by connection")
def quality(asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """How many records of each connection carry an issue of each kind: stand-ins, invalid numbers, bad dates."""
    after = paging.name_of("quality", asked.after)
    found = [row for row in sorted(actions.quality(hub), key=_issue) if _issue(row) > after]
    return JSONResponse(paging.page("quality", found, limit=asked.limit, place=_issue))


@router.get("/quarantine", response_model=answers.QuarantinePage, summary="Rows that wait for repair")
def quarantine(asked: Annotated[wire.Rows, Query()], hub: TheHub) -> Response:
    """Rows that could not be applied: which column, why, and what stood there."""
    after = paging.number_of("quarantine", asked.after)
    found = actions.quarantined(hub, connection=asked.connection, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("quarantine", found, limit=asked.limit, place=_number))


def _number(row: dict[str, Any]) -> int:
    return int(row["id"])


def _issue(row: dict[str, Any]) -> str:
    return f"{row['connection']}/{row['issue']}"
