"""Planning an occasion: one delivery for each recipient and form, one message for each recipient.

Planned twice, it is planned once: the ids are made of what they stand for (I1).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState, Refusal, delivery_id, inbox_message_id
from utskick.domain.dispatches import DispatchId, RecipientId
from utskick.domain.occasions import OccasionId
from utskick.store.refusing import refuse
from utskick.store.statements import insert_new
from utskick.store.tables import (
    DeliveryRow,
    DispatchFormRow,
    DispatchRow,
    InboxMessageRow,
    OccasionRow,
    RecipientRow,
)


def plan_occasion(
    session: Session,
    occasion_id: OccasionId,
    *,
    recipients: Collection[RecipientId],
    refused: Mapping[RecipientId, Refusal],
    answer_by: date,
    purge_after: date,
) -> set[RecipientId]:
    """Plan for `recipients`, and note why nothing is sent to those who are `refused`."""
    occasion = session.get_one(OccasionRow, occasion_id)
    dispatch = session.get_one(DispatchRow, occasion.dispatch_id)
    people = session.execute(
        select(RecipientRow.id, RecipientRow.person_id, RecipientRow.position)
        .where(RecipientRow.dispatch_id == dispatch.id)
        .order_by(RecipientRow.position)
    ).all()
    before = _planned_before(session, occasion_id)
    planned = [p for p in people if p.id in recipients and p.id not in before]
    not_planned = [p for p in people if p.id in refused and p.id not in before]
    refuse(session, occasion_id, {r: why for r, why in refused.items() if r in before})
    common = {
        "dispatch_id": dispatch.id,
        "occasion_id": occasion_id,
        "unit_id": dispatch.unit_id,
        "occasion_number": occasion.number,
        "package_name": dispatch.name,
        "by_inbox": dispatch.creates_inbox_message,
        "answer_by": answer_by,
        "purge_after": purge_after,
    }
    forms = _forms(session, dispatch.id)
    rows = [
        common | each | _fate(refused.get(each["recipient_id"]))
        for each in _each_form_to_each(planned + not_planned, forms, dispatch.id, occasion_id)
    ]
    insert_new(session, DeliveryRow, rows)
    if dispatch.creates_inbox_message:
        insert_new(session, InboxMessageRow, list(_messages(planned, occasion_id)))
    return {RecipientId(person.id) for person in planned}


def _planned_before(session: Session, occasion_id: OccasionId) -> set[UUID]:
    return set(
        session.scalars(
            select(DeliveryRow.recipient_id).where(DeliveryRow.occasion_id == occasion_id)
        )
    )


def _forms(session: Session, dispatch_id: UUID) -> Sequence[DispatchFormRow]:
    return session.scalars(
        select(DispatchFormRow)
        .where(DispatchFormRow.dispatch_id == dispatch_id)
        .order_by(DispatchFormRow.position)
    ).all()


def _each_form_to_each(
    people: Sequence[Row[tuple[UUID, UUID, int]]],
    forms: Sequence[DispatchFormRow],
    dispatch_id: UUID,
    occasion_id: OccasionId,
) -> Iterator[dict[str, Any]]:
    for recipient_id, person_id, position in people:
        for form in forms:
            yield {
                "id": delivery_id(
                    DispatchId(dispatch_id),
                    occasion_id,
                    RecipientId(recipient_id),
                    form.template_id,
                ),
                "recipient_id": recipient_id,
                "person_id": person_id,
                "template_id": form.template_id,
                "form_name": form.name,
                # All of one recipient's forms before the next's: a message waits for them.
                "position": position * len(forms) + form.position,
            }


def _fate(refusal: Refusal | None) -> dict[str, Any]:
    if refusal is None:
        return {"state": DeliveryState.PLANNED.value, "refusal": None}
    return {"state": DeliveryState.REFUSED.value, "refusal": refusal.value}


def _messages(
    people: Sequence[Row[tuple[UUID, UUID, int]]], occasion_id: OccasionId
) -> Iterator[dict[str, Any]]:
    for recipient_id, person_id, _position in people:
        yield {
            "id": inbox_message_id(occasion_id, RecipientId(recipient_id)),
            "occasion_id": occasion_id,
            "recipient_id": recipient_id,
            "person_id": person_id,
            "state": DeliveryState.PLANNED.value,
        }
