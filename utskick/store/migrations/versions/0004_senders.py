"""Which processes send, and an occasion's deliveries in their order."""

import sqlalchemy as sa
from alembic import op

from utskick.store.tables import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "sender",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alive_until", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sender")),
    )
    op.drop_index("ix_delivery_occasion_state", table_name="delivery")
    op.create_index(
        "ix_delivery_occasion_state_position", "delivery", ["occasion_id", "state", "position"]
    )
