"""What the regional administration prepares."""

from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row

ClockTime = time
"""For where `time` is a column."""


class UnitRow(Row):
    __tablename__ = "unit"

    hsa_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str]
    phone: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    mail: Mapped[str] = mapped_column(default="", server_default="")


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
    template_id: Mapped[UUID] = mapped_column(ForeignKey(FormTemplateRow.id), primary_key=True)


class PackageTemplateRow(Row):
    """One version of a grundplåt; the newest is the one that can be started."""

    __tablename__ = "package_template"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    resident_title: Mapped[str]
    unit_ids: Mapped[list[str]] = mapped_column(JSON)
    template_ids: Mapped[list[str]] = mapped_column(JSON)
    weekday: Mapped[int | None]
    time: Mapped[time | None]
    interval_count: Mapped[int | None]
    interval_unit: Mapped[str | None] = mapped_column(String(10))
    offsets_days: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    answer_within_days: Mapped[int | None]
    answer_within_time: Mapped[ClockTime | None]
    older_unanswered: Mapped[str] = mapped_column(String(10), server_default="keep")
    red_days: Mapped[str] = mapped_column(String(20), server_default="warn")
    form_banner: Mapped[str] = mapped_column(Text, server_default="")
    needs_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    checks_already_has: Mapped[bool] = mapped_column(default=False, server_default=false())
    occasions: Mapped[int]
    inbox_message: Mapped[str] = mapped_column(Text)
    inbox_messages: Mapped[dict[str, str]] = mapped_column(JSON)
    error_addresses: Mapped[list[str]] = mapped_column(JSON)
    visit_offsets: Mapped[list[list[Any]]] = mapped_column(JSON, default=list, server_default="[]")
    late_visits: Mapped[str] = mapped_column(String(10), default="skip", server_default="skip")
