"""Who is signed in, and who is on the way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from utskick.domain.staff import SignInAttempt, StaffSession
from utskick.domain.units import HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInPerson:
    """Somebody who is signed in, in one or more browsers."""

    staff_id: str
    name: str
    sessions: int
    seen_at: datetime


class Sessions(Protocol):
    """Sign-ins and sessions. A token is returned once; only its hash is kept."""

    def begin(self, attempt: SignInAttempt, *, now: datetime) -> None:
        """Keep it for ten minutes."""

    def take_attempt(self, state: str, *, now: datetime) -> SignInAttempt:
        """Each works once. Raises `NotSignedIn` for one that is unknown or too old."""

    def open(self, session: StaffSession, *, now: datetime) -> str:
        """Remember the person and the session; returns its token."""

    def get(self, token: str, *, now: datetime) -> StaffSession:
        """Raises `NotSignedIn` too long after the last visit, or after the first."""

    def choose_unit(self, token: str, unit_id: HsaId, *, now: datetime) -> str:
        """Remember the unit for next time too; returns a new token, the old one is void."""

    def chosen_unit(self, staff_id: str) -> HsaId | None:
        """The unit that the person chose last."""

    def names(self, staff_ids: Collection[str]) -> Mapping[str, str]:
        """What those are called who have ever signed in."""

    def signed_in(self, text: str, *, limit: int, now: datetime) -> Sequence[SignedInPerson]:
        """Those whose name or HSA-id holds the text, seen last first; at most `limit`."""

    def end(self, token: str) -> None:
        """Sign out."""

    def end_all(self, staff_id: str) -> int:
        """Sign the person out everywhere; returns from how many places."""

    def delete_before(self, moment: datetime) -> int:
        """Forget sessions last seen, and sign-ins begun, before it; returns how many sessions."""
