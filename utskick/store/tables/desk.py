"""What comes in from outside, and how often we may go out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row, SealedRow
from utskick.store.tables.reference import UnitRow


class UploadRow(SealedRow):
    __tablename__ = "upload"

    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id))
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class SmsRow(Row):
    """That an SMS was sent, or begun: not its text, and not to whom."""

    __tablename__ = "sms"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id))
    created_at: Mapped[datetime] = mapped_column(index=True)


class NeighbourBudgetRow(Row):
    """When the neighbour may next be called; pushed forward by whoever takes a place.

    The inbox takes messages in batches: how many of one have been left, and until when.
    """

    __tablename__ = "neighbour_budget"

    neighbour: Mapped[str] = mapped_column(String(20), primary_key=True)
    free_at: Mapped[datetime]
    messages: Mapped[int] = mapped_column(default=0, server_default="0")
    last_message_at: Mapped[datetime | None]


class PlatformRefusalRow(Row):
    """What the service platform refuses, and until when it did."""

    __tablename__ = "platform_refusal"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    contract: Mapped[str] = mapped_column(String(60), primary_key=True)
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SenderRow(Row):
    """A process that sends: the form service's calls at once are divided among them."""

    __tablename__ = "sender"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    alive_until: Mapped[datetime]
