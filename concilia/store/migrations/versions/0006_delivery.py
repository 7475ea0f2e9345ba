"""Delivery: fenced intents, budgets of credentials, tokens in force, and refused payments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('new', 'sent_unknown')")
ADDED = ("fence", "unknowns", "sent_at", "code", "waits_for")


def _number(name: str, *, null: bool = False, default: int | None = None) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    shown = None if default is None else sa.text(str(default))
    return sa.Column(name, kind, autoincrement=False, nullable=null, server_default=shown)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.add_column("intent", _number("fence", default=0))
    op.add_column("intent", _number("unknowns", default=0))
    op.add_column("intent", _text("sent_at", null=True))
    op.add_column("intent", _text("code", null=True))
    op.add_column("intent", _number("waits_for", null=True))
    op.create_index(
        "intent_open", "intent", ["connection", "entity_key", "id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )
    op.create_table(
        "fence",
        _text("name"),
        _number("token"),
        _text("holder"),
        _text("taken_at"),
        _text("seen_at"),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "budget",
        _text("credential"),
        sa.Column("level", sa.Double(), nullable=False),
        _text("filled_at"),
        _text("not_before", null=True),
        sa.PrimaryKeyConstraint("credential"),
    )
    op.create_table(
        "token",
        _text("credential"),
        _number("version"),
        _text("access"),
        _text("refresh"),
        _text("expires_at"),
        _text("asked_at", null=True),
        _text("changed_at"),
        sa.PrimaryKeyConstraint("credential"),
    )
    op.create_table(
        "payment_refusal",
        _number("id"),
        _text("operation"),
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
        _text("payment_id", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("payment_refusal_call", "payment_refusal", ["key_id", "idempotency_key", "body_hash"], unique=True)
    op.create_index("payment_refusal_status", "payment_refusal", ["status", "id"])


def downgrade() -> None:
    for name in ("payment_refusal", "token", "budget", "fence"):
        op.drop_table(name)
    op.drop_index("intent_open", "intent")
    for name in ADDED:
        op.drop_column("intent", name)
