"""What has become of a report at each address, and which blocked forms have been reported."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from utskick.store.tables import UtcDateTime

revision = "0005"
down_revision = "0004"

_MAILS = sa.table(
    "error_mail",
    sa.column("report_id", sa.Uuid()),
    sa.column("address", sa.String()),
    sa.column("position", sa.Integer()),
    sa.column("retry_at", UtcDateTime()),
    sa.column("sent_at", UtcDateTime()),
)
_REPORTS = sa.table(
    "error_report",
    sa.column("id", sa.Uuid()),
    sa.column("addresses", sa.JSON()),
    sa.column("retry_at", UtcDateTime()),
    sa.column("sent_at", UtcDateTime()),
)


def upgrade() -> None:
    mails = _mails()
    # SQLite makes the table anew, which it only does while nothing refers to its rows.
    with op.batch_alter_table("error_report") as batch_op:
        batch_op.drop_column("addresses")
        batch_op.drop_column("retry_at")
        batch_op.drop_column("sent_at")
    op.create_table(
        "error_mail",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["error_report.id"], name=op.f("fk_error_mail_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "address", name=op.f("pk_error_mail")),
    )
    if mails:
        op.bulk_insert(_MAILS, mails)
    op.create_index(
        "ix_error_mail_waiting",
        "error_mail",
        ["retry_at"],
        sqlite_where=sa.text("sent_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL"),
    )
    op.create_table(
        "blocked_form",
        sa.Column("dispatch_id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("change", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id"],
            ["dispatch.id"],
            name=op.f("fk_blocked_form_dispatch_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("dispatch_id", "form_id", name=op.f("pk_blocked_form")),
    )


def _mails() -> list[dict[str, Any]]:
    """One for each address of each report, as the report stands."""
    reports = op.get_bind().execute(sa.select(_REPORTS)).mappings().all()
    return [
        {
            "report_id": report["id"],
            "address": address,
            "position": position,
            "retry_at": report["retry_at"],
            "sent_at": report["sent_at"],
        }
        for report in reports
        for position, address in enumerate(dict.fromkeys(report["addresses"]))
    ]
