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

policy = Table("policy", metadata, _text("name", key=True), _text("body"), _text("applied_at"))

run = Table(
    "run", metadata,
    _number("id", key=True), _text("kind"), _text("status"), _text("started_at"), _text("finished_at", null=True),
    _text("body"),
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
    _number("id", key=True), _text("body"), _text("note"), _text("made_at"), _text("linked_at", null=True),
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
    _text("waiting", null=True), _text("document", null=True), _text("stated_at"),
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
)  # fmt: skip

discrepancy = Table(
    "discrepancy", metadata,
    _number("id", key=True), _text("kind"), _text("debt_id"), _text("connection"), _text("unit"), _text("ours"),
    _text("theirs"), _text("status"), _text("opened_at"), _text("resolved_at", null=True),
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

event = Table(
    "event", metadata,
    _number("seq", key=True), _text("at"), _text("type"), _text("subject"), _text("golden_id", null=True),
    _text("body"),
    Index("event_subject", "subject"),
)  # fmt: skip

intent = Table(
    "intent", metadata,
    _number("id", key=True), _text("idempotency_key", unique=True), _text("connection"), _text("operation"),
    _text("subject_id"), _text("entity_key"), _text("body"), _text("state"), _number("attempts", default=0),
    _text("next_attempt_at"), _text("reason"), _text("created_at"), _text("changed_at"),
    Index("intent_ready", "connection", "state", "id"), Index("intent_subject", "subject_id"),
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
