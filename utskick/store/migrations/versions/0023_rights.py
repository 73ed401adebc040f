"""Rights that are given on a page; and what those have who are signed in, by their new names."""

import sqlalchemy as sa
from alembic import op

from utskick.store.tables.base import UtcDateTime

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "right_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("right", sa.String(length=30), nullable=False),
        sa.Column("unit_id", sa.String(length=32), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.hsa_id"], name=op.f("fk_right_grant_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_right_grant")),
    )
    for column in ("staff_id", "unit_id"):
        op.create_index(op.f(f"ix_right_grant_{column}"), "right_grant", [column])
    _rename_roles()


def _rename_roles() -> None:
    sessions = sa.table(
        "staff_session", sa.column("token_hash", sa.String), sa.column("roles", sa.JSON)
    )
    connection = op.get_bind()
    for token_hash, roles in connection.execute(sa.select(sessions)).all():
        renamed = [
            "regional_administration" if role == "administrator" else f"log of {unit}"
            for role in roles
            for unit in [role.removeprefix("manager of ")]
        ]
        connection.execute(
            sa.update(sessions).where(sessions.c.token_hash == token_hash).values(roles=renamed)
        )
