"""Of a dispatch, which series it is of, and which one it has replaced."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("dispatch", sa.Column("series_id", sa.Uuid(), nullable=True))
    op.add_column("dispatch", sa.Column("replaces", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_dispatch_series_id"), "dispatch", ["series_id"])
