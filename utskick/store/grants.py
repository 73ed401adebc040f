"""Rights that were given on a page."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from utskick.domain.rights import Right, RightGrant
from utskick.domain.units import HsaId
from utskick.store.tables import RightGrantRow


class SqlGrants:
    def __init__(self, session: Session) -> None:
        self._session = session

    def of_person(self, staff_id: HsaId) -> Sequence[RightGrant]:
        rows = self._session.scalars(
            select(RightGrantRow)
            .where(RightGrantRow.staff_id == staff_id, RightGrantRow.withdrawn_at.is_(None))
            .order_by(RightGrantRow.granted_at, RightGrantRow.id)
        )
        return list(map(_grant, rows))

    def of_unit(self, unit_id: HsaId) -> Sequence[RightGrant]:
        rows = self._session.scalars(
            select(RightGrantRow)
            .where(RightGrantRow.unit_id == unit_id)
            .order_by(RightGrantRow.granted_at.desc(), RightGrantRow.id)
        )
        return list(map(_grant, rows))

    def add(self, grant: RightGrant) -> None:
        self._session.add(
            RightGrantRow(
                id=grant.id,
                staff_id=grant.staff_id,
                right=grant.right.value,
                unit_id=grant.unit_id,
                until=grant.until,
                granted_by=grant.granted_by,
                granted_at=grant.granted_at,
                withdrawn_by=grant.withdrawn_by,
                withdrawn_at=grant.withdrawn_at,
            )
        )
        self._session.flush()

    def withdraw(self, grant_id: UUID, *, by: str, now: datetime) -> None:
        self._session.execute(
            update(RightGrantRow)
            .where(RightGrantRow.id == grant_id, RightGrantRow.withdrawn_at.is_(None))
            .values(withdrawn_by=by, withdrawn_at=now)
        )

    def delete_ended(self, before: datetime) -> None:
        self._session.execute(
            delete(RightGrantRow).where(
                or_(
                    RightGrantRow.withdrawn_at < before,
                    RightGrantRow.until < before.date(),
                )
            )
        )


def _grant(row: RightGrantRow) -> RightGrant:
    return RightGrant(
        id=row.id,
        staff_id=HsaId(row.staff_id),
        right=Right(row.right),
        unit_id=HsaId(row.unit_id),
        until=row.until,
        granted_by=row.granted_by,
        granted_at=row.granted_at,
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
    )
