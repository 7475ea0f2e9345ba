"""Agreements: what was agreed, the debts they hold, what befell them, and what was refused."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _number(name: str) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "agreement",
        _text("id"),
        _text("kind"),
        _text("state"),
        _text("unit"),
        _text("terms"),
        _text("agreed_on"),
        _text("origin"),
        _text("replaced_by", null=True),
        _number("version"),
        _text("recorded_at"),
        _text("changed_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("agreement_state", "agreement", ["state", "id"])
    op.create_table(
        "agreement_debt",
        _text("agreement_id"),
        _text("debt_id"),
        _number("ordinal"),
        _number("standing"),
        sa.PrimaryKeyConstraint("agreement_id", "debt_id"),
    )
    op.create_index("agreement_debt_debt", "agreement_debt", ["debt_id"])
    op.create_index(
        "agreement_debt_standing",
        "agreement_debt",
        ["debt_id"],
        unique=True,
        sqlite_where=sa.text("standing = 1"),
        postgresql_where=sa.text("standing = 1"),
    )
    op.create_table(
        "agreement_event",
        _text("agreement_id"),
        _number("ordinal"),
        _text("state"),
        _text("happening"),
        _text("at"),
        _text("by"),
        _text("reason"),
        _text("body"),
        sa.PrimaryKeyConstraint("agreement_id", "ordinal"),
    )
    op.create_table(
        "agreement_refusal",
        _number("id"),
        _number("key_id"),
        _text("idempotency_key"),
        _text("body_hash"),
        _text("code"),
        _text("field"),
        _text("message"),
        _text("mend"),
        _text("body"),
        _text("at"),
        _text("status"),
        _text("agreement_id", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "agreement_refusal_call", "agreement_refusal", ["key_id", "idempotency_key", "body_hash"], unique=True
    )
    op.create_index("agreement_refusal_status", "agreement_refusal", ["status", "id"])


def downgrade() -> None:
    for name in ("agreement_refusal", "agreement_event", "agreement_debt", "agreement"):
        op.drop_table(name)
