"""Shapes of answers as callers see them, and how a run and an event are told. No domain class goes over the wire.

Answers are plain values and only described here, so describing costs nothing at run time; the tests hold every answer
to its description.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, create_model

from admin_api.said import ContactNow, Said
from admin_api.told_contact_points import Change, PointNow
from concilia import schema
from concilia.store.events import RecordedFact
from concilia.store.runs import RunRow
from sync.cloud_events import envelope


class Pending(Said):
    """What waits."""

    debtors: int = Field(description="Source debtors to resolve.")
    quarantined: int = Field(description="Rows to repair.")
    intents: int = Field(description="Writes to deliver.")


class Health(Said):
    """That the hub can work."""

    status: Literal["ok"]
    schema_version: str | None
    pending: Pending


class Retirement(Said):
    """Who took a number out of use, when and why; `everywhere`, or only where this debtor states it."""

    by: str
    at: str
    reason: str
    everywhere: bool


class Identifier(Said):
    """A number that stands for a debtor, in canonical form; `raw` as it was written best."""

    country: str
    type: str
    value: str
    raw: str | None = None
    verdict: str | None = None
    retired: Retirement | None = Field(None, description="Present when a steward took it out of use.")


class DebtorSummary(Said):
    """A debtor in a list."""

    id: str
    version: int
    updated_at: str
    kind: str | None
    full_name: str | None
    tax_id: str | None
    identifiers: list[Identifier]


class ContactPoint(PointNow):
    """A phone, e-mail or address. `shared` says that other debtors have it too: ask who answers."""

    raw: str
    verdict: str
    shared: bool
    shared_with: list[str]


class SourcePlace(Said):
    """Where a source system keeps it."""

    connection: str
    stream: str
    external_id: str


class Instalment(Said):
    """A part of a debt."""

    number: str
    due_date: str
    amount: str
    balance: str | None


class PromisedPart(Said):
    """A part of what an agreement promises, and until when."""

    number: int
    due_date: str
    amount: str


class AgreementInShort(Said):
    """The agreement that holds a debt now."""

    id: str
    kind: str
    state: str
    unit: str
    promised: str
    discount: str
    agreed_on: str
    schedule: list[PromisedPart]


class Debt(Said):
    """A debt. `balance` is the owner's word less payments its ledger does not hold yet; amounts are in `unit`."""

    id: str
    debtor: str | None
    creditor: str
    document: str | None
    unit: str
    balance: str
    stated_balance: str
    due_date: str | None
    status: str
    owner: str
    instalments: list[Instalment]
    agreement: AgreementInShort | None = Field(description="The agreement that holds it now: contact only within it.")
    contact: ContactNow | None = Field(None, description="Where one debt or debtor is read, not in lists.")
    sources: list[SourcePlace]
    version: int
    updated_at: str


class Role(Said):
    """In which debt of somebody a debtor stands, and how."""

    debt: str
    role: str
    liability: str | None = None


class DebtorNow(Said):
    """What every golden debtor has."""

    id: str
    status: str
    version: int
    created_at: str
    updated_at: str
    merged_from: str | None = Field(None, description="The id asked for, when it was merged into this one.")
    identifiers: list[Identifier]
    contact_points: list[ContactPoint]
    sources: list[SourcePlace]
    debts: list[Debt]
    roles: list[Role]
    contact: ContactNow
    contact_points_set_aside: list[PointNow] = Field(description="Wrong parties, refused values, and values that wait.")
    contact_changes: list[Change] = Field(description="Changes of verified contact points that wait for a word.")


# The golden fields are the schema's: one added there is described here without another line.
_GOLDEN_FIELDS: dict[str, Any] = {field.name: (str | bool | None, None) for field in schema.DEBTOR.fields}
Debtor = create_model(
    "Debtor",
    __base__=DebtorNow,
    __doc__="A golden debtor with everything joined to it. Fields nobody states are left out.",
    **_GOLDEN_FIELDS,
)


class Provenance(Said):
    """Why each value stands: winner, losers, rule; who states the lists; the id's history; earlier versions."""

    id: str
    version: int
    fields: dict[str, Any]
    identifiers: list[dict[str, Any]]
    contact_points: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    versions: list[dict[str, Any]]


class Matches(Said):
    """Whom an identifier belongs to: nobody, one, or several when it is shared."""

    matches: list[DebtorSummary]
    total: int = Field(description="How many there are; at most 100 are listed.")


class StreamOfRun(Said):
    """What became of every record read from one stream: the six dispositions add up to `read`."""

    connection: str
    stream: str
    read: int
    applied: int
    unchanged: int
    rejected: int
    quarantined: int
    blocked: int
    conflict: int
    status: str
    error: str | None


