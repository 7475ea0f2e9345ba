"""Shapes of requests and problems as callers see them. No class of the domain goes over the wire."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal, Self

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from concilia import schema

LARGEST_NUMBER: Final = 2**62


def _plain(text: str) -> str:
    """Text without control characters: they separate our own keys, and databases refuse some of them."""
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text):
        raise ValueError("It may not hold control characters.")
    return text


Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_plain)]
Asked = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), AfterValidator(_plain)]
HubId = Annotated[str, Path(pattern="^[a-z0-9]{1,40}$", examples=["gzzs27gi5b3unldhg6cla"])]
Number = Annotated[int, Path(ge=1, lt=LARGEST_NUMBER, examples=[12])]


class Told(BaseModel):
    """Something a caller says; unknown members are refused, because a misspelt one would be lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Told):
    """Which part of a list is wanted."""

    after: Annotated[str, Field(max_length=500, description="`next` of the page before.")] = ""
    limit: Annotated[int, Field(ge=1, le=500, description="How many items at most.")] = 50


class Search(Page):
    """A page of debtors, all or those that match."""

    q: Annotated[Asked, Field(description="Words of a name, tax id, phone or e-mail; all have to match.")] = ""


class Rows(Page):
    """A page of quarantined rows, of all connections or of one."""

    connection: Annotated[Asked, Field(description="Only rows of this connection.")] = ""


class Discrepancies(Page):
    """A page of discrepancies, of one status and kind or of all."""

    status: Literal["open", "accepted", "resolved", "all"] = Field("open", description="Only those of this status.")
    kind: Annotated[Asked, Field(description="Only those of this kind, such as missing_in_source.")] = ""


class Identified(Told):
    """One identifier to look for."""

    tax_id: Annotated[Asked, Field(description="A tax or personal number, however it is written.")] = ""
    phone: Annotated[Asked, Field(description="A phone, international or as it is written in `country`.")] = ""
    email: Annotated[Asked, Field(description="An e-mail address.")] = ""
    debt: Annotated[Asked, Field(description="A hub debt id, or the number of a document.")] = ""
    country: Annotated[
        str, Field(pattern="^([A-Z]{2})?$", description="How numbers are read; without it, everywhere.")
    ] = ""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(bool(value) for value in (self.tax_id, self.phone, self.email, self.debt)) != 1:
            raise ValueError("Give exactly one of tax_id, phone, email and debt.")
        return self


class NamedDebt(Told):
    """A debt by its hub id, by its id in a connection, or by the number of its document."""

    id: Line | None = None
    connection: Line | None = None
    external_id: Line | None = None
    document: Line | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if set(self.model_dump(exclude_none=True)) not in ({"id"}, {"document"}, {"connection", "external_id"}):
            raise ValueError("Name the debt in one way: id, or document, or connection and external_id.")
        return self


class Payment(Told):
    """A payment that has happened, for one debt."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "debt": {"connection": "erp", "external_id": "F-1"},
                    "amount": "15000",
                    "unit": "CLP",
                    "value_date": "2026-11-22",
                    "method": "transfer",
                    "reference": "TRX-700001",
                }
            ]
        }
    )

    debt: NamedDebt
    amount: Annotated[str, Field(pattern=r"^[+-]?[0-9]+(\.[0-9]+)?$", max_length=40)] = Field(
        description="A decimal as text, with a point and no thousands, in `unit`.", examples=["15000"]
    )
    unit: Annotated[str, Field(pattern="^[A-Z]{3}$")] = Field(
        description="The debt's own currency or indexed unit. It is asked for so that pesos never pass for UF.",
        examples=["CLP"],
    )
    value_date: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] = Field(
        description="The day the money counts from.", examples=["2026-11-22"]
    )
    method: Literal[schema.METHODS] = Field("other", description="How it was paid.")  # type: ignore[valid-type]
    reference: Line | None = Field(None, description="The payer's or bank's reference, by which it is known again.")
    gateway_id: Line | None = Field(None, description="The payment gateway's own id, by which it is known again.")
    bank: Line | None = Field(None, description="The bank it came through.")
    payer: Line | None = Field(None, description="Who paid, as the bank says; usually a tax id.")
    debtor: Line | None = Field(None, description="The golden debtor it is from; checked against the debt.")

    @model_validator(mode="after")
    def _recognisable(self) -> Self:
        if not self.reference and not self.gateway_id:
            raise ValueError(
                "Give a reference or a gateway_id: without both, the same payment told twice counts twice."
            )
        return self

    def as_told(self) -> dict[str, Any]:
        """The payment as plain values, without what was left out or null."""
        return self.model_dump(exclude_none=True, exclude_unset=True)


class Reversal(Told):
    """That a payment does not stand."""

    kind: Literal["reversed", "charged_back", "refunded"] = Field("reversed", description="How it was taken back.")
    value_date: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = Field(
        None, description="The day from which the money does not count; today when left out.", examples=["2026-11-22"]
    )
    reason: Line | None = Field(None, description="Why; the ledgers that hold it are told.")

    def as_told(self) -> dict[str, Any]:
        """The reversal as plain values, without what was left out or null."""
        return self.model_dump(exclude_none=True, exclude_unset=True)


class Correction(Told):
    """Members of a refused payment to change; null leaves one out."""

    changes: dict[Line, Any] = Field({}, max_length=20, description='Such as {"unit": "CLP"}.')


class FieldProblem(BaseModel):
    """What is wrong with one member, parameter or header."""

    field: str
    message: str


class Problem(BaseModel):
    """A problem document after RFC 9457."""

    type: str = Field(examples=["urn:concilia:problem:request-invalid"])
    title: str = Field(examples=["The request cannot be used"])
    status: int = Field(examples=[422])
    detail: str | None = None
    mend: str = Field("", description="What to do about it.")
    instance: str = Field(description="This occurrence: the number of X-Request-Id and of the hub's log.")
    errors: list[FieldProblem] = Field(default=[], description="One entry a member, when members are at fault.")


_MEMBERS: Final[Mapping[tuple[str, ...], tuple[type[BaseModel], ...]]] = {
    ("body",): (Payment,),
    ("body", "debt"): (NamedDebt,),
    ("query",): (Search, Rows, Discrepancies, Identified),
}


def members_at(place: Iterable[object]) -> list[str]:
    """The names that are known at a place of a request."""
    return [name for model in _MEMBERS.get(tuple(str(s) for s in place), ()) for name in model.model_fields]
