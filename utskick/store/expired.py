"""Deleting what is kept no longer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState
from utskick.domain.units import HsaId
from utskick.store.tables import (
    AccessLogRow,
    DeliveryRow,
    DispatchRow,
    DraftRow,
    ErrorMailRow,
    ErrorReportRow,
    InboxAnswerRow,
    PersonNameRow,
    PersonRow,
    RecipientRow,
    ReminderRow,
    StaffMemberRow,
    StaffSessionRow,
    VisitRow,
)

_FATE_IS_KNOWN = (
    DeliveryState.SENT.value,
    DeliveryState.MANUAL.value,
    DeliveryState.REFUSED.value,
    DeliveryState.CANCELLED.value,
)


class SqlExpired:
    def __init__(self, session: Session) -> None:
        self._session = session

    def delete_forms(
        self, *, purge_after_before: date, marked_before: datetime, limit: int
    ) -> Mapping[HsaId, int]:
        rows = self._session.execute(
            select(DeliveryRow.id, DeliveryRow.unit_id)
            .where(
                or_(
                    DeliveryRow.purge_after < purge_after_before,
                    DeliveryRow.purged_at < marked_before,
                ),
                DeliveryRow.state.in_(_FATE_IS_KNOWN),
                ~exists().where(DispatchRow.id == DeliveryRow.dispatch_id),
            )
            .limit(limit)
        ).all()
        ids = [row.id for row in rows]
        self._delete(ReminderRow, ReminderRow.delivery_id, ids)
        self._delete(DeliveryRow, DeliveryRow.id, ids)
        return Counter(HsaId(row.unit_id) for row in rows)

    def delete_reports(self, before: datetime, *, limit: int) -> int:
        waiting = and_(
            ErrorMailRow.report_id == ErrorReportRow.id,
            ErrorMailRow.sent_at.is_(None),
            ErrorMailRow.refused_at.is_(None),
        )
        ids = self._session.scalars(
            select(ErrorReportRow.id)
            .where(ErrorReportRow.created_at < before, ~exists().where(waiting))
            .limit(limit)
        ).all()
        self._delete(ErrorMailRow, ErrorMailRow.report_id, ids)
        self._delete(ErrorReportRow, ErrorReportRow.id, ids)
        return len(ids)

    def delete_drafts(self, before: datetime, *, limit: int) -> Mapping[HsaId, int]:
        rows = self._session.execute(
            select(DraftRow.id, DraftRow.unit_id).where(DraftRow.changed_at < before).limit(limit)
        ).all()
        self._delete(DraftRow, DraftRow.id, [row.id for row in rows])
        return Counter(HsaId(row.unit_id) for row in rows)

    def delete_staff(self, before: datetime, *, limit: int) -> int:
        ids = self._session.scalars(
            select(StaffMemberRow.hsa_id)
            .where(
                StaffMemberRow.signed_in_at < before,
                ~exists().where(StaffSessionRow.staff_id == StaffMemberRow.hsa_id),
            )
            .limit(limit)
        ).all()
        self._delete(StaffMemberRow, StaffMemberRow.hsa_id, ids)
        return len(ids)

    def delete_persons(self, *, after: UUID | None, limit: int) -> tuple[int, UUID | None]:
        some = select(PersonRow.id).order_by(PersonRow.id).limit(limit)
        if after is not None:
            some = some.where(PersonRow.id > after)
        seen = self._session.scalars(some).all()
        if not seen:
            return 0, None
        self._delete_names(seen)
        ids = self._session.scalars(
            select(PersonRow.id).where(
                PersonRow.id.in_(seen),
                *(
                    ~exists().where(row.person_id == PersonRow.id)
                    for row in (RecipientRow, DeliveryRow, AccessLogRow, InboxAnswerRow, VisitRow)
                ),
            )
        ).all()
        last = seen[-1] if len(seen) == limit else None
        try:
            with self._session.begin_nested():
                self._delete(PersonRow, PersonRow.id, ids)
        except IntegrityError:
            # Somebody was looked up at this moment, after all these years: tomorrow then.
            return 0, last
        return len(ids), last

    def _delete_names(self, person_ids: Sequence[UUID]) -> None:
        self._session.execute(
            delete(PersonNameRow).where(
                PersonNameRow.person_id.in_(person_ids),
                *(
                    ~exists().where(row.person_id == PersonNameRow.person_id)
                    for row in (RecipientRow, DeliveryRow, VisitRow)
                ),
            )
        )

    def _delete(self, table: Any, column: Any, ids: Sequence[object]) -> None:
        self._session.execute(delete(table).where(column.in_(ids)))