class Run(Said):
    """One run."""

    id: int
    kind: str
    status: str
    started_at: str
    finished_at: str | None
    schedule: str | None = Field(None, description="The schedule whose firing it was.")
    due_at: str | None = Field(None, description="When that firing was due.")
    streams: list[StreamOfRun]
    resolved: dict[str, int] = Field({}, description="What resolving did.")
    matching: str = Field("", description="What matching has to say of its weights and cuts; empty when nothing.")
    deliveries: list[dict[str, Any]] = Field([], description="What delivering did, by connection.")
    failures: dict[str, str] = Field({}, description="Why streams failed.")
    drift: list[str] = Field([], description="Columns that looked otherwise than in the readings before.")


class Event(Said):
    """A fact in the form of CloudEvents 1.0; `sequence` counts without gaps."""

    specversion: Literal["1.0"]
    id: str
    source: Literal["concilia"]
    type: str
    subject: str
    time: str
    datacontenttype: str
    dataschema: str | None = Field(None, description="Of `data`; GET /v1/event-types tells it.")
    sequence: int
    partitionkey: str = Field(description="The debtor, or the subject of an event without one.")
    debtor: str | None = Field(None, description="The golden debtor it concerns, if it concerns one.")
    debtorversion: int | None = Field(None, description="The version of its golden record at that moment.")
    data: dict[str, Any]


class Quality(Said):
    """How many records of a connection carry an issue, among how many, and the rate."""

    connection: str
    issue: str
    records: int
    of: int
    rate: str


class Discrepancy(Said):
    """Two systems that disagree about a debt. `owner` is the system whose word counts."""

    id: int
    kind: str = Field(description="balance, paid_here_open_there or missing_in_source.")
    debt_id: str
    connection: str
    unit: str
    ours: str
    theirs: str
    status: str = Field(description="open, accepted or resolved.")
    opened_at: str
    resolved_at: str | None
    owner: str | None
    resolution: str | None = Field(description="How it ended; `over` when the systems agreed by themselves.")
    resolved_by: str | None
    note: str | None


class QuarantinedRow(Said):
    """A source row that waits for repair: where it stood, which column, and why."""

    id: int
    connection: str
    stream: str
    key: str
    position: str
    column: str
    code: str
    reason: str
    status: str
    fields: dict[str, Any]


class Application(Said):
    """A part of a payment taken off a debt."""

    debt: str
    amount: str
    unit: str


class PaymentNote(Said):
    """Something a payment's teller should know, by name: debtor-merged, payment-above-balance."""

    code: str
    message: str


class RegisteredPayment(Said):
    """What became of a payment. What exceeds the debt stays `unapplied`."""

    id: str
    status: str
    amount: str
    unit: str
    unapplied: str
    applications: list[Application]
    balance: str = Field(description="What is owed of the debt now.")
    debt_status: str
    notes: list[PaymentNote] = Field([], description="What is worth knowing though nothing was refused.")


class PaymentRefusal(Said):
    """A payment or reversal that was told and refused under the rule `code`; `told` is all of it."""

    id: int
    operation: str
    code: str
    field: str
    message: str
    mend: str
    at: str
    told: dict[str, Any]


class Listing(Said):
    """A page. `next` is null at the end."""

    next: str | None


class PaymentRefusalPage(Listing):
    """Refused payments that were not taken since, in order of number."""

    items: list[PaymentRefusal]


class DebtorPage(Listing):
    """Debtors, in order of id."""

    items: list[DebtorSummary]


class RunPage(Listing):
    """Runs, newest first."""

    items: list[Run]


class EventPage(Listing):
    """Events, oldest first. `resume` goes on behind the last one even when there is no next page yet."""

    items: list[Event]
    resume: str


class QualityPage(Listing):
    """Issues by connection."""

    items: list[Quality]


class DiscrepancyPage(Listing):
    """Discrepancies, oldest first."""

    items: list[Discrepancy]


class QuarantinePage(Listing):
    """Rows that wait, oldest first."""

    items: list[QuarantinedRow]


def run(row: RunRow) -> dict[str, Any]:
    """A run as callers see it."""
    streams = [{name: getattr(s, name) for name in StreamOfRun.model_fields} for s in row.streams]
    names = ("id", "kind", "status", "started_at", "finished_at", "schedule", "due_at")
    return {**{name: getattr(row, name) for name in names}, **row.body, "streams": streams}


def event(fact: RecordedFact) -> dict[str, Any]:
    """A fact as an event, its sequence a number."""
    return {**envelope(fact), "sequence": fact.seq}
