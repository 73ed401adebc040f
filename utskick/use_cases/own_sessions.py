"""Dina inloggningar: where somebody is signed in, and signing out there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from utskick.domain.errors import NotFound
from utskick.domain.staff import StaffSession
from utskick.records import OpenSession, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSessions:
    store: Store

    def __call__(self, session: StaffSession, *, now: datetime) -> Sequence[OpenSession]:
        """Every place, seen last first."""
        with self.store.transaction() as records:
            return records.sessions.of_person(session.staff_id, now=now)

    def end_own_session(self, session: StaffSession, session_id: UUID) -> None:
        """Sign out there. Raises `NotFound` for one that has ended, or is another person's."""
        with self.store.transaction() as records:
            if not records.sessions.end_one(session.staff_id, session_id):
                raise NotFound("session")
