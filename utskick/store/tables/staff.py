"""Who may come in: staff by signing in, a unit's systems with a token."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import Row
from utskick.store.tables.reference import UnitRow


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
