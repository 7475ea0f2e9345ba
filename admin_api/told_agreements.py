"""The shape of an agreement as a caller tells it, by the API or in a file, and the sentence for any other shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from admin_api.wire import Line, NamedDebt, Told
from concilia.errors import RequestInvalid

Amount = Annotated[Line, Field(description="A decimal as text, with a point and no thousands.", examples=["50000"])]
Day = Annotated[Line, Field(description="A day as 2026-12-05.", examples=["2026-12-05"])]


class ToldDebt(Told):
    """A debt the agreement is about. Without an amount: all of it, or as far as a promise reaches."""

    debt: NamedDebt
    amount: Amount | None = None


class ToldPart(Told):
    """A part of what is promised."""

    due_date: Day
    amount: Amount


class Spread(Told):
    """Equal instalments of everything that is to be paid; the last one takes what rounding leaves."""

    count: Annotated[int, Field(ge=1, le=600)]
    first_due: Day
    every: Literal["week", "fortnight", "month"] = "month"
    down_payment: Amount | None = None
    down_payment_due: Day | None = None


class AgreementTold(Told):
    """An agreement that was made with a debtor, or (proposed) one that was offered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "plan",
                    "debts": [{"debt": {"connection": "erp", "external_id": "F-1"}}],
                    "unit": "CLP",
                    "spread": {"count": 3, "first_due": "2026-12-05", "every": "month"},
                    "channel": "voice_agent",
                }
            ]
        }
    )

    kind: Line = Field(description="promise, plan or settlement_discount.")
    debtor: Line | None = Field(None, description="The golden debtor it was made with; checked against the debts.")
    debts: list[ToldDebt] = Field(description="Debts of one debtor and one unit.")
    unit: Line | None = Field(None, description="The debts' own currency or indexed unit.", examples=["CLP"])
    agreed_on: Day | None = Field(None, description="Today when left out.")
    schedule: list[ToldPart] | None = Field(None, description="The parts, in order of their days.")
    spread: Spread | None = Field(None, description="Instead of `schedule`.")
    discount: Amount | None = Field(None, description="Of a settlement: what is let off when it is kept.")
    discount_percent: Amount | None = Field(None, description="Instead of `discount`.")
    tolerance_days: int | None = Field(None, description="Business days after a due day; the workspace's if left out.")
    tolerance_amount: Amount | None = Field(None, description="What may be missing in the end.")
    proposed: bool = Field(False, description="It was only offered: nothing is held and nobody told until accepted.")
    expires_on: Day | None = Field(None, description="Until when a proposal may be accepted.")
    replaces: Line | None = Field(None, description="The agreement in force that gives way to this one.")
    channel: Line | None = Field(None, description="Where it was made: voice_agent, whatsapp, email, web_portal, …")
    agent: Line | None = Field(None, description="The person or bot who made it.")
    role: Line | None = Field(None, description="In which role the party agreed; titular when left out.")
    interaction: Line | None = Field(None, description="The id of the conversation.")
    evidence: Line | None = Field(None, description="Where its proof is kept, such as a recording.")
    authority: Line | None = Field(None, description="By which authority it was granted.")
    conditions: Line | None = None


class ToldAgreement(AgreementTold):
    """An agreement told by a program: it says the unit, so that pesos never pass for UF."""

    unit: Line = Field(description="The debts' own currency or indexed unit.", examples=["CLP"])


def checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """The agreement as plain values, without what was left out; RequestInvalid names the member of another shape."""
    try:
        found = AgreementTold.model_validate(body)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        member = ".".join(str(step) for step in first["loc"]) or "agreement"
        raise RequestInvalid(f"{member}: {first['msg']}.", mend="See the HTTP API's page.", field=member) from fault
    return found.model_dump(exclude_none=True, exclude_unset=True)
