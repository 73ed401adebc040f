"""Who is acting: asked at every request, so that what has ended ends at once."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.errors import NotFound
from utskick.domain.rules import Rules
from utskick.domain.staff import CommissionEnded, StaffSession
from utskick.domain.units import HsaId, Unit
from utskick.records import Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentSession:
    store: Store
    rules: Rules

    def __call__(self, token: str, *, now: datetime) -> tuple[StaffSession, Unit | None]:
        """The session, and its unit if one has been chosen.

        Raises `NotSignedIn`, or `CommissionEnded` after the person has been signed out: the
        commission's last day has passed, or the unit has been withdrawn.
        """
        with self.store.transaction() as records:
            session = records.sessions.get(token, now=now)
            unit = _unit(session.unit_id, records) if session.unit_id else None
        if unit is None and session.unit_id is None:
            return session, None
        today = self.rules.today(now)
        held = any(
            commission.valid(purposes=self.rules.purposes, today=today)
            for commission in session.commissions
            if commission.unit_id == session.unit_id
        )
        if unit is not None and unit.withdrawn_at is None and held:
            return session, unit
        with self.store.transaction() as records:
            records.sessions.end(token)
        raise CommissionEnded(unit.name if unit else "enheten")


def _unit(unit_id: HsaId, records: Transaction) -> Unit | None:
    try:
        return records.units.get(unit_id)
    except NotFound:
        return None
