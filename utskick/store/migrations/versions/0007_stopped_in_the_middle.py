"""What a run is to do with an occasion, and what of it a stop has left."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("occasion") as batch_op:
        batch_op.add_column(
            sa.Column("aim", sa.String(length=10), nullable=False, server_default="send")
        )
    with op.batch_alter_table("punctuality") as batch_op:
        for name in ("late_by_hand", "stopped"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
