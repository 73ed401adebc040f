"""Dispatches that a colleague approves; grundplåtar that ask for it; units' addresses."""

import sqlalchemy as sa
from alembic import op

from utskick.store.tables.base import UtcDateTime

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id"],
            ["dispatch.id"],
            name=op.f("fk_approval_dispatch_id_dispatch"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("dispatch_id", name=op.f("pk_approval")),
    )
    op.add_column(
        "package_template",
        sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("unit", sa.Column("mail", sa.String(), nullable=False, server_default=""))
