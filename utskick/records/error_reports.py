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
        """Keep it for those of its addresses that have no report of the same cause yet.

        `False` if there are none.
        """

    def unsent(self, *, limit: int) -> list[ErrorReport]:
        """Reports with an address that is due for a first or another try."""

    def values(self, subject: str, cause: str) -> Mapping[str, Any] | None:
        """The values of the report of this cause, mailed or not."""

    def sent(self, report_id: UUID, addresses: Collection[str]) -> None: ...

    def postpone(
        self,
        report_id: UUID,
        addresses: Collection[str],
        *,
        seconds: float,
        growing_to_s: float = 0,
    ) -> None:
        """Try again after so long, or as long as the report has waited already, up to a limit."""

    def refused(self, report_id: UUID, addresses: Collection[str], *, seconds: float) -> None:
        """Note that the relay refuses these addresses. They are tried again, but not for ever."""

    def refusing(self) -> set[str]:
        """The addresses for which the relay refused the latest mail whose outcome is known."""


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
        """Remember that the form is blocked; return the dispatches for which that is news.

        It is no news if the form was blocked in the same way at the last look: of the same kind,
        and, if both moments are known, archived at the same moment. All of one look have one
        `change`.
        """

    def sendable(self, template_id: FormTemplateId, dispatch_ids: Collection[DispatchId]) -> None:
        """Forget that the form was blocked: if it is once more, that is news."""
