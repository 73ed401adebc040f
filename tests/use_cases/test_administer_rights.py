"""Förvaltning, behörigheter: given and taken away by those who have them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.access_log import Log
from tests.clinic import OTHER_UNIT, STAFF, UNIT, Clinic
from tests.use_cases.test_administer_units import ADMINISTRATOR
from utskick.domain.errors import NotFound, SpecRefused
from utskick.domain.rights import (
    HeldRight,
    LastLocalAdministrator,
    Right,
    RightGrant,
    Rights,
    Source,
)
from utskick.domain.units import Unit
from utskick.use_cases.administer_rights import GrantSpec, UnitRights

NURSE = "SE2321000131-P000000000055"


def local_at(*units: Unit) -> Rights:
    """The local administration of the units, and nothing else."""
    return Rights(
        tuple(
            HeldRight(right=Right.LOCAL_ADMINISTRATION, unit_id=unit.id, source=Source.PROVIDER)
            for unit in units
        )
    )


def grant(
    clinic: Clinic,
    right: Right = Right.FORM_DESIGN,
    *,
    to: str = NURSE,
    unit: Unit = UNIT,
    until: date | None = None,
    rights: Rights | None = None,
) -> RightGrant:
    return clinic.administer_rights.grant_right(
        unit.id,
        GrantSpec(staff_id=to, right=right.value, until=until),
        rights=rights or local_at(UNIT),
        actor=ADMINISTRATOR,
        now=clinic.clock.now(),
    )


def withdraw(
    clinic: Clinic, given: RightGrant, *, by: str = STAFF.name, sure: bool = False
) -> None:
    clinic.administer_rights.withdraw_right(
        UNIT.id,
        given.id,
        sure=sure,
        rights=local_at(UNIT),
        actor=replace(ADMINISTRATOR, name=by),
        now=clinic.clock.now(),
    )


def shown(clinic: Clinic) -> UnitRights:
    return clinic.administer_rights.unit_rights(
        UNIT.id, rights=local_at(UNIT), now=clinic.clock.now()
    )


def test_a_grant_is_shown_and_written_in_the_list_of_changes_and_the_units_log(
    clinic: Clinic, log: Log
) -> None:
    given = grant(clinic, until=date(2027, 6, 30))

    assert shown(clinic).grants == [given]
    act = f"Skriva: gett {NURSE} behörigheten Formulärdesign till och med 2027-06-30"
    assert log() == [f"{act} för {UNIT.id}", act]


def test_a_withdrawn_one_is_past_and_stays_to_be_seen(clinic: Clinic, log: Log) -> None:
    given = grant(clinic)

    withdraw(clinic, given)

    now = shown(clinic)
    assert (now.grants, [each.id for each in now.past]) == ([], [given.id])
    act = f"Skriva: tagit bort behörigheten Formulärdesign för {NURSE}"
    assert act in log()
    with pytest.raises(NotFound):
        withdraw(clinic, given)


@pytest.mark.parametrize("right", [Right.LOG, Right.DISPATCH, Right.REGIONAL_ADMINISTRATION])
def test_what_one_has_not_got_is_not_given(clinic: Clinic, right: Right) -> None:
    with pytest.raises(SpecRefused) as refused:
        grant(clinic, right)

    assert [each.place for each in refused.value.problems] == ["right"]
    assert shown(clinic).grants == []


def test_a_right_is_given_once_and_never_for_days_that_have_been(clinic: Clinic) -> None:
    grant(clinic)
    yesterday = clinic.rules.today(clinic.clock.now()) - timedelta(days=1)

    with pytest.raises(SpecRefused) as twice:
        grant(clinic)
    with pytest.raises(SpecRefused) as late:
        grant(clinic, to="no HSA-id", until=yesterday)

    assert [each.place for each in twice.value.problems] == ["staff_id"]
    assert [each.place for each in late.value.problems] == ["staff_id", "until"]


def test_another_units_rights_do_not_exist(clinic: Clinic) -> None:
    theirs = grant(clinic, unit=OTHER_UNIT, rights=local_at(OTHER_UNIT))

    with pytest.raises(NotFound):
        grant(clinic, unit=OTHER_UNIT)
    with pytest.raises(NotFound):
        withdraw(clinic, theirs)
    with pytest.raises(NotFound):
        clinic.administer_rights.unit_rights(
            OTHER_UNIT.id, rights=local_at(UNIT), now=clinic.clock.now()
        )
    assert clinic.administer_rights.administered_units(local_at(UNIT)) == [UNIT]


def test_the_last_local_administrator_is_warned_before_removing_themselves(
    clinic: Clinic,
) -> None:
    own = grant(clinic, Right.LOCAL_ADMINISTRATION, to=STAFF.name)

    with pytest.raises(LastLocalAdministrator) as last:
        withdraw(clinic, own)
    assert shown(clinic).grants == [own]
    withdraw(clinic, own, sure=True)

    assert UNIT.name in last.value.staff_message
    assert shown(clinic).grants == []


def test_where_there_is_another_nobody_is_warned(clinic: Clinic) -> None:
    own = grant(clinic, Right.LOCAL_ADMINISTRATION, to=STAFF.name)
    grant(clinic, Right.LOCAL_ADMINISTRATION)

    withdraw(clinic, own)

    assert [each.staff_id for each in shown(clinic).grants] == [NURSE]


def test_grants_that_ended_go_with_the_access_log(clinic: Clinic) -> None:
    grant(clinic)
    withdraw(clinic, grant(clinic, Right.LOCAL_ADMINISTRATION))
    clinic.clock.advance(6 * 366 * 86_400)

    clinic.purge_expired(now=clinic.clock.now())

    now = shown(clinic)
    assert ([each.right for each in now.grants], now.past) == ([Right.FORM_DESIGN], [])
