"""Booked visits, what is sent before them, and where each of their moments is planned."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row
from utskick.store.tables.dispatches import PersonRow
from utskick.store.tables.reference import UnitRow


class StandingDispatchRow(Row):
    __tablename__ = "standing_dispatch"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id), index=True)
    package_key: Mapped[str] = mapped_column(String(100))
    package_version: Mapped[int]
    name: Mapped[str]
    title: Mapped[str]
    forms: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    offsets: Mapped[list[list[Any]]] = mapped_column(JSON)
    late: Mapped[str] = mapped_column(String(10))
    answer_within_days: Mapped[int | None]
    answer_within_time: Mapped[time | None]
    error_addresses: Mapped[list[str]] = mapped_column(JSON)
    creates_inbox_message: Mapped[bool]
    inbox_message: Mapped[str] = mapped_column(Text)
    inbox_messages: Mapped[dict[str, str]] = mapped_column(JSON)
    form_banner: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)


class VisitRow(Row):
    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("unit_id", "reference"),
        Index("ix_visit_unit_starts", "unit_id", "starts_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(String(32))
    standing_id: Mapped[UUID] = mapped_column(
        ForeignKey(StandingDispatchRow.id, ondelete="CASCADE"), index=True
    )
    reference: Mapped[str] = mapped_column(String(100))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(PersonRow.id), index=True)
    day: Mapped[date]
    at_time: Mapped[time]
    starts_at: Mapped[datetime] = mapped_column(index=True)
    place: Mapped[str]
    state: Mapped[str] = mapped_column(String(10))


class VisitStampRow(Row):
    """How new the newest message about a visit was, though the visit is not known, or no more."""

    __tablename__ = "visit_stamp"

    unit_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    reference: Mapped[str] = mapped_column(String(100), primary_key=True)
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    last_updated: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class VisitSendRow(Row):
    """One moment of a visit. Its dispatch may have been deleted since: so no foreign key."""

    __tablename__ = "visit_send"

    visit_id: Mapped[UUID] = mapped_column(
        ForeignKey(VisitRow.id, ondelete="CASCADE"), primary_key=True
    )
    days_before: Mapped[int] = mapped_column(primary_key=True)
    at_time: Mapped[time] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    sends_at: Mapped[datetime | None]
    dispatch_id: Mapped[UUID | None]
    occasion_id: Mapped[UUID | None]
    recipient_id: Mapped[UUID | None] = mapped_column(index=True)
