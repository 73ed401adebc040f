"""What is kept no longer. Each deletion is small, so that nobody else waits for it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from utskick.domain.units import HsaId


class Expired(Protocol):
    """Deletes at most `limit` rows at a time; less than that says that no more are left."""

    def delete_forms(
        self, *, purge_after_before: date, marked_before: datetime, limit: int
    ) -> Mapping[HsaId, int]:
        """Of Uppföljning, with their reminders: by unit, how many.

        None of a dispatch that is still listed, and none whose fate is open.
        """

    def delete_reports(self, before: datetime, *, limit: int) -> int:
        """Error mails; none that still waits to be sent."""

    def delete_drafts(self, before: datetime, *, limit: int) -> Mapping[HsaId, int]:
        """Those that were changed last before: by unit, how many."""

    def delete_staff(self, before: datetime, *, limit: int) -> int:
        """Names of those who have last signed in before."""

    def delete_persons(self, *, after: UUID | None, limit: int) -> tuple[int, UUID | None]:
        """Of so many persons, those whom nothing refers to: how many, and where to go on.

        Of those of whom only the log is left, the name goes: the log knows them by number.
        """
