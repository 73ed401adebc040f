"""What the regional administration prepares is loaded whole, and again without harm."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from tests.clinic import FORMS, OTHER_UNIT, PACKAGE, SHARED, UNIT, WEEKLY, Clinic
from utskick.domain.region import Region
from utskick.use_cases.load_region import Loaded

REGION = Region(
    units=[UNIT, OTHER_UNIT],
    forms=FORMS,
    subscriptions=[(UNIT.id, SHARED.id)],
    packages=[PACKAGE, WEEKLY],
)


def test_loading_the_same_again_changes_nothing(clinic: Clinic) -> None:
    clinic.load_region(REGION)

    assert clinic.load_region(REGION) == Loaded(
        units=2, forms=6, subscriptions=1, packages=2, changed_packages=0
    )


def test_a_subscription_that_is_no_longer_there_has_ended(clinic: Clinic) -> None:
    clinic.load_region(replace(REGION, subscriptions=[]))

    with clinic.store.transaction() as records:
        (access,) = records.forms.access(UNIT.id, [SHARED.id])
    assert not access.available


def test_a_unit_that_has_been_withdrawn_stays_so(clinic: Clinic) -> None:
    withdrawn = replace(UNIT, withdrawn_at=clinic.clock.now())
    with clinic.store.transaction() as records:
        records.units.save([withdrawn])

    clinic.load_region(replace(REGION, units=[replace(UNIT, name="Nytt"), OTHER_UNIT]))

    with clinic.store.transaction() as records:
        assert records.units.get(UNIT.id) == replace(withdrawn, name="Nytt")


async def test_what_has_been_started_keeps_its_own_version(clinic: Clinic) -> None:
    started = await clinic.start()
    changed = replace(PACKAGE, name="Nytt namn", resident_title="Ny titel")

    loaded = clinic.load_region(replace(REGION, packages=[changed, WEEKLY]))

    dispatch = clinic.dispatch(started.dispatch)
    assert loaded.changed_packages == 1
    assert (dispatch.name, dispatch.title) == (PACKAGE.name, PACKAGE.resident_title)
    assert (await clinic.start()).dispatch.package_version == 2


def test_a_region_that_cannot_be_kept_changes_nothing(clinic: Clinic) -> None:
    nobody = replace(UNIT, name="Nytt namn")
    broken = replace(REGION, units=[nobody], forms=[replace(FORMS[0], key="gad-7")])

    with pytest.raises(IntegrityError):
        clinic.load_region(broken)

    with clinic.store.transaction() as records:
        assert records.units.get(UNIT.id) == UNIT
