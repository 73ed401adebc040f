"""What says how far a log has been purged, and since when nobody has seen a staff member."""

import sqlalchemy as sa
from alembic import op

from utskick.store.tables import UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "log_start",
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("purged_at", UtcDateTime(), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_log_start")),
    )
    op.add_column("staff_member", sa.Column("signed_in_at", UtcDateTime(), nullable=True))
    # Nobody knows when: counted from now on.
    op.execute("UPDATE staff_member SET signed_in_at = CURRENT_TIMESTAMP")
