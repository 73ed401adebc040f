"""What the staff pages need: sign-ins, reminders, purged answers, punctuality."""

import sqlalchemy as sa
from alembic import op

from utskick.store.tables import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "sms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.hsa_id"], name=op.f("fk_sms_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms")),
    )
    with op.batch_alter_table("sms") as batch_op:
        batch_op.create_index(batch_op.f("ix_sms_created_at"), ["created_at"], unique=False)

    op.create_table(
        "punctuality",
        sa.Column("occasion_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("on_time", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("uncertain", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("occasion_id", name=op.f("pk_punctuality")),
    )
    with op.batch_alter_table("punctuality") as batch_op:
        batch_op.create_index(batch_op.f("ix_punctuality_day"), ["day"], unique=False)

    op.create_table(
        "sign_in_attempt",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("code_verifier", sa.String(length=128), nullable=False),
        sa.Column("return_to", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_attempt_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_reminder_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("delivery_id", "day", name=op.f("uq_reminder_delivery_id_day")),
    )
    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("commissions", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.hsa_id"], name=op.f("fk_staff_session_staff_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.hsa_id"], name=op.f("fk_staff_session_unit_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_session")),
    )
    with op.batch_alter_table("staff_session") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_staff_session_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_staff_session_staff_id"), ["staff_id"], unique=False)

    with op.batch_alter_table("access_log") as batch_op:
        batch_op.drop_constraint("fk_access_log_unit_id", type_="foreignkey")
        batch_op.create_index("ix_access_log_unit_at", ["unit_id", "at"], unique=False)
        batch_op.create_index(
            "ix_access_log_dispatch",
            ["dispatch_id"],
            unique=False,
            sqlite_where=sa.text("activity IN ('Skriva', 'Radera')"),
            postgresql_where=sa.text("activity IN ('Skriva', 'Radera')"),
        )
        batch_op.create_index(
            "ix_access_log_unit_person", ["unit_id", "person_id", "number"], unique=False
        )

    with op.batch_alter_table("delivery") as batch_op:
        batch_op.add_column(
            sa.Column("by_inbox", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("purged_at", UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("purged_by", sa.String(), nullable=True))
        batch_op.create_index(
            "ix_delivery_statistics",
            ["unit_id", "package_name", "occasion_number", "form_name", "form_status"],
            unique=False,
            sqlite_where=sa.text("state = 'sent' AND purged_at IS NULL"),
            postgresql_where=sa.text("state = 'sent' AND purged_at IS NULL"),
        )
        batch_op.create_index(
            "ix_delivery_uncertain",
            ["unit_id", "state"],
            unique=False,
            sqlite_where=sa.text("state IN ('sending', 'unknown', 'manual')"),
            postgresql_where=sa.text("state IN ('sending', 'unknown', 'manual')"),
        )
        batch_op.create_index("ix_delivery_unit_purge", ["unit_id", "purge_after"], unique=False)
        batch_op.create_index("ix_delivery_unit_answer", ["unit_id", "answer_by"], unique=False)
        batch_op.create_index("ix_delivery_unit_form", ["unit_id", "form_name"], unique=False)
        batch_op.create_index(
            "ix_delivery_unit_status", ["unit_id", "form_status", "sent_at"], unique=False
        )
        batch_op.create_index(
            "ix_delivery_unit_package", ["unit_id", "package_name"], unique=False
        )

    with op.batch_alter_table("dispatch") as batch_op:
        batch_op.add_column(sa.Column("content_seal", sa.String(length=64), nullable=True))
        batch_op.drop_index(batch_op.f("ix_dispatch_unit_id"))
        batch_op.create_index("ix_dispatch_unit_created", ["unit_id", "created_at"], unique=False)

    with op.batch_alter_table("unit") as batch_op:
        batch_op.add_column(sa.Column("withdrawn_at", UtcDateTime(), nullable=True))
