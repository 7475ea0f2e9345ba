"""What changed, for programs that keep a copy of the hub's records."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from admin_api import paging
from admin_api.problems import CursorInvalid
from admin_api.routes import TheHub
from admin_api.said import Said
from admin_api.wire import Told
from sync.changes import Place, changes

router = APIRouter(tags=["events"])

StreamName = Annotated[
    Literal["debtors", "debts", "payments", "agreements"], Path(description="Which records are followed.")
]


class Following(Told):
    """Up to where the caller has read."""

    after: Annotated[str, Field(max_length=500, description="`resume` of the page before; empty to get all.")] = ""
    limit: Annotated[int, Field(ge=1, le=1000, description="How many records, or facts behind them.")] = 500


class Change(Said):
    """A record as it is now. One that is gone has `deleted_at`, and of its members only what says where it went."""

    id: str
    sequence: int = Field(description="The record holds what happened up to this event, if not more.")
    deleted_at: str | None
    record: dict[str, Any]


class ChangePage(Said):
    """Changes in order. Keep `resume` when all of them are stored; it goes on behind them, now or next year."""

    items: list[Change]
    resume: str
    sequence: int = Field(description="The event up to which this stream was read when the list is whole.")
    more: bool = Field(description="Whether there is more now.")


@router.get("/changes/{stream}", response_model=ChangePage, summary="Records that changed, and those that are gone")
def changed(stream: StreamName, asked: Annotated[Following, Query()], hub: TheHub) -> Response:
    """First every record, then those that changed since: at least once, with deletions, from any place.

    A debtor that was merged away or retired comes with `deleted_at` and without what it held. A record that changes
    while the list is read comes again.
    """
    listing = f"changes-{stream}"
    found = changes(hub, stream, place=_place(listing, asked.after), limit=asked.limit)
    items = [
        {"id": one.id, "sequence": one.sequence, "deleted_at": one.deleted_at, "record": dict(one.record)}
        for one in found.changes
    ]
    resume = paging.cursor_of(listing, _told(found.place))
    return JSONResponse({"items": items, "resume": resume, "sequence": found.place.seq, "more": found.more})


def _told(place: Place) -> str:
    return f"{place.seq}" if place.listed is None else f"{place.seq}:{place.listed}"


def _place(listing: str, cursor: str) -> Place | None:
    """The place a cursor stands for; None without one."""
    if not cursor:
        return None
    number, colon, listed = paging.name_of(listing, cursor).partition(":")
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        raise CursorInvalid("This cursor was not given out by this list.", mend="Leave it out to start.")
    return Place(int(number), listed if colon else None)
