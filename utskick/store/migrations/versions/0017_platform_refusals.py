"""How often a delivery's calls had no clear answer, and what the service platform refuses."""

import sqlalchemy as sa
from alembic import op

import utskick.store.tables

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column(
        "delivery", sa.Column("unclear_calls", sa.Integer(), nullable=False, server_default="0")
    )
    moment = utskick.store.tables.UtcDateTime()
    op.create_table(
        "platform_refusal",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("contract", sa.String(length=60), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("code", "contract", name=op.f("pk_platform_refusal")),
    )
