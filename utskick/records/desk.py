"""What comes in from outside, and how often we may go out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from utskick.domain.inbox_budget import InboxBudget, Place
from utskick.domain.sms import MobileNumber
from utskick.domain.specs import UploadId
from utskick.domain.tokens import Token
from utskick.domain.units import HsaId


class Uploads(Protocol):
    """Specs kept encrypted until an operator's flow run refers to them by id."""

    def add(self, unit_id: HsaId, content: bytes, *, by: str, now: datetime) -> UploadId: ...

    def get(self, upload_id: UploadId) -> bytes:
        """Raises `NotFound`."""

    def delete_before(self, moment: datetime) -> int: ...


class Tokens(Protocol):
    """REST's keys, one or more for each unit; only their hashes are kept."""

    def add(self, token: Token) -> str:
        """Make a new one and return it: it cannot be shown again."""

    def find(self, token: str) -> Token:
        """Raises `UnknownToken`, for a revoked one and one of a withdrawn unit too."""

    def note_use(self, token: str, *, now: datetime) -> None:
        """Remember when it was used last, to the minute."""

    def list_for(self, unit_id: HsaId) -> Sequence[Token]:
        """Newest first, revoked ones too."""

    def confirm(self, unit_id: HsaId, token_id: str, *, by: str, now: datetime) -> None:
        """Raises `NotFound` unless this very one waits for it."""

    def revoke(self, unit_id: HsaId, name: str, *, now: datetime) -> None:
        """Raises `NotFound`: a misspelt name must not look as if it were revoked."""


class Texting(Protocol):
    """Which SMS have been sent: each at most once (I10)."""

    def begin(self, sms_id: UUID, unit_id: HsaId, *, now: datetime) -> bool:
        """Commit the intent to send; `False` if this very SMS has been sent, or begun."""

    def mark_of(self, number: MobileNumber) -> str:
        """The same number has the same mark, by which nobody without our keys finds it."""

    def cancel(self, sms_id: UUID) -> None:
        """The gateway did not take it: it may be tried again."""

    def delete_before(self, moment: datetime) -> None:
        """Forget those that nobody can have on a page any more."""


class Budgets(Protocol):
    """What each neighbour allows, in time and at once, shared by every process."""

    def reserve(self, neighbour: str, *, calls: int, per_s: float) -> float:
        """Take the next `calls` places in the queue; how many seconds until the first."""

    def reserve_inbox(self, budget: InboxBudget, *, calls: int, messages: bool) -> Place:
        """As `reserve`, in the one queue of 1177's inbox, whose messages come in batches."""

    def count_sender(self, process_id: UUID, *, lease_s: float) -> int:
        """Count the process among those that send, for so long; how many they are with it."""

    def forget_sender(self, process_id: UUID) -> None:
        """The process sends no more, for the time being."""
