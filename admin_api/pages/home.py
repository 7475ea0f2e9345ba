"""The start page: how much there is, what waits, the latest runs, and how fresh each connection is."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response

from admin_api.pages.rendering import page
from admin_api.pages.visitors import TheHub, Visitor
from sync import actions, overview

router = APIRouter()

LATEST_RUNS: Final = 5
# What is counted, and the page that lists it.
TILES: Final = (
    ("debtors", "/debtors"),
    ("source_debtors", ""),
    ("source_records", ""),
    ("candidates", "/candidates"),
    ("discrepancies", "/discrepancies"),
    ("quarantined", "/quarantine"),
    ("writes", ""),
)


@router.get("/")
def home(request: Request, hub: TheHub, _visitor: Visitor) -> Response:
    """The state of the hub on one page."""
    return page(
        request,
        "home.html",
        tiles=TILES,
        counts=overview.counts(hub),
        runs=actions.latest_runs(hub, limit=LATEST_RUNS),
        connections=overview.freshness_of_connections(hub),
    )
