"""Dina inloggningar: where somebody is signed in, and signing out there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from utskick.domain.errors import NotFound
from utskick.domain.rights import HeldRight, Rights
from utskick.domain.staff import StaffSession
from utskick.records import OpenSession, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRights:
    """`names` are those of whoever gave them."""

    held: Sequence[tuple[HeldRight, str]]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSessions:
    store: Store

    def __call__(self, session: StaffSession, *, now: datetime) -> Sequence[OpenSession]:
        """Every place, seen last first."""
        with self.store.transaction() as records:
            return records.sessions.of_person(session.staff_id, now=now)

    def own_rights(self, rights: Rights) -> OwnRights:
        """Each right with the name of its unit, and who gave those that were given here."""
        givers = {each.grant.granted_by for each in rights.held if each.grant}
        with self.store.transaction() as records:
            units = {unit.id: unit.name for unit in records.units.all()}
            names = records.sessions.names(givers)
        held = [
            (each, units.get(each.unit_id, each.unit_id) if each.unit_id else "Alla enheter")
            for each in rights.held
        ]
        return OwnRights(held=held, names=names)

    def end_own_session(self, session: StaffSession, session_id: UUID) -> None:
        """Sign out there. Raises `NotFound` for one that has ended, or is another person's."""
        with self.store.transaction() as records:
            if not records.sessions.end_one(session.staff_id, session_id):
                raise NotFound("session")
