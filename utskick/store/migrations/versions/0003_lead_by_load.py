"""Of an occasion's start: how many others have its minute, and whether it is registered."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("occasion") as batch_op:
        batch_op.add_column(
            sa.Column("others_due", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(
            sa.Column("registered", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.drop_index("ix_occasion_state")
        batch_op.create_index("ix_occasion_state_sends_at", ["state", "sends_at"], unique=False)
        batch_op.create_index(
            "ix_occasion_unregistered",
            ["dispatch_id"],
            unique=False,
            sqlite_where=sa.text("state = 'planned' AND NOT registered"),
            postgresql_where=sa.text("state = 'planned' AND NOT registered"),
        )
