"""Who is acting, with which rights: asked at every request, so that what ends does at once."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.errors import NotFound
from utskick.domain.rights import Rights, rights_of
from utskick.domain.rules import Rules
from utskick.domain.staff import CommissionEnded, StaffSession
from utskick.domain.units import HsaId, Unit
from utskick.records import Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """Somebody at this moment. `unit` is `None` until one has been chosen."""

    session: StaffSession
    unit: Unit | None
    rights: Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentSession:
    store: Store
    rules: Rules

    def __call__(self, token: str, *, now: datetime) -> Present:
        """The session, its unit if one has been chosen, and the rights that hold now.

        Raises `NotSignedIn`, or `CommissionEnded` after the person has been signed out: the
        commission's last day has passed, or the unit has been withdrawn.
        """
        with self.store.transaction() as records:
            session = records.sessions.get(token, now=now)
            unit = _unit(session.unit_id, records) if session.unit_id else None
            rights = present_rights(session, records, self.rules, now)
        present = Present(session=session, unit=unit, rights=rights)
        if unit is None and session.unit_id is None:
            return present
        held = session.unit_id in session.commissioned(
            purposes=self.rules.purposes, today=self.rules.today(now)
        )
        if unit is not None and unit.withdrawn_at is None and held:
            return present
        with self.store.transaction() as records:
            records.sessions.end(token)
        raise CommissionEnded(unit.name if unit else "enheten")

    def rights_now(self, session: StaffSession, *, now: datetime) -> Rights:
        """Those that hold after what the request itself has changed."""
        with self.store.transaction() as records:
            return present_rights(session, records, self.rules, now)


def present_rights(
    session: StaffSession, records: Transaction, rules: Rules, now: datetime
) -> Rights:
    """From commissions, from the provider's roles, and from what has been granted here."""
    today = rules.today(now)
    commissioned = session.commissioned(purposes=rules.purposes, today=today)
    return rights_of(
        commissioned=sorted(records.units.connected(commissioned)),
        provided=session.provided,
        grants=records.grants.of_person(HsaId(session.staff_id)),
        roles=rules.right_roles,
        today=today,
    )


def _unit(unit_id: HsaId, records: Transaction) -> Unit | None:
    try:
        return records.units.get(unit_id)
    except NotFound:
        return None
