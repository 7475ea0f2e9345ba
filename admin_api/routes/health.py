"""Whether the hub can work, and the description of its API. Open to everybody: no personal data here."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from admin_api import answers
from admin_api.description import page
from admin_api.routes import TheHub
from sync import actions

router = APIRouter(tags=["health"])


@router.get("/healthz", response_model=answers.Health, summary="Is the hub well?")
def healthz(hub: TheHub) -> Response:
    """200 when the database answers: its schema version, and how much waits. 503 when it does not."""
    found = actions.health(hub)
    return JSONResponse({"status": "ok", "schema_version": found["schema"], "pending": found["pending"]})


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> Response:
    """The API as a page. It needs nothing from other hosts."""
    return HTMLResponse(page(request.app.openapi()), headers={"Content-Security-Policy": "default-src 'none'"})
