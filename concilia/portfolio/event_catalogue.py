"""The catalogue of events: each type, when it happens, and the members of its data. Emits nothing, stores nothing.

A type is a subject and a past participle, such as `debt.settled`. Members may be added to the data of a type; none is
taken away or changes its meaning. Amounts are decimals as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from concilia.portfolio.event_types import EventType, Member, is_selected

_REASON = Member("reason", "text", "Why, in a sentence.", always=False)
_DEBTS = Member("debts", "texts", "The ids of the debts concerned.")
_VERSION = Member("version", "number", "The version of the golden record.")
_CONNECTION = Member("connection", "text", "The system.")
_OUTCOME = Member("outcome", "text", "`written`, or `found_before` when it was there already.")
_EXTERNAL = Member("external_id", "text or null", "Its id in that system.")
_TOLD_BY = Member("told_by", "text", "The connection that said so, or `api`.")

_DEBTOR: Final = (
    EventType("debtor.created", "the golden record", "A golden record is new.", (_VERSION,), {"version": 1}),
    EventType(
        "debtor.updated", "the golden record", "A value of a golden record is another.",
        (_VERSION, Member("changed", "texts", "Names of the fields and lists that changed.")),
        {"version": 4, "changed": ["contact_points", "full_name"]},
    ),
    EventType(
        "debtor.merged", "the id that is gone", "Two golden records are one. `debtor` is the one that stands.",
        (
            Member("gone", "texts", "The ids under which nobody stands any more."),
            Member("into", "text", "The id that stands for them."),
            Member("version", "number", "The last version of the record that is gone."),
        ),
        {"gone": ["gzzs27gi5b3unldhg6cla"], "into": "g4mfp2xw7c6qk3ho5tdea", "version": 3},
    ),
    EventType(
        "debtor.split", "the golden record that goes on", "Some of its source records stand under another id now.",
        (Member("into", "text", "The id under which they stand."),), {"into": "gzzs27gi5b3unldhg6cla"},
    ),
    EventType(
        "debtor.restored", "the golden record", "An id that was gone stands again, for whom it stood before.",
        (_VERSION,), {"version": 5},
    ),
    EventType(
        "debtor.retired", "the golden record", "No source states anybody of this golden record any more.",
        (_VERSION,), {"version": 6},
    ),
    EventType(
        "tax_id.suspicious", "the number, as `CL:RUT:…`", "Too many unlike names carry this number: it merges nothing.",
        (Member("holders", "number", "How many source debtors state it."),), {"holders": 57},
    ),
)  # fmt: skip

_OF_A_DEBT: Final = (
    Member("balance", "amount", "What is owed now, in `unit`."),
    Member("unit", "text", "The currency or indexed unit."),
    Member("status", "text", "The status of the debt."),
    Member("owner", "text", "The connection whose word counts."),
    Member("version", "number", "The version of the debt."),
)
_A_DEBT: Final = {"balance": "135000", "unit": "CLP", "status": "partially_paid", "owner": "erp", "version": 2}
_DEBT: Final = (
    EventType("debt.opened", "the debt", "A debt is new in the hub.", _OF_A_DEBT,
              {**_A_DEBT, "balance": "150000", "status": "open", "version": 1}),
    EventType("debt.changed", "the debt", "A debt differs: its balance, status, owner or terms.", _OF_A_DEBT, _A_DEBT),
    EventType("debt.settled", "the debt", "Nothing is owed any more: stop asking for it.", _OF_A_DEBT,
              {**_A_DEBT, "balance": "0", "status": "settled", "version": 3}),
    EventType("debt.reopened", "the debt", "A settled debt is owed again.", _OF_A_DEBT, {**_A_DEBT, "version": 4}),
    EventType("debt.missing_in_source", "the debt",
              "The system whose word counts has it no more. That is no payment: the balance stands.", _OF_A_DEBT,
              {**_A_DEBT, "status": "missing_in_source", "version": 5}),
    EventType(
        "discrepancy.opened", "the debt", "Two systems disagree about a debt.",
        (
            Member("id", "number", "The number of the discrepancy."),
            Member("kind", "text", "`balance`, `paid_here_open_there` or `missing_in_source`."),
            Member("debt", "text", "The id of the debt."),
            Member("connection", "text", "The system that says otherwise."),
            Member("ours", "amount", "What the owner states, or the hub holds."),
            Member("theirs", "amount", "What that system states."),
            Member("unit", "text", "The unit of both."),
        ),
        {"id": 12, "kind": "balance", "debt": "dnhlf2kd4oiuvcizn7bta", "connection": "crm", "ours": "150000",
         "theirs": "140000", "unit": "CLP"},
    ),
)  # fmt: skip

_DEBTORS = Member("debtors", "texts", "All golden records whose debts it concerns, when there are several.", False)
_TOLD: Final = (
    EventType(
        "payment.received", "the payment", "A payment was told for the first time.",
        (
            Member("amount", "amount", "How much, in `unit`."),
            Member("unit", "text", "The currency or indexed unit."),
            Member("value_date", "text", "The day from which it counts."),
            Member("origin", "text", "The connection that told it, or `api`."),
            Member("debts", "texts", "The debts it is meant for.", always=False),
            _DEBTORS,
        ),
        {"amount": "15000", "unit": "CLP", "value_date": "2026-11-22", "origin": "api",
         "debts": ["dnhlf2kd4oiuvcizn7bta"]},
    ),
    *(
        EventType(f"payment.{status}", "the payment", when, (_TOLD_BY, _DEBTORS), {"told_by": "bank"})
        for status, when in (
            ("confirmed", "A payment that was only announced or pending has happened."),
            ("partially_applied", "The same, told as taken off debts in part."),
            ("posted_in_erp", "The same, told as booked in the ERP."),
            ("rejected", "A payment that was only announced or pending will not come."),
        )
    ),
    EventType(
        "payment.applied", "the payment",
        "A payment was taken off its debts. Told of one that was only expected, the teller is named instead.",
        (
            Member("applications", "objects", "Each debt with the amount taken off it.", always=False),
            Member("unapplied", "amount", "What no debt takes.", always=False),
            Member("unit", "text", "The unit of both.", always=False),
            Member("told_by", "text", "The connection that said so, or `api`.", always=False),
            _DEBTORS,
        ),
        {"applications": [{"debt": "dnhlf2kd4oiuvcizn7bta", "amount": "15000"}], "unapplied": "0", "unit": "CLP"},
    ),
    EventType(
        "payment.reversed", "the payment", "A payment does not stand: its debts owe it again.",
        (Member("status", "text", "`reversed`, `charged_back` or `refunded`."), _TOLD_BY, _DEBTS, _DEBTORS),
        {"status": "charged_back", "told_by": "api", "debts": ["dnhlf2kd4oiuvcizn7bta"]},
    ),
)  # fmt: skip
_WRITTEN: Final = (
    EventType(
        "payment.posted", "the payment", "The owner's ledger holds the payment.", (_CONNECTION, _EXTERNAL, _OUTCOME),
        {"connection": "erp", "external_id": "P-77", "outcome": "written"},
    ),
    EventType(
        "payment.reversal_posted", "the payment", "The owner's ledger has taken the payment back.",
        (_CONNECTION, _EXTERNAL, _OUTCOME), {"connection": "erp", "external_id": "P-78", "outcome": "written"},
    ),
    EventType(
        "contact.written", "the record, as connection/stream/external id", "A contact value was written to a system.",
        (_CONNECTION, _EXTERNAL, Member("field", "text", "Which field; never its value."), _OUTCOME),
        {"connection": "crm", "external_id": "K-77", "field": "phone", "outcome": "written"},
    ),
    EventType(
        "agreement.written", "the agreement", "A system was told what befell the agreement.",
        (_CONNECTION, _EXTERNAL, _OUTCOME, Member("happening", "text", "What it was told."),
         Member("reference", "text", "Our reference there.")),
        {"connection": "erp", "external_id": "N-5", "outcome": "written", "happening": "broken",
         "reference": "acb27.4.1"},
    ),
)  # fmt: skip

_OF_AN_AGREEMENT: Final = (
    Member("kind", "text", "`promise`, `plan` or `settlement_discount`."),
    Member("state", "text", "Where it stands now."),
    Member("unit", "text", "The unit of its amounts."),
    Member("promised", "amount", "What is promised in all."),
    Member("debts", "objects", "The debts it holds, each with its `debt`, `amount` and `opening` balance."),
    Member("schedule", "objects", "The parts, each with the day until which it is due."),
    Member("discount", "amount", "What is let off."),
    Member("agreed_on", "text", "The day it was agreed."),
    _REASON,
    Member("version", "number", "The version of the agreement."),
    Member("replaced_by", "text", "The agreement that took its place.", always=False),
    Member("evaluation", "object", "How its parts were judged by payments and days.", always=False),
)
_AN_AGREEMENT: Final[Mapping[str, Any]] = {
    "kind": "promise", "state": "active", "unit": "CLP", "promised": "50000",
    "debts": [{"debt": "dnhlf2kd4oiuvcizn7bta", "amount": "50000", "opening": "150000"}],
    "schedule": [{"number": 1, "due_date": "2026-12-01", "amount": "50000"}], "discount": "0",
    "agreed_on": "2026-11-22", "reason": "", "version": 1,
}  # fmt: skip
_AGREEMENT: Final = tuple(
    EventType(f"agreement.{happening}", "the agreement", when, _OF_AN_AGREEMENT, {**_AN_AGREEMENT, "state": state})
    for happening, state, when in (
        ("recorded", "active", "An agreement was made, or offered."),
        ("accepted", "active", "The debtor took the offer."),
        ("rejected", "rejected", "The debtor did not take the offer."),
        ("expired", "expired", "Nobody took the offer in time."),
        ("partially_kept", "partially_kept", "Something was paid on it, and something is still to come."),
        ("kept", "kept", "All of it was paid in time."),
        ("broken", "broken", "A part was not paid in time."),
        ("reinstated", "active", "A broken agreement was given another chance."),
        ("renegotiated", "renegotiated", "Another agreement took its place."),
        ("cancelled", "cancelled", "The creditor ended it."),
        ("withdrawn", "withdrawn", "It was recorded by mistake."),
    )
)

_OF_AN_INTERACTION: Final = (
    Member("channel", "text", "Over which channel."),
    Member("direction", "text", "`inbound` or `outbound`."),
    Member("purpose", "text", "What for."),
    Member("outcome", "text or null", "What came of it."),
    Member("party_outcome", "text or null", "Who answered."),
    Member("result", "text or null", "What was said of the debt."),
    Member("started_at", "text", "When it began."),
    Member("agency", "text or null", "The agency that made it."),
    Member("decision", "text or null", "The contact decision it was made under."),
    Member("bypass", "true or false", "Whether nobody asked before it was made."),
    Member("waits", "true or false", "Whether it is not known yet whose it is."),
    Member("told", "object", "What was told now, of one that was known.", always=False),
    Member("by", "text", "Who told it.", always=False),
)
_AN_INTERACTION: Final[Mapping[str, Any]] = {
    "channel": "whatsapp", "direction": "inbound", "purpose": "collection", "outcome": "answered",
    "party_outcome": "right_party", "result": None, "started_at": "2026-11-22T13:02:00.000000+00:00", "agency": None,
    "decision": None, "bypass": False, "waits": False,
}  # fmt: skip
_POINT: Final = (
    Member("contact_point", "text", "The contact point, by an id that does not tell its value."),
    Member("type", "text", "phone, email, postal_address or another type."),
)
_A_POINT: Final = {"contact_point": "k4mfp2xw7c6qk3ho5tdea", "type": "phone"}
_STATUS: Final = (
    Member("status", "text", "Its status now.", always=False),
    Member("was", "text", "Its status before.", always=False),
    Member("since", "text or null", "Since when.", always=False),
    Member("channel", "text", "On which channel, where it is about one.", always=False),
    Member("version", "number", "The version of the golden record, where that changed.", always=False),
)
_OF_A_CHANGE: Final = (
    *_POINT,
    Member("change", "number", "The number of the pending change."),
    Member("origin", "text", "Who wants it."),
    Member("removes", "true or false", "Whether the value is to go instead of being replaced."),
)
_A_CHANGE: Final = {**_A_POINT, "change": 7, "origin": "erp", "removes": False}
_CHANNELS: Final = (
    EventType("interaction.recorded", "the interaction", "A channel told of a contact: a call, a message, a visit.",
              _OF_AN_INTERACTION, _AN_INTERACTION),
    EventType("interaction.outcome_recorded", "the interaction", "What came of a known interaction was told later.",
              _OF_AN_INTERACTION, {**_AN_INTERACTION, "told": {"result": "promise"}}),
    EventType("interaction.resolved", "the interaction", "It is known now whose a waiting interaction is.",
              _OF_AN_INTERACTION, {**_AN_INTERACTION, "by": "load"}),
    EventType(
        "contact.denied", "the contact decision", "A tool asked to contact a debtor, and may not.",
        (
            Member("decision", "text", "The decision."),
            Member("channel", "text", "Over which channel."),
            Member("purpose", "text", "What for."),
            Member("at", "text", "The moment that was asked about."),
            Member("rule", "text or null", "The first rule that forbids it."),
            Member("rules", "texts", "Every rule that forbids it."),
            Member("next_allowed_at", "text or null", "When it may be made, if nothing else happens."),
            Member("asked_by", "text", "Who asked."),
        ),
        {"decision": "c4mfp2xw7c6qk3ho5tdea", "channel": "voice_agent", "purpose": "collection",
         "at": "2026-11-22T23:02:00.000000+00:00", "rule": "cl.hours", "rules": ["cl.hours"],
         "next_allowed_at": "2026-11-23T11:00:00.000000+00:00", "asked_by": "dialer"},
    ),
    *(
        EventType(f"contact_point.{happened}", "the contact point", when, (*_POINT, *_STATUS),
                  {**_A_POINT, "status": status, "was": "unverified"})
        for happened, status, when in (
            ("changed", "unverified", "Its status, or who states it, is another."),
            ("verified", "verified", "It is known to reach the debtor."),
            ("failed", "hard_failed", "It could not be reached."),
            ("wrong_party", "wrong_party", "Somebody else answers there."),
            ("stale", "stale", "It was verified too long ago, and is to be verified again."),
            ("opted_out", "verified", "The debtor wants no contact there, on `channel`."),
        )
    ),
    EventType("contact_point.pending", "the contact point",
              "Somebody would change a verified value: it waits to be confirmed.", _OF_A_CHANGE, _A_CHANGE),
    EventType("contact_point.confirmed", "the contact point", "A pending change was confirmed.", _OF_A_CHANGE,
              _A_CHANGE),
    EventType("contact_point.rejected", "the contact point", "A pending change was rejected.", _OF_A_CHANGE,
              _A_CHANGE),
    EventType("contact_point.added", "the contact point", "A golden record has a contact point that it had not.",
              (*_POINT, _VERSION),
              {**_A_POINT, "version": 4}),
)  # fmt: skip

CATALOGUE: Final[Mapping[str, EventType]] = {
    one.name: one for one in (*_DEBTOR, *_DEBT, *_TOLD, *_WRITTEN, *_AGREEMENT, *_CHANNELS)
}
TEST: Final = EventType(
    "subscription.test", "the subscription", "Told to one subscriber because somebody asked for it; it is in no feed.",
    (Member("subscription", "text", "The subscription."),), {"subscription": "s4mfp2xw7c6qk3ho5tdea"},
)  # fmt: skip


def is_pattern(text: str) -> bool:
    """Whether the text selects at least one type of the catalogue."""
    return any(is_selected(name, [text]) for name in CATALOGUE)


def dataschema_of(type_: str) -> str | None:
    """The `dataschema` of a type; none for a type that is not in the catalogue."""
    return CATALOGUE[type_].schema_id if type_ in CATALOGUE else None
