"""How far an occasion, or a whole dispatch, has come. Counts only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, case, exists, func, select
from sqlalchemy.orm import Session

from utskick.domain.deliveries import OPEN_STATES, DeliveryState, Refusal
from utskick.domain.dispatches import DispatchId, RecipientId
from utskick.domain.occasions import OccasionId
from utskick.records import FormSummary, Remaining
from utskick.store.statements import database_clock
from utskick.store.tables import DeliveryRow, InboxMessageRow

_OPEN = tuple(state.value for state in OPEN_STATES)
_FORM = (
    DeliveryRow.dispatch_id,
    DeliveryRow.template_id,
    DeliveryRow.form_name,
    DeliveryRow.state,
    DeliveryRow.refusal,
)
_COUNTED = select(
    *_FORM,
    func.count().label("number"),
    func.min(DeliveryRow.position).label("position"),
).group_by(*_FORM)


class SqlProgress:
    def __init__(self, session: Session) -> None:
        self._session = session

    def remaining(self, occasion_id: OccasionId) -> Remaining:
        planned = DeliveryRow.state == DeliveryState.PLANNED.value
        counted, opened, first_retry, unhurried = self._session.execute(
            select(
                func.count(case((planned, 1))),
                func.count(case((DeliveryRow.state.in_(_OPEN), 1))),
                func.min(case((planned, DeliveryRow.retry_at))),
                func.count(case((and_(planned, DeliveryRow.retry_at.is_(None)), 1))),
            ).where(DeliveryRow.occasion_id == occasion_id)
        ).one()
        retry_in_s = 0.0
        if first_retry is not None and not unhurried:
            retry_in_s = (first_retry - database_clock(self._session)).total_seconds()
        return Remaining(
            planned=counted,
            open=opened,
            messages=self._messages(occasion_id),
            retry_in_s=max(0.0, retry_in_s),
        )

    def summary(
        self, dispatch_id: DispatchId, *, occasion_id: OccasionId | None = None
    ) -> list[FormSummary]:
        statement = _COUNTED.where(DeliveryRow.dispatch_id == dispatch_id)
        if occasion_id is not None:
            statement = statement.where(DeliveryRow.occasion_id == occasion_id)
        return self._by_dispatch(statement).get(dispatch_id, [])

    def summaries(self, ids: Sequence[DispatchId]) -> Mapping[DispatchId, list[FormSummary]]:
        """As `summary`, of many dispatches in one statement."""
        return self._by_dispatch(_COUNTED.where(DeliveryRow.dispatch_id.in_(ids)))

    def on_their_way(
        self, dispatch_id: DispatchId, *, recipient_id: RecipientId | None = None
    ) -> int:
        statement = select(func.count()).where(
            DeliveryRow.dispatch_id == dispatch_id, DeliveryRow.state.in_(_OPEN)
        )
        if recipient_id is not None:
            statement = statement.where(DeliveryRow.recipient_id == recipient_id)
        return self._session.scalar(statement) or 0

    def _by_dispatch(self, statement: Select[Any]) -> dict[DispatchId, list[FormSummary]]:
        by_form: dict[DispatchId, dict[UUID, list[Row[Any]]]] = {}
        for row in sorted(self._session.execute(statement), key=lambda row: row.position):
            of_dispatch = by_form.setdefault(DispatchId(row.dispatch_id), {})
            of_dispatch.setdefault(row.template_id, []).append(row)
        return {
            dispatch_id: [_summary(rows) for rows in of_dispatch.values()]
            for dispatch_id, of_dispatch in by_form.items()
        }

    def _messages(self, occasion_id: OccasionId) -> int:
        arrived = exists().where(
            DeliveryRow.occasion_id == occasion_id,
            DeliveryRow.recipient_id == InboxMessageRow.recipient_id,
            DeliveryRow.state == DeliveryState.SENT.value,
        )
        statement = select(func.count()).where(
            InboxMessageRow.occasion_id == occasion_id,
            InboxMessageRow.state.in_((DeliveryState.PLANNED.value, *_OPEN)),
            arrived,
        )
        return self._session.scalar(statement) or 0


def _summary(rows: list[Row[Any]]) -> FormSummary:
    by_state: Counter[DeliveryState] = Counter()
    refused_because: Counter[Refusal] = Counter()
    for row in rows:
        by_state[DeliveryState(row.state)] += row.number
        if row.refusal:
            refused_because[Refusal(row.refusal)] += row.number
    return FormSummary(
        form_name=rows[0].form_name,
        planned=sum(by_state.values()),
        by_state=dict(by_state),
        refused_because=dict(refused_because),
    )
