"""Every table in one readable file. No queries.

Instants are ISO 8601 text in UTC with microseconds (sortable, the same on both databases); amounts are plain
decimal text; `body`, `payload` and the like are JSON text. A workspace is one database, so there are no tenant
columns.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()


def _text(name: str, *, key: bool = False, null: bool = False, unique: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null, unique=unique or None)


def _number(name: str, *, key: bool = False, null: bool = False, default: int | None = None) -> Column[int]:
    # SQLite stores rows by an INTEGER key only when it is declared with exactly that type.
    kind = BigInteger().with_variant(Integer, "sqlite")
    shown = None if default is None else text(str(default))
    return Column(name, kind, primary_key=key, nullable=null, autoincrement=False, server_default=shown)


counter = Table("counter", metadata, _text("name", key=True), _number("value"))

connection = Table(
    "connection", metadata,
    _text("name", key=True), _text("connector"), _text("fingerprint"), _text("body"), _text("applied_at"),
    _text("approved_at", null=True), _text("approved_by", null=True),
)  # fmt: skip

declaration = Table(
    "declaration", metadata,
    _number("id", key=True), _text("kind"), _text("name"), _number("version"), _text("body", null=True), _text("at"),
    _text("by"),
    Index("declaration_version", "kind", "name", "version", unique=True),
)  # fmt: skip

credential = Table(
    "credential", metadata,
    _text("connection", key=True), _text("setting", key=True), _text("envelope"), _text("changed_at"),
    _text("changed_by"),
)  # fmt: skip

policy = Table("policy", metadata, _text("name", key=True), _text("body"), _text("applied_at"))

run = Table(
    "run", metadata,
    _number("id", key=True), _text("kind"), _text("status"), _text("started_at"), _text("finished_at", null=True),
    _text("body"), _text("schedule", null=True), _text("due_at", null=True),
)  # fmt: skip

run_stream = Table(
    "run_stream", metadata,
    _number("run_id", key=True), _text("connection", key=True), _text("stream", key=True),
    _number("read", default=0), _number("applied", default=0), _number("unchanged", default=0),
    _number("rejected", default=0), _number("quarantined", default=0), _number("blocked", default=0),
    _number("conflict", default=0), _text("status"), _text("error", null=True),
)  # fmt: skip

bookmark = Table(
    "bookmark", metadata,
    _text("connection", key=True), _text("stream", key=True), _text("partition", key=True),
    _text("cursor"), _text("tie"), _text("moved_at"), _number("run_id"),
)  # fmt: skip

source_record = Table(
    "source_record", metadata,
    _number("id", key=True), _text("connection"), _text("stream"), _text("key"),
    _text("payload"), _text("content_hash"), _text("map_hash"), _text("cursor", null=True), _text("position"),
    _text("source_updated_at", null=True), _text("received_at"), _text("state"), _number("run_id"),
    Index("source_record_key", "connection", "stream", "key", unique=True),
    Index("source_record_run", "run_id", "stream"),
)  # fmt: skip

mapping_issue = Table(
    "mapping_issue", metadata,
    _number("record_id", key=True), _number("ordinal", key=True), _text("connection"),
    _text("entity"), _text("field"), _text("column"), _text("value"), _text("code"), _text("reason"),
    Index("mapping_issue_code", "connection", "code"),
)  # fmt: skip

quarantine = Table(
    "quarantine", metadata,
    _number("id", key=True), _text("connection"), _text("stream"), _text("fingerprint"), _text("key"),
    _text("position"), _text("column"), _text("code"), _text("reason"), _text("fields"), _text("raw"),
    _text("status"), _text("created_at"), _text("changed_at"), _number("run_id"),
    Index("quarantine_fingerprint", "connection", "stream", "fingerprint", unique=True),
    Index("quarantine_status", "status", "id"),
)  # fmt: skip

source_debtor = Table(
    "source_debtor", metadata,
    _number("id", key=True), _text("connection"), _text("stream"), _text("external_id"),
    _text("golden_id", null=True), _number("pending", default=1), _number("founded", default=0),
    Index("source_debtor_key", "connection", "stream", "external_id", unique=True),
    Index("source_debtor_golden", "golden_id"),
    Index("source_debtor_pending", "id", sqlite_where=text("pending = 1"), postgresql_where=text("pending = 1")),
)  # fmt: skip

debtor_claim = Table(
    "debtor_claim", metadata,
    _number("record_id", key=True), _number("ordinal", key=True), _number("debtor_id"), _text("body"),
    _text("source_updated_at", null=True), _text("received_at"),
    Index("debtor_claim_debtor", "debtor_id"),
)  # fmt: skip

match_key = Table(
    "match_key", metadata,
    _text("key", key=True), _number("debtor_id", key=True),
    Index("match_key_debtor", "debtor_id"),
)  # fmt: skip

# The matching index: one fixed row a debtor, its keys as 64-bit hashes, and the scored pairs.
match_row = Table("match_row", metadata, _number("debtor_id", key=True), Column("body", LargeBinary, nullable=False))

match_posting = Table(
    "match_posting", metadata,
    _number("hash", key=True), _number("debtor_id", key=True),
    sqlite_with_rowid=False,  # the key is the whole row: held once
)  # fmt: skip

match_edge = Table(
    "match_edge", metadata,
    _number("left_id", key=True), _number("right_id", key=True),
    Column("bits", Double, nullable=False), Column("contact", Double, nullable=False),
    Index("match_edge_right", "right_id"), sqlite_with_rowid=False,
)  # fmt: skip

match_model = Table(
    "match_model", metadata,
    _number("id", key=True), _text("body"), _text("digest"), _text("note"), _text("made_at"),
    _text("linked_at", null=True),
)  # fmt: skip

pin = Table(
    "pin", metadata,
    _number("id", key=True), _number("debtor_id"), _text("field"), _text("value", null=True), _text("by"),
    _text("reason"), _text("at"),
    Index("pin_debtor", "debtor_id"),
)  # fmt: skip

retired_id = Table(
    "retired_id", metadata,
    _number("id", key=True), _number("debtor_id", null=True), _text("name"), _text("value"), _number("retired"),
    _text("by"), _text("reason"), _text("at"),
    Index("retired_id_debtor", "debtor_id"), Index("retired_id_value", "name", "value"),
)  # fmt: skip

ruling = Table(
    "ruling", metadata,
    _number("id", key=True), _number("left_id"), _number("right_id"), _text("judgement"), _text("by"),
    _text("because"), _text("at"),
    Index("ruling_left", "left_id"), Index("ruling_right", "right_id"),
)  # fmt: skip

candidate = Table(
    "candidate", metadata,
    _number("left_id", key=True), _number("right_id", key=True), _text("reason"), _text("because"), _text("at"),
    Index("candidate_right", "right_id"),
)  # fmt: skip

identity_ledger = Table(
    "identity_ledger", metadata,
    _number("id", key=True), _text("kind"), _text("golden_id"), _text("other_id", null=True),
    _number("debtor_id", null=True), _text("body"), _text("at"),
    Index("identity_ledger_golden", "golden_id"),
    Index(
        "identity_ledger_other", "other_id",
        sqlite_where=text("other_id IS NOT NULL"), postgresql_where=text("other_id IS NOT NULL"),
    ),
)  # fmt: skip

golden_debtor = Table(
    "golden_debtor", metadata,
    _text("id", key=True), _text("status"), _text("merged_into", null=True), _number("founder_id"),
    _number("founded_seq"), _number("retired_seq", null=True), _number("version"), _text("body"),
    _text("provenance"), _text("search"), _text("created_at"), _text("updated_at"),
    Index("golden_debtor_status", "status", "id"), Index("golden_debtor_founder", "founder_id"),
)  # fmt: skip

golden_version = Table(
    "golden_version", metadata,
    _text("golden_id", key=True), _number("version", key=True), _text("status"), _text("merged_into", null=True),
    _text("body"), _text("provenance"), _text("recorded_at"),
)  # fmt: skip

source_debt = Table(
    "source_debt", metadata,
    _number("id", key=True), _number("record_id"), _text("connection"), _text("stream"), _text("external_id"),
    _text("body"), _text("creditor"), _text("debtor_stream", null=True), _text("debtor_key", null=True),
    _number("debtor_id", null=True), _text("debt_id", null=True), _number("pending", default=1),
    _text("waiting", null=True), _text("document", null=True), _text("stated_at"), _text("missing_since", null=True),
    Index("source_debt_key", "connection", "stream", "external_id", unique=True),
    Index("source_debt_external", "external_id"),
    Index("source_debt_record", "record_id"), Index("source_debt_debt", "debt_id"),
    Index("source_debt_debtor", "debtor_id"), Index("source_debt_document", "document"),
    Index("source_debt_pending", "id", sqlite_where=text("pending = 1"), postgresql_where=text("pending = 1")),
)  # fmt: skip

debt = Table(
    "debt", metadata,
    _text("id", key=True), _text("creditor"), _text("owner"), _number("owner_id"), _number("debtor_id", null=True),
    _text("document", null=True), _text("unit"), _text("stated_balance"), _text("balance"), _text("status"),
    _text("due_date", null=True), _text("body"), _number("version"), _text("updated_at"),
    Index("debt_debtor", "debtor_id"), Index("debt_document", "creditor", "document"),
    Index("debt_number", "document"),
)  # fmt: skip

discrepancy = Table(
    "discrepancy", metadata,
    _number("id", key=True), _text("kind"), _text("debt_id"), _text("connection"), _text("unit"), _text("ours"),
    _text("theirs"), _text("status"), _text("opened_at"), _text("resolved_at", null=True), _text("owner", null=True),
    _text("resolution", null=True), _text("resolved_by", null=True), _text("note", null=True),
    Index("discrepancy_debt", "debt_id"), Index("discrepancy_status", "status", "id"),
)  # fmt: skip

party_role = Table(
    "party_role", metadata,
    _number("record_id", key=True), _number("ordinal", key=True), _number("debtor_id"), _text("debt_connection"),
    _text("debt_stream", null=True), _text("debt_key", null=True), _text("document", null=True),
    _text("role"), _text("liability"),
    Index("party_role_debtor", "debtor_id"), Index("party_role_debt", "debt_connection", "debt_stream", "debt_key"),
)  # fmt: skip

source_payment = Table(
    "source_payment", metadata,
    _number("id", key=True), _number("record_id"), _text("connection"), _text("stream"), _text("external_id"),
    _text("body"), _text("payment_id", null=True), _number("pending", default=1), _text("waiting", null=True),
    Index("source_payment_key", "connection", "stream", "external_id", unique=True),
    Index("source_payment_record", "record_id"), Index("source_payment_payment", "payment_id"),
    Index("source_payment_pending", "id", sqlite_where=text("pending = 1"), postgresql_where=text("pending = 1")),
)  # fmt: skip

payment = Table(
    "payment", metadata,
    _text("id", key=True), _text("amount"), _text("unit"), _text("value_date"), _text("method"), _text("status"),
    _text("reference"), _text("origin"), _text("body"), _text("unapplied"), _text("received_at"),
)  # fmt: skip

payment_identity = Table(
    "payment_identity", metadata,
    _text("identity", key=True), _text("payment_id"),
    Index("payment_identity_payment", "payment_id"),
)  # fmt: skip

application = Table(
    "application", metadata,
    _number("id", key=True), _text("payment_id"), _text("debt_id"), _text("amount"), _text("unit"),
    _text("applied_at"), _number("reverses", null=True), _text("posted_at", null=True),
    _text("posted_external_id", null=True),
    Index("application_payment", "payment_id"), Index("application_debt", "debt_id"),
)  # fmt: skip

agreement = Table(
    "agreement", metadata,
    _text("id", key=True), _text("kind"), _text("state"), _text("unit"), _text("terms"), _text("agreed_on"),
    _text("origin"), _text("replaced_by", null=True), _number("version"), _text("recorded_at"), _text("changed_at"),
    Index("agreement_state", "state", "id"),
)  # fmt: skip

agreement_debt = Table(
    "agreement_debt", metadata,
    _text("agreement_id", key=True), _text("debt_id", key=True), _number("ordinal"), _number("standing"),
    Index("agreement_debt_debt", "debt_id"),
    # One agreement holds a debt at a time, whatever the program believes.
    Index(
        "agreement_debt_standing", "debt_id", unique=True,
        sqlite_where=text("standing = 1"), postgresql_where=text("standing = 1"),
    ),
)  # fmt: skip

agreement_event = Table(
    "agreement_event", metadata,
    _text("agreement_id", key=True), _number("ordinal", key=True), _text("state"), _text("happening"), _text("at"),
    _text("by"), _text("reason"), _text("body"),
)  # fmt: skip

agreement_refusal = Table(
    "agreement_refusal", metadata,
    _number("id", key=True), _number("key_id"), _text("idempotency_key"), _text("body_hash"), _text("code"),
    _text("field"), _text("message"), _text("mend"), _text("body"), _text("at"), _text("status"),
    _text("agreement_id", null=True),
    Index("agreement_refusal_call", "key_id", "idempotency_key", "body_hash", unique=True),
    Index("agreement_refusal_status", "status", "id"),
)  # fmt: skip

event = Table(
    "event", metadata,
    _number("seq", key=True), _text("at"), _text("type"), _text("subject"), _text("golden_id", null=True),
    _text("body"), _number("golden_version", null=True),
    Index("event_subject", "subject"),
)  # fmt: skip

# Who is told of events: up to which number nothing is owed any more, except for the events in `delivery`.
subscription = Table(
    "subscription", metadata,
    _text("id", key=True), _text("url"), _text("types"), _text("after_dead"), _text("description"), _text("state"),
    _text("reason"), _text("created_by"), _text("created_at"), _text("changed_by"), _text("changed_at"),
    _number("delivered", default=0), _number("failures", default=0), _text("failing_since", null=True),
    _text("next_attempt_at"), _text("last_success_at", null=True), _text("last_error"),
    _text("old_secret_until", null=True),
)  # fmt: skip

delivery = Table(
    "delivery", metadata,
    _text("subscription_id", key=True), _number("seq", key=True), _text("state"), _number("attempts"),
    _text("first_failed_at", null=True), _text("next_attempt_at"), _text("reason"), _text("changed_at"),
)  # fmt: skip

intent = Table(
    "intent", metadata,
    _number("id", key=True), _text("idempotency_key", unique=True), _text("connection"), _text("operation"),
    _text("subject_id"), _text("entity_key"), _text("body"), _text("state"), _number("attempts", default=0),
    _text("next_attempt_at"), _text("reason"), _text("created_at"), _text("changed_at"),
    _number("fence", default=0), _number("unknowns", default=0), _text("sent_at", null=True), _text("code", null=True),
    _number("waits_for", null=True),
    Index("intent_ready", "connection", "state", "id"), Index("intent_subject", "subject_id"),
    Index(
        "intent_open", "connection", "entity_key", "id",
        sqlite_where=text("state IN ('new', 'sent_unknown')"),
        postgresql_where=text("state IN ('new', 'sent_unknown')"),
    ),
)  # fmt: skip

receipt = Table(
    "receipt", metadata,
    _number("id", key=True), _number("intent_id"), _text("outcome"), _text("external_id", null=True), _text("body"),
    _text("at"),
    Index("receipt_intent", "intent_id"),
)  # fmt: skip

api_key = Table(
    "api_key", metadata,
    _number("id", key=True), _text("name"), _text("hash", unique=True), _text("created_at"),
    _text("revoked_at", null=True),
)  # fmt: skip

stored_answer = Table(
    "stored_answer", metadata,
    _number("key_id", key=True), _text("idempotency_key", key=True), _text("body_hash"), _number("status"),
    _text("answer"), _text("at"),
)  # fmt: skip

# Schedules: what is declared, up to when its firings are written down, and each firing with whoever carries it out.
schedule = Table(
    "schedule", metadata,
    _text("name", key=True), _text("body"), _text("fingerprint"), _text("applied_at"), _text("settled_at"),
    _text("paused_at", null=True), _text("paused_by", null=True),
)  # fmt: skip

firing = Table(
    "firing", metadata,
    _number("id", key=True), _text("schedule"), _text("due_at"), _text("start_at"), _text("status"), _text("reason"),
    _text("holder", null=True), _number("fence", default=0), _text("lease_until", null=True),
    _number("run_id", null=True), _text("finished_at", null=True),
    Index("firing_due", "schedule", "due_at", unique=True), Index("firing_status", "status", "start_at"),
)  # fmt: skip

# Sweeps: what listing all keys of a stream proved, which records it did not see, and where a person was asked.
key_sweep = Table(
    "key_sweep", metadata,
    _number("id", key=True), _text("connection"), _text("stream"), _number("run_id"), _text("status"),
    _text("reason"), _number("listed"), _number("absent"), _text("evidence"), _text("at"),
    Index("key_sweep_stream", "connection", "stream", "id"), Index("key_sweep_run", "run_id"),
)  # fmt: skip

absence = Table(
    "absence", metadata,
    _number("record_id", key=True), _text("connection"), _text("stream"), _number("sightings"), _number("sweep_id"),
    _text("first_seen"), _text("missing_since", null=True),
    Index("absence_stream", "connection", "stream"),
)  # fmt: skip

breaker_trip = Table(
    "breaker_trip", metadata,
    _number("id", key=True), _number("run_id"), _text("connection"), _text("stream"), _text("kind"), _number("found"),
    _number("known"), _number("allowance"), _text("status"), _text("at"), _text("decided_by", null=True),
    _text("decided_at", null=True),
    Index("breaker_trip_stream", "connection", "stream", "status"), Index("breaker_trip_run", "run_id"),
)  # fmt: skip

# What the mapped columns of a stream looked like under `basis` (mapping and settings), and what a run found otherwise.
stream_shape = Table(
    "stream_shape", metadata,
    _text("connection", key=True), _text("stream", key=True), _text("basis"), _text("body"), _text("seen_at"),
)  # fmt: skip

drift = Table(
    "drift", metadata,
    _number("run_id", key=True), _text("connection", key=True), _text("stream", key=True), _text("column", key=True),
    _text("kind", key=True), _text("before"), _text("now"), _number("records"), _number("of"),
)  # fmt: skip

# Write-back: what was planned against what every system was last seen to say, and where people disagreed with it.
write_plan = Table(
    "write_plan", metadata,
    _number("id", key=True), _text("status"), _text("made_by"), _text("made_at"), _text("applied_at", null=True),
)  # fmt: skip

plan_target = Table(
    "plan_target", metadata,
    _number("plan_id", key=True), _text("connection", key=True), _text("fingerprint"), _number("changes"),
    _text("waits"), _text("approved_at", null=True), _text("approved_by", null=True),
)  # fmt: skip

plan_row = Table(
    "plan_row", metadata,
    _number("plan_id", key=True), _number("number", key=True), _text("connection"), _text("operation"),
    _text("golden_id", null=True), _text("stream"), _text("external_id"), _text("field"), _text("base"),
    _text("ours"), _text("theirs"), _text("body"), _text("why"), _text("idempotency_key"), _text("state"),
    _text("reason"), _text("changed_at"),
    Index("plan_row_key", "idempotency_key"), Index("plan_row_state", "connection", "state"),
    Index(
        "plan_row_golden", "golden_id",
        sqlite_where=text("golden_id IS NOT NULL"), postgresql_where=text("golden_id IS NOT NULL"),
    ),
)  # fmt: skip

plan_mark = Table(
    "plan_mark", metadata,
    _text("connection", key=True), _text("fingerprint"), _number("seq"), _text("at"),
)  # fmt: skip

conflict = Table(
    "conflict", metadata,
    _number("id", key=True), _text("fingerprint", unique=True), _text("kind"), _text("status"),
    _text("golden_id", null=True), _text("field"), _text("connection"), _text("stream"), _text("external_id"),
    _text("base"), _text("ours"), _text("theirs"), _text("policy"), _text("why"), _text("body"), _text("opened_at"),
    _text("taken", null=True), _text("resolved_by", null=True), _text("resolved_at", null=True),
    Index("conflict_status", "status", "id"), Index("conflict_golden", "golden_id", "field"),
    Index("conflict_record", "connection", "stream", "external_id"),
)  # fmt: skip

# One field of one record: what both sides said when they last agreed or agreed to differ, and what we wrote there.
field_state = Table(
    "field_state", metadata,
    _text("connection", key=True), _text("stream", key=True), _text("external_id", key=True), _text("field", key=True),
    _text("ours", null=True), _text("theirs", null=True), _text("seen"), _text("since"), _text("written", null=True),
    _text("idempotency_key", null=True), _text("at"),
)  # fmt: skip

# Delivery: who writes to a connection now, how often a credential may call, tokens in force, and refused payments.
fence = Table(
    "fence", metadata,
    _text("name", key=True), _number("token"), _text("holder"), _text("taken_at"), _text("seen_at"),
)  # fmt: skip

budget = Table(
    "budget", metadata,
    _text("credential", key=True), Column("level", Double, nullable=False), _text("filled_at"),
    _text("not_before", null=True),
)  # fmt: skip

token = Table(
    "token", metadata,
    _text("credential", key=True), _number("version"), _text("access"), _text("refresh"), _text("expires_at"),
    _text("asked_at", null=True), _text("changed_at"),
)  # fmt: skip

payment_refusal = Table(
    "payment_refusal", metadata,
    _number("id", key=True), _text("operation"), _number("key_id"), _text("idempotency_key"), _text("body_hash"),
    _text("code"), _text("field"), _text("message"), _text("mend"), _text("body"), _text("at"), _text("status"),
    _text("payment_id", null=True),
    Index("payment_refusal_call", "key_id", "idempotency_key", "body_hash", unique=True),
    Index("payment_refusal_status", "status", "id"),
)  # fmt: skip

# Contact: what was asked and answered, what is held ready, what took place, and what debtors and people said.
rulebook = Table(
    "rulebook", metadata,
    _text("digest", key=True), _text("version"), _text("body"), _text("stored_at"),
)  # fmt: skip

contact_decision = Table(
    "contact_decision", metadata,
    _text("id", key=True), _number("debtor_id"), _text("golden_id"), _text("channel"), _text("purpose"), _text("at"),
    _text("asked_at"), _text("answer"), _text("rule", null=True), _text("rulebook"), _text("question"),
    _text("facts"), _text("outcome"), _text("asked_by"), _text("actor"),
    Index("contact_decision_debtor", "debtor_id", "asked_at"),
)  # fmt: skip

reservation = Table(
    "reservation", metadata,
    _text("decision_id", key=True), _number("debtor_id"), _text("channel"), _text("purpose"), _text("at"),
    _text("expires_at"), _text("state"), _text("interaction_id", null=True), _text("changed_at"),
    Index("reservation_debtor", "debtor_id", "expires_at"),
)  # fmt: skip

reservation_debt = Table(
    "reservation_debt", metadata,
    _text("decision_id", key=True), _text("debt_id", key=True),
    Index("reservation_debt_debt", "debt_id"),
)  # fmt: skip

# `debtor_id` is the source debtor it was with, so that it follows merges and splits; null: it waits. `outcome`,
# `party_outcome`, `result` and the end are where it stands by all that was told of it, in `interaction_outcome`.
interaction = Table(
    "interaction", metadata,
    _text("id", key=True), _number("debtor_id", null=True), _text("named"), _text("direction"), _text("channel"),
    _text("purpose"), _text("actor_type"), _text("actor_id", null=True), _text("agency", null=True),
    _text("started_at"), _text("ended_at", null=True), _text("told_start"), _text("told_end", null=True),
    _text("outcome", null=True), _text("party_outcome", null=True), _text("result", null=True),
    _text("contact_type", null=True), _text("contact_value", null=True), _text("decision_id", null=True),
    _text("campaign", null=True), _text("experiment", null=True), _text("content_ref", null=True),
    _text("content_hash", null=True), _text("external_ref", null=True), _text("origin"), _text("body"),
    _text("recorded_at"),
    Index("interaction_debtor", "debtor_id", "started_at"),
    Index("interaction_decision", "decision_id", unique=True),
    Index("interaction_external", "origin", "external_ref", unique=True),
    Index("interaction_recorded", "recorded_at", "id"),
)  # fmt: skip

# Append-only. Ordinal 0 was told with the interaction, the others later: a delivery receipt, a corrected party.
interaction_outcome = Table(
    "interaction_outcome", metadata,
    _text("interaction_id", key=True), _number("ordinal", key=True), _text("outcome", null=True),
    _text("party_outcome", null=True), _text("result", null=True), _text("ended_at", null=True),
    _text("told_end", null=True), _text("at"), _text("told_at"), _text("by"), _text("note"), _text("recorded_at"),
)  # fmt: skip

# Interactions whose party nobody can tell yet, why, and by what they would be known; pending: to be tried again.
interaction_waiting = Table(
    "interaction_waiting", metadata,
    _text("interaction_id", key=True), _text("reason"), _text("detail"), _text("since"), _number("pending"),
    Index("interaction_waiting_since", "since", "interaction_id"),
    Index(
        "interaction_waiting_pending", "interaction_id",
        sqlite_where=text("pending = 1"), postgresql_where=text("pending = 1"),
    ),
)  # fmt: skip

waiting_key = Table(
    "waiting_key", metadata,
    _text("key", key=True), _text("interaction_id", key=True),
    Index("waiting_key_interaction", "interaction_id"),
)  # fmt: skip

# Append-only. Whose a channel's own id is (a business-scoped WhatsApp id), by which interaction or person.
learnt_identity = Table(
    "learnt_identity", metadata,
    _number("id", key=True), _text("key"), _number("debtor_id", null=True), _text("kind"),
    _text("interaction_id", null=True), _text("by"), _text("reason"), _text("at"),
    Index("learnt_identity_key", "key"), Index("learnt_identity_debtor", "debtor_id"),
)  # fmt: skip

interaction_debt = Table(
    "interaction_debt", metadata,
    _text("interaction_id", key=True), _text("debt_id", key=True),
    Index("interaction_debt_debt", "debt_id"),
)  # fmt: skip

# Said of a golden debtor, these have a row for each source debtor it concerns: a merge unites them, a split parts them.
consent = Table(
    "consent", metadata,
    _number("id", key=True), _number("debtor_id", key=True), _text("state"), _text("contact_type"),
    _text("contact_value"), _text("channel"), _text("purpose"), _text("captured_at"), _text("expires_at", null=True),
    _text("legal_basis"), _text("evidence"), _text("text_version"), _text("by"), _text("recorded_at"),
    Index("consent_debtor", "debtor_id"),
)  # fmt: skip

prohibition = Table(
    "prohibition", metadata,
    _number("id", key=True), _number("debtor_id", key=True), _text("reason"), _text("contact_type"),
    _text("contact_value"), _text("channel"), _text("debt_id"), _text("purpose"), _text("since"),
    _text("until", null=True), _text("evidence"), _text("by"), _text("recorded_at"), _text("lifted_at", null=True),
    _text("lifted_by", null=True), _text("lifted_because", null=True),
    Index("prohibition_debtor", "debtor_id"),
)  # fmt: skip

dispute = Table(
    "dispute", metadata,
    _number("id", key=True), _text("debt_id", key=True), _text("kind"), _text("effect"), _text("status"),
    _text("amount", null=True), _text("opened_at"), _text("opened_via"), _text("authority"), _text("case_id"),
    _text("response_due", null=True), _text("evidence"), _text("by"), _text("recorded_at"),
    _text("resolved_at", null=True), _text("resolved_by", null=True), _text("resolution", null=True),
    _text("note", null=True),
    Index("dispute_debt", "debt_id"), Index("dispute_status", "status", "id"),
)  # fmt: skip

# Append-only: what was heard of a contact point of a source debtor. A no has a row for each source debtor it concerns.
# `about` is the change it decides, or the evidence it takes back; `heeded`: the golden record says it already.
contact_evidence = Table(
    "contact_evidence", metadata,
    _text("id", key=True), _number("debtor_id", key=True), _text("contact_type"), _text("match_value"), _text("what"),
    _text("code"), _text("channel"), _text("at"), _text("by"), _text("interaction_id", null=True), _text("method"),
    _text("about"), _text("received_at"), _number("heeded"),
    Index("contact_evidence_debtor", "debtor_id"),
    Index(
        "contact_evidence_unheeded", "debtor_id",
        sqlite_where=text("heeded = 0"), postgresql_where=text("heeded = 0"),
    ),
)  # fmt: skip

# Contact points that the hub states itself: `told` by a channel, or `kept` when a source dropped a verified one.
contact_statement = Table(
    "contact_statement", metadata,
    _number("id", key=True), _number("debtor_id"), _text("contact_type"), _text("match_value"), _text("kind"),
    _text("body"), _text("origin"), _text("evidence"), _text("replaces"), _text("told_at", null=True),
    _text("received_at"), _text("ended_at", null=True), _text("ended_because"),
    Index("contact_statement_debtor", "debtor_id"),
)  # fmt: skip

# A verified contact point that somebody wants to be another, or gone (`new_value` empty), and what became of it.
contact_change = Table(
    "contact_change", metadata,
    _number("id", key=True), _number("debtor_id"), _text("contact_type"), _text("old_value"), _text("new_value"),
    _text("old_body"), _text("new_body"), _text("verified_at", null=True), _text("told_at", null=True),
    _text("origin"), _text("opened_at"), _text("status"), _text("decided_at", null=True),
    _text("decided_by", null=True), _text("because"),
    Index("contact_change_debtor", "debtor_id"), Index("contact_change_status", "status", "id"),
)  # fmt: skip

# Channels and hours that a debtor asked for; and how the whole portfolio answers, against which one is weighed.
contact_preference = Table(
    "contact_preference", metadata,
    _number("id", key=True), _number("debtor_id", key=True), _text("channel"), _text("windows"), _text("evidence"),
    _text("told_at"), _text("by"), _text("recorded_at"), _text("ended_at", null=True), _text("ended_because"),
    Index("contact_preference_debtor", "debtor_id"),
)  # fmt: skip

preference_prior = Table(
    "preference_prior", metadata,
    _text("kind", key=True), _text("name", key=True), Column("alpha", Double, nullable=False),
    Column("beta", Double, nullable=False), _number("debtors"), _number("attempts"), _number("successes"),
    _text("since"), _text("made_at"),
)  # fmt: skip

# `subject` is `debt:…`, or `debtor:…` with the number of a source debtor.
hold = Table(
    "hold", metadata,
    _number("id", key=True), _text("subject", key=True), _text("reason"), _text("since"), _text("until", null=True),
    _text("evidence"), _text("by"), _text("recorded_at"), _text("lifted_at", null=True),
    _text("lifted_by", null=True), _text("lifted_because", null=True),
    Index("hold_subject", "subject"),
)  # fmt: skip
