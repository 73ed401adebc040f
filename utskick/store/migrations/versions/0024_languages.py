"""Inbox messages in other languages than Swedish."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    for table in ("package_template", "dispatch", "standing_dispatch"):
        op.add_column(
            table, sa.Column("inbox_messages", sa.JSON(), nullable=False, server_default="{}")
        )
