"""Contact points live: evidence, corrections, pending changes, preferences."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UNHEEDED = sa.text("heeded = 0")


def _number(name: str) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "contact_evidence",
        _text("id"),
        _number("debtor_id"),
        _text("contact_type"),
        _text("match_value"),
        _text("what"),
        _text("code"),
        _text("channel"),
        _text("at"),
        _text("by"),
        _text("interaction_id", null=True),
        _text("method"),
        _text("about"),
        _text("received_at"),
        _number("heeded"),
        sa.PrimaryKeyConstraint("id", "debtor_id"),
    )
    op.create_index("contact_evidence_debtor", "contact_evidence", ["debtor_id"])
    op.create_index(
        "contact_evidence_unheeded",
        "contact_evidence",
        ["debtor_id"],
        sqlite_where=_UNHEEDED,
        postgresql_where=_UNHEEDED,
    )
    op.create_table(
        "contact_statement",
        _number("id"),
        _number("debtor_id"),
        _text("contact_type"),
        _text("match_value"),
        _text("kind"),
        _text("body"),
        _text("origin"),
        _text("evidence"),
        _text("replaces"),
        _text("told_at", null=True),
        _text("received_at"),
        _text("ended_at", null=True),
        _text("ended_because"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("contact_statement_debtor", "contact_statement", ["debtor_id"])
    op.create_table(
        "contact_change",
        _number("id"),
        _number("debtor_id"),
        _text("contact_type"),
        _text("old_value"),
        _text("new_value"),
        _text("old_body"),
        _text("new_body"),
        _text("verified_at", null=True),
        _text("told_at", null=True),
        _text("origin"),
        _text("opened_at"),
        _text("status"),
        _text("decided_at", null=True),
        _text("decided_by", null=True),
        _text("because"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("contact_change_debtor", "contact_change", ["debtor_id"])
    op.create_index("contact_change_status", "contact_change", ["status", "id"])
    op.create_table(
        "contact_preference",
        _number("id"),
        _number("debtor_id"),
        _text("channel"),
        _text("windows"),
        _text("evidence"),
        _text("told_at"),
        _text("by"),
        _text("recorded_at"),
        _text("ended_at", null=True),
        _text("ended_because"),
        sa.PrimaryKeyConstraint("id", "debtor_id"),
    )
    op.create_index("contact_preference_debtor", "contact_preference", ["debtor_id"])
    op.create_table(
        "preference_prior",
        _text("kind"),
        _text("name"),
        sa.Column("alpha", sa.Double(), nullable=False),
        sa.Column("beta", sa.Double(), nullable=False),
        _number("debtors"),
        _number("attempts"),
        _number("successes"),
        _text("since"),
        _text("made_at"),
        sa.PrimaryKeyConstraint("kind", "name"),
    )


def downgrade() -> None:
    for name in ("preference_prior", "contact_preference", "contact_change", "contact_statement", "contact_evidence"):
        op.drop_table(name)
