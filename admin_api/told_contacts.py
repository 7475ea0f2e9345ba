"""Shapes of what callers say and are answered about contact: decisions, consents, prohibitions, disputes, holds."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from admin_api.answers import Listing
from admin_api.said import Said
from admin_api.wire import Line, NamedDebt, Told
from concilia.portfolio.contact_rules import rules
from concilia.servicing import contact_confirming, contact_terms

Channel = Literal[rules.CHANNELS]  # type: ignore[valid-type]
Purpose = Literal[rules.PURPOSES]  # type: ignore[valid-type]
Moment = Annotated[
    Line, Field(description="A moment with its offset.", examples=["2026-11-23T10:00:00-03:00"], max_length=40)
]


class NamedDebtor(Told):
    """A debtor in one way: by golden id, tax id, phone, e-mail, debt, or a debt's key in a connection."""

    id: Line | None = None
    tax_id: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    debt: Line | None = Field(None, description="A hub debt id, or the number of a document.")
    connection: Line | None = None
    external_id: Line | None = None
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(None, description="How numbers are read.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = set(self.model_dump(exclude_none=True)) - {"country"}
        ways = ({"id"}, {"tax_id"}, {"phone"}, {"email"}, {"debt"}, {"connection", "external_id"})
        if given not in ways:
            raise ValueError(
                "Name the debtor in one way: id, tax_id, phone, email, debt, or connection and external_id."
            )
        return self


class NamedPoint(Told):
    """A contact point."""

    type: Literal["phone", "email", "postal_address", "whatsapp_id"]
    value: Line


class Actor(Told):
    """Who will make the contact."""

    type: Literal[contact_confirming.ACTORS] = "system"  # type: ignore[valid-type]
    id: Line | None = None
    agency: Line | None = None


class DecisionAsked(Told):
    """May this debtor be contacted?"""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "debtor": {"tax_id": "12.531.909-2", "country": "CL"},
                    "channel": "voice_agent",
                    "purpose": "collection",
                    "actor": {"type": "agent", "id": "17", "agency": "Cobranzas del Sur"},
                }
            ]
        }
    )

    debtor: NamedDebtor
    channel: Channel
    purpose: Purpose = "collection"
    at: Moment | None = Field(None, description="Now when left out; up to 14 days ahead.")
    debts: list[NamedDebt] | None = Field(None, max_length=100, description="Only about these; all when left out.")
    contact_point: NamedPoint | None = Field(None, description="Only this one; any when left out.")
    actor: Actor | None = None
    reserve: bool = Field(True, description="Whether the contact is held ready when it is allowed.")
    hold_minutes: Annotated[int, Field(ge=1, le=60)] | None = Field(
        None, description="How long it is held ready; never longer than the workspace says."
    )


class ContactMade(Told):
    """A contact that was made under a decision."""

    started_at: Moment | None = Field(None, description="Now when left out.")
    ended_at: Moment | None = None
    contact_point: NamedPoint | None = Field(None, description="The first that was allowed when left out.")
    outcome: Literal[contact_confirming.OUTCOMES] | None = None  # type: ignore[valid-type]
    party_outcome: Literal[contact_confirming.PARTY_OUTCOMES] | None = None  # type: ignore[valid-type]
    result: Literal[contact_confirming.RESULTS] | None = None  # type: ignore[valid-type]
    campaign: Line | None = None
    experiment: Line | None = None
    content_ref: Line | None = Field(None, description="Where what was said is kept.")
    content_hash: Line | None = None
    external_ref: Line | None = Field(None, description="The tool's own id of the contact.")


class ConsentTold(Told):
    """What a debtor said of being contacted; what is left out means all."""

    state: Literal[contact_terms.CONSENT_STATES]  # type: ignore[valid-type]
    contact_point: NamedPoint | None = None
    channel: Channel | None = None
    purpose: Purpose | None = None
    captured_at: Moment | None = Field(None, description="Now when left out.")
    expires_at: Moment | None = None
    legal_basis: Line | None = None
    evidence: Line | None = Field(None, description="Where its proof is kept.")
    text_version: Line | None = Field(None, description="Which text was agreed to.")


class ProhibitionTold(Told):
    """A contact that must not be made; what is left out means all."""

    reason: Literal[contact_terms.PROHIBITED_FOR]  # type: ignore[valid-type]
    contact_point: NamedPoint | None = None
    channel: Channel | None = None
    debt: NamedDebt | None = None
    purpose: Purpose | None = None
    since: Moment | None = None
    until: Moment | None = None
    evidence: Line | None = None


