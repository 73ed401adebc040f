"""The intent to send, committed before a byte leaves (I2): one transaction for several runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from utskick.domain.deliveries import ClaimedDelivery, DeliveryId, DeliveryState
from utskick.domain.dispatches import PersonId
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import OccasionId
from utskick.domain.units import HsaId
from utskick.records import DeliveryClaim
from utskick.store.already_sent import refuse_who_has_it
from utskick.store.leases import cancel_for_removed, who_may_send
from utskick.store.people import People
from utskick.store.statements import OPEN, all_or_each
from utskick.store.tables import DeliveryRow, DispatchRow, PersonRow, UtcDateTime


def claim_deliveries(
    session: Session,
    people: People,
    claims: Sequence[DeliveryClaim],
    *,
    lease_s: float,
    one_by_one: bool,
) -> list[ClaimedDelivery]:
    """What is to be called now: in the order of `claims`, and of each by its position."""
    allowed = who_may_send(session, {claim.occasion_id: claim.token for claim in claims})
    if allowed.now is None:
        return []
    if allowed.with_removed:
        cancel_for_removed(session, DeliveryRow, allowed.with_removed)
    now, until = allowed.now, allowed.now + timedelta(seconds=lease_s)
    wanted = [claim for claim in claims if claim.occasion_id in allowed.occasion_ids]
    for claim in wanted:
        if claim.occasion_id in allowed.checking:
            _refuse_who_has_it(session, claim, now)
    rows = _one_of_each_key([row for claim in wanted for row in _claimable(session, claim, now)])
    claimed: set[UUID] = set()

    def intend(some: Sequence[Row[Any]]) -> None:
        claimed.update(_intend(session, some, now=now, until=until))

    if one_by_one:
        all_or_each(session, rows, intend)
    elif rows:
        intend(rows)
    return [_claimed(row, people) for row in rows if row.id in claimed]


def _claimable(session: Session, claim: DeliveryClaim, now: datetime) -> Sequence[Row[Any]]:
    values = {"of_occasion": claim.occasion_id, "at": now, "at_most": claim.limit}
    return session.connection().execute(_CLAIMABLE, values).all()


def _refuse_who_has_it(session: Session, claim: DeliveryClaim, now: datetime) -> None:
    """Until nobody of those who would be claimed has one already: the others move up."""
    while ids := [row.id for row in _claimable(session, claim, now)]:
        if not refuse_who_has_it(session, ids, now):
            return


def _one_of_each_key(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Two runs may want to ask the same person the same at once: the second waits (I6)."""
    by_key = {(row.unit_id, row.person_id, row.template_id): row for row in reversed(rows)}
    return [row for row in rows if by_key[row.unit_id, row.person_id, row.template_id] is row]


def _intend(
    session: Session, rows: Sequence[Row[Any]], *, now: datetime, until: datetime
) -> Sequence[UUID]:
    values = {"ids": [row.id for row in rows], "at": now, "until": until}
    return session.connection().execute(_INTENT, values).scalars().all()


def _claimed(row: Row[Any], people: People) -> ClaimedDelivery:
    return ClaimedDelivery(
        id=DeliveryId(row.id),
        occasion_id=OccasionId(row.occasion_id),
        attempt=row.attempt + 1,
        unit_id=HsaId(row.unit_id),
        person_id=PersonId(row.person_id),
        personnummer=people.opened(row.person_id, row.ciphertext, row.key_id),
        template_id=FormTemplateId(row.template_id),
        banner=row.form_banner,
        answer_by=row.answer_by,
        purge_after=row.purge_after,
        retries=row.retries,
    )


def same_key_open() -> ColumnElement[bool]:
    """Another delivery of the same unit, person and form is open (I6)."""
    other = aliased(DeliveryRow)
    return exists().where(*same_key(other), other.id != DeliveryRow.id, other.state.in_(OPEN))


def same_key(other: type[DeliveryRow]) -> tuple[ColumnElement[bool], ...]:
    """What may be open only once at a time."""
    return (
        other.unit_id == DeliveryRow.unit_id,
        other.person_id == DeliveryRow.person_id,
        other.template_id == DeliveryRow.template_id,
    )


# Made once: to put one together takes longer than to run it.
_CLAIMABLE = (
    select(
        DeliveryRow.id,
        DeliveryRow.occasion_id,
        DeliveryRow.attempt,
        DeliveryRow.unit_id,
        DeliveryRow.person_id,
        DeliveryRow.template_id,
        DeliveryRow.answer_by,
        DeliveryRow.purge_after,
        DeliveryRow.retries,
        PersonRow.ciphertext,
        PersonRow.key_id,
        DispatchRow.form_banner,
    )
    .join(PersonRow, PersonRow.id == DeliveryRow.person_id)
    .join(DispatchRow, DispatchRow.id == DeliveryRow.dispatch_id)
    .where(
        DeliveryRow.occasion_id == bindparam("of_occasion"),
        DeliveryRow.state == DeliveryState.PLANNED.value,
        or_(DeliveryRow.retry_at.is_(None), DeliveryRow.retry_at <= bindparam("at")),
        ~same_key_open(),
    )
    .order_by(DeliveryRow.position)
    .limit(bindparam("at_most"))
)
_INTENT = (
    update(DeliveryRow)
    .where(
        DeliveryRow.id.in_(bindparam("ids", expanding=True)),
        DeliveryRow.state == DeliveryState.PLANNED.value,
    )
    .values(
        state=DeliveryState.SENDING.value,
        attempt=DeliveryRow.attempt + 1,
        # Untyped, PostgreSQL would take the moment for one of the session's own zone.
        first_intent_at=func.coalesce(
            DeliveryRow.first_intent_at, bindparam("at", type_=UtcDateTime)
        ),
        lease_until=bindparam("until"),
        retry_at=None,
    )
    .returning(DeliveryRow.id)
)
