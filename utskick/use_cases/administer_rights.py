"""Förvaltning, behörigheter: who may do what at a unit; given and taken away, from the next click.

Each act is in the administration's list of changes, and in the unit's own log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from utskick.domain.errors import NotFound, Problem, SpecRefused
from utskick.domain.rights import (
    RIGHT_LABELS,
    HeldRight,
    LastLocalAdministrator,
    Right,
    RightGrant,
    Rights,
    Source,
)
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor, HsaId, InvalidHsaId, Unit, parse_hsa_id
from utskick.records import LogEntry, Store, Transaction
from utskick.use_cases.administer_units import log_act
from utskick.use_cases.current_session import present_rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Provided:
    """Somebody who is signed in at the unit, and what they have without a grant."""

    staff_id: str
    name: str
    held: tuple[HeldRight, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRights:
    """`past` are grants that no longer hold; `names` of those who have ever signed in."""

    unit: Unit
    grants: Sequence[RightGrant]
    past: Sequence[RightGrant]
    provided: Sequence[Provided]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSpec:
    """As typed."""

    staff_id: str
    right: str
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministerRights:
    store: Store
    rules: Rules

    def administered_units(self, rights: Rights) -> Sequence[Unit]:
        """The units whose rights somebody with these may give, by name."""
        with self.store.transaction() as records:
            return [unit for unit in records.units.all() if _administers(rights, unit)]

    def unit_rights(self, unit_id: HsaId, *, rights: Rights, now: datetime) -> UnitRights:
        """Everybody's at the unit. Raises `NotFound` for one that is not theirs."""
        today = self.rules.today(now)
        with self.store.transaction() as records:
            unit = _unit(unit_id, rights, records)
            given = records.grants.of_unit(unit_id)
            people = {name for grant in given for name in (grant.staff_id, grant.granted_by)}
            return UnitRights(
                unit=unit,
                grants=[grant for grant in given if grant.holds(today=today)],
                past=[grant for grant in given if not grant.holds(today=today)],
                provided=self._provided(unit_id, records, now),
                names=records.sessions.names(people),
            )

    def grant_right(
        self, unit_id: HsaId, spec: GrantSpec, *, rights: Rights, actor: Actor, now: datetime
    ) -> RightGrant:
        """It holds from the person's next click. Raises `NotFound`, or `SpecRefused`.

        Nobody gives what they have not got themselves (`Rights.may_grant`).
        """
        today = self.rules.today(now)
        problems: list[Problem] = []
        staff_id = _person(spec.staff_id, problems)
        if spec.until is not None and spec.until < today:
            problems.append(Problem("until", "dagen har varit.", "Välj en dag som kommer."))
        with self.store.transaction() as records:
            unit = _unit(unit_id, rights, records)
            right = _right(spec.right, rights, unit_id, problems)
            if any(
                each.holds(today=today) and (each.unit_id, each.right) == (unit_id, right)
                for each in records.grants.of_person(staff_id)
            ):
                reason = "personen har redan den behörigheten för enheten."
                problems.append(
                    Problem("staff_id", reason, "Ta bort den först för att ändra den.")
                )
            if problems or right is None:
                raise SpecRefused(problems)
            grant = RightGrant(
                id=uuid4(),
                staff_id=staff_id,
                right=right,
                unit_id=unit_id,
                until=spec.until,
                granted_by=actor.name,
                granted_at=now,
            )
            records.grants.add(grant)
            until = f" till och med {spec.until:%Y-%m-%d}" if spec.until else ""
            act = f"gett {staff_id} behörigheten {RIGHT_LABELS[right]}{until}"
            _log(act, unit, actor, records, now)
        return grant

    def withdraw_right(
        self,
        unit_id: HsaId,
        grant_id: UUID,
        *,
        sure: bool,
        rights: Rights,
        actor: Actor,
        now: datetime,
    ) -> None:
        """Take it away, from the person's next click.

        Raises `NotFound`, or `LastLocalAdministrator` unless they are `sure`.
        """
        today = self.rules.today(now)
        with self.store.transaction() as records:
            unit = _unit(unit_id, rights, records)
            in_force = [
                each for each in records.grants.of_unit(unit_id) if each.holds(today=today)
            ]
            grant = next((each for each in in_force if each.id == grant_id), None)
            if grant is None:
                raise NotFound("grant")
            if not sure and _is_own_last(grant, in_force, actor):
                raise LastLocalAdministrator(unit.name)
            records.grants.withdraw(grant.id, by=actor.name, now=now)
            act = f"tagit bort behörigheten {RIGHT_LABELS[grant.right]} för {grant.staff_id}"
            _log(act, unit, actor, records, now)

    def _provided(self, unit_id: HsaId, records: Transaction, now: datetime) -> Sequence[Provided]:
        """By commission or system role: only of those who are signed in do we know it."""
        found = []
        for session in records.sessions.at_unit(unit_id, now=now):
            held = tuple(
                each
                for each in present_rights(session, records, self.rules, now).held
                if each.source is not Source.GRANT and each.unit_id == unit_id
            )
            found.append(Provided(staff_id=session.staff_id, name=session.name, held=held))
        return [each for each in found if each.held]


def _administers(rights: Rights, unit: Unit) -> bool:
    return unit.withdrawn_at is None and rights.has(Right.LOCAL_ADMINISTRATION, unit.id)


def _unit(unit_id: HsaId, rights: Rights, records: Transaction) -> Unit:
    """Another's answers as one that does not exist."""
    unit = records.units.get(unit_id)
    if not _administers(rights, unit):
        raise NotFound("unit", unit_id)
    return unit


def _person(typed: str, problems: list[Problem]) -> HsaId:
    if not typed:
        reason = "inget HSA-id är ifyllt."
        problems.append(Problem("staff_id", reason, "Fyll i personens HSA-id."))
        return HsaId("")
    try:
        return parse_hsa_id(typed)
    except InvalidHsaId:
        problems.append(
            Problem(
                "staff_id",
                "personens HSA-id är fel skrivet.",
                "Det ska se ut som SE2321000131-P000000000001.",
            )
        )
        return HsaId("")


def _right(typed: str, rights: Rights, unit_id: HsaId, problems: list[Problem]) -> Right | None:
    if not typed:
        problems.append(Problem("right", "ingen behörighet är vald.", "Välj en behörighet."))
        return None
    for right in rights.may_grant(unit_id):
        if right.value == typed:
            return right
    remedy = "Välj en behörighet som du själv har för enheten."
    problems.append(Problem("right", "du kan inte ge den behörigheten.", remedy))
    return None


def _is_own_last(grant: RightGrant, in_force: Sequence[RightGrant], actor: Actor) -> bool:
    administrators = {
        each.staff_id for each in in_force if each.right is Right.LOCAL_ADMINISTRATION
    }
    own = grant.staff_id == actor.name and grant.right is Right.LOCAL_ADMINISTRATION
    return own and administrators == {grant.staff_id}


def _log(act: str, unit: Unit, actor: Actor, records: Transaction, now: datetime) -> None:
    log_act(f"{act} för {unit.id}", actor, records, now)
    entry = LogEntry(actor=replace(actor, unit_id=unit.id), activity=Activity.WRITE, act=act)
    records.access_log.write([entry], now=now)
