"""Drafts, sealed; and of a dispatch, which draft it was."""

import sqlalchemy as sa
from alembic import op

import utskick.store.tables

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("changed_at", utskick.store.tables.UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_from", sa.String(length=20), nullable=False),
        sa.Column("typing", sa.Boolean(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.hsa_id"], name=op.f("fk_draft_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_unit_id"), "draft", ["unit_id"])
    op.create_index(op.f("ix_draft_changed_at"), "draft", ["changed_at"])
    op.add_column("dispatch", sa.Column("draft_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_dispatch_draft_id"), "dispatch", ["draft_id"], unique=True)
