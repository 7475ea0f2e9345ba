"""What the columns of each stream looked like when it was last read well, and where a run found them otherwise."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "stream_shape",
        _text("connection"),
        _text("stream"),
        _text("basis"),
        _text("body"),
        _text("seen_at"),
        sa.PrimaryKeyConstraint("connection", "stream"),
    )
    op.create_table(
        "drift",
        _number("run_id"),
        _text("connection"),
        _text("stream"),
        _text("column"),
        _text("kind"),
        _text("before"),
        _text("now"),
        _number("records"),
        _number("of"),
        sa.PrimaryKeyConstraint("run_id", "connection", "stream", "column", "kind"),
    )


def downgrade() -> None:
    op.drop_table("drift")
    op.drop_table("stream_shape")