class DisputeTold(Told):
    """Debts that are contested."""

    debts: list[NamedDebt] = Field(min_length=1, max_length=100)
    kind: Literal[contact_terms.DISPUTE_KINDS]  # type: ignore[valid-type]
    effect: Literal["hold", "none"] = Field("hold", description="Whether the debts are let alone meanwhile.")
    amount: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$", max_length=40)] | None = None
    opened_at: Moment | None = None
    opened_via: Line | None = None
    authority: Line | None = Field(None, description="Such as SERNAC, CONDUSEF or SIC.")
    case_id: Line | None = None
    response_due: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None
    evidence: Line | None = None


class ResolutionTold(Told):
    """How a dispute ended."""

    resolution: Literal[contact_terms.RESOLUTIONS]  # type: ignore[valid-type]
    note: Line | None = None


class HoldTold(Told):
    """Debts, or a debtor with everything it owes, that are let alone for now."""

    reason: Literal[contact_terms.HELD_FOR]  # type: ignore[valid-type]
    debts: list[NamedDebt] | None = Field(None, max_length=100)
    debtor: NamedDebtor | None = None
    since: Moment | None = None
    until: Moment | None = None
    evidence: Line | None = None

    @model_validator(mode="after")
    def _of_somebody(self) -> Self:
        if not self.debts and self.debtor is None:
            raise ValueError("Name debts, or a debtor.")
        return self


class LiftTold(Told):
    """Why it ends."""

    because: Line


class PacksTold(Told):
    """Packs of contact rules as YAML."""

    packs: list[Annotated[str, Field(min_length=1, max_length=200_000)]] = Field(min_length=1, max_length=20)


class PackSaid(Said):
    """A pack that could stand."""

    place: str
    version: str
    effective_from: str
    effective_until: str | None
    review_due: str
    rules: list[str]


class PacksSaid(Said):
    """The packs that were checked."""

    packs: list[PackSaid]


class SourceOfRule(Said):
    """Where a rule comes from, and how sure that is."""

    law: str
    article: str
    confidence: Literal["verified", "secondary", "memory", "contested", "own"]


class ReasonSaid(Said):
    """Why not, by which rule, until when; `about` names a debt or a contact point."""

    rule: str
    says: str
    in_spanish: str
    source: SourceOfRule
    until: str | None
    about: str
    detail: str


class PointSaid(Said):
    """A contact point that may be used."""

    type: str
    value: str


class ReservationSaid(Said):
    """How long a contact is held ready, or what became of it."""

    state: Literal["held", "confirmed", "released", "expired"]
    expires_at: str
    interaction: str | None


class ContactDecisionSaid(Said):
    """The answer. It is no legal advice: it says which rules were held, and their sources."""

    id: str
    debtor: str
    channel: str
    purpose: str
    at: str
    answer: Literal["allow", "deny"]
    reasons: list[ReasonSaid]
    next_allowed_at: str | None
    expires_at: str | None
    contact_points: list[PointSaid] = Field(description="Those that may be used, in order.")
    debts: list[str] = Field(description="Those that may be talked about.")
    left_out: list[ReasonSaid] = Field(description="Why single debts and contact points may not.")
    reservation: ReservationSaid | None
    rules: dict[str, str]
    place: dict[str, Any]


class ReplaySaid(Said):
    """A decision decided again by what was kept."""

    id: str
    same: bool
    kept: dict[str, Any]
    again: dict[str, Any]


class ConsentSaid(Said):
    """A consent as it is kept."""

    id: int
    state: str
    contact_type: str
    contact_value: str
    channel: str
    purpose: str
    captured_at: str
    expires_at: str | None


class ProhibitionSaid(Said):
    """A prohibition as it is kept."""

    id: int
    reason: str
    contact_type: str
    contact_value: str
    channel: str
    debt_id: str
    purpose: str
    since: str
    until: str | None
    lifted_at: str | None


class DisputeSaid(Said):
    """A dispute as it is kept."""

    id: int
    debts: list[str]
    kind: str
    effect: str
    status: str
    opened_at: str
    resolution: str | None


class HoldSaid(Said):
    """A hold as it is kept."""

    id: int
    debts: list[str]
    whole_debtor: bool
    reason: str
    since: str
    until: str | None
    lifted_at: str | None


class TermsSaid(Said):
    """Everything said of contact with a debtor, what has ended too."""

    debtor: str
    consents: list[ConsentSaid]
    prohibitions: list[ProhibitionSaid]
    disputes: list[DisputeSaid]
    holds: list[HoldSaid]


class DisputePage(Listing):
    """Disputes, in order of number."""

    items: list[DisputeSaid]
