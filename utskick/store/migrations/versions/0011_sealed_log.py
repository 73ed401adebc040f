"""With which key an entry of the access log is sealed. Those from before have none, and stay."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    # Nothing is copied: the log may be long.
    op.add_column("access_log", sa.Column("key_number", sa.Integer(), nullable=True))
