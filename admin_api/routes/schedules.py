"""What runs by itself: schedules with their firings, and what the breaker asks; with its wire shapes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from admin_api import paging, wire
from admin_api.answers import Listing
from admin_api.auth import caller
from admin_api.routes import TheHub
from admin_api.said import Said
from concilia.store.access import KeyRow
from sync import actions

router = APIRouter(tags=["operation"])

ScheduleName = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,62}$", examples=["nightly"])]


class Firing(Said):
    """One time a schedule was due, and what became of it: `reason` says why it was skipped, missed or failed."""

    id: int
    due_at: str
    start_at: str
    status: str = Field(description="waiting, running, done, failed, skipped or missed.")
    reason: str
    run_id: int | None
    finished_at: str | None


class Schedule(Said):
    """A schedule with its policies. `next_due` is null while it rests."""

    name: str
    job: str
    cron: str
    time_zone: str
    connections: list[str] = Field(description="Empty: all.")
    full: bool
    overlap: str = Field(description="What becomes of a firing while an earlier one runs: skip, queue or one.")
    catch_up: str = Field(description="What becomes of late firings: once, all or none.")
    grace_seconds: int = Field(description="How late still counts as in time.")
    jitter_seconds: int
    paused_at: str | None
    paused_by: str | None
    next_due: str | None
    firings: list[Firing] = Field(description="The latest, newest first.")


class SchedulePage(Listing):
    """Schedules, by name."""

    items: list[Schedule]


class Trip(Said):
    """Where the breaker stopped a stream, and how a person answered."""

    id: int
    connection: str
    stream: str
    kind: str = Field(description="vanished, sign or drift.")
    found: int
    known: int
    allowance: int = Field(description="How many pass unasked.")
    status: str
    decided_by: str | None
    decided_at: str | None


class AllowedRun(Said):
    """What the next reading may do."""

    run: int
    allowed: list[Trip]


@router.get("/schedules", response_model=SchedulePage, summary="Schedules, by name")
def schedules(asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """Schedules taken over from the workspace: when each is due next, its policies, and its latest firing."""
    after = paging.name_of("schedules", asked.after)
    found = [actions.schedule_json(one) for one in actions.schedules(hub) if one.declared.name > after]
    return JSONResponse(paging.page("schedules", found, limit=asked.limit, place=_name))


@router.get("/schedules/{name}", response_model=Schedule, summary="One schedule")
def schedule(name: ScheduleName, hub: TheHub) -> Response:
    """A schedule with its latest twenty firings, also those that were skipped or missed."""
    return JSONResponse(actions.schedule_json(actions.one_schedule(hub, name)))


@router.post("/runs/{number}/allowance", response_model=AllowedRun, summary="Allow what a run asks")
def allow_run(number: wire.Number, hub: TheHub, key: Annotated[KeyRow, Depends(caller)]) -> Response:
    """Let the next reading of the streams that the breaker stopped in this run pass, once.

    422 when the run asks nothing, or not any more.
    """
    allowed = actions.allow_run(hub, number, by=key.name)
    told = [{name: getattr(trip, name) for name in Trip.model_fields} for trip in allowed]
    return JSONResponse({"run": number, "allowed": told})


def _name(item: dict[str, Any]) -> str:
    return str(item["name"])
