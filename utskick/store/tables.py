"""The tables, and what their indexes make impossible. Rows never leave the store."""

from datetime import UTC, date, datetime, time
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC. Refuses naive ones; SQLite would guess."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime; attach a time zone first")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


class Row(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, bytes: LargeBinary}


class UnitRow(Row):
    __tablename__ = "unit"

    hsa_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    phone: Mapped[str]


class StaffMemberRow(Row):
    """A staff member and the unit chosen last."""

    __tablename__ = "staff_member"

    hsa_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    chosen_unit_id: Mapped[str | None] = mapped_column(ForeignKey(UnitRow.hsa_id))


class TokenRow(Row):
    __tablename__ = "token"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id))
    name: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class FormTemplateRow(Row):
    __tablename__ = "form_template"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str]
    resident_name: Mapped[str]
    catalogue: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[int]
    archived_at: Mapped[datetime | None]


class SubscriptionRow(Row):
    __tablename__ = "subscription"

    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id), primary_key=True)
    form_id: Mapped[UUID] = mapped_column(ForeignKey(FormTemplateRow.id), primary_key=True)


class PackageTemplateRow(Row):
    """One version of a grundplåt; the newest is the one that can be started."""

    __tablename__ = "package_template"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    resident_title: Mapped[str]
    unit_ids: Mapped[list[str]] = mapped_column(JSON)
    form_ids: Mapped[list[str]] = mapped_column(JSON)
    weekday: Mapped[int | None]
    time: Mapped[time | None]
    interval_weeks: Mapped[int]
    occasions: Mapped[int]
    inbox_message: Mapped[str] = mapped_column(Text)
    error_addresses: Mapped[list[str]] = mapped_column(JSON)


class PersonRow(Row):
    """A personnummer, encrypted, beside the keyed hash that finds it again."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    blind_index: Mapped[str] = mapped_column(String(64), unique=True)
    ciphertext: Mapped[bytes]
    key_id: Mapped[str] = mapped_column(String(20))


class DispatchRow(Row):
    __tablename__ = "dispatch"
    __table_args__ = (UniqueConstraint("unit_id", "submission_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id), index=True)
    package_key: Mapped[str | None] = mapped_column(String(100))
    package_version: Mapped[int | None]
    name: Mapped[str]
    title: Mapped[str]
    status: Mapped[str] = mapped_column(String(10), index=True)
    error_addresses: Mapped[list[str]] = mapped_column(JSON)
    creates_inbox_message: Mapped[bool]
    inbox_message: Mapped[str] = mapped_column(Text)
    form_banner: Mapped[str] = mapped_column(Text)
    answer_by: Mapped[date | None]
    purge_after: Mapped[date | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    submission_key: Mapped[str] = mapped_column(String(64))


class DispatchFormRow(Row):
    __tablename__ = "dispatch_form"

    dispatch_id: Mapped[UUID] = mapped_column(
        ForeignKey(DispatchRow.id, ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[UUID] = mapped_column(ForeignKey(FormTemplateRow.id), index=True)
    name: Mapped[str]
    resident_name: Mapped[str]


class OccasionRow(Row):
    """`run_token` and `lease_until` say which run may send for the occasion."""

    __tablename__ = "occasion"
    __table_args__ = (UniqueConstraint("dispatch_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey(DispatchRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    local_date: Mapped[date]
    local_time: Mapped[time]
    zone: Mapped[str]
    sends_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), index=True)
    version: Mapped[int]
    run_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    message_heading: Mapped[str] = mapped_column(default="")
    message_text: Mapped[str] = mapped_column(Text, default="")
    late: Mapped[bool] = mapped_column(default=False)
    by_hand_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class RecipientRow(Row):
    __tablename__ = "recipient"
    __table_args__ = (UniqueConstraint("dispatch_id", "person_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispatch_id: Mapped[UUID] = mapped_column(ForeignKey(DispatchRow.id, ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(PersonRow.id), index=True)
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    left_out_because: Mapped[str | None] = mapped_column(String(30))
    notified_by: Mapped[list[str]] = mapped_column(JSON)
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]


_OPEN = text("state IN ('sending', 'unknown')")


class DeliveryRow(Row):
    """Outlives its dispatch, for Uppföljning: so it refers to it without a foreign key."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("occasion_id", "recipient_id", "form_id"),
        Index(
            "uq_delivery_one_open",
            "unit_id",
            "person_id",
            "form_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_delivery_occasion_state", "occasion_id", "state"),
        Index("ix_delivery_open", "state", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_delivery_unit_sent", "unit_id", "sent_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispatch_id: Mapped[UUID] = mapped_column(index=True)
    occasion_id: Mapped[UUID]
    recipient_id: Mapped[UUID] = mapped_column(index=True)
    form_id: Mapped[UUID]
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
    refusal: Mapped[str | None] = mapped_column(String(30))
    external_form_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    found_again: Mapped[bool] = mapped_column(default=False)
    sent_at: Mapped[datetime | None]
    form_status: Mapped[str | None] = mapped_column(String(20))
    form_status_at: Mapped[datetime | None]


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
    __tablename__ = "access_log"

    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    activity: Mapped[str] = mapped_column(String(10))
    act: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey(PersonRow.id), index=True)
    dispatch_id: Mapped[UUID | None]
    hash: Mapped[str] = mapped_column(String(64))


class UploadRow(Row):
    __tablename__ = "upload"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id))
    ciphertext: Mapped[bytes]
    key_id: Mapped[str] = mapped_column(String(20))
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class NeighbourBudgetRow(Row):
    """When the neighbour may next be called; pushed forward by whoever takes a place."""

    __tablename__ = "neighbour_budget"

    neighbour: Mapped[str] = mapped_column(String(20), primary_key=True)
    free_at: Mapped[datetime]
