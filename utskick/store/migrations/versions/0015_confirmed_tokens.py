"""Tokens with a scope, an end and a last use, confirmed by the unit's manager.

Those that are there already wait for that too, and end after a year.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

import utskick.store.tables
from utskick.domain.tokens import LASTS, Scope

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    moment = utskick.store.tables.UtcDateTime()
    with op.batch_alter_table("token") as batch_op:
        batch_op.add_column(sa.Column("scopes", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("created_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("expires_at", moment, nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", moment, nullable=True))
        batch_op.add_column(sa.Column("confirmed_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("last_used_at", moment, nullable=True))
    _fill_in(moment)
    with op.batch_alter_table("token") as batch_op:
        for name in ("scopes", "created_by", "expires_at", "confirmed_by"):
            batch_op.alter_column(name, nullable=False)


def _fill_in(moment: utskick.store.tables.UtcDateTime) -> None:
    token = sa.table(
        "token",
        sa.column("scopes", sa.JSON()),
        sa.column("created_by", sa.String()),
        sa.column("expires_at", moment),
        sa.column("confirmed_by", sa.String()),
    )
    op.execute(
        token.update().values(
            scopes=sorted(Scope),
            created_by="",
            expires_at=datetime.now(UTC) + LASTS,
            confirmed_by="",
        )
    )
