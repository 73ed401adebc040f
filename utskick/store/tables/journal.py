"""What has been done, and what has to be told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row
from utskick.store.tables.dispatches import PersonRow

CHANGED = text("activity IN ('Skriva', 'Radera')")
"""What the index of `access_log` by dispatch holds: one list read is an entry for each on it."""


class ErrorReportRow(Row):
    __tablename__ = "error_report"
    __table_args__ = (UniqueConstraint("subject", "cause"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(100))
    cause: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(String(100))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    addresses: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    retry_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class AccessLogRow(Row):
    """Outlives units, and the regional administration has entries of its own: no foreign key."""

    __tablename__ = "access_log"
    __table_args__ = (
        Index("ix_access_log_unit_person", "unit_id", "person_id", "number"),
        Index("ix_access_log_unit_at", "unit_id", "at"),
        Index(
            "ix_access_log_dispatch",
            "dispatch_id",
            sqlite_where=CHANGED,
            postgresql_where=CHANGED,
        ),
    )

    unit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    activity: Mapped[str] = mapped_column(String(10))
    act: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey(PersonRow.id), index=True)
    dispatch_id: Mapped[UUID | None]
    hash: Mapped[str] = mapped_column(String(64))
