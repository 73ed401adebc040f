"""What waits for a colleague's yes, and what became of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from utskick.domain.approvals import Approval, ApprovalCause
from utskick.domain.dispatches import DispatchId, DispatchStatus
from utskick.domain.units import HsaId
from utskick.store.tables import ApprovalRow, DispatchRow

_AWAITING = DispatchRow.status == DispatchStatus.AWAITING.value


class SqlApprovals:
    def __init__(self, session: Session) -> None:
        self._session = session

    def save(self, approval: Approval) -> None:
        self._session.merge(
            ApprovalRow(
                dispatch_id=approval.dispatch_id,
                cause=approval.cause.value,
                asked_by=approval.asked_by,
                asked_at=approval.asked_at,
                expires_at=approval.expires_at,
                decided_by=approval.decided_by,
                decided_at=approval.decided_at,
                reason=approval.reason,
            )
        )
        self._session.flush()

    def find(self, dispatch_id: DispatchId) -> Approval | None:
        row = self._session.get(ApprovalRow, dispatch_id)
        return _approval(row) if row else None

    def overdue(self, *, now: datetime) -> Sequence[tuple[HsaId, DispatchId]]:
        rows = self._session.execute(
            select(DispatchRow.unit_id, DispatchRow.id)
            .join(ApprovalRow, ApprovalRow.dispatch_id == DispatchRow.id)
            .where(_AWAITING, ApprovalRow.expires_at <= now)
            .order_by(ApprovalRow.expires_at)
        )
        return [(HsaId(unit_id), DispatchId(dispatch_id)) for unit_id, dispatch_id in rows]

    def count_waiting(self, unit_id: HsaId) -> int:
        waiting = select(func.count()).where(_AWAITING, DispatchRow.unit_id == unit_id)
        return self._session.scalar(waiting) or 0


def _approval(row: ApprovalRow) -> Approval:
    return Approval(
        dispatch_id=DispatchId(row.dispatch_id),
        cause=ApprovalCause(row.cause),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
    )
