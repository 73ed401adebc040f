"""Who is signed in, and where."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from utskick.domain.staff import StaffSession
from utskick.domain.units import HsaId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInPerson:
    """Somebody who is signed in, in one or more browsers."""

    staff_id: str
    name: str
    sessions: int
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """One place where somebody is signed in. `unit_name` is empty before one is chosen."""

    id: UUID
    place: str
    unit_name: str
    created_at: datetime
    seen_at: datetime


class Sessions(Protocol):
    """Sessions. A token is returned once; only its hash is kept."""

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

    def of_person(self, staff_id: str, *, now: datetime) -> Sequence[OpenSession]:
        """Where the person is signed in, seen last first."""

    def at_unit(self, unit_id: HsaId, *, now: datetime) -> Sequence[StaffSession]:
        """One of each person who is signed in there now, by name."""

    def end(self, token: str) -> StaffSession | None:
        """Sign out; returns the session, if there was one."""

    def end_one(self, staff_id: str, session_id: UUID) -> bool:
        """Sign the person out in one place; whether they were signed in there."""

    def end_all(self, staff_id: str) -> int:
        """Sign the person out everywhere; returns from how many places."""

    def delete_before(self, moment: datetime) -> int:
        """Forget sessions last seen before it; returns how many."""
