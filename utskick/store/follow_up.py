"""Uppföljning, and the ledger that the nightly comparison holds against the form service."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from utskick.domain.calendar import STOCKHOLM
from utskick.domain.deliveries import DeliveryId, DeliveryState, FormId, FormStatus
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.records import FollowedUp, FollowUpQuery, Ledger
from utskick.store.people import People
from utskick.store.tables import DeliveryRow, PersonRow

_WORTH_SHOWING = (
    DeliveryState.SENDING.value,
    DeliveryState.SENT.value,
    DeliveryState.UNKNOWN.value,
    DeliveryState.MANUAL.value,
)


class SqlFollowUp:
    def __init__(self, session: Session, people: People) -> None:
        self._session = session
        self._people = people

    def search(self, unit_id: HsaId, query: FollowUpQuery) -> list[FollowedUp]:
        statement = (
            select(DeliveryRow, PersonRow)
            .join(PersonRow, PersonRow.id == DeliveryRow.person_id)
            .where(DeliveryRow.unit_id == unit_id, DeliveryRow.state.in_(_WORTH_SHOWING))
            .order_by(DeliveryRow.sent_at.desc().nulls_first(), DeliveryRow.position)
            .limit(query.limit)
        )
        if query.form_name:
            statement = statement.where(
                DeliveryRow.form_name.icontains(query.form_name, autoescape=True)
            )
        if query.package_name:
            statement = statement.where(
                DeliveryRow.package_name.icontains(query.package_name, autoescape=True)
            )
        if query.personnummer is not None:
            statement = statement.where(
                DeliveryRow.person_id == self._people.find(query.personnummer)
            )
        if query.sent_from is not None:
            statement = statement.where(DeliveryRow.sent_at >= _midnight(query.sent_from))
        if query.sent_to is not None:
            next_day = query.sent_to + timedelta(days=1)
            statement = statement.where(DeliveryRow.sent_at < _midnight(next_day))
        if query.form_status is not None:
            statement = statement.where(DeliveryRow.form_status == query.form_status.value)
        if query.purge_after_to is not None:
            statement = statement.where(DeliveryRow.purge_after <= query.purge_after_to)
        return [self._followed_up(row, person) for row, person in self._session.execute(statement)]

    def set_form_status(self, statuses: Mapping[FormId, FormStatus], *, now: datetime) -> None:
        for form_id, status in statuses.items():
            self._session.execute(
                update(DeliveryRow)
                .where(
                    DeliveryRow.external_form_id == form_id,
                    DeliveryRow.form_status != status.value,
                )
                .values(form_status=status.value, form_status_at=now)
            )

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
                template_ids=frozenset(FormTemplateId(row.form_id) for row in theirs),
                form_ids=frozenset(
                    FormId(row.external_form_id) for row in theirs if row.external_form_id
                ),
                unsettled=sum(row.state in _UNSETTLED for row in theirs),
            )
            for (unit_id, number), theirs in by_person.items()
        ]

    def _followed_up(self, row: DeliveryRow, person: PersonRow) -> FollowedUp:
        return FollowedUp(
            delivery_id=DeliveryId(row.id),
            form_id=FormId(row.external_form_id) if row.external_form_id else None,
            template_id=FormTemplateId(row.form_id),
            form_name=row.form_name,
            package_name=row.package_name,
            occasion_number=row.occasion_number,
            personnummer=self._people.personnummer(person),
            state=DeliveryState(row.state),
            form_status=FormStatus(row.form_status) if row.form_status else None,
            sent_at=row.sent_at,
            answer_by=row.answer_by,
            purge_after=row.purge_after,
        )


_UNSETTLED = (
    DeliveryState.SENDING.value,
    DeliveryState.UNKNOWN.value,
    DeliveryState.MANUAL.value,
)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, STOCKHOLM).astimezone(UTC)
