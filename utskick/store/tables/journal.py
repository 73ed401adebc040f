"""What has been done, and what has to be reported."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row
from utskick.store.tables.dispatches import DispatchRow, PersonRow

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
    created_at: Mapped[datetime]


_WAITING = text("sent_at IS NULL")


class ErrorMailRow(Row):
    """A report at one of its addresses."""

    __tablename__ = "error_mail"
    __table_args__ = (
        Index(
            "ix_error_mail_waiting",
            "retry_at",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
    )

    report_id: Mapped[UUID] = mapped_column(ForeignKey(ErrorReportRow.id), primary_key=True)
    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    position: Mapped[int]
    retry_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]


class BlockedFormRow(Row):
    """A form of a dispatch that could not be sent when last looked at, and has been reported."""

    __tablename__ = "blocked_form"

    dispatch_id: Mapped[UUID] = mapped_column(
        ForeignKey(DispatchRow.id, ondelete="CASCADE"), primary_key=True
    )
    template_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    archived_at: Mapped[datetime | None]
    change: Mapped[UUID]


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
    key_number: Mapped[int | None]


class LogStartRow(Row):
    """The last of a log's entries that have been purged, by which the next one is sealed."""

    __tablename__ = "log_start"

    unit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    purged_at: Mapped[datetime]
    key_number: Mapped[int]
    seal: Mapped[str] = mapped_column(String(64))
    last_key: Mapped[int | None]


class LogBeforeKeysRow(Row):
    """The last of a log's entries that are older than its keys. Written once, by a migration."""

    __tablename__ = "log_before_keys"

    unit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    key_number: Mapped[int]
    seal: Mapped[str] = mapped_column(String(64))
