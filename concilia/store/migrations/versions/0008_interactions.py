"""Interactions: what is told of them later, those that wait until their party is known, identities from channels."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_PENDING = sa.text("pending = 1")
_NAMED = sa.text("other_id IS NOT NULL")
_GOLDEN = sa.text("golden_id IS NOT NULL")
_TOLD_WITH_IT = (
    "INSERT INTO interaction_outcome (interaction_id, ordinal, outcome, party_outcome, result, ended_at, told_end, at, "
    'told_at, "by", note, recorded_at) '
    "SELECT id, 0, outcome, party_outcome, result, ended_at, told_end, started_at, told_start, origin, '', recorded_at "
    "FROM interaction"
)


def _number(name: str, *, null: bool = False) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "interaction_outcome",
        _text("interaction_id"),
        _number("ordinal"),
        _text("outcome", null=True),
        _text("party_outcome", null=True),
        _text("result", null=True),
        _text("ended_at", null=True),
        _text("told_end", null=True),
        _text("at"),
        _text("told_at"),
        _text("by"),
        _text("note"),
        _text("recorded_at"),
        sa.PrimaryKeyConstraint("interaction_id", "ordinal"),
    )
    op.execute(sa.text(_TOLD_WITH_IT))
    op.create_table(
        "interaction_waiting",
        _text("interaction_id"),
        _text("reason"),
        _text("detail"),
        _text("since"),
        _number("pending"),
        sa.PrimaryKeyConstraint("interaction_id"),
    )
    op.create_index("interaction_waiting_since", "interaction_waiting", ["since", "interaction_id"])
    op.create_index(
        "interaction_waiting_pending",
        "interaction_waiting",
        ["interaction_id"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.create_table(
        "waiting_key", _text("key"), _text("interaction_id"), sa.PrimaryKeyConstraint("key", "interaction_id")
    )
    op.create_index("waiting_key_interaction", "waiting_key", ["interaction_id"])
    op.create_table(
        "learnt_identity",
        _number("id"),
        _text("key"),
        _number("debtor_id", null=True),
        _text("kind"),
        _text("interaction_id", null=True),
        _text("by"),
        _text("reason"),
        _text("at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("learnt_identity_key", "learnt_identity", ["key"])
    op.create_index("learnt_identity_debtor", "learnt_identity", ["debtor_id"])
    op.create_index("interaction_recorded", "interaction", ["recorded_at", "id"])
    op.create_index("debt_number", "debt", ["document"])
    op.create_index(
        "identity_ledger_other", "identity_ledger", ["other_id"], sqlite_where=_NAMED, postgresql_where=_NAMED
    )
    op.create_index("plan_row_golden", "plan_row", ["golden_id"], sqlite_where=_GOLDEN, postgresql_where=_GOLDEN)


def downgrade() -> None:
    op.drop_index("plan_row_golden", table_name="plan_row")
    op.drop_index("identity_ledger_other", table_name="identity_ledger")
    op.drop_index("debt_number", table_name="debt")
    op.drop_index("interaction_recorded", table_name="interaction")
    for name in ("learnt_identity", "waiting_key", "interaction_waiting", "interaction_outcome"):
        op.drop_table(name)
