"""How far each access log is older than its keys, and which key what was purged had last.

`utskick.store.engine.migrate` fills it, as that takes keys.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "log_before_keys",
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_log_before_keys")),
    )
    op.add_column("log_start", sa.Column("last_key", sa.Integer(), nullable=True))
