"""Schedules with their firings, key sweeps with what they miss, the breaker, and discrepancies that are resolved."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False, default: int | None = None) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    shown = None if default is None else sa.text(str(default))
    return sa.Column(name, kind, autoincrement=False, nullable=null, server_default=shown)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


ADDED = {
    "run": ("schedule", "due_at"),
    "source_debt": ("missing_since",),
    "discrepancy": ("owner", "resolution", "resolved_by", "note"),
}


def upgrade() -> None:
    op.create_table(
        "schedule",
        _text("name"),
        _text("body"),
        _text("fingerprint"),
        _text("applied_at"),
        _text("settled_at"),
        _text("paused_at", null=True),
        _text("paused_by", null=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "firing",
        _number("id"),
        _text("schedule"),
        _text("due_at"),
        _text("start_at"),
        _text("status"),
        _text("reason"),
        _text("holder", null=True),
        _number("fence", default=0),
        _text("lease_until", null=True),
        _number("run_id", null=True),
        _text("finished_at", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("firing_due", "firing", ["schedule", "due_at"], unique=True)
    op.create_index("firing_status", "firing", ["status", "start_at"])
    op.create_table(
        "key_sweep",
        _number("id"),
        _text("connection"),
        _text("stream"),
        _number("run_id"),
        _text("status"),
        _text("reason"),
        _number("listed"),
        _number("absent"),
        _text("evidence"),
        _text("at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("key_sweep_stream", "key_sweep", ["connection", "stream", "id"])
    op.create_index("key_sweep_run", "key_sweep", ["run_id"])
    op.create_table(
        "absence",
        _number("record_id"),
        _text("connection"),
        _text("stream"),
        _number("sightings"),
        _number("sweep_id"),
        _text("first_seen"),
        _text("missing_since", null=True),
        sa.PrimaryKeyConstraint("record_id"),
    )
    op.create_index("absence_stream", "absence", ["connection", "stream"])
    op.create_table(
        "breaker_trip",
        _number("id"),
        _number("run_id"),
        _text("connection"),
        _text("stream"),
        _text("kind"),
        _number("found"),
        _number("known"),
        _number("allowance"),
        _text("status"),
        _text("at"),
        _text("decided_by", null=True),
        _text("decided_at", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("breaker_trip_stream", "breaker_trip", ["connection", "stream", "status"])
    op.create_index("breaker_trip_run", "breaker_trip", ["run_id"])
    for table, columns in ADDED.items():
        for name in columns:
            op.add_column(table, _text(name, null=True))


def downgrade() -> None:
    for table, columns in ADDED.items():
        for name in columns:
            op.drop_column(table, name)
    for name in ("breaker_trip", "absence", "key_sweep", "firing", "schedule"):
        op.drop_table(name)
