"""Rights (behörigheter): what somebody may do, for which unit, and where that comes from."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from utskick.domain.errors import UtskickError
from utskick.domain.units import HsaId, InvalidHsaId, parse_hsa_id


class Right(StrEnum):
    """Each page needs one of them."""

    DISPATCH = "dispatch"
    """Send forms, and everything about a dispatch: its recipients, stop, restart, approve."""
    FOLLOW_UP = "follow_up"
    """See who has answered, read answers, remind."""
    FORM_DESIGN = "form_design"
    """Packages of the own units (manual: "formulärdesigner")."""
    LOCAL_ADMINISTRATION = "local_administration"
    """And form links for them, and whose rights they are (manual: "kontaktperson")."""
    REGIONAL_ADMINISTRATION = "regional_administration"
    """Units, form templates, packages and links of all units, punctuality."""
    LOG = "log"
    """Read a unit's access log, and confirm its systems' keys."""


RIGHT_LABELS = {
    Right.DISPATCH: "Utskick",
    Right.FOLLOW_UP: "Uppföljning",
    Right.FORM_DESIGN: "Formulärdesign",
    Right.LOCAL_ADMINISTRATION: "Lokal förvaltning",
    Right.REGIONAL_ADMINISTRATION: "Regional förvaltning",
    Right.LOG: "Logg",
}

OF_CHOSEN_UNIT = frozenset({Right.DISPATCH, Right.FOLLOW_UP, Right.LOG})
"""These show patients: only for the chosen unit, and with a commission for it."""
GRANTABLE = tuple(right for right in Right if right is not Right.REGIONAL_ADMINISTRATION)
"""What can be given on a page. That of the whole region comes from the provider alone."""
EVERY_COMMISSION = "*"
"""In place of a system role: whoever has a valid commission for the unit."""

_INCLUDES = {
    Right.LOCAL_ADMINISTRATION: {Right.FORM_DESIGN},
    Right.REGIONAL_ADMINISTRATION: {Right.FORM_DESIGN, Right.LOCAL_ADMINISTRATION},
}


def includes(right: Right, other: Right) -> bool:
    """Whether whoever has the one has the other by it."""
    return right is other or other in _INCLUDES.get(right, ())


class Source(StrEnum):
    """Where a right comes from."""

    COMMISSION = "commission"
    PROVIDER = "provider"
    """A system role in HSA, as the identity provider gave it at the sign-in."""
    GRANT = "grant"


@dataclass(frozen=True, slots=True)
class ProvidedRight:
    """What a system role gives; `unit_id` is `None` for what is of the whole region."""

    right: Right
    unit_id: HsaId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RightGrant:
    """A right that was given on a page. Its last day is `until`; open if that is `None`."""

    id: UUID
    staff_id: HsaId
    right: Right
    unit_id: HsaId
    until: date | None
    granted_by: str
    granted_at: datetime
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None

    def holds(self, *, today: date) -> bool:
        return self.withdrawn_at is None and (self.until is None or today <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRight:
    """`unit_id` is `None` for all units; the `grant`, if it comes from one."""

    right: Right
    unit_id: HsaId | None
    source: Source
    grant: RightGrant | None = None

    def gives(self, right: Right) -> bool:
        return includes(self.right, right)


@dataclass(frozen=True, slots=True)
class Rights:
    """All that somebody has, just now."""

    held: tuple[HeldRight, ...] = ()

    def has(self, right: Right, unit_id: HsaId | None) -> bool:
        """For that unit; `None` asks for the whole region."""
        return any(each.gives(right) and each.unit_id in (None, unit_id) for each in self.held)

    def anywhere(self, right: Right) -> bool:
        return any(each.gives(right) for each in self.held)

    def units(self, right: Right) -> frozenset[HsaId] | None:
        """For which units; `None`: for all."""
        of = {each.unit_id for each in self.held if each.gives(right)}
        return None if None in of else frozenset(unit_id for unit_id in of if unit_id)

    def may_grant(self, unit_id: HsaId) -> tuple[Right, ...]:
        """Nobody gives what they have not got, and only local administration gives at all."""
        if not self.has(Right.LOCAL_ADMINISTRATION, unit_id):
            return ()
        return tuple(right for right in GRANTABLE if self.has(right, unit_id))


def provided_rights(
    system_roles: Collection[str],
    *,
    units: Collection[HsaId],
    roles: Mapping[Right, Collection[str]],
) -> frozenset[ProvidedRight]:
    """What the provider's system roles give whoever has commissions for the `units`.

    A role that names no unit is of the only one; of several units each must be named
    (`role;SE…`). What shows patients needs a commission for the unit beside it.
    """
    return frozenset(
        provided
        for right, wanted in roles.items()
        for role in wanted
        for provided in _provided(right, role, system_roles, units)
    )


def _provided(
    right: Right, role: str, system_roles: Collection[str], units: Collection[HsaId]
) -> Iterator[ProvidedRight]:
    if right is Right.REGIONAL_ADMINISTRATION:
        if role in system_roles:
            yield ProvidedRight(right)
        return
    if role in system_roles and len(units) == 1:
        yield ProvidedRight(right, next(iter(units)))
    for each in system_roles:
        before, _, unit = each.rpartition(";")
        named = _unit(unit) if before == role else None
        if named and (named in units or right not in OF_CHOSEN_UNIT):
            yield ProvidedRight(right, named)


def _unit(text: str) -> HsaId | None:
    try:
        return parse_hsa_id(text)
    except InvalidHsaId:
        return None


def rights_of(
    *,
    commissioned: Collection[HsaId],
    provided: Collection[ProvidedRight],
    grants: Collection[RightGrant],
    roles: Mapping[Right, Collection[str]],
    today: date,
) -> Rights:
    """All of somebody's, of whom `commissioned` are the units with a commission that holds."""
    by_commission = (
        HeldRight(right=right, unit_id=unit_id, source=Source.COMMISSION)
        for right, wanted in roles.items()
        if EVERY_COMMISSION in wanted
        for unit_id in dict.fromkeys(commissioned)
    )
    by_role = (
        HeldRight(right=each.right, unit_id=each.unit_id, source=Source.PROVIDER)
        for each in sorted(provided, key=lambda each: (each.right, each.unit_id or ""))
    )
    by_grant = (
        HeldRight(right=each.right, unit_id=each.unit_id, source=Source.GRANT, grant=each)
        for each in grants
        if each.holds(today=today)
    )
    return Rights(
        tuple(
            each
            for each in (*by_commission, *by_role, *by_grant)
            if each.right not in OF_CHOSEN_UNIT or each.unit_id in commissioned
        )
    )


class NotAllowed(UtskickError):
    """Signed in, but the right that this needs is not there."""

    def __init__(self, right: Right, unit_name: str = "") -> None:
        super().__init__(f"the right {right.value} is missing")
        self.right = right
        where = f" för {unit_name}" if unit_name else ""
        self.staff_message = (
            f"Du saknar behörigheten {RIGHT_LABELS[right]}{where}. {_who_gives(right)}"
        )


def _who_gives(right: Right) -> str:
    if right is Right.REGIONAL_ADMINISTRATION:
        return "Den som sköter HSA hos den regionala förvaltningen kan ge dig den."
    return (
        "Den som har Lokal förvaltning på enheten kan ge dig den, eller den som sköter HSA på din"
        " arbetsplats."
    )


class LastLocalAdministrator(UtskickError):
    """Somebody takes the unit's last right of local administration away from themselves."""

    def __init__(self, unit_name: str) -> None:
        super().__init__("the last local administrator would remove themselves")
        self.staff_message = (
            f"Du är den sista som har fått Lokal förvaltning för {unit_name} här. Tar du bort din"
            " egen kan bara den regionala förvaltningen ge någon den igen."
        )
