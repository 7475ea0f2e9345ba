"""Shapes of what channels tell of interactions, by the API or in a file, and what they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

from admin_api.answers import Listing
from admin_api.problems import OTHERWISE, SENTENCES
from admin_api.said import Said
from admin_api.told_contacts import Channel, Moment, NamedDebtor, NamedPoint, Purpose
from admin_api.wire import Line, NamedDebt, Told
from concilia.documents import did_you_mean
from concilia.errors import RequestInvalid
from concilia.portfolio import interaction
from concilia.servicing import contact_confirming
from concilia.store import timelines

MOST: Final = 1000
Outcome = Literal[contact_confirming.OUTCOMES]  # type: ignore[valid-type]
PartyOutcome = Literal[contact_confirming.PARTY_OUTCOMES]  # type: ignore[valid-type]
Result = Literal[contact_confirming.RESULTS]  # type: ignore[valid-type]
_WAYS: Final = frozenset(
    {"id", "tax_id", "phone", "email", "whatsapp_id", "bsuid", "debt", "external_id"}
)  # fmt: skip


class NamedParty(Told):
    """The party by everything that the channel knows of it; what contradicts itself waits for a person."""

    id: Line | None = Field(
        None, description="A golden id. One that was merged is refused, naming the one that stands."
    )
    tax_id: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    whatsapp_id: Line | None = Field(None, description="The wa_id of a webhook.", examples=["56961234567"])
    bsuid: Line | None = Field(
        None, description="A business-scoped user id of WhatsApp.", examples=["CL.13491208655302741918"]
    )
    business_portfolio: Line | None = Field(None, description="Within which `bsuid` means anything.")
    debt: NamedDebt | None = Field(None, description="A debt that the party owes.")
    connection: Line | None = Field(None, description="The system whose `external_id` it is.")
    external_id: Line | None = Field(None, description="The debtor's own key in `connection`.")
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(None, description="How numbers are read.")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        given = set(self.model_dump(exclude_none=True))
        if not given & _WAYS:
            raise ValueError(f"Name the party in at least one way: {', '.join(sorted(_WAYS))}.")
        if (self.bsuid is None) != (self.business_portfolio is None):
            raise ValueError("A bsuid and its business_portfolio go together: the id means nothing without it.")
        if (self.connection is None) != (self.external_id is None):
            raise ValueError("A connection and its external_id go together.")
        return self


class InteractionActor(Told):
    """Who spoke or wrote."""

    type: Literal[interaction.ACTORS]  # type: ignore[valid-type]
    id: Line | None = None


class Cost(Told):
    """What it cost."""

    amount: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$", max_length=40)]
    unit: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class InteractionTold(Told):
    """Something that took place between a channel and a party: a call, a message, a visit; outbound or inbound."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "party": {"bsuid": "CL.13491208655302741918", "business_portfolio": "1029384756"},
                    "direction": "inbound",
                    "channel": "whatsapp",
                    "started_at": "2026-11-23T10:05:00-03:00",
                    "result": "payment_announced",
                    "external_ref": "wamid.HBgLNTY5",
                }
            ]
        }
    )

    party: NamedParty | None = Field(None, description="Needed unless `decision_id` is given.")
    direction: Literal[interaction.DIRECTIONS]  # type: ignore[valid-type]
    channel: Channel
    purpose: Purpose | None = Field(None, description="`collection` when left out; of an inbound one `service_reply`.")
    actor: InteractionActor | None = Field(None, description="`system` when left out; of an inbound one `debtor`.")
    agency: Line | None = None
    started_at: Moment
    ended_at: Moment | None = None
    outcome: Outcome | None = None
    party_outcome: PartyOutcome | None = None
    result: Result | None = None
    debts: list[NamedDebt] | None = Field(None, max_length=100, description="What it was about.")
    contact_point: NamedPoint | None = Field(None, description="Where; what the party was named by when left out.")
    decision_id: Line | None = Field(None, description="The contact decision it was made under.")
    campaign_id: Line | None = None
    experiment_id: Line | None = None
    cost: Cost | None = None
    content_ref: Line | None = Field(None, description="Where what was said is kept.")
    content_hash: Line | None = None
    external_ref: Line | None = Field(None, description="The tool's own id of it, by which it is known again.")
    thread: Line | None = Field(None, description="The tool's own id of the conversation.")
    language: Line | None = None
    disposition: Line | None = Field(
        None, description="The tool's own code of what came of it; a bounce is lasting with `hard` or 5.x.x."
    )

    @model_validator(mode="after")
    def _of_somebody(self) -> Self:
        if self.party is None and self.decision_id is None:
            raise ValueError("Name the party, or the decision it was made under.")
        return self


def one_told(value: Any) -> bool:
    """Whether a body is one interaction, not many."""
    return not (isinstance(value, Mapping) and "items" in value)


