"""Contact: decisions with their rulebooks, reservations, interactions, consents, prohibitions, disputes, holds."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "rulebook",
        _text("digest"),
        _text("version"),
        _text("body"),
        _text("stored_at"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "contact_decision",
        _text("id"),
        _number("debtor_id"),
        _text("golden_id"),
        _text("channel"),
        _text("purpose"),
        _text("at"),
        _text("asked_at"),
        _text("answer"),
        _text("rule", null=True),
        _text("rulebook"),
        _text("question"),
        _text("facts"),
        _text("outcome"),
        _text("asked_by"),
        _text("actor"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("contact_decision_debtor", "contact_decision", ["debtor_id", "asked_at"])
    op.create_table(
        "reservation",
        _text("decision_id"),
        _number("debtor_id"),
        _text("channel"),
        _text("purpose"),
        _text("at"),
        _text("expires_at"),
        _text("state"),
        _text("interaction_id", null=True),
        _text("changed_at"),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index("reservation_debtor", "reservation", ["debtor_id", "expires_at"])
    op.create_table(
        "reservation_debt",
        _text("decision_id"),
        _text("debt_id"),
        sa.PrimaryKeyConstraint("decision_id", "debt_id"),
    )
    op.create_index("reservation_debt_debt", "reservation_debt", ["debt_id"])
    op.create_table(
        "interaction",
        _text("id"),
        _number("debtor_id", null=True),
        _text("named"),
        _text("direction"),
        _text("channel"),
        _text("purpose"),
        _text("actor_type"),
        _text("actor_id", null=True),
        _text("agency", null=True),
        _text("started_at"),
        _text("ended_at", null=True),
        _text("told_start"),
        _text("told_end", null=True),
        _text("outcome", null=True),
        _text("party_outcome", null=True),
        _text("result", null=True),
        _text("contact_type", null=True),
        _text("contact_value", null=True),
        _text("decision_id", null=True),
        _text("campaign", null=True),
        _text("experiment", null=True),
        _text("content_ref", null=True),
        _text("content_hash", null=True),
        _text("external_ref", null=True),
        _text("origin"),
        _text("body"),
        _text("recorded_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("interaction_debtor", "interaction", ["debtor_id", "started_at"])
    op.create_index("interaction_decision", "interaction", ["decision_id"], unique=True)
    op.create_index("interaction_external", "interaction", ["origin", "external_ref"], unique=True)
    op.create_table(
        "interaction_debt",
        _text("interaction_id"),
        _text("debt_id"),
        sa.PrimaryKeyConstraint("interaction_id", "debt_id"),
    )
    op.create_index("interaction_debt_debt", "interaction_debt", ["debt_id"])
    op.create_table(
        "consent",
        _number("id"),
        _number("debtor_id"),
        _text("state"),
        _text("contact_type"),
        _text("contact_value"),
        _text("channel"),
        _text("purpose"),
        _text("captured_at"),
        _text("expires_at", null=True),
        _text("legal_basis"),
        _text("evidence"),
        _text("text_version"),
        _text("by"),
        _text("recorded_at"),
        sa.PrimaryKeyConstraint("id", "debtor_id"),
    )
    op.create_index("consent_debtor", "consent", ["debtor_id"])
    op.create_table(
        "prohibition",
        _number("id"),
        _number("debtor_id"),
        _text("reason"),
        _text("contact_type"),
        _text("contact_value"),
        _text("channel"),
        _text("debt_id"),
        _text("purpose"),
        _text("since"),
        _text("until", null=True),
        _text("evidence"),
        _text("by"),
        _text("recorded_at"),
        _text("lifted_at", null=True),
        _text("lifted_by", null=True),
        _text("lifted_because", null=True),
        sa.PrimaryKeyConstraint("id", "debtor_id"),
    )
    op.create_index("prohibition_debtor", "prohibition", ["debtor_id"])
    op.create_table(
        "dispute",
        _number("id"),
        _text("debt_id"),
        _text("kind"),
        _text("effect"),
        _text("status"),
        _text("amount", null=True),
        _text("opened_at"),
        _text("opened_via"),
        _text("authority"),
        _text("case_id"),
        _text("response_due", null=True),
        _text("evidence"),
        _text("by"),
        _text("recorded_at"),
        _text("resolved_at", null=True),
        _text("resolved_by", null=True),
        _text("resolution", null=True),
        _text("note", null=True),
        sa.PrimaryKeyConstraint("id", "debt_id"),
    )
    op.create_index("dispute_debt", "dispute", ["debt_id"])
    op.create_index("dispute_status", "dispute", ["status", "id"])
    op.create_table(
        "hold",
        _number("id"),
        _text("subject"),
        _text("reason"),
        _text("since"),
        _text("until", null=True),
        _text("evidence"),
        _text("by"),
        _text("recorded_at"),
        _text("lifted_at", null=True),
        _text("lifted_by", null=True),
        _text("lifted_because", null=True),
        sa.PrimaryKeyConstraint("id", "subject"),
    )
    op.create_index("hold_subject", "hold", ["subject"])


def downgrade() -> None:
    for name in (
        "hold",
        "dispute",
        "prohibition",
        "consent",
        "interaction_debt",
        "interaction",
        "reservation_debt",
        "reservation",
        "contact_decision",
        "rulebook",
    ):
        op.drop_table(name)
