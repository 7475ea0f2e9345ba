"""What stewards decide: pairs that may be one debtor, both sides of a pair, and their rulings; with its wire shapes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator, Field, model_validator

from admin_api import paging, wire
from admin_api.answers import Listing
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHub
from admin_api.said import Said
from concilia.store.access import KeyRow
from sync import stewardship
from sync.stewardship import CandidatePair, Retiring, Side, StandingRuling, Word

router = APIRouter(tags=["stewardship"])
_told = APIRouter(route_class=JsonRoute)

DebtorNumber = Annotated[int, Path(ge=1, lt=wire.LARGEST_NUMBER, examples=[50], description="A source debtor's `id`.")]


def _as_text(told: object) -> object:
    return str(told) if type(told) is int else told


SourceDebtorName = Annotated[
    wire.Line,
    BeforeValidator(_as_text, json_schema_input_type=int | str),
    Field(
        description="A source debtor by its `id`, or as connection/stream/external-id.",
        examples=["erp/customers/C-1041"],
    ),
]


class Ruling(wire.Told):
    """A steward's word on two source debtors."""

    left: SourceDebtorName
    right: SourceDebtorName
    judgement: Literal["same", "different", "withdrawn"] = Field(description="`withdrawn` takes the earlier word back.")
    reason: Annotated[wire.Asked, Field(description="Why, in the steward's words; it is kept.")] = ""
    retire_id: Annotated[
        wire.Asked,
        Field(
            description="With `same`: a number that keeps them apart, out of use for the side that mistyped it.",
            examples=["CL:RUT:12345678-5"],
        ),
    ] = ""
    superseded: Annotated[bool, Field(description="`retire_id` was replaced by another, and counts nowhere.")] = False

    @model_validator(mode="after")
    def _retires_something(self) -> Self:
        if self.superseded and not self.retire_id:
            raise ValueError("superseded says how retire_id is retired: give both.")
        return self


class CandidateSide(Said):
    """A source debtor of a pair, with the golden debtor it belongs to now and what is owed there."""

    id: int
    connection: str
    stream: str
    external_id: str
    debtor: str = Field(description="The golden id it stands under now.")
    full_name: str | None
    joined: int = Field(description="How many source debtors that golden debtor joins.")
    value: dict[str, str] = Field(description="What is owed there, by unit.")


class Candidate(Said):
    """Two source debtors that may be one: what brought them up, what speaks against, what is at stake by unit."""

    left: CandidateSide
    right: CandidateSide
    rule: str
    reason: str
    value: dict[str, str]


class CandidatePage(Listing):
    """Pairs that wait for a steward, by value at stake."""

    items: list[Candidate]


class StatedValue(Said):
    """A value of one side, and whether the other states it too."""

    shown: str
    common: bool
    verdict: str


class ComparedField(Said):
    """One field of both sides."""

    group: str
    name: str
    left: list[StatedValue]
    right: list[StatedValue]
    agreement: Literal["equal", "alike", "different", "one_side"]


class RetiredNumber(Said):
    """A number that a ruling takes out of use."""

    name: str = Field(description="country:type")
    value: str
    superseded: bool = Field(description="Out of use everywhere; otherwise only for the side that mistyped it.")


class NumberConflict(Said):
    """Different valid numbers of one kind: they stay two until one is retired."""

    name: str = Field(description="country:type")
    left: list[str]
    right: list[str]


class CountingRuling(Said):
    """A steward's word that counts now, and the numbers it takes out of use."""

    judgement: str
    by: str
    at: str
    reason: str
    retired: list[RetiredNumber]


class ComparedPair(Candidate):
    """A pair with both sides field by field, the evidence, and the ruling that counts, if there is one."""

    fields: list[ComparedField]
    evidence: list[dict[str, Any]]
    together: bool = Field(description="Whether both belong to one golden debtor now.")
    ruling: CountingRuling | None
    refusal: str = Field(description="Why a `same` that counts did not join them; empty when it did.")
    conflicts: list[NumberConflict] = Field(description="Valid numbers that keep them apart until one is retired.")


