"""Subscribers of events with their deliveries; the version of the debtor at the time of an event."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False, default: int | None = None) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    shown = None if default is None else sa.text(str(default))
    return sa.Column(name, kind, autoincrement=False, nullable=null, server_default=shown)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.add_column("event", _number("golden_version", null=True))
    op.create_table(
        "subscription",
        _text("id"),
        _text("url"),
        _text("types"),
        _text("after_dead"),
        _text("description"),
        _text("state"),
        _text("reason"),
        _text("created_by"),
        _text("created_at"),
        _text("changed_by"),
        _text("changed_at"),
        _number("delivered", default=0),
        _number("failures", default=0),
        _text("failing_since", null=True),
        _text("next_attempt_at"),
        _text("last_success_at", null=True),
        _text("last_error"),
        _text("old_secret_until", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "delivery",
        _text("subscription_id"),
        _number("seq"),
        _text("state"),
        _number("attempts"),
        _text("first_failed_at", null=True),
        _text("next_attempt_at"),
        _text("reason"),
        _text("changed_at"),
        sa.PrimaryKeyConstraint("subscription_id", "seq"),
    )


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_table("subscription")
    op.drop_column("event", "golden_version")
