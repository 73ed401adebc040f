"""Uppföljning: finding single forms, and comparing with the form service."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from utskick.domain.answers import AnswerCount, AnswerKnown
from utskick.domain.deliveries import DeliveryId, DeliveryState, FormId, FormStatus
from utskick.domain.dispatches import DispatchId
from utskick.domain.errors import NotFound
from utskick.domain.forms import FormTemplateId
from utskick.domain.notices import AnsweredForm
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.records import FollowedUp, FollowUpQuery, Ledger, Order, Reminder, ResponseRate
from utskick.records.follow_up import COUNTED, MOST_RATES
from utskick.store.names import SqlNames
from utskick.store.people import People
from utskick.store.statements import insert_new, matches, start_of
from utskick.store.tables import DeliveryRow, PersonRow, ReminderRow

_WORTH_SHOWING = (
    DeliveryState.SENDING.value,
    DeliveryState.SENT.value,
    DeliveryState.UNKNOWN.value,
    DeliveryState.MANUAL.value,
)
_UNSETTLED = (
    DeliveryState.SENDING.value,
    DeliveryState.UNKNOWN.value,
    DeliveryState.MANUAL.value,
)


class SqlFollowUp:
    def __init__(self, session: Session, people: People, names: SqlNames) -> None:
        self._session = session
        self._people = people
        self._person_names = names

    def search(self, unit_id: HsaId, query: FollowUpQuery) -> list[FollowedUp]:
        in_order = _ordering(query.order)
        # The page is found among narrow rows; only its own are then read in full.
        page = (
            self._wanted(select(DeliveryRow.id), unit_id, query)
            .order_by(*in_order)
            .limit(query.limit)
            .offset(query.offset)
        )
        rows = self._session.execute(
            select(DeliveryRow, PersonRow)
            .join(PersonRow, PersonRow.id == DeliveryRow.person_id)
            .where(DeliveryRow.id.in_(page))
            .order_by(*in_order)
        ).all()
        return self._all_followed_up([(row, person) for row, person in rows])

    def count(self, unit_id: HsaId, query: FollowUpQuery) -> int:
        some = self._wanted(select(DeliveryRow.id), unit_id, query).limit(COUNTED + 1)
        return self._session.scalar(select(func.count()).select_from(some.subquery())) or 0

    def get_for(self, unit_id: HsaId, delivery_id: DeliveryId) -> FollowedUp:
        found = self._session.execute(
            select(DeliveryRow, PersonRow)
            .join(PersonRow, PersonRow.id == DeliveryRow.person_id)
            .where(
                DeliveryRow.id == delivery_id,
                DeliveryRow.unit_id == unit_id,
                DeliveryRow.state.in_(_WORTH_SHOWING),
            )
        ).first()
        if found is None:
            raise NotFound("delivery")
        row, person = found
        return self._all_followed_up([(row, person)])[0]

    def response_rates(self, unit_id: HsaId, query: FollowUpQuery) -> Sequence[ResponseRate]:
        parts = (DeliveryRow.form_name, DeliveryRow.package_name, DeliveryRow.occasion_number)
        answered = case((DeliveryRow.form_status == FormStatus.COMPLETED.value, 1))
        known = func.count(DeliveryRow.form_status_at)
        statement = select(*parts, func.count(), known, func.count(answered)).where(
            DeliveryRow.state == _written_out(DeliveryState.SENT)
        )
        by = (DeliveryRow.package_name, DeliveryRow.occasion_number, DeliveryRow.form_name)
        rows = self._session.execute(
            self._wanted(statement, unit_id, query).group_by(*by).order_by(*by).limit(MOST_RATES)
        )
        return [
            ResponseRate(
                form_name=form_name,
                package_name=package_name,
                occasion_number=occasion_number,
                answers=AnswerCount(sent=sent, known=known, answered=answered),
            )
            for form_name, package_name, occasion_number, sent, known, answered in rows
        ]

    def set_form_status(
        self, statuses: Mapping[FormId, FormStatus], *, asked_at: datetime
    ) -> None:
        # In one order, so that two who note the same wait for each other and no more.
        for form_id, status in sorted(statuses.items()):
            self._session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.form_id == form_id, _nothing_newer(asked_at))
                .values(form_status=status.value, form_status_at=asked_at)
            )

    def note_answered(self, answered: Collection[AnsweredForm], *, now: datetime) -> int:
        noted = 0
        # In one order, so that two who note the same wait for each other and no more.
        for each in sorted(set(answered), key=lambda form: form.form_id):
            changed = self._session.execute(
                update(DeliveryRow)
                .where(
                    DeliveryRow.form_id == each.form_id,
                    DeliveryRow.unit_id == each.unit_id,
                    _nothing_newer(now),
                )
                .values(form_status=FormStatus.COMPLETED.value, form_status_at=now)
                .returning(DeliveryRow.id)
            )
            noted += len(changed.all())
        return noted

    def mark_purged(
        self, unit_id: HsaId, delivery_ids: Collection[DeliveryId], *, by: str, now: datetime
    ) -> list[FollowedUp]:
        rows = self._session.execute(
            select(DeliveryRow, PersonRow)
            .join(PersonRow, PersonRow.id == DeliveryRow.person_id)
            .where(
                DeliveryRow.id.in_(delivery_ids),
                DeliveryRow.unit_id == unit_id,
                DeliveryRow.state.in_(_WORTH_SHOWING),
                DeliveryRow.purged_at.is_(None),
            )
            .with_for_update(of=DeliveryRow)
        ).all()
        for row, _person in rows:
            row.purged_at, row.purged_by = now, by
        self._session.flush()
        return self._all_followed_up([(row, person) for row, person in rows])

    def begin_reminder(
        self, delivery_id: DeliveryId, *, day: date, by: str, now: datetime
    ) -> bool:
        reminder_id = uuid4()
        insert_new(
            self._session,
            ReminderRow,
            [
                {
                    "id": reminder_id,
                    "delivery_id": delivery_id,
                    "day": day,
                    "state": DeliveryState.SENDING.value,
                    "created_at": now,
                    "created_by": by,
                }
            ],
        )
        return self._session.get(ReminderRow, reminder_id) is not None

    def end_reminder(
        self, delivery_id: DeliveryId, *, day: date, state: DeliveryState, now: datetime
    ) -> None:
        self._session.execute(
            update(ReminderRow)
            .where(ReminderRow.delivery_id == delivery_id, ReminderRow.day == day)
            .values(state=state.value, sent_at=now if state is DeliveryState.SENT else None)
        )

    def cancel_reminder(self, delivery_id: DeliveryId, *, day: date) -> None:
        self._session.execute(
            delete(ReminderRow).where(
                ReminderRow.delivery_id == delivery_id, ReminderRow.day == day
            )
        )

    def reminders(self, delivery_ids: Collection[DeliveryId]) -> Mapping[DeliveryId, Reminder]:
        rows = self._session.scalars(
            select(ReminderRow)
            .where(ReminderRow.delivery_id.in_(delivery_ids))
            .order_by(ReminderRow.created_at)
        )
        return {DeliveryId(row.delivery_id): _reminder(row) for row in rows}

    def reminders_of(self, delivery_id: DeliveryId) -> Sequence[Reminder]:
        rows = self._session.scalars(
            select(ReminderRow)
            .where(ReminderRow.delivery_id == delivery_id)
            .order_by(ReminderRow.created_at)
        )
        return [_reminder(row) for row in rows]

    def sent_since(self, moment: datetime) -> list[Ledger]:
        rows = self._session.execute(
            select(DeliveryRow, PersonRow)
            .join(PersonRow, PersonRow.id == DeliveryRow.person_id)
            .where(or_(DeliveryRow.sent_at >= moment, DeliveryRow.first_intent_at >= moment))
        )
        by_person: dict[tuple[HsaId, Personnummer], list[DeliveryRow]] = {}
        for row, person in rows:
            key = (HsaId(row.unit_id), self._people.personnummer(person))
            by_person.setdefault(key, []).append(row)
        return [
            Ledger(
                unit_id=unit_id,
                personnummer=number,
                template_ids=frozenset(FormTemplateId(row.template_id) for row in theirs),
                form_ids=frozenset(FormId(row.form_id) for row in theirs if row.form_id),
                unsettled=sum(row.state in _UNSETTLED for row in theirs),
            )
            for (unit_id, number), theirs in by_person.items()
        ]

    def _wanted(self, statement: Select[Any], unit_id: HsaId, query: FollowUpQuery) -> Select[Any]:
        statement = statement.where(DeliveryRow.unit_id == unit_id, *_conditions(query))
        for column, text in (
            (DeliveryRow.form_name, query.form_name),
            (DeliveryRow.package_name, query.package_name),
        ):
            if text:
                statement = statement.where(column.in_(self._names(column, unit_id, text)))
        if query.personnummer is not None:
            person_id = self._people.find(query.personnummer)
            statement = statement.where(DeliveryRow.person_id == person_id)
        return statement

    def _names(
        self, column: InstrumentedAttribute[str], unit_id: HsaId, text: str
    ) -> Sequence[str]:
        """A unit has few names and many deliveries: step from one name to the next."""
        theirs = DeliveryRow.unit_id == unit_id
        first = select(func.min(column).label("name")).where(theirs)
        names = first.cte("names", recursive=True)
        following = select(func.min(column)).where(theirs, column > names.c.name)
        names = names.union_all(
            select(following.scalar_subquery()).select_from(names).where(names.c.name.is_not(None))
        )
        found = select(names.c.name).where(matches(names.c.name, text))
        return self._session.scalars(found).all()

    def _all_followed_up(self, rows: Sequence[tuple[DeliveryRow, PersonRow]]) -> list[FollowedUp]:
        names = self._person_names.of({person.id for _, person in rows})
        return [self._followed_up(row, person, names.get(person.id, "")) for row, person in rows]

    def _followed_up(self, row: DeliveryRow, person: PersonRow, name: str) -> FollowedUp:
        return FollowedUp(
            delivery_id=DeliveryId(row.id),
            dispatch_id=DispatchId(row.dispatch_id),
            form_id=FormId(row.form_id) if row.form_id else None,
            template_id=FormTemplateId(row.template_id),
            form_name=row.form_name,
            package_name=row.package_name,
            occasion_number=row.occasion_number,
            personnummer=self._people.personnummer(person),
            state=DeliveryState(row.state),
            form_status=FormStatus(row.form_status) if row.form_status else None,
            form_status_at=row.form_status_at,
            sent_at=row.sent_at,
            answer_by=row.answer_by,
            purge_after=row.purge_after,
            by_inbox=row.by_inbox,
            attempts=row.attempt,
            found_again=row.found_again,
            purged_at=row.purged_at,
            purged_by=row.purged_by,
            name=name,
        )


def _conditions(query: FollowUpQuery) -> Iterator[ColumnElement[bool]]:
    if query.state is None:
        yield DeliveryRow.state.in_(_WORTH_SHOWING)
    else:
        yield DeliveryRow.state == _written_out(query.state)
    yield from _of_the_answer(query)
    if not query.with_purged:
        yield DeliveryRow.purged_at.is_(None)
    if query.sent_from is not None:
        yield DeliveryRow.sent_at >= start_of(query.sent_from)
    if query.sent_to is not None:
        yield DeliveryRow.sent_at < start_of(query.sent_to + timedelta(days=1))
    if query.purge_after_from is not None:
        yield DeliveryRow.purge_after >= query.purge_after_from
    if query.purge_after_to is not None:
        yield DeliveryRow.purge_after <= query.purge_after_to


def _nothing_newer(moment: datetime) -> ColumnElement[bool]:
    """Whoever asked before it may write after it: it is when one asked that decides."""
    at = DeliveryRow.form_status_at
    return or_(at.is_(None), at <= moment)


def _of_the_answer(query: FollowUpQuery) -> Iterator[ColumnElement[bool]]:
    """The same rule as `answer_known`, in SQL."""
    if query.form_status is not None:
        yield DeliveryRow.form_status == query.form_status.value
        yield DeliveryRow.form_status_at.is_not(None)
    match query.answer:
        case AnswerKnown.ANSWERED:
            yield DeliveryRow.form_status == FormStatus.COMPLETED.value
        case AnswerKnown.UNANSWERED:
            yield DeliveryRow.form_status != FormStatus.COMPLETED.value
            yield DeliveryRow.form_status_at.is_not(None)
        case AnswerKnown.NOT_CHECKED:
            yield DeliveryRow.form_status.is_not(None)
            yield DeliveryRow.form_status_at.is_(None)


def _reminder(row: ReminderRow) -> Reminder:
    # Whoever began it may have died in the call, and it is never made again.
    begun = row.state == DeliveryState.SENDING.value
    return Reminder(
        day=row.day,
        state=DeliveryState.MANUAL if begun else DeliveryState(row.state),
        created_at=row.created_at,
        created_by=row.created_by,
    )


def _written_out(state: DeliveryState) -> ColumnElement[str]:
    """With a bound value SQLite does not notice that a partial index applies."""
    return literal_column(f"'{state.value}'")


def _ordering(order: Order) -> tuple[Any, ...]:
    newest = (DeliveryRow.sent_at.desc().nulls_first(), DeliveryRow.position)
    by: Mapping[Order, ColumnElement[Any] | InstrumentedAttribute[Any]] = {
        Order.ANSWER_BY: DeliveryRow.answer_by,
        Order.PURGE_AFTER: DeliveryRow.purge_after,
        Order.FORM: DeliveryRow.form_name,
        # An index read backwards gives the unanswered first, and the newest of them before all.
        Order.ANSWER: DeliveryRow.form_status.desc().nulls_first(),
    }
    return (by[order], *newest) if order in by else newest