class RuledPair(Said):
    """What a ruling changed."""

    before: list[str] = Field(description="The golden ids of left and right before it.")
    after: list[str] = Field(description="And after it.")
    together: bool
    refusal: str


@router.get("/candidates", response_model=CandidatePage, summary="Pairs that may be one debtor")
def candidates(asked: Annotated[wire.Page, Query()], hub: TheHub) -> Response:
    """Pairs that wait for a steward, the greatest value at stake first, one for each two golden debtors.

    The value is what both owe, by unit; pairs are ordered by their greatest amount in any one unit.
    """
    after = paging.number_of("candidates", asked.after)
    found = stewardship.candidates(hub, after=after, limit=asked.limit + 1)
    page = paging.page("candidates", found, limit=asked.limit, place=lambda pair: pair.place)
    return JSONResponse({**page, "items": [_candidate(pair) for pair in page["items"]]})


@router.get("/candidates/{left}/{right}", response_model=ComparedPair, summary="Two source debtors side by side")
def candidate(left: DebtorNumber, right: DebtorNumber, hub: TheHub) -> Response:
    """Both sides field by field with the evidence, and how they stand. Any two may be compared."""
    found = stewardship.pair(hub, left, right)
    told = {
        "left": _side(found.left),
        "right": _side(found.right),
        "rule": found.rule,
        "reason": found.reason,
        "value": _value(found.value),
        "fields": [_plain(one, left=_plains(one.left), right=_plains(one.right)) for one in found.fields],
        "evidence": [dict(one) for one in found.evidence],
        "together": found.together,
        "ruling": _ruling(found.ruling) if found.ruling else None,
        "refusal": found.refusal,
        "conflicts": [_plain(one, left=list(one.left), right=list(one.right)) for one in found.conflicts],
    }
    return JSONResponse(told)


@_told.post("/rulings", response_model=RuledPair, summary="Rule on two source debtors")
def rule(told: Ruling, hub: TheHub, key: Annotated[KeyRow, Depends(caller)]) -> Response:
    """Say that two source debtors are the same or different, or take that back; it outlives every new read.

    `same` is kept but joins nothing when a constraint forbids it, such as two valid tax ids; `refusal` says which.
    With `retire_id` one of the two numbers goes out of use, and they are joined. `withdrawn` puts it back and restores
    the golden ids of before. Repeating what counts already changes nothing.
    """
    pair = (stewardship.source_debtor(hub, told.left), stewardship.source_debtor(hub, told.right))
    retire = Retiring(told.retire_id, told.superseded) if told.retire_id else None
    found = stewardship.say(hub, pair, Word(told.judgement, key.name, told.reason, retire))
    return JSONResponse(_plain(found, together=found.together, before=list(found.before), after=list(found.after)))


router.include_router(_told)


def _ruling(ruling: StandingRuling) -> dict[str, Any]:
    retired = [{"name": r.name, "value": r.value, "superseded": r.superseded} for r in ruling.retired]
    return _plain(ruling, retired=retired)


def _candidate(pair: CandidatePair) -> dict[str, Any]:
    sides = {"left": _side(pair.left), "right": _side(pair.right)}
    return {**sides, "rule": pair.rule, "reason": pair.reason, "value": _value(pair.value)}


def _side(side: Side) -> dict[str, Any]:
    return {
        "id": side.id,
        **{name: getattr(side.ref, name) for name in ("connection", "stream", "external_id")},
        "debtor": side.golden_id,
        "full_name": side.name,
        "joined": side.joined,
        "value": _value(side.value),
    }


def _value(value: stewardship.Value) -> dict[str, str]:
    return {unit: f"{amount:f}" for unit, amount in value.items()}


def _plain(thing: Any, **instead: Any) -> dict[str, Any]:
    """A frozen value as a plain object, some of its members said otherwise."""
    return {**{name: getattr(thing, name) for name in type(thing).__dataclass_fields__}, **instead}


def _plains(things: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [_plain(thing) for thing in things]
