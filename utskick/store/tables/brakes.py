"""Brakes, pulled and released."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row
from utskick.store.tables.reference import FormTemplateRow, UnitRow

_PULLED = text("released_at IS NULL")


class BrakeRow(Row):
    """Without a unit or a form template it is on everything. It outlives its release."""

    __tablename__ = "brake"
    __table_args__ = (
        Index("ix_brake_pulled", "pulled_at", sqlite_where=_PULLED, postgresql_where=_PULLED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[str | None] = mapped_column(ForeignKey(UnitRow.hsa_id))
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey(FormTemplateRow.id))
    cause: Mapped[str] = mapped_column(String(200))
    pulled_by: Mapped[str]
    pulled_at: Mapped[datetime]
    released_by: Mapped[str]
    released_at: Mapped[datetime | None]
