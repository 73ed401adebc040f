"""Rights that were given on a page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from utskick.domain.rights import RightGrant
from utskick.domain.units import HsaId


class RightGrants(Protocol):
    def of_person(self, staff_id: HsaId) -> Sequence[RightGrant]:
        """All that have not been withdrawn, past ones too."""

    def of_unit(self, unit_id: HsaId) -> Sequence[RightGrant]:
        """All, withdrawn ones too, newest first."""

    def add(self, grant: RightGrant) -> None: ...

    def withdraw(self, grant_id: UUID, *, by: str, now: datetime) -> None:
        """Only if nobody has before."""

    def delete_ended(self, before: datetime) -> None:
        """Forget those that were withdrawn, or whose last day was, before it."""
