"""What a colleague must say yes to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row
from utskick.store.tables.dispatches import DispatchRow


class ApprovalRow(Row):
    __tablename__ = "approval"

    dispatch_id: Mapped[UUID] = mapped_column(
        ForeignKey(DispatchRow.id, ondelete="CASCADE"), primary_key=True
    )
    cause: Mapped[str] = mapped_column(String(10))
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str]
