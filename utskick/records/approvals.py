"""What waits for a colleague's yes, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from utskick.domain.approvals import Approval
from utskick.domain.dispatches import DispatchId
from utskick.domain.units import HsaId


class Approvals(Protocol):
    def save(self, approval: Approval) -> None:
        """Insert, or renew with what was decided."""

    def find(self, dispatch_id: DispatchId) -> Approval | None:
        """`None` where nobody had to approve."""

    def overdue(self, *, now: datetime) -> Sequence[tuple[HsaId, DispatchId]]:
        """Those that wait and whose time has passed, each with its unit."""

    def count_waiting(self, unit_id: HsaId) -> int: ...
