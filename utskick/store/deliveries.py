"""The send protocol's statements: intent, outcome, lease, settling (I1–I7).

Every change of state names the state and the attempt that it changes, so that whoever comes late
changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from utskick.domain.deliveries import (
    OPEN_STATES,
    ClaimedDelivery,
    DeliveryId,
    DeliveryState,
    FormId,
    FormStatus,
    OpenDelivery,
    Outcome,
    Refusal,
)
from utskick.domain.dispatches import PersonId, RecipientId
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.units import HsaId
from utskick.store.leases import cancel_for_removed, may_send
from utskick.store.people import People
from utskick.store.planning import plan_occasion
from utskick.store.statements import all_or_each, database_clock
from utskick.store.tables import DeliveryRow, DispatchRow, PersonRow, UtcDateTime

# Written out: with a bound value no database can tell that a partial index applies.
_OPEN: list[ColumnElement[str]] = [literal_column(f"'{state.value}'") for state in OPEN_STATES]


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

    def claim(
        self, occasion_id: OccasionId, *, token: RunToken, limit: int, lease_s: float
    ) -> list[ClaimedDelivery]:
        if limit < 1 or not may_send(self._session, occasion_id, token):
            return []
        cancel_for_removed(self._session, DeliveryRow, occasion_id)
        now = database_clock(self._session)
        ids = self._session.scalars(
            select(DeliveryRow.id)
            .where(
                DeliveryRow.occasion_id == occasion_id,
                DeliveryRow.state == DeliveryState.PLANNED.value,
                or_(DeliveryRow.retry_at.is_(None), DeliveryRow.retry_at <= now),
                ~_same_key_open(),
            )
            .order_by(DeliveryRow.position)
            .limit(limit)
        ).all()
        until = now + timedelta(seconds=lease_s)
        claimed = all_or_each(
            self._session, ids, lambda some: self._intend(some, now=now, until=until)
        )
        return self._claimed(claimed)

    def record(self, outcomes: Sequence[Outcome]) -> int:
        return self._end(outcomes, state=DeliveryState.SENDING)

    def settle(self, outcomes: Sequence[Outcome]) -> int:
        return self._end(outcomes, state=DeliveryState.UNKNOWN)

    def expire_leases(self) -> int:
        now = database_clock(self._session)
        return self._count(
            update(DeliveryRow)
            .where(
                DeliveryRow.state.in_(_OPEN),
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
                DeliveryRow.state.in_(_OPEN),
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

    def owned(self, form_ids: Collection[FormId]) -> set[FormId]:
        rows = self._session.scalars(
            select(DeliveryRow.external_form_id).where(DeliveryRow.external_form_id.in_(form_ids))
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
                ~_same_key_open(),
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
        # Two of one key cannot be told apart by asking: staff must look at the second.
        self._session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.state == DeliveryState.PLANNED.value)
            .values(state=DeliveryState.MANUAL.value, retry_at=None)
        )
        return marked

    def _intend(self, ids: Sequence[UUID], *, now: datetime, until: datetime) -> int:
        return self._count(
            update(DeliveryRow)
            .where(DeliveryRow.id.in_(ids), DeliveryRow.state == DeliveryState.PLANNED.value)
            .values(
                state=DeliveryState.SENDING.value,
                attempt=DeliveryRow.attempt + 1,
                first_intent_at=_first_intent_at(now),
                lease_until=until,
                retry_at=None,
            )
        )

    def _claimed(self, ids: Sequence[UUID]) -> list[ClaimedDelivery]:
        rows = self._session.execute(
            select(DeliveryRow, PersonRow, DispatchRow.form_banner)
            .join(PersonRow, PersonRow.id == DeliveryRow.person_id)
            .join(DispatchRow, DispatchRow.id == DeliveryRow.dispatch_id)
            .where(DeliveryRow.id.in_(ids))
            .order_by(DeliveryRow.position)
            .execution_options(populate_existing=True)
        )
        return [
            ClaimedDelivery(
                id=DeliveryId(row.id),
                attempt=row.attempt,
                unit_id=HsaId(row.unit_id),
                person_id=PersonId(row.person_id),
                personnummer=self._people.personnummer(person),
                form_id=FormTemplateId(row.form_id),
                banner=banner,
                answer_by=row.answer_by,
                purge_after=row.purge_after,
                retries=row.retries,
            )
            for row, person, banner in rows
        ]

    def _open(self, row: DeliveryRow, person: PersonRow, now: datetime) -> OpenDelivery:
        return OpenDelivery(
            id=DeliveryId(row.id),
            attempt=row.attempt,
            unit_id=HsaId(row.unit_id),
            personnummer=self._people.personnummer(person),
            form_id=FormTemplateId(row.form_id),
            first_intent_at=row.first_intent_at or now,
            unknown_for_s=(now - (row.unknown_at or now)).total_seconds(),
            answer_by=row.answer_by,
            purge_after=row.purge_after,
        )

    def _end(self, outcomes: Sequence[Outcome], *, state: DeliveryState) -> int:
        now = database_clock(self._session)
        written = 0

        def write(some: Sequence[Outcome]) -> None:
            nonlocal written
            rows = [_ended(outcome, state=state, now=now) for outcome in some]
            written += self._session.connection().execute(_ENDING, rows).rowcount

        kept = {id(outcome) for outcome in all_or_each(self._session, outcomes, write)}
        # A form that another delivery owns: sending again would not help, so staff must look.
        disputed = [outcome for outcome in outcomes if id(outcome) not in kept]
        if disputed and state is DeliveryState.SENDING:
            write([replace(o, state=DeliveryState.MANUAL, external_id=None) for o in disputed])
        return written

    def _count(self, statement: Any) -> int:
        result = self._session.execute(statement)
        assert isinstance(result, CursorResult)
        return result.rowcount


def _same_key_open() -> ColumnElement[bool]:
    other = aliased(DeliveryRow)
    return exists().where(*_same_key(other), other.id != DeliveryRow.id, other.state.in_(_OPEN))


def _same_key_planned_first() -> ColumnElement[bool]:
    other = aliased(DeliveryRow)
    return exists().where(
        *_same_key(other),
        other.id < DeliveryRow.id,
        other.state == DeliveryState.PLANNED.value,
    )


def _same_key(other: type[DeliveryRow]) -> tuple[ColumnElement[bool], ...]:
    return (
        other.unit_id == DeliveryRow.unit_id,
        other.person_id == DeliveryRow.person_id,
        other.form_id == DeliveryRow.form_id,
    )


def _first_intent_at(now: datetime) -> ColumnElement[datetime | None]:
    # Untyped, PostgreSQL would take the moment for one of the session's own zone.
    return func.coalesce(DeliveryRow.first_intent_at, literal(now, UtcDateTime))


_ENDING = (
    update(DeliveryRow.__table__)  # type: ignore[arg-type]  # a mapped class's table is a Table
    .where(
        DeliveryRow.id == bindparam("of_id"),
        DeliveryRow.attempt == bindparam("of_attempt"),
        DeliveryRow.state == bindparam("of_state"),
    )
    .values(
        state=bindparam("to_state"),
        refusal=bindparam("to_refusal"),
        external_form_id=bindparam("to_form"),
        found_again=bindparam("to_found_again"),
        retries=DeliveryRow.retries + bindparam("more_retries"),
        retry_at=bindparam("to_retry_at"),
        unknown_at=bindparam("to_unknown_at"),
        sent_at=bindparam("to_sent_at"),
        form_status=bindparam("to_form_status"),
        lease_until=None,
    )
)
"""One statement for a whole batch, whatever became of each."""


def _ended(outcome: Outcome, *, state: DeliveryState, now: datetime) -> dict[str, Any]:
    sent = outcome.state is DeliveryState.SENT
    waits = outcome.retry_after_s is not None
    return {
        "of_id": outcome.id,
        "of_attempt": outcome.attempt,
        "of_state": state.value,
        "to_state": outcome.state.value,
        "to_refusal": outcome.refusal and outcome.refusal.value,
        "to_form": outcome.external_id,
        "to_found_again": outcome.found_again,
        "more_retries": int(waits),
        "to_retry_at": now + timedelta(seconds=outcome.retry_after_s or 0) if waits else None,
        "to_unknown_at": now if outcome.state is DeliveryState.UNKNOWN else None,
        "to_sent_at": now if sent else None,
        "to_form_status": FormStatus.ONGOING.value if sent else None,
    }
