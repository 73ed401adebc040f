"""The send protocol's statements: intent, outcome, lease, settling (I1–I7).

Every change of state names the state and the attempt that it changes, so that whoever comes late
changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Update,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session, aliased

from utskick.domain.deliveries import (
    ClaimedDelivery,
    DeliveryId,
    DeliveryState,
    FormId,
    OpenDelivery,
    Outcome,
    Refusal,
)
from utskick.domain.dispatches import RecipientId, RecipientState
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import HAS_A_REST, OccasionId, OccasionState
from utskick.domain.units import HsaId
from utskick.records import DeliveryClaim
from utskick.store.claiming import claim_deliveries, same_key, same_key_open
from utskick.store.outcomes import write_outcomes
from utskick.store.people import People
from utskick.store.planning import plan_occasion
from utskick.store.refusing import recipients_left, refuse
from utskick.store.statements import OPEN, database_clock
from utskick.store.tables import DeliveryRow, DispatchRow, OccasionRow, PersonRow, RecipientRow


class SqlDeliveries:
    def __init__(self, session: Session, people: People) -> None:
        self._session = session
        self._people = people

    def plan(
        self,
        occasion_id: OccasionId,
        *,
        recipients: Collection[RecipientId],
        refused: Mapping[RecipientId, Refusal],
        answer_by: date,
        purge_after: date,
    ) -> set[RecipientId]:
        return plan_occasion(
            self._session,
            occasion_id,
            recipients=recipients,
            refused=refused,
            answer_by=answer_by,
            purge_after=purge_after,
        )

    def prolong(self, occasion_id: OccasionId, *, sent_on: date, answer_by: date) -> None:
        self._session.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.occasion_id == occasion_id,
                DeliveryRow.state == DeliveryState.PLANNED.value,
                DeliveryRow.answer_by < sent_on,
            )
            .values(answer_by=answer_by)
        )

    def recipients_left(self, occasion_id: OccasionId) -> set[RecipientId]:
        return recipients_left(self._session, occasion_id)

    def refuse(self, occasion_id: OccasionId, refused: Mapping[RecipientId, Refusal]) -> None:
        refuse(self._session, occasion_id, refused)

    def claim(
        self, claims: Sequence[DeliveryClaim], *, lease_s: float, one_by_one: bool = True
    ) -> list[ClaimedDelivery]:
        return claim_deliveries(
            self._session, self._people, claims, lease_s=lease_s, one_by_one=one_by_one
        )

    def record(self, outcomes: Sequence[Outcome]) -> int:
        return write_outcomes(self._session, outcomes, over=DeliveryState.SENDING)

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        return write_outcomes(self._session, outcomes, over=DeliveryState.UNKNOWN)

    def expire_leases(self) -> int:
        now = database_clock(self._session)
        return self._count(
            update(DeliveryRow)
            .where(
                DeliveryRow.state.in_(OPEN),
                DeliveryRow.state == DeliveryState.SENDING.value,
                DeliveryRow.lease_until < now,
            )
            .values(state=DeliveryState.UNKNOWN.value, unknown_at=now, lease_until=None)
        )

    def to_settle(
        self, *, settle_s: float, limit: int, occasion_id: OccasionId | None = None
    ) -> list[OpenDelivery]:
        now = database_clock(self._session)
        statement = (
            select(DeliveryRow, PersonRow)
            .join(PersonRow, PersonRow.id == DeliveryRow.person_id)
            .where(
                DeliveryRow.state.in_(OPEN),
                DeliveryRow.state == DeliveryState.UNKNOWN.value,
                DeliveryRow.unknown_at <= now - timedelta(seconds=settle_s),
                or_(DeliveryRow.retry_at.is_(None), DeliveryRow.retry_at <= now),
            )
            .order_by(DeliveryRow.unknown_at)
            .limit(limit)
        )
        if occasion_id is not None:
            statement = statement.where(DeliveryRow.occasion_id == occasion_id)
        return [self._open(row, person, now) for row, person in self._session.execute(statement)]

    def postpone_settling(self, delivery_ids: Collection[DeliveryId], *, seconds: float) -> None:
        retry_at = database_clock(self._session) + timedelta(seconds=seconds)
        self._session.execute(
            update(DeliveryRow)
            .where(
                DeliveryRow.id.in_(delivery_ids), DeliveryRow.state == DeliveryState.UNKNOWN.value
            )
            .values(retry_at=retry_at)
        )

    def cancel_rest(self, occasion_id: OccasionId) -> None:
        self._session.execute(_cancelling(DeliveryRow.occasion_id == occasion_id))

    def cancel_never_sent(self) -> None:
        for state, more in _NEVER_SENT.items():
            occasions = select(OccasionRow.id).where(OccasionRow.state == state.value)
            self._session.execute(_cancelling(DeliveryRow.occasion_id.in_(occasions) & more))

    def of_removed(self, occasion_ids: Collection[OccasionId]) -> set[DeliveryId]:
        rows = self._session.connection().execute(_OF_REMOVED, {"ids": list(occasion_ids)})
        return {DeliveryId(each) for each in rows.scalars()}

    def owned(self, form_ids: Collection[FormId]) -> set[FormId]:
        rows = self._session.scalars(
            select(DeliveryRow.form_id).where(DeliveryRow.form_id.in_(form_ids))
        )
        return {FormId(form_id) for form_id in rows if form_id}

    def all_to_unknown(self) -> int:
        now = database_clock(self._session)
        started_at = (
            select(DispatchRow.created_at)
            .where(DispatchRow.id == DeliveryRow.dispatch_id)
            .scalar_subquery()
        )
        marked = self._count(
            update(DeliveryRow)
            .where(
                DeliveryRow.state.in_((DeliveryState.PLANNED.value, DeliveryState.SENDING.value)),
                ~same_key_open(),
                ~_same_key_planned_first(),
            )
            .values(
                state=DeliveryState.UNKNOWN.value,
                unknown_at=now,
                # It may have been sent at any time since the backup, which nobody knows.
                first_intent_at=func.coalesce(DeliveryRow.first_intent_at, started_at),
                lease_until=None,
                retry_at=None,
            )
        )
        # Two of one key cannot be distinguished by asking: staff must look at the second.
        self._session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == DeliveryState.PLANNED.value)
            .values(state=DeliveryState.MANUAL.value, retry_at=None)
        )
        return marked

    def _open(self, row: DeliveryRow, person: PersonRow, now: datetime) -> OpenDelivery:
        return OpenDelivery(
            id=DeliveryId(row.id),
            attempt=row.attempt,
            unit_id=HsaId(row.unit_id),
            personnummer=self._people.personnummer(person),
            template_id=FormTemplateId(row.template_id),
            first_intent_at=row.first_intent_at or now,
            unknown_for_s=(now - (row.unknown_at or now)).total_seconds(),
            answer_by=row.answer_by,
            purge_after=row.purge_after,
            unclear_calls=row.unclear_calls,
        )

    def _count(self, statement: Any) -> int:
        result = self._session.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount


_REMOVED = select(RecipientRow.id).where(RecipientRow.state == RecipientState.REMOVED.value)
_NEVER_SENT = {
    OccasionState.ENDED: true(),
    # What was under way at the removal may have come back after the run's end.
    **dict.fromkeys(HAS_A_REST, DeliveryRow.recipient_id.in_(_REMOVED)),
}
_OF_REMOVED = (
    select(DeliveryRow.id)
    .join(RecipientRow, RecipientRow.id == DeliveryRow.recipient_id)
    .where(
        DeliveryRow.state.in_(OPEN),
        DeliveryRow.occasion_id.in_(bindparam("ids", expanding=True)),
        RecipientRow.state == RecipientState.REMOVED.value,
    )
)


def _cancelling(which: ColumnElement[bool]) -> Update:
    return (
        update(DeliveryRow)
        .where(which, DeliveryRow.state == DeliveryState.PLANNED.value)
        .values(state=DeliveryState.CANCELLED.value, retry_at=None)
    )


def _same_key_planned_first() -> ColumnElement[bool]:
    other = aliased(DeliveryRow)
    return exists().where(
        *same_key(other),
        other.id < DeliveryRow.id,
        other.state == DeliveryState.PLANNED.value,
    )
