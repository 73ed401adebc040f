"""Grundplåtar by days, weeks, months or offsets; last days of each occasion; units' hours."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    with op.batch_alter_table("package_template") as batch_op:
        batch_op.add_column(sa.Column("interval_count", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("interval_unit", sa.String(length=10), nullable=True))
        batch_op.add_column(
            sa.Column("offsets_days", sa.JSON(), nullable=False, server_default="[]")
        )
        batch_op.add_column(sa.Column("answer_within_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("answer_within_time", sa.Time(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "older_unanswered", sa.String(length=10), nullable=False, server_default="keep"
            )
        )
        batch_op.add_column(
            sa.Column("red_days", sa.String(length=20), nullable=False, server_default="warn")
        )
        batch_op.add_column(sa.Column("form_banner", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE package_template SET interval_count = interval_weeks, interval_unit = 'week'"
        " WHERE interval_weeks > 0 AND occasions > 1"
    )
    with op.batch_alter_table("package_template") as batch_op:
        batch_op.drop_column("interval_weeks")
    for name in ("opens", "closes"):
        op.add_column("unit", sa.Column(name, sa.Time(), nullable=True))
    op.add_column("occasion", sa.Column("answer_by", sa.Date(), nullable=True))
    op.add_column("occasion", sa.Column("answer_by_time", sa.Time(), nullable=True))
