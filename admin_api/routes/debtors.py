"""Debtors: search, one with everything, why its values stand, and whose an identifier is."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from admin_api import answers, paging, wire
from admin_api.routes import TheHub
from concilia.servicing.debtors import Identifiers
from sync import actions

router = APIRouter(tags=["debtors"])

MOST_MATCHES = 100
REVALIDATE = "private, no-cache"


@router.get("/debtors", response_model=answers.DebtorPage, summary="Search debtors, or list all")
def search(asked: Annotated[wire.Search, Query()], hub: TheHub) -> Response:
    """Golden debtors whose names, identifiers, phones or e-mails hold every word of `q`, in order of id."""
    after = paging.name_of("debtors", asked.after)
    found = actions.search_debtors(hub, asked.q, after=after, limit=asked.limit + 1)
    return JSONResponse(paging.page("debtors", found, limit=asked.limit, place=lambda row: row["id"]))


@router.get(
    "/debtors/{debtor_id}",
    response_model=answers.Debtor,
    summary="One debtor",
    responses={
        200: {
            "headers": {
                "ETag": {"description": "Changes with anything in the body.", "schema": {"type": "string"}},
                "Content-Location": {
                    "description": "Where the debtor stands now, when the id asked for was merged away.",
                    "schema": {"type": "string"},
                },
            }
        },
        304: {"description": "It is still as `If-None-Match` says."},
    },
)
def debtor(debtor_id: wire.HubId, request: Request, hub: TheHub) -> Response:
    """A golden debtor with its contact points, debts, roles and sources.

    An id that was merged away answers 200 with the debtor it was merged into, `merged_from` in the body and
    `Content-Location` in the header. It is no redirect because callers keep ids for years (a dialer's list, a bot's
    memory), many clients do not follow a redirect or lose their Authorization when they do, and 301 and 308 may be
    remembered for good although a merge can be undone. So an old id costs one call, and says where it went.

    Repeat with `If-None-Match: <ETag>` to be told 304 while nothing changed. The ETag is made from the whole body:
    the debtor's id and version, the versions of its debts, and what is joined to it, such as who shares a phone.
    """
    found = actions.debtor(hub, debtor_id)
    tag = _tag(json.dumps(found.body, sort_keys=True))
    headers = {"ETag": tag, "Cache-Control": REVALIDATE}
    if found.row.id != debtor_id:
        headers["Content-Location"] = f"/v1/debtors/{found.row.id}"
    if _matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return JSONResponse(dict(found.body), headers=headers)


@router.get("/debtors/{debtor_id}/provenance", response_model=answers.Provenance, summary="Why its values stand")
def provenance(debtor_id: wire.HubId, hub: TheHub) -> Response:
    """For each field the winner, the losers and the rule; who states each identifier and contact point; the history."""
    return JSONResponse(actions.provenance(hub, debtor_id))


@router.get("/resolve", response_model=answers.Matches, summary="Whose is this identifier?")
def resolve(asked: Annotated[wire.Identified, Query()], hub: TheHub) -> Response:
    """The debtors that hold exactly one given tax id, phone, e-mail or debt, however it is written.

    Nobody is an answer, not an error. Stand-ins such as `66.666.666-6` are nobody's.
    """
    found = actions.resolve_identifier(hub, Identifiers(**asked.model_dump()))
    return JSONResponse({"matches": actions.summaries(hub, found[:MOST_MATCHES]), "total": len(found)})


@router.get("/debts/{debt_id}", response_model=answers.Debt, summary="One debt", tags=["debts"])
def debt(debt_id: wire.HubId, hub: TheHub) -> Response:
    """A debt with its balance now, its owner, and every system that states it."""
    return JSONResponse(actions.debt(hub, debt_id))


def _tag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _matches(told: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag; the comparison is weak, as RFC 9110 asks for here."""
    tags = [one.strip().removeprefix("W/") for one in told.split(",")]
    return tag in tags or tags == ["*"]
