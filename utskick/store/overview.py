"""Pågående Paketutskick, in a few statements however many dispatches there are."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, case, cast, func, or_, select
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState, FormStatus, Refusal
from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchKind,
    DispatchStatus,
    RecipientId,
    RecipientState,
)
from utskick.domain.occasions import NOT_ENDED, Aim, OccasionId
from utskick.domain.units import HsaId
from utskick.records import DispatchQuery, DispatchSorting, ListedDispatch, OccasionCell
from utskick.store.dispatches import SqlDispatches
from utskick.store.progress import SqlProgress
from utskick.store.statements import matches
from utskick.store.tables import (
    DeliveryRow,
    DispatchRow,
    InboxMessageRow,
    OccasionRow,
    RecipientRow,
)


class SqlOverview:
    def __init__(self, session: Session, dispatches: SqlDispatches, progress: SqlProgress) -> None:
        self._session = session
        self._dispatches = dispatches
        self._progress = progress

    def page(self, unit_id: HsaId, query: DispatchQuery) -> tuple[Sequence[ListedDispatch], int]:
        wanted = _wanted(unit_id, query)
        total = self._session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
        dispatches = self._dispatches.many(
            wanted.order_by(*_order(query.order))
            .limit(query.per_page)
            .offset((query.page - 1) * query.per_page)
        )
        return self.listed(dispatches), total

    def listed(self, dispatches: Sequence[Dispatch]) -> Sequence[ListedDispatch]:
        ids = [dispatch.id for dispatch in dispatches]
        recipients, forms = self._recipients(ids), self._progress.summaries(ids)
        return [
            ListedDispatch(
                dispatch=dispatch,
                recipients=recipients.get(dispatch.id, 0),
                forms=forms.get(dispatch.id, []),
            )
            for dispatch in dispatches
        ]

    def by_occasion(
        self, dispatch_id: DispatchId
    ) -> Mapping[OccasionId, Mapping[DeliveryState, int]]:
        rows = self._session.execute(
            select(DeliveryRow.occasion_id, DeliveryRow.state, func.count())
            .where(DeliveryRow.dispatch_id == dispatch_id)
            .group_by(DeliveryRow.occasion_id, DeliveryRow.state)
        )
        return _by_occasion(rows.tuples())

    def messages_by_occasion(
        self, dispatch_id: DispatchId
    ) -> Mapping[OccasionId, Mapping[DeliveryState, int]]:
        rows = self._session.execute(
            select(InboxMessageRow.occasion_id, InboxMessageRow.state, func.count())
            .join(OccasionRow, OccasionRow.id == InboxMessageRow.occasion_id)
            .where(OccasionRow.dispatch_id == dispatch_id)
            .group_by(InboxMessageRow.occasion_id, InboxMessageRow.state)
        )
        return _by_occasion(rows.tuples())

    def cells(
        self, dispatch_id: DispatchId
    ) -> Mapping[tuple[RecipientId, OccasionId], Mapping[DeliveryState, int]]:
        # As text: thousands of rows name a few hundred ids, and each is made but once.
        recipient, occasion = (
            cast(column, String) for column in (DeliveryRow.recipient_id, DeliveryRow.occasion_id)
        )
        rows = self._session.execute(
            select(recipient, occasion, DeliveryRow.state, func.count())
            .where(DeliveryRow.dispatch_id == dispatch_id)
            .group_by(DeliveryRow.recipient_id, DeliveryRow.occasion_id, DeliveryRow.state)
        )
        id_of = cache(UUID)
        found: dict[tuple[RecipientId, OccasionId], dict[DeliveryState, int]] = {}
        for recipient_id, occasion_id, state, number in rows:
            place = RecipientId(id_of(recipient_id)), OccasionId(id_of(occasion_id))
            found.setdefault(place, {})[DeliveryState(state)] = number
        return found

    def unanswered(self, dispatch_id: DispatchId) -> Collection[RecipientId]:
        answered = DeliveryRow.form_status == FormStatus.COMPLETED.value
        rows = self._session.scalars(
            select(DeliveryRow.recipient_id)
            .where(
                DeliveryRow.dispatch_id == dispatch_id,
                DeliveryRow.state == DeliveryState.SENT.value,
                or_(DeliveryRow.form_status.is_(None), ~answered),
            )
            .distinct()
        )
        return {RecipientId(recipient_id) for recipient_id in rows if recipient_id}

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


def _by_occasion(
    rows: Iterable[tuple[UUID, str, int]],
) -> Mapping[OccasionId, Mapping[DeliveryState, int]]:
    found: dict[OccasionId, Counter[DeliveryState]] = {}
    for occasion_id, state, number in rows:
        found.setdefault(OccasionId(occasion_id), Counter())[DeliveryState(state)] = number
    return found


def _wanted(unit_id: HsaId, query: DispatchQuery) -> Select[tuple[DispatchRow]]:
    statement = select(DispatchRow).where(DispatchRow.unit_id == unit_id)
    if query.kind is not None:
        statement = statement.where(DispatchRow.kind == query.kind.value)
    else:
        # Those of visits are shown with their standing dispatch: there is one for each minute.
        statement = statement.where(DispatchRow.kind != DispatchKind.VISIT.value)
    if query.status is not None:
        statement = statement.where(DispatchRow.status == query.status.value)
    if query.text:
        statement = statement.where(
            or_(matches(DispatchRow.name, query.text), matches(DispatchRow.title, query.text))
        )
    return statement


def _order(order: DispatchSorting) -> list[ColumnElement[Any]]:
    newest: list[ColumnElement[Any]] = [DispatchRow.created_at.desc(), DispatchRow.id.asc()]
    if order is DispatchSorting.NEWEST:
        return newest
    upcoming = (
        select(func.min(OccasionRow.sends_at))
        .where(
            OccasionRow.dispatch_id == DispatchRow.id,
            OccasionRow.state.in_([state.value for state in NOT_ENDED]),
            OccasionRow.aim == Aim.SEND.value,
        )
        .scalar_subquery()
    )
    ongoing = DispatchRow.status == DispatchStatus.ONGOING.value
    return [case((ongoing, upcoming)).asc().nulls_last(), *newest]
