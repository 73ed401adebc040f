"""Brakes, and of an occasion which one kept it from being sent."""

import sqlalchemy as sa
from alembic import op

import utskick.store.tables

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    moment = utskick.store.tables.UtcDateTime()
    op.create_table(
        "brake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("pulled_by", sa.String(), nullable=False),
        sa.Column("pulled_at", moment, nullable=False),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.Column("released_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.hsa_id"], name=op.f("fk_brake_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["template_id"], ["form_template.id"], name=op.f("fk_brake_template_id_form_template")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brake")),
    )
    pulled = sa.text("released_at IS NULL")
    op.create_index(
        "ix_brake_pulled", "brake", ["pulled_at"], sqlite_where=pulled, postgresql_where=pulled
    )
    op.add_column("occasion", sa.Column("brake_id", sa.Uuid(), nullable=True))
