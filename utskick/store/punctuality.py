"""How well the occasions have kept their times: one row each, noted when they end."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, delete, exists, false, func, or_, select
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import RecipientState
from utskick.domain.occasions import NOT_ENDED, OccasionId, OccasionState
from utskick.domain.units import HsaId
from utskick.records import PunctualDay
from utskick.store.tables import (
    DeliveryRow,
    DispatchFormRow,
    DispatchRow,
    OccasionRow,
    PunctualityRow,
    RecipientRow,
)

_ON_TIME = timedelta(seconds=10)
_ENDED = tuple(state.value for state in OccasionState if state not in NOT_ENDED)
_STOPPED = (OccasionState.STOPPED.value, OccasionState.ENDED.value)
_UNCERTAIN = (
    DeliveryState.SENDING.value,
    DeliveryState.UNKNOWN.value,
    DeliveryState.MANUAL.value,
)
_COUNTS = ("sent", "on_time", "late_by_hand", "refused", "uncertain", "missed", "stopped")


class SqlPunctuality:
    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, occasion_id: OccasionId) -> None:
        occasion = self._session.get_one(OccasionRow, occasion_id, populate_existing=True)
        before = self._session.get(PunctualityRow, occasion_id)
        was_missed = before is not None and before.missed > 0
        self._session.execute(
            delete(PunctualityRow).where(PunctualityRow.occasion_id == occasion_id)
        )
        if occasion.state not in _ENDED:
            return
        dispatch = self._session.get_one(DispatchRow, occasion.dispatch_id)
        counted = self._counted(occasion)
        left = counted.left
        if occasion.state != OccasionState.DONE.value and not counted.planned:
            left = self._never_planned(occasion)
        # Staff may end what was missed: it was missed all the same.
        stopped = occasion.state in _STOPPED and not was_missed
        self._session.add(
            PunctualityRow(
                occasion_id=occasion_id,
                unit_id=dispatch.unit_id,
                day=occasion.local_date,
                due_at=occasion.sends_at,
                sent=counted.sent,
                on_time=counted.on_time,
                late_by_hand=counted.late_by_hand,
                refused=counted.refused,
                uncertain=counted.uncertain,
                missed=0 if stopped else left,
                stopped=left if stopped else 0,
            )
        )
        self._session.flush()

    def by_day(self, since: date) -> Sequence[PunctualDay]:
        rows = self._session.execute(
            _sums(PunctualityRow.day, since).order_by(PunctualityRow.day.desc())
        )
        return [PunctualDay(day=row[0], **_counts(row)) for row in rows]

    def by_unit(self, since: date) -> Sequence[PunctualDay]:
        share = (
            func.sum(PunctualityRow.on_time) * 1.0 / func.nullif(func.sum(PunctualityRow.sent), 0)
        )
        rows = self._session.execute(
            _sums(PunctualityRow.unit_id, since).order_by(
                func.coalesce(share, 0), PunctualityRow.unit_id
            )
        )
        return [PunctualDay(unit_id=HsaId(row[0]), **_counts(row)) for row in rows]

    def _counted(self, occasion: OccasionRow) -> Row[Any]:
        """By the moment that it was for: what staff send by hand after it is late."""
        sent = DeliveryRow.state == DeliveryState.SENT.value
        on_time = DeliveryRow.sent_at <= occasion.sends_at + _ON_TIME
        chosen = occasion.by_hand_at and occasion.by_hand_at > occasion.sends_at
        by_hand = DeliveryRow.sent_at >= occasion.by_hand_at if chosen else false()
        left = [DeliveryRow.state == DeliveryState.PLANNED.value]
        if occasion.state == OccasionState.ENDED.value:
            still_there = exists().where(
                RecipientRow.id == DeliveryRow.recipient_id,
                RecipientRow.state == RecipientState.ACTIVE.value,
            )
            left.append((DeliveryRow.state == DeliveryState.CANCELLED.value) & still_there)
        return self._session.execute(
            select(
                _number(sent).label("sent"),
                _number(sent & on_time).label("on_time"),
                _number(sent & ~on_time & by_hand).label("late_by_hand"),
                _number(DeliveryRow.state == DeliveryState.REFUSED.value).label("refused"),
                _number(DeliveryRow.state.in_(_UNCERTAIN)).label("uncertain"),
                _number(or_(*left)).label("left"),
                func.count().label("planned"),
            ).where(DeliveryRow.occasion_id == occasion.id)
        ).one()

    def _never_planned(self, occasion: OccasionRow) -> int:
        """Nothing was even begun: every form to every recipient is missed."""
        recipients = self._session.scalar(
            select(func.count()).where(
                RecipientRow.dispatch_id == occasion.dispatch_id,
                RecipientRow.state == RecipientState.ACTIVE.value,
            )
        )
        forms = self._session.scalar(
            select(func.count()).where(DispatchFormRow.dispatch_id == occasion.dispatch_id)
        )
        return (recipients or 0) * (forms or 0)


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _sums(by: Any, since: date) -> Any:
    sums = (func.sum(getattr(PunctualityRow, name)) for name in _COUNTS)
    return select(by, func.count(), *sums).where(PunctualityRow.day >= since).group_by(by)


def _counts(row: Any) -> dict[str, Any]:
    return {"occasions": row[1]} | {
        name: int(number) for name, number in zip(_COUNTS, row[2:], strict=True)
    }
