"""The reports to be mailed to error addresses, and which of these have got them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from utskick.domain.dispatches import DispatchId
from utskick.domain.forms import FormTemplateId


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """A mail to the error addresses, sent at least once to each, always with one Message-ID.

    One for each subject and cause. Holds no personal data. `waiting` are those of the addresses
    that it is now to be sent to.
    """

    id: UUID
    subject: str
    cause: str
    text: str
    values: Mapping[str, object] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


class ErrorReports(Protocol):
    def add(self, report: ErrorReport, *, now: datetime) -> bool:
        """Keep it for sending, or for those only to whom the same cause is not reported yet.

        `False` if there is nobody such.
        """

    def unsent(self, *, limit: int) -> list[ErrorReport]:
        """Those with an address whose time has come."""

    def values(self, subject: str, cause: str) -> Mapping[str, Any] | None:
        """The values of the report that was kept of it, mailed or not."""

    def sent(self, report_id: UUID, addresses: Collection[str]) -> None: ...

    def postpone(self, report_id: UUID, addresses: Collection[str], *, seconds: float) -> None: ...

    def refused(self, report_id: UUID, addresses: Collection[str], *, seconds: float) -> None:
        """The relay will not have them; asked again after so long, but not for ever."""

    def refusing(self) -> set[str]:
        """The addresses that refused the last mail to them that came to an end."""


class WatchedForms(Protocol):
    """Which forms of ongoing dispatches cannot be sent, and have been reported."""

    def blocked(
        self,
        template_id: FormTemplateId,
        dispatch_ids: Collection[DispatchId],
        *,
        kind: str,
        archived_at: datetime | None,
        change: UUID,
    ) -> set[DispatchId]:
        """Remember it, as part of the `change`; those of the dispatches for which it is news.

        It is not if it was the same when last looked at: of the same kind, and if both moments are
        known, archived at the same.
        """

    def sendable(self, template_id: FormTemplateId, dispatch_ids: Collection[DispatchId]) -> None:
        """Forget it: should it be blocked once more, that is news."""
