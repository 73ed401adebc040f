"""Brakes that have been pulled, and what they hold."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Select, exists, func, select, true, update
from sqlalchemy.orm import Session

from utskick.domain.brakes import Brake, BrakeId, BrakeScope
from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.errors import NotFound
from utskick.domain.forms import FormTemplateId
from utskick.domain.occasions import HAS_A_REST, NOT_ENDED, Aim, OccasionId, OccasionState
from utskick.domain.units import HsaId
from utskick.store.dispatches import SqlDispatches
from utskick.store.leases import braked
from utskick.store.statements import OPEN
from utskick.store.tables import BrakeRow, DeliveryRow, DispatchFormRow, DispatchRow, OccasionRow

_HAS_A_REST = [state.value for state in HAS_A_REST]
_NOT_ENDED = [state.value for state in NOT_ENDED]
_ONGOING = DispatchRow.status == DispatchStatus.ONGOING.value
_SENDS = OccasionRow.aim == Aim.SEND.value


class SqlBrakes:
    def __init__(self, session: Session, dispatches: SqlDispatches) -> None:
        self._session = session
        self._dispatches = dispatches

    def pull(self, brake: Brake) -> None:
        self._session.add(
            BrakeRow(
                id=brake.id,
                unit_id=brake.scope.unit_id,
                template_id=brake.scope.template_id,
                cause=brake.cause,
                pulled_by=brake.pulled_by,
                pulled_at=brake.pulled_at,
                released_by=brake.released_by,
                released_at=brake.released_at,
            )
        )
        self._session.flush()

    def release(self, brake_id: BrakeId, *, by: str, now: datetime) -> bool:
        released = self._session.execute(
            update(BrakeRow)
            .where(BrakeRow.id == brake_id, BrakeRow.released_at.is_(None))
            .values(released_by=by, released_at=now)
        )
        assert isinstance(released, CursorResult)
        return released.rowcount == 1

    def get(self, brake_id: BrakeId) -> Brake:
        row = self._session.get(BrakeRow, brake_id, populate_existing=True)
        if row is None:
            raise NotFound("brake", brake_id)
        return _brake(row)

    def pulled(self) -> Sequence[Brake]:
        return self._found(
            select(BrakeRow)
            .where(BrakeRow.released_at.is_(None))
            .order_by(BrakeRow.pulled_at, BrakeRow.id)
        )

    def released(self, *, limit: int) -> Sequence[Brake]:
        return self._found(
            select(BrakeRow)
            .where(BrakeRow.released_at.is_not(None))
            .order_by(BrakeRow.released_at.desc())
            .limit(limit)
        )

    def holding(self, unit_id: HsaId, template_ids: Collection[FormTemplateId]) -> Brake | None:
        hits = (brake for brake in self.pulled() if brake.scope.hits(unit_id, template_ids))
        return next(hits, None)

    def over(self, dispatch: Dispatch) -> Brake | None:
        return self.holding(dispatch.unit_id, [form.template_id for form in dispatch.forms])

    def hit(self, scope: BrakeScope, *, limit: int) -> Sequence[Dispatch]:
        upcoming = (
            select(func.min(OccasionRow.sends_at))
            .where(
                OccasionRow.dispatch_id == DispatchRow.id,
                OccasionRow.state.in_(_NOT_ENDED),
                _SENDS,
            )
            .scalar_subquery()
        )
        return self._dispatches.many(
            select(DispatchRow)
            .where(_ONGOING, _within(scope))
            .order_by(upcoming.asc().nulls_last(), DispatchRow.id)
            .limit(limit)
        )

    def count_hit(self, scope: BrakeScope) -> int:
        statement = select(func.count()).select_from(DispatchRow).where(_ONGOING, _within(scope))
        return self._session.scalar(statement) or 0

    def on_their_way(self, scope: BrakeScope) -> int:
        statement = (
            select(func.count())
            .select_from(DeliveryRow)
            .join(DispatchRow, DispatchRow.id == DeliveryRow.dispatch_id)
            .where(DeliveryRow.state.in_(OPEN), _within(scope))
        )
        return self._session.scalar(statement) or 0

    def list_anew(self, scope: BrakeScope, *, now: datetime) -> None:
        has_a_rest = exists().where(
            OccasionRow.dispatch_id == DispatchRow.id, OccasionRow.state.in_(_HAS_A_REST)
        )
        self._session.execute(
            update(DispatchRow)
            .where(DispatchRow.ended_at.is_not(None), has_a_rest, _within(scope))
            .values(ended_at=now)
            .execution_options(synchronize_session=False)
        )

    def waiting_for_staff(self, brake_id: BrakeId) -> int:
        statement = select(func.count()).where(
            OccasionRow.state.in_(_HAS_A_REST), OccasionRow.brake_id == brake_id
        )
        return self._session.scalar(statement) or 0

    def passed(self, *, now: datetime) -> Sequence[OccasionId]:
        return self._planned(
            _ONGOING,
            _SENDS,
            func.coalesce(OccasionRow.by_hand_at, OccasionRow.sends_at) <= now,
        )

    def awaiting_messages(self, scope: BrakeScope) -> Sequence[OccasionId]:
        return self._planned(~_SENDS, _within(scope))

    def _planned(self, *which: ColumnElement[bool]) -> Sequence[OccasionId]:
        rows = self._session.scalars(
            select(OccasionRow.id)
            .join(DispatchRow, DispatchRow.id == OccasionRow.dispatch_id)
            .where(OccasionRow.state == OccasionState.PLANNED.value, *which, braked())
            .order_by(OccasionRow.sends_at)
        )
        return [OccasionId(occasion_id) for occasion_id in rows]

    def _found(self, statement: Select[Any]) -> Sequence[Brake]:
        # What was read before in this transaction may have been changed by `release`.
        rows = self._session.scalars(statement.execution_options(populate_existing=True))
        return [_brake(row) for row in rows]


def _within(scope: BrakeScope) -> ColumnElement[bool]:
    if scope.unit_id is not None:
        return DispatchRow.unit_id == scope.unit_id
    if scope.template_id is not None:
        return exists().where(
            DispatchFormRow.dispatch_id == DispatchRow.id,
            DispatchFormRow.template_id == scope.template_id,
        )
    return true()


def _brake(row: BrakeRow) -> Brake:
    return Brake(
        id=BrakeId(row.id),
        scope=BrakeScope(
            unit_id=HsaId(row.unit_id) if row.unit_id else None,
            template_id=FormTemplateId(row.template_id) if row.template_id else None,
        ),
        cause=row.cause,
        pulled_by=row.pulled_by,
        pulled_at=row.pulled_at,
        released_by=row.released_by,
        released_at=row.released_at,
    )
