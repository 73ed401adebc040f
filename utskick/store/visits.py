"""Standing dispatches and the visits that each is sent before."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import (
    DispatchedForm,
    DispatchId,
    DispatchStatus,
    RecipientId,
    RecipientState,
    StandingId,
)
from utskick.domain.errors import NotFound
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import OccasionId, OccasionState
from utskick.domain.schedules import AnswerWithin
from utskick.domain.units import HsaId
from utskick.domain.visit_messages import VisitStamp
from utskick.domain.visit_offsets import LateVisits, VisitOffset
from utskick.domain.visits import (
    SendState,
    StandingDispatch,
    Visit,
    VisitId,
    VisitSend,
    VisitState,
)
from utskick.records import ListedVisit, ShownSend, VisitQuery
from utskick.store.names import SqlNames
from utskick.store.people import People
from utskick.store.statements import matches, start_of
from utskick.store.tables import (
    DeliveryRow,
    DispatchRow,
    OccasionRow,
    PersonRow,
    RecipientRow,
    StandingDispatchRow,
    UnitRow,
    VisitRow,
    VisitSendRow,
    VisitStampRow,
)
from utskick.store.visit_offsets import kept_offsets, read_offsets

_STAMPS_KEPT = timedelta(days=365)
"""Longer than any message is on its way: of visits that nobody knows, too."""


class SqlVisits:
    def __init__(self, session: Session, people: People, names: SqlNames) -> None:
        self._session = session
        self._people = people
        self._names = names

    def hold(self, unit_id: HsaId) -> None:
        # So that a dispatch of the unit can be started meanwhile: its row's key stays as it is.
        self._session.execute(
            select(UnitRow.hsa_id).where(UnitRow.hsa_id == unit_id).with_for_update(key_share=True)
        )

    def add_standing(self, standing: StandingDispatch) -> None:
        self._session.add(_standing_row(standing))
        self._session.flush()

    def standing(self, unit_id: HsaId, standing_id: StandingId) -> StandingDispatch:
        row = self._session.scalar(
            select(StandingDispatchRow)
            .where(StandingDispatchRow.id == standing_id, StandingDispatchRow.unit_id == unit_id)
            .execution_options(populate_existing=True)
        )
        if row is None:
            raise NotFound("standing dispatch")
        return _standing(row)

    def standings(self, unit_id: HsaId | None = None) -> list[StandingDispatch]:
        statement = select(StandingDispatchRow).order_by(StandingDispatchRow.created_at.desc())
        if unit_id is not None:
            statement = statement.where(StandingDispatchRow.unit_id == unit_id)
        return [_standing(row) for row in self._session.scalars(statement)]

    def set_status(
        self, standing_id: StandingId, status: DispatchStatus, *, ended_at: datetime | None
    ) -> None:
        self._session.execute(
            update(StandingDispatchRow)
            .where(StandingDispatchRow.id == standing_id)
            .values(status=status.value, ended_at=ended_at)
        )

    def find(self, unit_id: HsaId, reference: str) -> Visit | None:
        return next(
            iter(
                self._visits(
                    _visits().where(VisitRow.unit_id == unit_id, VisitRow.reference == reference)
                )
            ),
            None,
        )

    def get_for(self, unit_id: HsaId, visit_id: VisitId) -> Visit:
        found = self._visits(_visits().where(VisitRow.unit_id == unit_id, VisitRow.id == visit_id))
        if not found:
            raise NotFound("visit")
        return found[0]

    def booked(self, standing_id: StandingId, *, after: datetime) -> list[Visit]:
        return self._visits(
            _visits().where(*_booked(standing_id, after)).order_by(VisitRow.starts_at, VisitRow.id)
        )

    def ahead(self, standing_id: StandingId, *, after: datetime) -> int:
        return (
            self._session.scalar(
                select(func.count()).select_from(VisitRow).where(*_booked(standing_id, after))
            )
            or 0
        )

    def save(self, visit: Visit) -> None:
        person_id = self._people.ids([visit.personnummer])[visit.personnummer]
        self._names.keep({person_id: visit.name})
        self._session.merge(
            VisitRow(
                id=visit.id,
                unit_id=visit.unit_id,
                standing_id=visit.standing_id,
                reference=visit.reference,
                person_id=person_id,
                day=visit.day,
                at_time=visit.at,
                starts_at=visit.starts_at,
                place=visit.place,
                state=visit.state.value,
            )
        )
        self._session.flush()

    def stamp(self, unit_id: HsaId, reference: str) -> VisitStamp:
        row = self._session.get(VisitStampRow, (unit_id, reference), populate_existing=True)
        if row is None:
            return VisitStamp()
        return VisitStamp(sequence=row.sequence, last_updated=row.last_updated)

    def note_stamp(
        self, unit_id: HsaId, reference: str, stamp: VisitStamp, *, now: datetime
    ) -> None:
        self._session.merge(
            VisitStampRow(
                unit_id=unit_id,
                reference=reference,
                sequence=stamp.sequence,
                last_updated=stamp.last_updated,
                seen_at=now,
            )
        )
        self._session.flush()

    def sends(self, visit_id: VisitId) -> list[VisitSend]:
        rows = self._session.scalars(
            select(VisitSendRow)
            .where(VisitSendRow.visit_id == visit_id)
            .execution_options(populate_existing=True)
        )
        return _in_order([_send(row) for row in rows])

    def save_send(self, visit_id: VisitId, send: VisitSend) -> None:
        self._session.merge(
            VisitSendRow(
                visit_id=visit_id,
                days_before=send.offset.days_before,
                at_time=send.offset.time,
                state=send.state.value,
                sends_at=send.sends_at,
                dispatch_id=send.dispatch_id,
                occasion_id=send.occasion_id,
                recipient_id=send.recipient_id,
            )
        )
        self._session.flush()

    def page(self, unit_id: HsaId, query: VisitQuery) -> tuple[list[ListedVisit], int]:
        wanted = self._wanted(unit_id, query)
        total = self._session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        visits = self._visits(
            wanted.order_by(VisitRow.starts_at, VisitRow.id)
            .limit(query.per_page)
            .offset((query.page - 1) * query.per_page)
        )
        return self._listed(visits), total

    def shown(self, visit: Visit) -> ListedVisit:
        return self._listed([visit])[0]

    def behind(self, recipient_id: RecipientId) -> list[tuple[Visit, VisitOffset]]:
        sends = self._session.scalars(
            select(VisitSendRow).where(
                VisitSendRow.recipient_id == recipient_id,
                VisitSendRow.state == SendState.PLANNED.value,
            )
        ).all()
        found = self._visits(_visits().where(VisitRow.id.in_([send.visit_id for send in sends])))
        visits = {visit.id: visit for visit in found}
        return [(visits[VisitId(send.visit_id)], _send(send).offset) for send in sends]

    def delete_before(self, moment: datetime) -> int:
        gone = self._session.scalars(select(VisitRow.id).where(VisitRow.starts_at <= moment)).all()
        self._session.execute(delete(VisitRow).where(VisitRow.id.in_(gone)))
        self._session.execute(
            delete(StandingDispatchRow).where(StandingDispatchRow.ended_at <= moment)
        )
        self._session.execute(
            delete(VisitStampRow).where(VisitStampRow.seen_at <= moment - _STAMPS_KEPT)
        )
        return len(gone)

    def _wanted(self, unit_id: HsaId, query: VisitQuery) -> Select[Any]:
        statement = _visits().where(VisitRow.unit_id == unit_id)
        if query.standing_id is not None:
            statement = statement.where(VisitRow.standing_id == query.standing_id)
        if query.from_day is not None:
            statement = statement.where(VisitRow.starts_at >= start_of(query.from_day))
        if query.to_day is not None:
            after = start_of(query.to_day + timedelta(days=1))
            statement = statement.where(VisitRow.starts_at < after)
        if query.state is not None:
            statement = statement.where(VisitRow.state == query.state.value)
        if query.number is not None:
            statement = statement.where(VisitRow.person_id == self._people.find(query.number))
        if query.text:
            statement = statement.where(
                or_(matches(VisitRow.reference, query.text), matches(VisitRow.place, query.text))
            )
        return statement

    def _visits(self, statement: Select[Any]) -> list[Visit]:
        rows = self._session.execute(statement.execution_options(populate_existing=True)).all()
        names = self._names.of([person.id for _, person in rows])
        return [
            Visit(
                id=VisitId(row.id),
                standing_id=StandingId(row.standing_id),
                unit_id=HsaId(row.unit_id),
                reference=row.reference,
                personnummer=self._people.personnummer(person),
                day=row.day,
                at=row.at_time,
                starts_at=row.starts_at,
                place=row.place,
                state=VisitState(row.state),
                name=names.get(person.id, ""),
            )
            for row, person in rows
        ]

    def _listed(self, visits: Sequence[Visit]) -> list[ListedVisit]:
        """All parts of all of them in three statements, however many they are."""
        rows = self._session.execute(
            _SENDS.where(VisitSendRow.visit_id.in_([visit.id for visit in visits]))
        ).all()
        forms = self._forms([send for send, *_ in rows])
        by_visit: dict[UUID, list[ShownSend]] = defaultdict(list)
        for send, recipient, status, occasion in rows:
            by_visit[send.visit_id].append(
                ShownSend(
                    send=_send(send),
                    forms=forms.get((send.occasion_id, send.recipient_id), {}),
                    removed=recipient == RecipientState.REMOVED.value,
                    status=DispatchStatus(status) if status else None,
                    occasion=OccasionState(occasion) if occasion else None,
                )
            )
        return [
            ListedVisit(
                visit=visit,
                sends=sorted(by_visit[visit.id], key=lambda each: _place_of(each.send.offset)),
            )
            for visit in visits
        ]

    def _forms(
        self, sends: Collection[VisitSendRow]
    ) -> Mapping[tuple[UUID | None, UUID | None], Mapping[DeliveryState, int]]:
        rows = self._session.execute(
            select(
                DeliveryRow.occasion_id, DeliveryRow.recipient_id, DeliveryRow.state, func.count()
            )
            .where(DeliveryRow.recipient_id.in_([s.recipient_id for s in sends if s.recipient_id]))
            .group_by(DeliveryRow.occasion_id, DeliveryRow.recipient_id, DeliveryRow.state)
        )
        found: dict[tuple[UUID | None, UUID | None], Counter[DeliveryState]] = {}
        for occasion_id, recipient_id, state, number in rows:
            of_one = found.setdefault((occasion_id, recipient_id), Counter())
            of_one[DeliveryState(state)] = number
        return found


_SENDS = (
    select(VisitSendRow, RecipientRow.state, DispatchRow.status, OccasionRow.state)
    .outerjoin(RecipientRow, RecipientRow.id == VisitSendRow.recipient_id)
    .outerjoin(DispatchRow, DispatchRow.id == VisitSendRow.dispatch_id)
    .outerjoin(OccasionRow, OccasionRow.id == VisitSendRow.occasion_id)
)


def _visits() -> Select[Any]:
    return select(VisitRow, PersonRow).join(PersonRow, PersonRow.id == VisitRow.person_id)


def _booked(standing_id: StandingId, after: datetime) -> tuple[Any, ...]:
    return (
        VisitRow.standing_id == standing_id,
        VisitRow.state == VisitState.BOOKED.value,
        VisitRow.starts_at > after,
    )


def _send(row: VisitSendRow) -> VisitSend:
    return VisitSend(
        offset=VisitOffset(row.days_before, row.at_time),
        state=SendState(row.state),
        sends_at=row.sends_at,
        dispatch_id=DispatchId(row.dispatch_id) if row.dispatch_id else None,
        occasion_id=OccasionId(row.occasion_id) if row.occasion_id else None,
        recipient_id=RecipientId(row.recipient_id) if row.recipient_id else None,
    )


def _in_order(sends: Sequence[VisitSend]) -> list[VisitSend]:
    return sorted(sends, key=lambda send: _place_of(send.offset))


def _place_of(offset: VisitOffset) -> tuple[int, time]:
    return -offset.days_before, offset.time


def _standing_row(standing: StandingDispatch) -> StandingDispatchRow:
    within = standing.answer_within
    return StandingDispatchRow(
        id=standing.id,
        unit_id=standing.unit_id,
        package_key=standing.package_key,
        package_version=standing.package_version,
        name=standing.name,
        title=standing.title,
        forms=[
            {
                "template_id": str(form.template_id),
                "name": form.name,
                "resident_name": form.resident_name,
            }
            for form in standing.forms
        ],
        offsets=kept_offsets(standing.offsets),
        late=standing.late.value,
        answer_within_days=within.days if within else None,
        answer_within_time=within.at if within else None,
        error_addresses=list(standing.error_addresses),
        creates_inbox_message=standing.creates_inbox_message,
        inbox_message=standing.inbox_message,
        inbox_messages=dict(standing.inbox_messages),
        form_banner=standing.form_banner,
        status=standing.status.value,
        created_by=standing.created_by,
        created_at=standing.created_at,
        ended_at=standing.ended_at,
    )


def _standing(row: StandingDispatchRow) -> StandingDispatch:
    return StandingDispatch(
        id=StandingId(row.id),
        unit_id=HsaId(row.unit_id),
        name=row.name,
        title=row.title,
        forms=tuple(
            DispatchedForm(
                FormTemplateId(UUID(form["template_id"])), form["name"], form["resident_name"]
            )
            for form in row.forms
        ),
        offsets=read_offsets(row.offsets),
        late=LateVisits(row.late),
        answer_within=None
        if row.answer_within_days is None
        else AnswerWithin(row.answer_within_days, row.answer_within_time),
        error_addresses=tuple(row.error_addresses),
        creates_inbox_message=row.creates_inbox_message,
        inbox_message=row.inbox_message,
        inbox_messages=dict(row.inbox_messages),
        form_banner=row.form_banner,
        package_key=row.package_key,
        package_version=row.package_version,
        created_by=row.created_by,
        created_at=row.created_at,
        status=DispatchStatus(row.status),
        ended_at=row.ended_at,
    )
