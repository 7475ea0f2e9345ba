"""The steward's pages: pairs by value at stake, one pair side by side, what a ruling would do, and ruling."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from admin_api import paging
from admin_api.pages import figures
from admin_api.pages.rendering import HEADERS, page
from admin_api.pages.visitors import Form, TheHub, Visitor
from admin_api.wire import Number
from sync import stewardship
from sync.hub import Hub
from sync.stewardship import DIFFERENT, SAME, WITHDRAWN, Outcome, PairView, Retiring, Word

router = APIRouter()

LINES: Final = 25
Judgement = Literal["same", "different", "withdrawn"]


@router.get("/candidates")
def candidates(
    request: Request, hub: TheHub, _visitor: Visitor, after: Annotated[str, Query(max_length=500)] = ""
) -> Response:
    """Pairs that wait for a steward, the greatest value at stake first."""
    start = paging.number_of("candidates", after)
    found = stewardship.candidates(hub, after=start, limit=LINES + 1)
    listed = paging.page("candidates", found, limit=LINES, place=lambda pair: pair.place)
    return page(request, "candidates.html", listed=listed, waiting=stewardship.count(hub))


def _pair_of(left: Number, right: Number) -> tuple[int, int]:
    return left, right


Pair = Annotated[tuple[int, int], Depends(_pair_of)]


@router.get("/candidates/{left}/{right}")
def candidate(
    request: Request, hub: TheHub, _visitor: Visitor, pair: Pair, hecho: Annotated[str, Query(max_length=1)] = ""
) -> Response:
    """Both sides field by field, the evidence, and what may be said of them; `hecho` comes right after a ruling."""
    return page(request, "candidate.html", **_facts(hub, pair), judgement="", retire=None, done=bool(hecho))


def _retiring(
    retire_id: Annotated[str, Query(max_length=200)] = "", superseded: Annotated[str, Query(max_length=1)] = ""
) -> Retiring | None:
    return Retiring(retire_id, bool(superseded)) if retire_id else None


class Step(NamedTuple):
    """What a steward is about to say of a pair."""

    pair: tuple[int, int]
    judgement: str
    retire: Retiring | None


def _step_of(pair: Pair, judgement: Judgement, retire: Annotated[Retiring | None, Depends(_retiring)]) -> Step:
    return Step(pair, judgement, retire)


@router.get("/candidates/{left}/{right}/{judgement}")
def foresee(request: Request, hub: TheHub, _visitor: Visitor, step: Annotated[Step, Depends(_step_of)]) -> Response:
    """The same page with what the ruling would do, and the button that makes it."""
    pair, judgement, retire = step
    foreseen = stewardship.foresee(hub, *pair, judgement=judgement, retire=retire)
    facts = {**_facts(hub, pair), "judgement": judgement, "retire": retire, "done": False}
    return page(request, "candidate.html", **facts, foreseen=foreseen, consequence=consequence(foreseen, judgement))


@router.post("/candidates/{left}/{right}/{judgement}")
def rule(hub: TheHub, visitor: Visitor, form: Form, pair: Pair, judgement: Judgement) -> Response:
    """Make the ruling, and show the pair as it stands then."""
    retire = _retiring(form.get("retire_id", ""), form.get("superseded", ""))
    stewardship.say(hub, pair, Word(judgement, visitor.name, form.get("reason", ""), retire))
    return RedirectResponse(f"/candidates/{pair[0]}/{pair[1]}?hecho=1", status_code=303, headers=HEADERS)


def consequence(foreseen: Outcome, judgement: str) -> str:
    """What a ruling does, as the catalogue's `consequence` names it."""
    was_one = foreseen.before[0] == foreseen.before[1]
    match (judgement, was_one, foreseen.together):
        case ("same", _, False):
            return "refused"
        case (_, False, True):
            return "joins"
        case (_, True, False):
            return "splits"
        case ("withdrawn", _, _):
            return "nothing"
        case (_, True, True):
            return "stays_one"
        case _:
            return "stays_two"


def _facts(hub: Hub, pair: tuple[int, int]) -> dict[str, Any]:
    found = stewardship.pair(hub, *pair)
    bars = figures.evidence_bars(found.evidence)
    return {"pair": found, "evidence": bars, "bits": figures.total_bits(bars), "says": _may_be_said(found)}


def _may_be_said(found: PairView) -> list[str]:
    """The judgements that would change something now."""
    now = found.ruling.judgement if found.ruling else WITHDRAWN
    return [judgement for judgement in (SAME, DIFFERENT, WITHDRAWN) if judgement != now]
