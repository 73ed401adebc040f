"""What is sent, and how it went."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row
from utskick.store.tables.dispatches import OccasionRow, PersonRow, RecipientRow

_OPEN = text("state IN ('sending', 'unknown')")
_COUNTED = text("state = 'sent' AND purged_at IS NULL")
_UNCERTAIN = text("state IN ('sending', 'unknown', 'manual')")


class DeliveryRow(Row):
    """Outlives its dispatch, for Uppföljning: so it refers to it without a foreign key."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("occasion_id", "recipient_id", "template_id"),
        Index(
            "uq_delivery_one_open",
            "unit_id",
            "person_id",
            "template_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_delivery_occasion_state_position", "occasion_id", "state", "position"),
        Index("ix_delivery_open", "state", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_delivery_unit_sent", "unit_id", "sent_at"),
        Index("ix_delivery_unit_purge", "unit_id", "purge_after"),
        Index("ix_delivery_unit_answer", "unit_id", "answer_by"),
        Index("ix_delivery_unit_form", "unit_id", "form_name"),
        Index("ix_delivery_unit_status", "unit_id", "form_status", "sent_at"),
        Index("ix_delivery_unit_package", "unit_id", "package_name"),
        Index(
            "ix_delivery_uncertain",
            "unit_id",
            "state",
            sqlite_where=_UNCERTAIN,
            postgresql_where=_UNCERTAIN,
        ),
        Index(
            "ix_delivery_statistics",
            "unit_id",
            "package_name",
            "occasion_number",
            "form_name",
            "form_status",
            sqlite_where=_COUNTED,
            postgresql_where=_COUNTED,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispatch_id: Mapped[UUID] = mapped_column(index=True)
    occasion_id: Mapped[UUID]
    recipient_id: Mapped[UUID] = mapped_column(index=True)
    template_id: Mapped[UUID]
    unit_id: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(PersonRow.id), index=True)
    occasion_number: Mapped[int]
    position: Mapped[int]
    package_name: Mapped[str]
    form_name: Mapped[str]
    answer_by: Mapped[date]
    purge_after: Mapped[date]
    state: Mapped[str] = mapped_column(String(10))
    attempt: Mapped[int] = mapped_column(default=0)
    first_intent_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    unknown_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    retries: Mapped[int] = mapped_column(default=0)
    unclear_calls: Mapped[int] = mapped_column(default=0, server_default="0")
    refusal: Mapped[str | None] = mapped_column(String(30))
    form_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    found_again: Mapped[bool] = mapped_column(default=False)
    sent_at: Mapped[datetime | None]
    form_status: Mapped[str | None] = mapped_column(String(20))
    form_status_at: Mapped[datetime | None]
    by_inbox: Mapped[bool] = mapped_column(server_default=false())
    purged_at: Mapped[datetime | None]
    purged_by: Mapped[str | None]


class InboxMessageRow(Row):
    __tablename__ = "inbox_message"
    __table_args__ = (
        UniqueConstraint("occasion_id", "recipient_id"),
        Index("ix_inbox_message_occasion_state", "occasion_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    occasion_id: Mapped[UUID] = mapped_column(ForeignKey(OccasionRow.id, ondelete="CASCADE"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey(RecipientRow.id, ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(PersonRow.id))
    state: Mapped[str] = mapped_column(String(10))
    attempt: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    retries: Mapped[int] = mapped_column(default=0)
    refusal: Mapped[str | None] = mapped_column(String(30))
    sent_at: Mapped[datetime | None]


class ReminderRow(Row):
    """A reminder by hand of one sent form; at most one a day."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("delivery_id", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey(DeliveryRow.id))
    day: Mapped[date]
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    sent_at: Mapped[datetime | None]


class PunctualityRow(Row):
    """How an occasion kept its time, in forms. Outlives the occasion, for the statistics."""

    __tablename__ = "punctuality"

    occasion_id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(32))
    day: Mapped[date] = mapped_column(index=True)
    due_at: Mapped[datetime]
    sent: Mapped[int]
    on_time: Mapped[int]
    refused: Mapped[int]
    uncertain: Mapped[int]
    missed: Mapped[int]
    late_by_hand: Mapped[int] = mapped_column(server_default="0")
    stopped: Mapped[int] = mapped_column(server_default="0")
