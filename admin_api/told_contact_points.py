"""Shapes of contact points as they stand, of what channels tell of them, and of changes that wait for a word."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from admin_api.said import Said
from admin_api.wire import Asked, Line, Page, Told
from concilia import schema
from concilia.portfolio.contact_point_state import Status
from concilia.portfolio.contact_rules import rules
from concilia.portfolio.preference import WEEKDAYS
from sync import contact_corrections, contact_stewardship

Moment = Annotated[Line, Field(description="A moment with its offset.", examples=["2026-11-23T10:00:00-03:00"])]
PointType = Literal[schema.CONTACT_TYPES]  # type: ignore[valid-type]
Channel = Literal[rules.CHANNELS]  # type: ignore[valid-type]
ChangeStatus = Literal["all", *contact_stewardship.STATUSES]  # type: ignore[valid-type]


class PointSource(Said):
    """Who states a contact point, and when: `source_updated_at` there, `received_at` here. `hub` is the hub itself."""

    connection: str
    stream: str
    external_id: str
    source_updated_at: str | None
    received_at: str
    verified_at: str | None
    verification_method: str | None


class PointReason(Said):
    """What was heard that makes the status; `evidence` names it, to take it back."""

    evidence: str
    what: str
    at: str
    by: str
    channel: str
    method: str
    code: str
    interaction: str | None
    change: str | None


class PointFailures(Said):
    """Hard and soft failures since the last success."""

    hard: int
    soft: int
    last_at: str | None
    last_code: str


class ChannelOut(Said):
    """A channel that cannot be used at this contact point; an empty one is all."""

    channel: str
    since: str


class PointNow(Said):
    """A contact point with where it stands."""

    type: str
    value: str
    id: str = Field(description="Its name in events, which never tell the value.")
    status: Literal[tuple(one.value for one in Status)]  # type: ignore[valid-type]
    since: str | None = Field(description="Since when it has that status; null: nothing was heard of it.")
    usable: bool = Field(description="Whether it may be used at all; a channel may be opted out all the same.")
    reasons: list[PointReason] = Field(description="The evidence that makes the status, the latest first.")
    verified_at: str | None
    verification_method: str | None
    last_success_at: str | None
    failures: PointFailures
    opted_out: list[ChannelOut] = Field(description="Channels that the debtor refused here.")
    unreachable: list[ChannelOut] = Field(description="Channels that fail here, as a phone without WhatsApp.")
    sources: list[PointSource]


class ChangedValue(Said):
    """One side of a change as it was stated."""

    value: str | None
    raw: str | None
    source_updated_at: str | None
    received_at: str | None


class Change(Said):
    """A verified contact point that somebody wants to be another; a `new` of null wants it gone."""

    id: int
    debtor: str | None
    type: str
    status: Literal[contact_stewardship.STATUSES]  # type: ignore[valid-type]
    old: ChangedValue
    new: ChangedValue | None
    origin: str = Field(description="Who wants it: connection/stream/external id, or the key that told it.")
    told_at: str | None = Field(description="When it changed where it was told.")
    opened_at: str = Field(description="When the hub heard of it.")
    decided_at: str | None
    decided_by: str | None = Field(description="A key, or `evidence`.")
    because: str


class ChangePage(Said):
    """A page of changes."""

    items: list[Change]
    next: str | None


class Changes(Page):
    """A page of changes, of one status or of all."""

    status: Annotated[ChangeStatus, Field(description="Only those of this status.")] = "open"


class Verification(Told):
    """How somebody made sure that the contact point is the debtor's."""

    method: Literal[contact_corrections.VERIFIED_BY]  # type: ignore[valid-type]
    at: Moment | None = Field(None, description="When; now when left out.")


