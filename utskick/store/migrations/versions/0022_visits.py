"""Booked visits, and the standing dispatches that are sent before them."""

import sqlalchemy as sa
from alembic import op

from utskick.store.tables import UtcDateTime

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column(
        "package_template",
        sa.Column("visit_offsets", sa.JSON(), nullable=False, server_default="[]"),
    )
    op.add_column(
        "package_template",
        sa.Column("late_visits", sa.String(length=10), nullable=False, server_default="skip"),
    )
    op.add_column("dispatch", sa.Column("standing_id", sa.Uuid(), nullable=True))
    op.create_index("ix_dispatch_standing_id", "dispatch", ["standing_id"])
    op.create_table(
        "standing_dispatch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("package_key", sa.String(length=100), nullable=False),
        sa.Column("package_version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("offsets", sa.JSON(), nullable=False),
        sa.Column("late", sa.String(length=10), nullable=False),
        sa.Column("answer_within_days", sa.Integer(), nullable=True),
        sa.Column("answer_within_time", sa.Time(), nullable=True),
        sa.Column("error_addresses", sa.JSON(), nullable=False),
        sa.Column("creates_inbox_message", sa.Boolean(), nullable=False),
        sa.Column("inbox_message", sa.Text(), nullable=False),
        sa.Column("form_banner", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.hsa_id"], name=op.f("fk_standing_dispatch_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_dispatch")),
    )
    op.create_index("ix_standing_dispatch_unit_id", "standing_dispatch", ["unit_id"])
    op.create_index("ix_standing_dispatch_ended_at", "standing_dispatch", ["ended_at"])
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("standing_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at_time", sa.Time(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["standing_id"],
            ["standing_dispatch.id"],
            name=op.f("fk_visit_standing_id_standing_dispatch"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_visit_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sa.UniqueConstraint("unit_id", "reference", name=op.f("uq_visit_unit_id_reference")),
    )
    op.create_index("ix_visit_unit_starts", "visit", ["unit_id", "starts_at"])
    op.create_index("ix_visit_standing_id", "visit", ["standing_id"])
    op.create_index("ix_visit_person_id", "visit", ["person_id"])
    op.create_index("ix_visit_starts_at", "visit", ["starts_at"])
    op.create_table(
        "visit_stamp",
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("last_updated", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "reference", name=op.f("pk_visit_stamp")),
    )
    op.create_index("ix_visit_stamp_seen_at", "visit_stamp", ["seen_at"])
    op.create_table(
        "visit_send",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("at_time", sa.Time(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sends_at", UtcDateTime(), nullable=True),
        sa.Column("dispatch_id", sa.Uuid(), nullable=True),
        sa.Column("occasion_id", sa.Uuid(), nullable=True),
        sa.Column("recipient_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["visit.id"],
            name=op.f("fk_visit_send_visit_id_visit"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("visit_id", "days_before", "at_time", name=op.f("pk_visit_send")),
    )
    op.create_index("ix_visit_send_recipient_id", "visit_send", ["recipient_id"])
