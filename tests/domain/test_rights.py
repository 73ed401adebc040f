"""What somebody may do, for which unit, and where it comes from."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from tests.clinic import MONDAY_NOON, OTHER_UNIT, STAFF, UNIT
from utskick.domain.rights import (
    GRANTABLE,
    OF_CHOSEN_UNIT,
    HeldRight,
    ProvidedRight,
    Right,
    RightGrant,
    Rights,
    Source,
    provided_rights,
    rights_of,
)
from utskick.domain.rules import RIGHT_ROLES
from utskick.domain.units import HsaId

TODAY = MONDAY_NOON.date()
BOTH = (UNIT.id, OTHER_UNIT.id)
LOG, LOCAL = RIGHT_ROLES[Right.LOG][0], RIGHT_ROLES[Right.LOCAL_ADMINISTRATION][0]


def a_grant(right: Right, until: date | None = None) -> RightGrant:
    return RightGrant(
        id=uuid4(),
        staff_id=HsaId(STAFF.name),
        right=right,
        unit_id=UNIT.id,
        until=until,
        granted_by="SE2321000131-P000000000009",
        granted_at=MONDAY_NOON,
    )


def having(
    *provided: ProvidedRight,
    commissioned: tuple[HsaId, ...] = (UNIT.id,),
    grants: tuple[RightGrant, ...] = (),
) -> Rights:
    return rights_of(
        commissioned=commissioned,
        provided=provided,
        grants=grants,
        roles=RIGHT_ROLES,
        today=TODAY,
    )


def test_a_commission_gives_what_staff_could_always_do_and_no_more() -> None:
    rights = having()

    assert {right for right in Right if rights.anywhere(right)} == {
        Right.DISPATCH,
        Right.FOLLOW_UP,
    }
    assert {each.source for each in rights.held} == {Source.COMMISSION}
    assert not rights.has(Right.DISPATCH, OTHER_UNIT.id)


@pytest.mark.parametrize(
    ("role", "units", "of"),
    [
        (LOG, (UNIT.id,), {UNIT.id}),
        (LOG, BOTH, set()),
        (LOG, (), set()),
        (f"{LOG};{UNIT.id}", BOTH, {UNIT.id}),
        (f"{LOG};{UNIT.id.lower()}", BOTH, {UNIT.id}),
        (f"{LOG};{OTHER_UNIT.id}", (UNIT.id,), set()),
        (f"{LOG};Björkängen", (UNIT.id,), set()),
        (LOCAL, (UNIT.id,), {UNIT.id}),
        (LOCAL, BOTH, set()),
        (f"{LOCAL};{OTHER_UNIT.id}", (UNIT.id,), {OTHER_UNIT.id}),
    ],
)
def test_a_role_is_of_the_unit_that_it_names_or_of_the_only_one(
    role: str, units: tuple[HsaId, ...], of: set[HsaId]
) -> None:
    provided = provided_rights([role], units=units, roles=RIGHT_ROLES)

    assert {each.unit_id for each in provided} == of


def test_the_regional_administration_needs_no_unit_and_has_packages_and_links_of_all() -> None:
    role = RIGHT_ROLES[Right.REGIONAL_ADMINISTRATION][0]

    provided = provided_rights([role], units=(), roles=RIGHT_ROLES)
    rights = having(*provided, commissioned=())

    assert rights.units(Right.FORM_DESIGN) is None
    assert rights.has(Right.LOCAL_ADMINISTRATION, OTHER_UNIT.id)
    assert not any(rights.anywhere(right) for right in OF_CHOSEN_UNIT)


def test_a_local_administrator_designs_forms_too_for_the_own_units_only() -> None:
    rights = having(ProvidedRight(Right.LOCAL_ADMINISTRATION, UNIT.id))

    assert rights.units(Right.FORM_DESIGN) == frozenset({UNIT.id})
    assert not rights.has(Right.FORM_DESIGN, OTHER_UNIT.id)
    assert not rights.anywhere(Right.REGIONAL_ADMINISTRATION)


@pytest.mark.parametrize("right", GRANTABLE)
def test_a_grant_holds_to_the_end_of_its_last_day(right: Right) -> None:
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)

    held = [
        a_grant(right, until).holds(today=TODAY) for until in (None, yesterday, TODAY, tomorrow)
    ]

    assert held == [True, False, True, True]


@pytest.mark.parametrize("right", sorted(OF_CHOSEN_UNIT))
def test_what_shows_patients_takes_a_commission_whatever_has_been_granted(right: Right) -> None:
    rights = having(
        ProvidedRight(right, UNIT.id), commissioned=(OTHER_UNIT.id,), grants=(a_grant(right),)
    )

    assert not rights.has(right, UNIT.id)


def test_nobody_grants_what_they_have_not_got() -> None:
    local = having(ProvidedRight(Right.LOCAL_ADMINISTRATION, UNIT.id))
    region = Rights(
        (HeldRight(right=Right.REGIONAL_ADMINISTRATION, unit_id=None, source=Source.PROVIDER),)
    )

    assert set(local.may_grant(UNIT.id)) == set(GRANTABLE) - {Right.LOG}
    assert local.may_grant(OTHER_UNIT.id) == ()
    assert having().may_grant(UNIT.id) == ()
    assert set(region.may_grant(OTHER_UNIT.id)) == {Right.FORM_DESIGN, Right.LOCAL_ADMINISTRATION}