class PointTold(Told):
    """A contact point that a channel heard of: one more, or another in the place of `replaces`."""

    type: PointType
    value: Annotated[Line, Field(description="As the debtor shows it; read by the same rules as a source's.")]
    replaces: Line | None = Field(None, description="The value that it takes the place of.")
    relation: Literal[schema.RELATIONS] | None = Field(None, description="Whom it reaches.")  # type: ignore[valid-type]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] | None = Field(None, description="How a number is read.")
    acquisition_method: Literal[contact_corrections.ACQUIRED]  # type: ignore[valid-type]
    evidence: Annotated[Line, Field(description="Where it can be seen: a call, a form, a document.")]
    actor: Line | None = Field(None, description="Who told it, under the name of the key.")
    told_at: Moment | None = Field(None, description="When the debtor said so; now when left out.")
    verification: Verification | None = None
    dry_run: Annotated[bool, Field(description="Say what would follow, and keep nothing.")] = False

    def as_told(self) -> dict[str, Any]:
        """Plain values, without what was left out or null."""
        return self.model_dump(exclude_none=True, exclude={"dry_run", "actor"})


class PointAnswer(Said):
    """How the contact point stands now, and the change that waits for a word if it took no place yet."""

    debtor: str
    contact_point: PointNow | None
    change: Change | None = None


class EvidenceNamed(Told):
    """Something that was heard by mistake."""

    evidence: Annotated[str, Field(pattern="^[a-z0-9]{1,40}$", description="`reasons[].evidence` of the status.")]


class Because(Told):
    """Why somebody decides so."""

    because: Annotated[Asked, Field(description="Why, in a person's words; it is kept.")] = ""
    dry_run: Annotated[bool, Field(description="Say what would follow, and keep nothing.")] = False


class Stale(Page):
    """A page of contact points to be verified again."""

    type: Annotated[Literal["", *schema.CONTACT_TYPES], Field(description="Only of this type.")] = ""  # type: ignore[valid-type]
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        None, description="Stale after so many days without verification or success, instead of the policy's."
    )


class StalePoint(Said):
    """A contact point to be verified again, with what its debtor owes in the unit in which that is most."""

    number: int
    debtor: str
    name: str | None
    type: str
    value: str
    status: str
    since: str
    verified_at: str | None
    verification_method: str | None
    last_success_at: str | None
    unit: str | None
    amount: str | None


class StalePage(Said):
    """A page of them; unit by unit, whoever owes most first."""

    items: list[StalePoint]
    next: str | None


class Window(Told):
    """Local hours of some weekdays."""

    days: Annotated[list[Literal[WEEKDAYS]], Field(min_length=1, max_length=7)]  # type: ignore[valid-type]
    from_: Annotated[str, Field(alias="from", pattern="^[0-2][0-9]:[0-5][0-9]$", examples=["09:00"])]
    to: Annotated[str, Field(pattern="^[0-2][0-9]:[0-5][0-9]$", examples=["12:00"])]


class PreferenceTold(Told):
    """The channel, the hours, or both that a debtor asked for, with evidence."""

    channel: Channel | None = None
    windows: list[Window] = Field([], max_length=20)
    evidence: Annotated[Line, Field(description="Where the debtor's own words can be seen.")]
    told_at: Moment | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.channel is None and not self.windows:
            raise ValueError("Name a channel, windows, or both.")
        return self

    def as_told(self) -> dict[str, Any]:
        """Plain values, without what was left out or null."""
        return self.model_dump(exclude_none=True, by_alias=True)


class Declared(Said):
    """What a debtor asked for. It allows nothing: a window outside lawful hours stays outside."""

    id: int
    channel: str
    windows: list[dict[str, Any]]
    evidence: str
    told_at: str
    by: str
    recorded_at: str
    ended_at: str | None
    ended_because: str
    lawful: str | None = Field(None, description="How much of the windows lies in lawful hours: all, some, none.")


class PriorSaid(Said):
    """How the whole portfolio answers, and for how many attempts that counts."""

    rate: float
    weight: float
    debtors: int
    attempts: int


class Inferred(Said):
    """The rate at which the debtor is reached, by its own attempts and the prior; with 95 % from `low` to `high`."""

    name: str
    attempts: int
    successes: int
    rate: float
    low: float
    high: float
    prior: PriorSaid


class InferredAll(Said):
    """By channel, and by weekday and three hours on the debtor's clock; the best first."""

    since: str
    time_zone: str
    channels: list[Inferred]
    hours: list[Inferred]
    prior_made_at: str | None


class Preferences(Said):
    """What a debtor asked for, and what its answers suggest; never mixed."""

    debtor: str
    declared: list[Declared]
    inferred: InferredAll
