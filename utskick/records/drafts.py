"""What staff have filled in and not started."""

from collections.abc import Sequence
from typing import Protocol

from utskick.domain.drafts import Draft, DraftId
from utskick.domain.units import HsaId


class Drafts(Protocol):
    """Sealed, and bound to their unit."""

    def add(self, draft: Draft) -> bool:
        """`False`, and nothing stored, if there is one with this id."""

    def get_for(self, unit_id: HsaId, draft_id: DraftId) -> Draft:
        """Raises `NotFound` for another unit's, too."""

    def lock_for(self, unit_id: HsaId, draft_id: DraftId) -> Draft:
        """As `get_for`, holding it until the transaction ends."""

    def save(self, draft: Draft) -> None:
        """In place of what is kept; whoever calls this holds it."""

    def delete(self, draft_id: DraftId) -> None: ...

    def list_for(self, unit_id: HsaId) -> Sequence[Draft]:
        """The unit's, the latest changed first."""

    def count_for(self, unit_id: HsaId) -> int: ...
