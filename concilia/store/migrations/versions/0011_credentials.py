"""Connections and mappings declared over the API, as versions; their credentials, encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False)


def _text(name: str, *, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "declaration",
        _number("id"),
        _text("kind"),
        _text("name"),
        _number("version"),
        _text("body", null=True),
        _text("at"),
        _text("by"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("declaration_version", "declaration", ["kind", "name", "version"], unique=True)
    op.create_table(
        "credential",
        _text("connection"),
        _text("setting"),
        _text("envelope"),
        _text("changed_at"),
        _text("changed_by"),
        sa.PrimaryKeyConstraint("connection", "setting"),
    )


def downgrade() -> None:
    op.drop_table("credential")
    op.drop_table("declaration")
