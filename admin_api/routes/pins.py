"""Pins of a steward: a value fixed for a field of a debtor, and let go again; with its wire shapes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from admin_api import wire
from admin_api.answers import SourcePlace
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub
from admin_api.said import Said
from concilia.store.access import KeyRow
from sync import pinning
from sync.pinning import FieldNow, Pinned, Wish

router = APIRouter(tags=["stewardship"])
_told = APIRouter(route_class=JsonRoute)

FieldName = Annotated[str, Path(pattern="^[a-z0-9_]{1,40}$", examples=["full_name"])]


class Pin(wire.Told):
    """A value that stands whatever the sources say."""

    field: Annotated[wire.Line, Field(description="A field of debtors, but not `tax_id`.", examples=["full_name"])]
    value: Annotated[str, Field(min_length=1, max_length=1000, description="Read as a value of a source would be.")]
    reason: Annotated[wire.Asked, Field(description="Why, in the steward's words; it is kept.")] = ""
    dry_run: Annotated[bool, Field(description="Say what would change, and change nothing.")] = False


class Unpinning(wire.Told):
    """How a pin is taken back."""

    reason: Annotated[wire.Asked, Field(description="Why, in the steward's words; it is kept.")] = ""
    dry_run: Annotated[bool, Field(description="Say what would change, and change nothing.")] = False


class FieldValue(Said):
    """What a golden debtor says of a field, and by which rule; null when it says nothing."""

    value: str | None
    rule: str | None


class PinnedField(Said):
    """What a pin, or its end, changed."""

    debtor: str = Field(description="The golden id.")
    anchor: SourcePlace = Field(description="The source debtor on which a pin hangs through merges and splits.")
    field: str
    before: FieldValue
    after: FieldValue


@_told.post("/debtors/{debtor_id}/pins", response_model=PinnedField, summary="Fix the value of a field")
def pin(debtor_id: wire.HubId, told: Pin, hub: TheHub, key: Annotated[KeyRow, Depends(caller)]) -> Response:
    """A pinned value wins over every source and outlives every new read. Of several pins of a field the latest counts.

    The value is read as one of a source would be, and refused when it would be. Repeating a pin changes nothing.
    """
    wish = Wish(told.field, told.value, key.name, told.reason)
    found = (pinning.foresee if told.dry_run else pinning.pin)(hub, debtor_id, wish)
    return JSONResponse(_pinned(found))


@router.delete("/debtors/{debtor_id}/pins/{field}", response_model=PinnedField, summary="Let a pinned field go")
def unpin(
    debtor_id: wire.HubId,
    field: FieldName,
    asked: Annotated[Unpinning, Query()],
    hub: TheHub,
    key: Annotated[KeyRow, Depends(caller)],
) -> Response:
    """The sources decide the field again. 404 when it is not pinned."""
    wish = Wish(field, None, key.name, asked.reason)
    found = (pinning.foresee if asked.dry_run else pinning.pin)(hub, debtor_id, wish)
    return JSONResponse(_pinned(found))


router.include_router(_told)


def _pinned(found: Pinned) -> dict[str, Any]:
    anchor = {name: getattr(found.anchor, name) for name in ("connection", "stream", "external_id")}
    told = {"before": _now(found.before), "after": _now(found.after)}
    return {"debtor": found.golden_id, "anchor": anchor, "field": found.field, **told}


def _now(now: FieldNow) -> dict[str, str | None]:
    return {"value": now.value or None, "rule": now.rule or None}
