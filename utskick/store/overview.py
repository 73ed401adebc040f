"""Pågående Paketutskick, in a few statements however many dispatches there are."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState, Refusal
from utskick.domain.dispatches import DispatchId, RecipientId, RecipientState
from utskick.domain.occasions import OccasionId
from utskick.domain.units import HsaId
from utskick.records import Cell, DispatchQuery, ListedDispatch, OccasionCell
from utskick.store.dispatches import SqlDispatches
from utskick.store.statements import matches
from utskick.store.tables import DeliveryRow, DispatchRow, InboxMessageRow, RecipientRow


class SqlOverview:
    def __init__(self, session: Session, dispatches: SqlDispatches) -> None:
        self._session = session
        self._dispatches = dispatches

    def page(self, unit_id: HsaId, query: DispatchQuery) -> tuple[Sequence[ListedDispatch], int]:
        wanted = _wanted(unit_id, query)
        total = self._session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        dispatches = self._dispatches.many(
            wanted.order_by(DispatchRow.created_at.desc(), DispatchRow.id)
            .limit(query.per_page)
            .offset((query.page - 1) * query.per_page)
        )
        ids = [dispatch.id for dispatch in dispatches]
        recipients, by_state = self._recipients(ids), self._by_state(ids)
        listed = [
            ListedDispatch(
                dispatch=dispatch,
                recipients=recipients.get(dispatch.id, 0),
                by_state=by_state.get(dispatch.id, {}),
            )
            for dispatch in dispatches
        ]
        return listed, total

    def by_occasion(
        self, dispatch_id: DispatchId
    ) -> Mapping[OccasionId, Mapping[DeliveryState, int]]:
        rows = self._session.execute(
            select(DeliveryRow.occasion_id, DeliveryRow.state, func.count())
            .where(DeliveryRow.dispatch_id == dispatch_id)
            .group_by(DeliveryRow.occasion_id, DeliveryRow.state)
        )
        found: dict[OccasionId, Counter[DeliveryState]] = {}
        for occasion_id, state, number in rows:
            found.setdefault(OccasionId(occasion_id), Counter())[DeliveryState(state)] = number
        return found

    def cells(self, dispatch_id: DispatchId) -> Sequence[Cell]:
        rows = self._session.execute(
            select(
                DeliveryRow.recipient_id, DeliveryRow.occasion_id, DeliveryRow.state, func.count()
            )
            .where(DeliveryRow.dispatch_id == dispatch_id)
            .group_by(DeliveryRow.recipient_id, DeliveryRow.occasion_id, DeliveryRow.state)
        )
        return [
            Cell(
                recipient_id=RecipientId(recipient_id),
                occasion_id=OccasionId(occasion_id),
                state=DeliveryState(state),
                number=number,
            )
            for recipient_id, occasion_id, state, number in rows
        ]

    def of_occasion(self, occasion_id: OccasionId) -> Sequence[OccasionCell]:
        rows = self._session.execute(
            select(
                DeliveryRow.recipient_id,
                DeliveryRow.form_name,
                DeliveryRow.state,
                DeliveryRow.refusal,
            )
            .where(DeliveryRow.occasion_id == occasion_id)
            .order_by(DeliveryRow.position)
        )
        return [
            OccasionCell(
                recipient_id=RecipientId(row.recipient_id),
                form_name=row.form_name,
                state=DeliveryState(row.state),
                refusal=Refusal(row.refusal) if row.refusal else None,
            )
            for row in rows
        ]

    def messages(self, occasion_id: OccasionId) -> Mapping[RecipientId, DeliveryState]:
        rows = self._session.execute(
            select(InboxMessageRow.recipient_id, InboxMessageRow.state).where(
                InboxMessageRow.occasion_id == occasion_id
            )
        )
        return {RecipientId(recipient_id): DeliveryState(state) for recipient_id, state in rows}

    def _recipients(self, ids: Sequence[DispatchId]) -> dict[UUID, int]:
        rows = self._session.execute(
            select(RecipientRow.dispatch_id, func.count())
            .where(
                RecipientRow.dispatch_id.in_(ids),
                RecipientRow.state == RecipientState.ACTIVE.value,
            )
            .group_by(RecipientRow.dispatch_id)
        )
        return dict(rows.tuples().all())

    def _by_state(self, ids: Sequence[DispatchId]) -> dict[UUID, Counter[DeliveryState]]:
        rows = self._session.execute(
            select(DeliveryRow.dispatch_id, DeliveryRow.state, func.count())
            .where(DeliveryRow.dispatch_id.in_(ids))
            .group_by(DeliveryRow.dispatch_id, DeliveryRow.state)
        )
        found: dict[UUID, Counter[DeliveryState]] = {}
        for dispatch_id, state, number in rows:
            found.setdefault(dispatch_id, Counter())[DeliveryState(state)] = number
        return found


def _wanted(unit_id: HsaId, query: DispatchQuery) -> Select[tuple[DispatchRow]]:
    statement = select(DispatchRow).where(DispatchRow.unit_id == unit_id)
    if query.kind is not None:
        statement = statement.where(DispatchRow.kind == query.kind.value)
    if query.status is not None:
        statement = statement.where(DispatchRow.status == query.status.value)
    if query.text:
        statement = statement.where(
            or_(matches(DispatchRow.name, query.text), matches(DispatchRow.title, query.text))
        )
    return statement
