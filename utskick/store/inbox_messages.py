"""Inbox messages: once, and at most once when the outcome is unknown (I10)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from utskick.domain.deliveries import (
    OPEN_STATES,
    ClaimedInboxMessage,
    DeliveryState,
    FormId,
    InboxMessageId,
    Outcome,
)
from utskick.domain.dispatches import RecipientId
from utskick.domain.occasions import Aim, OccasionId, RunToken
from utskick.domain.personnummer import Personnummer
from utskick.records import Unnotified
from utskick.store.leases import cancel_for_removed, may_notify
from utskick.store.people import People
from utskick.store.refusing import ended
from utskick.store.statements import database_clock
from utskick.store.tables import DeliveryRow, InboxMessageRow, OccasionRow, PersonRow

_OPEN = tuple(state.value for state in OPEN_STATES)
_NOT_ENDED = (DeliveryState.PLANNED.value, *_OPEN)


class SqlInboxMessages:
    def __init__(self, session: Session, people: People) -> None:
        self._session = session
        self._people = people

    def ready(self, occasion_id: OccasionId) -> int:
        now = database_clock(self._session)
        return self._session.scalar(select(func.count()).where(_claimable(occasion_id, now))) or 0

    def first_ready(self, occasion_id: OccasionId) -> Personnummer | None:
        now = database_clock(self._session)
        person = self._session.scalar(
            select(PersonRow)
            .join(InboxMessageRow, InboxMessageRow.person_id == PersonRow.id)
            .where(_claimable(occasion_id, now))
            .limit(1)
        )
        return self._people.personnummer(person) if person else None

    def claim(
        self, occasion_id: OccasionId, *, token: RunToken, limit: int, lease_s: float
    ) -> list[ClaimedInboxMessage]:
        if limit < 1 or not may_notify(self._session, occasion_id, token):
            return []
        cancel_for_removed(self._session, InboxMessageRow, [occasion_id])
        now = database_clock(self._session)
        ids = self._session.scalars(
            select(InboxMessageRow.id).where(_claimable(occasion_id, now)).limit(limit)
        ).all()
        self._session.execute(
            update(InboxMessageRow)
            .where(
                InboxMessageRow.id.in_(ids), InboxMessageRow.state == DeliveryState.PLANNED.value
            )
            .values(
                state=DeliveryState.SENDING.value,
                attempt=InboxMessageRow.attempt + 1,
                lease_until=now + timedelta(seconds=lease_s),
            )
        )
        rows = self._session.execute(
            select(InboxMessageRow, PersonRow)
            .join(PersonRow, PersonRow.id == InboxMessageRow.person_id)
            .where(InboxMessageRow.id.in_(ids))
            .execution_options(populate_existing=True)
        )
        forms = self._arrived(occasion_id, ids)
        return [
            ClaimedInboxMessage(
                id=InboxMessageId(row.id),
                attempt=row.attempt,
                personnummer=self._people.personnummer(person),
                forms=tuple(forms[row.recipient_id]),
                retries=row.retries,
            )
            for row, person in rows
        ]

    def _arrived(
        self, occasion_id: OccasionId, ids: Sequence[UUID]
    ) -> Mapping[UUID, Sequence[FormId]]:
        """The forms of each message's recipient, in the package's order."""
        rows = self._session.execute(
            select(DeliveryRow.recipient_id, DeliveryRow.form_id)
            .join(InboxMessageRow, InboxMessageRow.recipient_id == DeliveryRow.recipient_id)
            .where(
                InboxMessageRow.id.in_(ids),
                DeliveryRow.occasion_id == occasion_id,
                DeliveryRow.state == DeliveryState.SENT.value,
                DeliveryRow.form_id.is_not(None),
            )
            .order_by(DeliveryRow.position)
        )
        forms = defaultdict[UUID, list[FormId]](list)
        for recipient_id, form_id in rows:
            forms[recipient_id].append(FormId(form_id))
        return forms

    def record(self, outcomes: Sequence[Outcome]) -> int:
        if not outcomes:
            return 0
        now = database_clock(self._session)
        result = self._session.connection().execute(
            _ENDING,
            [
                {
                    "of_id": outcome.id,
                    "of_attempt": outcome.attempt,
                    "to_state": outcome.state.value,
                    "to_refusal": outcome.refusal and outcome.refusal.value,
                    "to_sent_at": now if outcome.state is DeliveryState.SENT else None,
                    "more_retries": int(outcome.retry_after_s is not None),
                    "to_retry_at": None
                    if outcome.retry_after_s is None
                    else now + timedelta(seconds=outcome.retry_after_s),
                }
                for outcome in outcomes
            ],
        )
        return result.rowcount

    def expire_leases(self) -> int:
        result = self._session.execute(
            update(InboxMessageRow)
            .where(
                InboxMessageRow.state == DeliveryState.SENDING.value,
                InboxMessageRow.lease_until < database_clock(self._session),
            )
            .values(state=DeliveryState.MANUAL.value, lease_until=None)
        )
        assert isinstance(result, CursorResult)
        return result.rowcount

    def all_to_manual(self) -> None:
        unsent = (DeliveryState.PLANNED.value, DeliveryState.SENDING.value)
        self._session.execute(
            update(InboxMessageRow)
            .where(InboxMessageRow.state.in_(unsent))
            .values(state=DeliveryState.MANUAL.value, lease_until=None, retry_at=None)
        )

    def give_up(self, occasion_id: OccasionId) -> None:
        may_have_arrived = exists().where(
            DeliveryRow.occasion_id == occasion_id,
            DeliveryRow.recipient_id == InboxMessageRow.recipient_id,
            DeliveryRow.state.in_((DeliveryState.SENT.value, *_NOT_ENDED)),
        )
        self._session.execute(
            update(InboxMessageRow)
            .where(
                InboxMessageRow.occasion_id == occasion_id,
                InboxMessageRow.state == DeliveryState.PLANNED.value,
                ~may_have_arrived,
            )
            .values(state=DeliveryState.CANCELLED.value)
        )

    def awaited(self, occasion_id: OccasionId) -> int:
        under_way = InboxMessageRow.state == DeliveryState.SENDING.value
        statement = select(func.count()).where(
            InboxMessageRow.occasion_id == occasion_id, or_(under_way, _waits())
        )
        return self._session.scalar(statement) or 0

    def recipients_awaited(self, occasion_id: OccasionId) -> set[RecipientId]:
        rows = self._session.scalars(
            select(InboxMessageRow.recipient_id).where(
                InboxMessageRow.occasion_id == occasion_id, _waits()
            )
        )
        return {RecipientId(recipient_id) for recipient_id in rows}

    def unnotified(self, occasion_id: OccasionId) -> Unnotified:
        partly = _with_forms((DeliveryState.PLANNED.value,))
        complete, some = self._session.execute(
            select(func.count(case((~partly, 1))), func.count(case((partly, 1)))).where(
                InboxMessageRow.occasion_id == occasion_id,
                InboxMessageRow.state == DeliveryState.PLANNED.value,
                _with_forms((DeliveryState.SENT.value,)),
            )
        ).one()
        return Unnotified(complete=complete, partly=some)

    def counts(self, occasion_id: OccasionId) -> Mapping[DeliveryState, int]:
        rows = self._session.execute(
            select(InboxMessageRow.state, func.count())
            .where(InboxMessageRow.occasion_id == occasion_id)
            .group_by(InboxMessageRow.state)
        )
        return {DeliveryState(state): number for state, number in rows}


def _claimable(occasion_id: OccasionId, now: datetime) -> ColumnElement[bool]:
    """Planned, not waiting for a retry; the recipient's forms all ended, and one at least sent."""
    return and_(
        InboxMessageRow.occasion_id == occasion_id,
        InboxMessageRow.state == DeliveryState.PLANNED.value,
        or_(InboxMessageRow.retry_at.is_(None), InboxMessageRow.retry_at <= now),
        ~_with_forms(_OPEN),
        _with_forms((DeliveryState.SENT.value,)),
        _all_or_enough(),
    )


