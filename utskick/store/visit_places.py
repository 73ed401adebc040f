"""Where visits' moments are planned. Each change names what it is conditional on.

Runs claim occasions, plan and send meanwhile: a moment can be moved or cancelled until the first
intent of it is committed. Whoever asks here holds the dispatch, so each is wholly before or wholly
after (I8).
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session

from utskick.domain.deliveries import MAY_HAVE_GONE
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
    StandingId,
)
from utskick.domain.occasions import Aim, OccasionState
from utskick.domain.personnummer import Personnummer
from utskick.domain.visits import SendState, VisitId, VisitSend
from utskick.store.dispatches import SqlDispatches
from utskick.store.names import SqlNames
from utskick.store.people import People
from utskick.store.tables import (
    DeliveryRow,
    DispatchRow,
    OccasionRow,
    RecipientRow,
    VisitSendRow,
)

_MAY_HAVE_GONE = tuple(state.value for state in MAY_HAVE_GONE)


class SqlVisitPlaces:
    def __init__(
        self, session: Session, people: People, names: SqlNames, dispatches: SqlDispatches
    ) -> None:
        self._session = session
        self._people = people
        self._names = names
        self._dispatches = dispatches

    def lock(self, dispatch_ids: Collection[DispatchId]) -> Mapping[DispatchId, Dispatch]:
        self._session.execute(
            select(DispatchRow.id)
            .join(OccasionRow, OccasionRow.dispatch_id == DispatchRow.id)
            .where(DispatchRow.id.in_(dispatch_ids))
            # As senders take them, for many runs at once: by their occasions' ids.
            .order_by(OccasionRow.id)
            .with_for_update(of=DispatchRow)
        )
        return {dispatch.id: dispatch for dispatch in self.still_there(dispatch_ids)}

    def still_there(self, dispatch_ids: Collection[DispatchId]) -> list[Dispatch]:
        return self._dispatches.many(
            select(DispatchRow)
            .where(DispatchRow.id.in_(dispatch_ids))
            .execution_options(populate_existing=True)
        )

    def at_moment(self, standing_id: StandingId, sends_at: datetime) -> list[DispatchId]:
        rows = self._session.scalars(
            select(DispatchRow.id)
            .join(OccasionRow, OccasionRow.dispatch_id == DispatchRow.id)
            .where(
                DispatchRow.standing_id == standing_id,
                DispatchRow.status == DispatchStatus.ONGOING.value,
                OccasionRow.sends_at == sends_at,
            )
            .order_by(DispatchRow.created_at, DispatchRow.id)
        )
        return [DispatchId(dispatch_id) for dispatch_id in rows]

    def unended(self, standing_id: StandingId) -> list[DispatchId]:
        rows = self._session.scalars(
            select(DispatchRow.id).where(
                DispatchRow.standing_id == standing_id,
                DispatchRow.status.in_(
                    (DispatchStatus.ONGOING.value, DispatchStatus.STOPPED.value)
                ),
            )
        )
        return [DispatchId(dispatch_id) for dispatch_id in rows]

    def listed(
        self, dispatch_id: DispatchId, number: Personnummer
    ) -> tuple[RecipientId, RecipientState] | None:
        row = self._session.execute(
            select(RecipientRow.id, RecipientRow.state).where(
                RecipientRow.dispatch_id == dispatch_id,
                RecipientRow.person_id == self._people.find(number),
            )
        ).one_or_none()
        return (RecipientId(row.id), RecipientState(row.state)) if row else None

    def join(self, dispatch: Dispatch, recipient: Recipient, *, at_most: int) -> bool:
        (occasion,) = dispatch.occasions
        free = self._session.scalar(
            select(OccasionRow.id)
            .join(DispatchRow, DispatchRow.id == OccasionRow.dispatch_id)
            .where(
                OccasionRow.id == occasion.id,
                DispatchRow.status == DispatchStatus.ONGOING.value,
                OccasionRow.state == OccasionState.PLANNED.value,
                OccasionRow.aim == Aim.SEND.value,
                OccasionRow.by_hand_at.is_(None),
            )
        )
        number = self._session.scalar(
            select(func.count()).where(RecipientRow.dispatch_id == dispatch.id)
        )
        if free is None or (number or 0) >= at_most:
            return False
        person_id = self._people.ids([recipient.personnummer])[recipient.personnummer]
        self._names.keep({person_id: recipient.name})
        last = self._session.scalar(
            select(func.max(RecipientRow.position)).where(RecipientRow.dispatch_id == dispatch.id)
        )
        self._session.add(
            RecipientRow(
                id=recipient.id,
                dispatch_id=dispatch.id,
                person_id=person_id,
                position=0 if last is None else last + 1,
                state=recipient.state.value,
                notified_by=list(recipient.notified_by or ()),
                to_ask=recipient.notified_by is None,
            )
        )
        self._session.flush()
        self._note_change(dispatch, more=1)
        return True

    def withdraw(self, visit_id: VisitId, send: VisitSend, *, by: str, now: datetime) -> bool:
        theirs = (
            DeliveryRow.occasion_id == send.occasion_id,
            DeliveryRow.recipient_id == send.recipient_id,
        )
        recipient = self._session.get(RecipientRow, send.recipient_id, populate_existing=True)
        removed = recipient is not None and recipient.state == RecipientState.REMOVED.value
        if removed or self._is_there(*theirs, DeliveryRow.state.in_(_MAY_HAVE_GONE)):
            return False
        if recipient is None or self._is_shared(visit_id, send):
            return True
        dispatch = self._dispatches.get(DispatchId(recipient.dispatch_id))
        if self._is_there(*theirs):
            self._dispatches.remove_recipient(
                dispatch.id, RecipientId(recipient.id), by=by, now=now
            )
        else:
            self._session.execute(delete(RecipientRow).where(RecipientRow.id == recipient.id))
            self._note_change(dispatch, more=-1)
        return True

    def drop_if_empty(self, dispatch: Dispatch) -> bool:
        somebody = exists().where(RecipientRow.dispatch_id == DispatchRow.id)
        running = exists().where(
            OccasionRow.dispatch_id == DispatchRow.id,
            OccasionRow.state == OccasionState.RUNNING.value,
        )
        empty = self._session.scalar(
            select(DispatchRow.id).where(DispatchRow.id == dispatch.id, ~somebody, ~running)
        )
        if empty is None:
            return False
        self._dispatches.delete(dispatch.id)
        return True

    def by_moment(self, standing_id: StandingId) -> list[tuple[Dispatch, int]]:
        dispatches = self._dispatches.many(
            select(DispatchRow).where(DispatchRow.standing_id == standing_id)
        )
        counted = self._session.execute(
            select(RecipientRow.dispatch_id, func.count())
            .join(DispatchRow, DispatchRow.id == RecipientRow.dispatch_id)
            .where(
                DispatchRow.standing_id == standing_id,
                RecipientRow.state == RecipientState.ACTIVE.value,
            )
            .group_by(RecipientRow.dispatch_id)
        )
        numbers = dict(counted.tuples().all())
        in_order = sorted(dispatches, key=lambda each: (each.occasions[0].sends_at, each.id))
        return [(dispatch, numbers.get(dispatch.id, 0)) for dispatch in in_order]

    def _is_shared(self, visit_id: VisitId, send: VisitSend) -> bool:
        """Whether another moment, of this visit or another, is the same send."""
        this_one = and_(
            VisitSendRow.visit_id == visit_id,
            VisitSendRow.days_before == send.offset.days_before,
            VisitSendRow.at_time == send.offset.time,
        )
        return (
            self._session.scalar(
                select(VisitSendRow.visit_id)
                .where(
                    VisitSendRow.recipient_id == send.recipient_id,
                    VisitSendRow.state == SendState.PLANNED.value,
                    ~this_one,
                )
                .limit(1)
            )
            is not None
        )

    def _is_there(self, *which: ColumnElement[bool]) -> bool:
        return self._session.scalar(select(DeliveryRow.id).where(*which).limit(1)) is not None

    def _note_change(self, dispatch: Dispatch, *, more: int) -> None:
        """Its run is to start earlier for each, and the scheduler to show how many they are."""
        (occasion,) = dispatch.occasions
        questions = more if dispatch.creates_inbox_message else 0
        self._session.execute(
            update(OccasionRow)
            .where(OccasionRow.id == occasion.id)
            .values(questions_due=OccasionRow.questions_due + questions, registered=False)
        )
