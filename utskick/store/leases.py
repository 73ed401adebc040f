"""Whether a run may still send: asked in the same transaction as each intent."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from utskick.domain.dispatches import DispatchStatus
from utskick.domain.occasions import OccasionId, OccasionState, RunToken
from utskick.store.tables import DispatchRow, OccasionRow


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
