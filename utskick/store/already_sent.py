"""What persons have got of a unit: for those who are about to send, and for each intent."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from utskick.domain.already_sent import EarlierForm
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.deliveries import DeliveryState, FormStatus, Refusal
from utskick.domain.forms import FormTemplateId
from utskick.domain.personnummer import Personnummer
from utskick.domain.units import HsaId
from utskick.store.people import People
from utskick.store.tables import DeliveryRow


def may_be_answered(
    row: Any, today: ColumnElement[date] | date
) -> tuple[ColumnElement[bool], ...]:
    """It was sent, and its resident may have it before them."""
    return (
        row.state == DeliveryState.SENT.value,
        row.purged_at.is_(None),
        row.answer_by >= today,
        or_(row.form_status.is_(None), row.form_status != FormStatus.COMPLETED.value),
    )


def has_already(today: ColumnElement[date] | date) -> ColumnElement[bool]:
    """Whether another `DeliveryRow` of the same unit, person and form may be answered."""
    other = aliased(DeliveryRow)
    return exists().where(
        other.person_id == DeliveryRow.person_id,
        other.unit_id == DeliveryRow.unit_id,
        other.template_id == DeliveryRow.template_id,
        other.id != DeliveryRow.id,
        *may_be_answered(other, today),
    )


def refuse_who_has_it(session: Session, ids: Sequence[UUID], now: datetime) -> int:
    """Of these planned deliveries; how many. To be called where the intent is decided."""
    refused = session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.id.in_(ids),
            DeliveryRow.state == DeliveryState.PLANNED.value,
            has_already(now.astimezone(STOCKHOLM).date()),
        )
        .values(
            state=DeliveryState.REFUSED.value, refusal=Refusal.ALREADY_HAS.value, retry_at=None
        )
        .execution_options(synchronize_session=False)
    )
    assert isinstance(refused, CursorResult)
    return refused.rowcount


class SqlSentBefore:
    def __init__(self, session: Session, people: People) -> None:
        self._session = session
        self._people = people

    def unanswered(
        self,
        unit_id: HsaId,
        numbers: Collection[Personnummer],
        template_ids: Collection[FormTemplateId],
        *,
        today: date,
    ) -> Sequence[EarlierForm]:
        return self._found(
            unit_id,
            numbers,
            DeliveryRow.template_id.in_(template_ids),
            *may_be_answered(DeliveryRow, today),
        )

    def since(
        self, unit_id: HsaId, numbers: Collection[Personnummer], *, moment: datetime
    ) -> Sequence[EarlierForm]:
        found = self._found(
            unit_id,
            numbers,
            DeliveryRow.state == DeliveryState.SENT.value,
            DeliveryRow.purged_at.is_(None),
            DeliveryRow.sent_at >= moment,
        )
        # The latest first.
        return list({form.personnummer: form for form in reversed(found)}.values())[::-1]

    def _found(
        self, unit_id: HsaId, numbers: Collection[Personnummer], *which: ColumnElement[bool]
    ) -> Sequence[EarlierForm]:
        """In the order of `numbers`, each person's latest first."""
        known = {person_id: number for number, person_id in self._people.known(numbers).items()}
        if not known:
            return []
        rows = self._session.execute(
            select(DeliveryRow.person_id, DeliveryRow.form_name, DeliveryRow.sent_at)
            .where(DeliveryRow.person_id.in_(known), DeliveryRow.unit_id == unit_id, *which)
            .order_by(DeliveryRow.sent_at.desc())
        ).all()
        place = {number: position for position, number in enumerate(numbers)}
        forms = [
            EarlierForm(
                personnummer=known[row.person_id], form_name=row.form_name, sent_at=row.sent_at
            )
            for row in rows
        ]
        return sorted(forms, key=lambda form: place[form.personnummer])
