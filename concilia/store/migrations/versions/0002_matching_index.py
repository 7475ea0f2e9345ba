"""The matching index with its models, pins of stewards, and retired tax ids."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _number(name: str, *, null: bool = False) -> "sa.Column[int]":
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, autoincrement=False, nullable=null)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "match_row",
        _number("debtor_id"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("debtor_id"),
    )
    op.create_table(
        "match_posting",
        _number("hash"),
        _number("debtor_id"),
        sa.PrimaryKeyConstraint("hash", "debtor_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "match_edge",
        _number("left_id"),
        _number("right_id"),
        sa.Column("bits", sa.Double(), nullable=False),
        sa.Column("contact", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("left_id", "right_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("match_edge_right", "match_edge", ["right_id"])
    op.create_table(
        "match_model",
        _number("id"),
        _text("body"),
        _text("digest"),
        _text("note"),
        _text("made_at"),
        _text("linked_at", null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "pin",
        _number("id"),
        _number("debtor_id"),
        _text("field"),
        _text("value", null=True),
        _text("by"),
        _text("reason"),
        _text("at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("pin_debtor", "pin", ["debtor_id"])
    op.create_table(
        "retired_id",
        _number("id"),
        _number("debtor_id", null=True),
        _text("name"),
        _text("value"),
        _number("retired"),
        _text("by"),
        _text("reason"),
        _text("at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("retired_id_debtor", "retired_id", ["debtor_id"])
    op.create_index("retired_id_value", "retired_id", ["name", "value"])
    # What is stored was never filed in the index: the next resolve matches every debtor anew.
    op.execute("UPDATE source_debtor SET pending = 1 WHERE golden_id IS NOT NULL")


def downgrade() -> None:
    for name in ("retired_id", "pin", "match_model", "match_edge", "match_posting", "match_row"):
        op.drop_table(name)