def _waits() -> ColumnElement[bool]:
    """Planned, and once the recipient's open forms have ended there is no more to wait for."""
    return and_(
        InboxMessageRow.state == DeliveryState.PLANNED.value,
        _with_forms((DeliveryState.SENT.value, *_OPEN)),
        _all_or_enough(),
    )


def _all_or_enough() -> ColumnElement[bool]:
    """None of the recipient's forms is still to be sent, or staff want them notified anyway.

    Of an occasion that was ended none is, though one may come back to be tried again.
    """
    wanted = exists().where(
        OccasionRow.id == InboxMessageRow.occasion_id,
        OccasionRow.aim.in_((Aim.NOTIFY.value, Aim.END.value)),
    )
    return or_(~_with_forms((DeliveryState.PLANNED.value,)), wanted)


def _with_forms(states: Collection[str]) -> ColumnElement[bool]:
    """The recipient has any form in one of these states, at the occasion."""
    return exists().where(
        DeliveryRow.occasion_id == InboxMessageRow.occasion_id,
        DeliveryRow.recipient_id == InboxMessageRow.recipient_id,
        DeliveryRow.state.in_(states),
    )


_ENDING: Any = (
    update(InboxMessageRow.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table
    .where(
        InboxMessageRow.id == bindparam("of_id"),
        InboxMessageRow.attempt == bindparam("of_attempt"),
        InboxMessageRow.state == DeliveryState.SENDING.value,
    )
    .values(
        **ended(InboxMessageRow.refusal),
        sent_at=bindparam("to_sent_at"),
        retries=InboxMessageRow.retries + bindparam("more_retries"),
        retry_at=bindparam("to_retry_at"),
        lease_until=None,
    )
)