class InteractionsTold(Told):
    """Many interactions; each is taken or refused by itself."""

    items: Annotated[
        list[Any],
        Field(min_length=1, max_length=MOST),
        WithJsonSchema({"type": "array", "items": {"$ref": "#/components/schemas/InteractionTold"}, "maxItems": MOST}),
    ]


class OutcomeTold(Told):
    """What came of an interaction, told later: a receipt, a corrected party, its end."""

    outcome: Outcome | None = None
    party_outcome: PartyOutcome | None = None
    result: Result | None = None
    ended_at: Moment | None = None
    at: Moment | None = Field(None, description="When it was so; now when left out.")
    note: Line | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any((self.outcome, self.party_outcome, self.result, self.ended_at)):
            raise ValueError("Say what came of it: outcome, party_outcome, result or ended_at.")
        return self


class PartyTold(Told):
    """Whom a waiting interaction was with, by the word of a person."""

    debtor: NamedDebtor
    because: Line | None = None


def checked(value: Any) -> dict[str, Any]:
    """An interaction as plain values, without what was left out; RequestInvalid names the member of another shape."""
    if not isinstance(value, Mapping):
        raise RequestInvalid("It must be a JSON object.", field="item")
    try:
        found = InteractionTold.model_validate(value)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        raise _misshapen(first) from fault
    return plain(found)


def plain(told: Told) -> dict[str, Any]:
    """What was told as plain values, without what was left out or null."""
    return told.model_dump(exclude_none=True, exclude_unset=True)


def _misshapen(fault: Mapping[str, Any]) -> RequestInvalid:
    place = [str(step) for step in fault["loc"]]
    limits = {name: str(limit) for name, limit in fault.get("ctx", {}).items()}
    sentence = SENTENCES.get(fault["type"], OTHERWISE).format(**limits)
    if fault["type"] == "extra_forbidden" and len(place) == 1:
        sentence = f"{sentence} {did_you_mean(place[-1], list(InteractionTold.model_fields))}".strip()
    field = ".".join(place) or "item"
    return RequestInvalid(sentence, mend=f"See {field} of interactions in the HTTP API's page.", field=field)


class WaitingSaid(Said):
    """Why it waits: unknown, several, contradiction or debt_unknown; and since when."""

    reason: Literal["unknown", "several", "contradiction", "debt_unknown"]
    says: str
    since: str


class PointUsed(Said):
    """The contact point it went by."""

    type: str
    value: str


class ActorSaid(Said):
    """Who spoke or wrote."""

    type: str
    id: str | None


class WordSaid(Said):
    """What was told of it once; the first with the interaction itself."""

    outcome: str | None
    party_outcome: str | None
    result: str | None
    ended_at: str | None
    at: str
    told_at: str
    by: str
    note: str
    recorded_at: str


class TimesTold(Said):
    """Its times as they were told, with their offset."""

    started_at: str
    ended_at: str | None


class InteractionSaid(Said):
    """An interaction as it stands by everything that was told of it."""

    id: str
    debtor: str | None = Field(description="The golden debtor it was with, as things stand now.")
    waiting: WaitingSaid | None
    direction: str
    channel: str
    purpose: str
    actor: ActorSaid
    agency: str | None
    started_at: str
    ended_at: str | None
    told: TimesTold
    outcome: str | None
    party_outcome: str | None
    result: str | None
    contact_point: PointUsed | None
    debts: list[str]
    decision: str | None
    bypass: bool = Field(description="Outbound, and nobody asked for a decision.")
    campaign_id: str | None
    experiment_id: str | None
    content_ref: str | None
    content_hash: str | None
    external_ref: str | None
    party: dict[str, Any] = Field(description="How the party was named.")
    told_by: str
    recorded_at: str
    outcomes: list[WordSaid]


class ItemSaid(Said):
    """What became of one of many."""

    index: int
    status: Literal["recorded", "known", "refused"]
    id: str | None = None
    debtor: str | None = None
    waiting: WaitingSaid | None = None
    bypass: bool | None = None
    external_ref: str | None = None
    problem: dict[str, Any] | None = Field(None, description="A problem document, when it is refused.")


class ManySaid(Said):
    """What became of each, and how many of each kind."""

    items: list[ItemSaid]
    recorded: int
    known: int
    refused: int


class InteractionPage(Listing):
    """Interactions, in the order in which they were recorded or came to wait."""

    items: list[InteractionSaid]


class EntrySaid(Said):
    """One thing that happened to a debtor. `details` are the kind's own."""

    at: str
    kind: Literal[timelines.KINDS]  # type: ignore[valid-type]
    id: str
    what: str
    details: dict[str, Any]


class TimelinePage(Listing):
    """What happened to a debtor, in one order."""

    debtor: str
    items: list[EntrySaid]


def outcome_checked(value: Mapping[str, Any]) -> dict[str, Any]:
    """What came of an interaction as plain values; RequestInvalid names the member of another shape."""
    try:
        return plain(OutcomeTold.model_validate(value))
    except ValidationError as fault:
        raise _misshapen(fault.errors(include_url=False, include_input=False)[0]) from fault
