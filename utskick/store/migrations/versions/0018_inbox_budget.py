"""What the inbox has said of persons, whom it is to be asked about, and how it is filled."""

import sqlalchemy as sa
from alembic import op

from utskick.store.tables import UtcDateTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "inbox_answer",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("notified_by", sa.JSON(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_inbox_answer_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_inbox_answer")),
    )
    op.create_index("ix_inbox_answer_asked_at", "inbox_answer", ["asked_at"])
    op.add_column(
        "neighbour_budget",
        sa.Column("messages", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column("neighbour_budget", sa.Column("last_message_at", UtcDateTime(), nullable=True))
    op.add_column(
        "occasion", sa.Column("questions_due", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column(
        "recipient", sa.Column("to_ask", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index(
        "ix_recipient_to_ask",
        "recipient",
        ["dispatch_id"],
        sqlite_where=sa.text("to_ask"),
        postgresql_where=sa.text("to_ask"),
    )
