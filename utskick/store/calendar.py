"""What is sent when, in a few statements however many dispatches there are."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from utskick.domain.dispatches import GOES_ON, DispatchKind, RecipientState
from utskick.domain.units import HsaId
from utskick.records import CalendarCount, CalendarEntry
from utskick.store.dispatches import SqlDispatches
from utskick.store.tables import DispatchRow, OccasionRow, RecipientRow

_GOES_ON = [status.value for status in GOES_ON]


class SqlCalendar:
    def __init__(self, session: Session, dispatches: SqlDispatches) -> None:
        self._session = session
        self._dispatches = dispatches

    def of_unit(self, unit_id: HsaId, first: date, last: date) -> Sequence[CalendarEntry]:
        within = (
            select(OccasionRow.dispatch_id)
            .where(OccasionRow.local_date.between(first, last))
            .scalar_subquery()
        )
        found = self._dispatches.many(
            select(DispatchRow).where(
                DispatchRow.unit_id == unit_id,
                DispatchRow.kind != DispatchKind.FORM.value,
                DispatchRow.id.in_(within),
            )
        )
        recipients = self._recipients([dispatch.id for dispatch in found])
        entries = [
            CalendarEntry(
                dispatch=dispatch,
                occasion=occasion,
                recipients=recipients.get(dispatch.id, 0),
            )
            for dispatch in found
            for occasion in dispatch.occasions
            if first <= occasion.local_date <= last
        ]
        return sorted(entries, key=lambda entry: (entry.occasion.sends_at, entry.dispatch.name))

    def of_region(self, first: date, last: date) -> Sequence[CalendarCount]:
        of_each = (
            select(RecipientRow.dispatch_id, func.count().label("recipients"))
            .where(RecipientRow.state == RecipientState.ACTIVE.value)
            .group_by(RecipientRow.dispatch_id)
            .subquery()
        )
        recipients = func.coalesce(func.sum(of_each.c.recipients), 0)
        rows = self._session.execute(
            select(OccasionRow.local_date, DispatchRow.unit_id, func.count(), recipients)
            .join(DispatchRow, DispatchRow.id == OccasionRow.dispatch_id)
            .outerjoin(of_each, of_each.c.dispatch_id == DispatchRow.id)
            .where(
                OccasionRow.local_date.between(first, last),
                DispatchRow.kind != DispatchKind.FORM.value,
                DispatchRow.status.in_(_GOES_ON),
            )
            .group_by(OccasionRow.local_date, DispatchRow.unit_id)
            .order_by(OccasionRow.local_date, recipients.desc(), DispatchRow.unit_id)
        )
        return [
            CalendarCount(
                day=day, unit_id=HsaId(unit_id), occasions=occasions, recipients=int(together)
            )
            for day, unit_id, occasions, together in rows
        ]

    def _recipients(self, ids: Sequence[UUID]) -> dict[UUID, int]:
        rows = self._session.execute(
            select(RecipientRow.dispatch_id, func.count())
            .where(
                RecipientRow.dispatch_id.in_(ids),
                RecipientRow.state == RecipientState.ACTIVE.value,
            )
            .group_by(RecipientRow.dispatch_id)
        )
        return dict(rows.tuples().all())
