"""What staff have filled in and not started."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from utskick.store.tables.base import SealedRow
from utskick.store.tables.reference import UnitRow


class DraftRow(SealedRow):
    """All that is filled in is sealed, the unit with it. `saved_from` names a page as shown."""

    __tablename__ = "draft"

    unit_id: Mapped[str] = mapped_column(ForeignKey(UnitRow.hsa_id), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    owner: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    version: Mapped[int]
    saved_from: Mapped[str] = mapped_column(String(20))
    typing: Mapped[bool]
