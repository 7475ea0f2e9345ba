"""The page of changes that wait for a word: what is in use, what is wanted, and the two buttons beside each other."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from admin_api import paging
from admin_api.pages.rendering import HEADERS, page
from admin_api.pages.visitors import Form, TheHub, Visitor
from admin_api.wire import Number
from concilia.errors import RequestInvalid
from sync import contact_stewardship
from sync.contact_stewardship import Says
from sync.hub import Hub

router = APIRouter()

LINES: Final = 25
Verb = Literal["confirmar", "rechazar", "deshacer"]
_VERBS: Final[dict[str, Says]] = {"confirmar": Says.CONFIRM, "rechazar": Says.REJECT, "deshacer": Says.UNDO}
# What the address says that the list shows.
_SHOWN: Final = {"": "open", "confirmados": "confirmed", "rechazados": "rejected"}
Status = Annotated[Literal["", "confirmados", "rechazados"], Query()]


@router.get("/contact-changes")
def changes(
    request: Request,
    hub: TheHub,
    _visitor: Visitor,
    estado: Status = "",
    hecho: Annotated[str, Query(pattern="^[0-9]{0,18}$")] = "",
) -> Response:
    """Changes of verified contact points; `hecho` names the one that was just decided, which can be taken back."""
    return _shown(request, hub, status=estado, done=int(hecho or 0))


def _step_of(number: Number, verb: Verb) -> tuple[int, Says]:
    return number, _VERBS[verb]


Step = Annotated[tuple[int, Says], Depends(_step_of)]


@router.post("/contact-changes/{number}/{verb}")
def say(request: Request, hub: TheHub, visitor: Visitor, form: Form, step: Step) -> Response:
    """Decide the change, or take the decision back, and show the list again."""
    number, says = step
    try:
        contact_stewardship.say(hub, number, says, by=visitor.name, because=form.get("reason", ""))
    except RequestInvalid:
        return _shown(request, hub, refused=number)
    done = "" if says is Says.UNDO else f"?hecho={number}"
    return RedirectResponse(f"/contact-changes{done}", status_code=303, headers=HEADERS)


def _shown(request: Request, hub: Hub, *, status: str = "", done: int = 0, refused: int = 0) -> Response:
    start = paging.number_of("contact-changes", request.query_params.get("after", ""))
    found = contact_stewardship.listed(hub, status=_SHOWN[status], after=start, limit=LINES + 1)
    facts: dict[str, Any] = {
        "listed": paging.page("contact-changes", found, limit=LINES, place=_place),
        "waiting": contact_stewardship.waiting(hub),
        "done": contact_stewardship.one(hub, done) if done else None,
        "refused": contact_stewardship.one(hub, refused) if refused else None,
        "shown": status,
        "first": not start,
    }
    return page(request, "contact_changes.html", status=422 if refused else 200, **facts)


def _place(row: dict[str, Any]) -> int:
    return int(row["id"])
