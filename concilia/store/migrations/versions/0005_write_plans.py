"""Plans of writes with their rows and approvals, conflicts, and what each field was when both sides last agreed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False, default: int | None = None) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    shown = None if default is None else sa.text(str(default))
    return sa.Column(name, kind, autoincrement=False, nullable=null, server_default=shown)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "write_plan",
        _number("id"),
        _text("status"),
        _text("made_by"),
        _text("made_at"),
        _text("applied_at", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "plan_target",
        _number("plan_id"),
        _text("connection"),
        _text("fingerprint"),
        _number("changes"),
        _text("waits"),
        _text("approved_at", null=True),
        _text("approved_by", null=True),
        sa.PrimaryKeyConstraint("plan_id", "connection"),
    )
    op.create_table(
        "plan_row",
        _number("plan_id"),
        _number("number"),
        _text("connection"),
        _text("operation"),
        _text("golden_id", null=True),
        _text("stream"),
        _text("external_id"),
        _text("field"),
        _text("base"),
        _text("ours"),
        _text("theirs"),
        _text("body"),
        _text("why"),
        _text("idempotency_key"),
        _text("state"),
        _text("reason"),
        _text("changed_at"),
        sa.PrimaryKeyConstraint("plan_id", "number"),
    )
    op.create_index("plan_row_key", "plan_row", ["idempotency_key"])
    op.create_index("plan_row_state", "plan_row", ["connection", "state"])
    op.create_table(
        "plan_mark",
        _text("connection"),
        _text("fingerprint"),
        _number("seq"),
        _text("at"),
        sa.PrimaryKeyConstraint("connection"),
    )
    op.create_table(
        "conflict",
        _number("id"),
        _text("fingerprint"),
        _text("kind"),
        _text("status"),
        _text("golden_id", null=True),
        _text("field"),
        _text("connection"),
        _text("stream"),
        _text("external_id"),
        _text("base"),
        _text("ours"),
        _text("theirs"),
        _text("policy"),
        _text("why"),
        _text("body"),
        _text("opened_at"),
        _text("taken", null=True),
        _text("resolved_by", null=True),
        _text("resolved_at", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("fingerprint"),
    )
    op.create_index("conflict_status", "conflict", ["status", "id"])
    op.create_index("conflict_golden", "conflict", ["golden_id", "field"])
    op.create_index("conflict_record", "conflict", ["connection", "stream", "external_id"])
    op.create_table(
        "field_state",
        _text("connection"),
        _text("stream"),
        _text("external_id"),
        _text("field"),
        _text("ours", null=True),
        _text("theirs", null=True),
        _text("seen"),
        _text("since"),
        _text("written", null=True),
        _text("idempotency_key", null=True),
        _text("at"),
        sa.PrimaryKeyConstraint("connection", "stream", "external_id", "field"),
    )


def downgrade() -> None:
    for name in ("field_state", "conflict", "plan_mark", "plan_row", "plan_target", "write_plan"):
        op.drop_table(name)
