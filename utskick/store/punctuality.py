"""How well the occasions have kept their times: one row each, noted when they end."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, select
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import RecipientState
from utskick.domain.occasions import OccasionId, OccasionState
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
_ENDED = (OccasionState.DONE.value, OccasionState.MISSED.value, OccasionState.BLOCKED.value)
_UNCERTAIN = (
    DeliveryState.SENDING.value,
    DeliveryState.UNKNOWN.value,
    DeliveryState.MANUAL.value,
)
_COUNTS = ("sent", "on_time", "refused", "uncertain", "missed")


class SqlPunctuality:
    def __init__(self, session: Session) -> None:
        self._session = session

    def note(self, occasion_id: OccasionId) -> None:
        occasion = self._session.get_one(OccasionRow, occasion_id, populate_existing=True)
        self._session.execute(
            delete(PunctualityRow).where(PunctualityRow.occasion_id == occasion_id)
        )
        if occasion.state not in _ENDED:
            return
        dispatch = self._session.get_one(DispatchRow, occasion.dispatch_id)
        due_at = occasion.by_hand_at or occasion.sends_at
        sent = DeliveryRow.state == DeliveryState.SENT.value
        counted = self._session.execute(
            select(
                _number(sent),
                _number(sent & (DeliveryRow.sent_at <= due_at + _ON_TIME)),
                _number(DeliveryRow.state == DeliveryState.REFUSED.value),
                _number(DeliveryRow.state.in_(_UNCERTAIN)),
                _number(DeliveryRow.state == DeliveryState.PLANNED.value),
                func.count(),
            ).where(DeliveryRow.occasion_id == occasion_id)
        ).one()
        missed, planned = counted[4], counted[5]
        if occasion.state != OccasionState.DONE.value and not planned:
            missed = self._never_planned(occasion)
        self._session.add(
            PunctualityRow(
                occasion_id=occasion_id,
                unit_id=dispatch.unit_id,
                day=occasion.local_date,
                due_at=due_at,
                sent=counted[0],
                on_time=counted[1],
                refused=counted[2],
                uncertain=counted[3],
                missed=missed,
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
