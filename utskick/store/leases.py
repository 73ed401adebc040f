"""Whether a run may still send: asked in the same transaction as each intent."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from utskick.domain.deliveries import DeliveryState
from utskick.domain.dispatches import DispatchStatus, RecipientState
from utskick.domain.occasions import OccasionId, OccasionState, RunToken
from utskick.store.tables import (
    DeliveryRow,
    DispatchRow,
    InboxMessageRow,
    OccasionRow,
    RecipientRow,
)


def may_send(session: Session, occasion_id: OccasionId, token: RunToken) -> bool:
    """Share the dispatch's and the occasion's rows until the transaction ends (I8).

    A stop, a removal or another run's claim is therefore wholly before or wholly after.
    """
    found = session.execute(
        select(DispatchRow.status, OccasionRow.state, OccasionRow.run_token)
        .join(OccasionRow, OccasionRow.dispatch_id == DispatchRow.id)
        .where(OccasionRow.id == occasion_id)
        .with_for_update(read=True)
    ).one_or_none()
    if found is None:
        return False
    status, state, run_token = found
    return bool(
        status == DispatchStatus.ONGOING.value
        and state == OccasionState.RUNNING.value
        and run_token == token
    )


def cancel_for_removed(
    session: Session, table: type[DeliveryRow] | type[InboxMessageRow], occasion_id: OccasionId
) -> None:
    """What was under way at the removal may since have come back to be tried again (I8).

    To be called once `may_send` has shared the rows: no removal can come between.
    """
    removed = (
        select(RecipientRow.id)
        .join(OccasionRow, OccasionRow.dispatch_id == RecipientRow.dispatch_id)
        .where(OccasionRow.id == occasion_id, RecipientRow.state == RecipientState.REMOVED.value)
    )
    session.execute(
        update(table)
        .where(
            table.occasion_id == occasion_id,
            table.state == DeliveryState.PLANNED.value,
            table.recipient_id.in_(removed),
        )
        .values(state=DeliveryState.CANCELLED.value)
        .execution_options(synchronize_session=False)
    )
