"""Files make what is missing; what has been changed on the pages stays until it is asked for."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from tests.access_log import Log
from tests.clinic import (
    FOREIGN,
    FORMS,
    MONDAY_NOON,
    OTHER_UNIT,
    PACKAGE,
    PHQ,
    SHARED,
    UNIT,
    UNSUBSCRIBED,
    WEEKLY,
    Clinic,
)
from tests.use_cases.test_administer_units import ADMINISTRATOR, subscribe
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.domain.package_specs import spec_of
from utskick.domain.packages import FORMS_DESK, PackageTemplate, with_forms_desk
from utskick.domain.region import (
    FormDiffers,
    PackageDiffers,
    Region,
    RegionDifference,
    SubscriptionDiffers,
    UnitDiffers,
)
from utskick.domain.units import HsaId, Unit
from utskick.use_cases.apply_region import NotAllApplied
from utskick.use_cases.load_region import Loaded

REGION = Region(
    units=[UNIT, OTHER_UNIT],
    forms=FORMS,
    subscriptions=[(UNIT.id, SHARED.id)],
    packages=[PACKAGE, WEEKLY],
)
ARCHIVED = replace(PHQ, archived_at=MONDAY_NOON)
RENAMED = replace(PHQ, name="PHQ-9, ny", version=2)
OFFERED = replace(FOREIGN, catalogue=Catalogue.SHARED)
CHANGED = replace(
    PACKAGE,
    name="Nytt namn",
    weekday=WEEKLY.weekday,
    time=WEEKLY.time,
    error_addresses=(FORMS_DESK, "fel@vgregion.se"),
)


def keep(
    clinic: Clinic, *, units: Sequence[Unit] = (), forms: Sequence[FormTemplate] = ()
) -> None:
    with clinic.store.transaction() as records:
        records.units.save(units)
        records.forms.save(forms)


def kept_form(clinic: Clinic, form: FormTemplate) -> FormTemplate:
    with clinic.store.transaction() as records:
        return records.forms.get(form.id)


def kept_package(clinic: Clinic, package: PackageTemplate) -> PackageTemplate:
    with clinic.store.transaction() as records:
        return records.packages.versions(package.key)[0]


def subscribes(clinic: Clinic, form: FormTemplate) -> bool:
    with clinic.store.transaction() as records:
        return (UNIT.id, form.id) in records.forms.subscriptions([UNIT.id])


def with_form(form: FormTemplate) -> Region:
    return replace(REGION, forms=[form if form.id == each.id else each for each in FORMS])


def load(clinic: Clinic, region: Region) -> Loaded:
    return clinic.load_region(region, actor=ADMINISTRATOR, now=clinic.clock.now())


def apply(clinic: Clinic, differences: Sequence[RegionDifference]) -> None:
    clinic.apply_region(differences, actor=ADMINISTRATOR, now=clinic.clock.now())


def test_loading_the_same_again_changes_nothing(clinic: Clinic) -> None:
    load(clinic, REGION)

    assert load(clinic, REGION) == Loaded(
        units=2, forms=6, subscriptions=1, packages=2, new=0, differences=[]
    )


def test_what_is_missing_is_made(clinic: Clinic) -> None:
    unit = Unit(HsaId("SE2321000131-E000000000103"), "Rehab", "031-390 06 13")
    form = replace(SHARED, id=FormTemplateId(uuid4()), key="ny", name="Ny")
    package = replace(PACKAGE, key="ny", unit_ids=(unit.id,), template_ids=(form.id,))
    region = Region(
        units=[*REGION.units, unit],
        forms=[*FORMS, form],
        subscriptions=[(UNIT.id, SHARED.id), (UNIT.id, form.id), (unit.id, SHARED.id)],
        packages=[*REGION.packages, package],
    )

    loaded = load(clinic, region)

    assert (loaded.new, loaded.differences) == (5, [])
    assert subscribes(clinic, form)
    assert kept_package(clinic, package) == package
    assert load(clinic, region).new == 0


def test_a_unit_that_has_been_withdrawn_stays_so(clinic: Clinic) -> None:
    withdrawn = replace(UNIT, withdrawn_at=clinic.clock.now())
    keep(clinic, units=[withdrawn])

    assert load(clinic, REGION).differences == []
    with clinic.store.transaction() as records:
        assert records.units.get(UNIT.id) == withdrawn


def test_a_units_name_is_the_pages_until_the_files_is_asked_for(clinic: Clinic, log: Log) -> None:
    renamed = replace(UNIT, name="Nytt", withdrawn_at=clinic.clock.now())
    keep(clinic, units=[renamed])

    found = load(clinic, REGION).differences
    unasked = load(clinic, REGION).differences
    apply(clinic, found)

    assert found == unasked == [UnitDiffers(renamed, UNIT)]
    with clinic.store.transaction() as records:
        assert records.units.get(UNIT.id) == replace(renamed, name=UNIT.name)
    assert log() == [f"Skriva: ändrat enhet {UNIT.id}"]


@pytest.mark.parametrize(
    ("kept", "wanted", "acts"),
    [
        (ARCHIVED, PHQ, ["tagit tillbaka"]),
        (PHQ, ARCHIVED, ["arkiverat"]),
        (PHQ, RENAMED, ["ändrat"]),
        (ARCHIVED, replace(RENAMED, archived_at=MONDAY_NOON), ["ändrat"]),
        (OFFERED, FOREIGN, ["slutat dela"]),
        (FOREIGN, OFFERED, ["delat"]),
        (FOREIGN, replace(FOREIGN, catalogue=Catalogue.NAFS, owner=None), ["ändrat"]),
    ],
    ids=["archived", "back", "renamed", "both", "shared", "own", "national"],
)
def test_a_form_is_the_pages_until_the_files_is_asked_for(
    clinic: Clinic, log: Log, kept: FormTemplate, wanted: FormTemplate, acts: list[str]
) -> None:
    keep(clinic, forms=[kept])

    found = load(clinic, with_form(wanted)).differences
    before = kept_form(clinic, kept)
    apply(clinic, found)

    assert (found, before) == ([FormDiffers(kept, wanted)], kept)
    assert load(clinic, with_form(wanted)).differences == []
    assert log() == [f"Skriva: {act} formulärmall {kept.key}" for act in acts]


def test_a_file_that_knows_an_older_version_says_nothing_of_names(clinic: Clinic) -> None:
    """What 1177 has renamed is not put back."""
    keep(clinic, forms=[replace(RENAMED, archived_at=MONDAY_NOON)])

    (difference,) = load(clinic, REGION).differences

    assert difference == FormDiffers(
        replace(RENAMED, archived_at=MONDAY_NOON), replace(PHQ, name=RENAMED.name, version=2)
    )


def test_when_a_form_was_archived_is_no_difference(clinic: Clinic) -> None:
    keep(clinic, forms=[ARCHIVED])
    earlier = replace(ARCHIVED, archived_at=MONDAY_NOON.replace(year=2020))

    assert load(clinic, with_form(earlier)).differences == []
    assert kept_form(clinic, PHQ) == ARCHIVED


def test_an_ended_subscription_stays_ended_until_it_is_asked_for(clinic: Clinic, log: Log) -> None:
    subscribe(clinic, UNSUBSCRIBED)

    found = load(clinic, replace(REGION, subscriptions=[(UNIT.id, SHARED.id)])).differences
    before = subscribes(clinic, SHARED), subscribes(clinic, UNSUBSCRIBED)
    apply(clinic, found)

    assert found == [
        SubscriptionDiffers(UNIT, SHARED, wanted=True),
        SubscriptionDiffers(UNIT, UNSUBSCRIBED, wanted=False),
    ]
    assert before == (False, True)
    assert (subscribes(clinic, SHARED), subscribes(clinic, UNSUBSCRIBED)) == (True, False)
    assert log()[-2:] == [
        f"Skriva: lagt till prenumeration {SHARED.key} för {UNIT.id}",
        f"Skriva: avslutat prenumeration {UNSUBSCRIBED.key} för {UNIT.id}",
    ]


def test_the_files_say_nothing_of_what_they_do_not_hold(clinic: Clinic) -> None:
    less = Region(units=[OTHER_UNIT], forms=[PHQ], subscriptions=[], packages=[WEEKLY])

    loaded = load(clinic, less)

    assert (loaded.new, loaded.differences) == (0, [])
    assert subscribes(clinic, SHARED)


async def test_a_package_is_the_pages_until_the_files_is_asked_for(
    clinic: Clinic, log: Log
) -> None:
    started = await clinic.start()
    region = replace(REGION, packages=[CHANGED, WEEKLY])

    found = load(clinic, region).differences
    before = kept_package(clinic, PACKAGE)
    apply(clinic, found)

    dispatch = clinic.dispatch(started.dispatch)
    assert (found, before) == ([PackageDiffers(PACKAGE, CHANGED)], PACKAGE)
    assert kept_package(clinic, PACKAGE) == replace(CHANGED, version=2)
    assert (dispatch.name, dispatch.package_version) == (PACKAGE.name, 1)
    assert f"Skriva: sparat grundplåt {PACKAGE.key}, version 2" in log()


def test_what_the_pages_would_refuse_is_refused_and_costs_nothing_else(clinic: Clinic) -> None:
    clinic.rules = replace(clinic.rules, error_domains=("annat.se",))
    renamed = replace(WEEKLY, name="Nytt")
    found = load(clinic, replace(REGION, packages=[CHANGED, renamed])).differences

    with pytest.raises(NotAllApplied) as refused:
        apply(clinic, found)

    assert str(refused.value) == f"refused: {PACKAGE.key}"
    assert f"{PACKAGE.key}: error_addresses: en adress" in refused.value.staff_message
    assert kept_package(clinic, PACKAGE) == PACKAGE
    assert kept_package(clinic, WEEKLY).name == "Nytt"


def test_what_is_changed_at_that_very_moment_is_left(clinic: Clinic) -> None:
    found = load(clinic, replace(REGION, packages=[CHANGED])).differences
    meanwhile = replace(PACKAGE, name="Sidornas", version=2)
    with clinic.store.transaction() as records:
        records.packages.save(meanwhile)

    with pytest.raises(NotAllApplied):
        apply(clinic, found)

    assert kept_package(clinic, PACKAGE) == meanwhile


def test_a_package_and_its_spec_say_the_same(clinic: Clinic) -> None:
    spec = spec_of(CHANGED, forms={form.id: form for form in FORMS}, forms_desk=FORMS_DESK)

    saved = clinic.administer_packages.save_package(
        spec, based_on=1, actor=ADMINISTRATOR, now=clinic.clock.now()
    )

    addresses = with_forms_desk(CHANGED.error_addresses)
    assert saved == replace(CHANGED, version=2, error_addresses=addresses)


def test_a_region_that_cannot_be_kept_changes_nothing(clinic: Clinic) -> None:
    unit = Unit(HsaId("SE2321000131-E000000000103"), "Rehab", "031-390 06 13")
    taken = replace(PHQ, id=FormTemplateId(uuid4()))
    broken = replace(REGION, units=[*REGION.units, unit], forms=[*FORMS, taken])

    with pytest.raises(IntegrityError):
        load(clinic, broken)

    with clinic.store.transaction() as records:
        assert unit not in records.units.all()


def test_what_is_made_is_in_the_list_of_changes_by_whoever_loaded_it(clinic: Clinic) -> None:
    rehab = Unit(HsaId("SE2321000131-E000000000103"), "Rehab", "031-390 06 13")
    package = replace(PACKAGE, key="ny", unit_ids=(rehab.id,))
    region = replace(
        REGION,
        units=[*REGION.units, rehab],
        subscriptions=[*REGION.subscriptions, (rehab.id, SHARED.id)],
        packages=[*REGION.packages, package],
    )

    load(clinic, region)
    load(clinic, region)

    changes = clinic.list_changes(actor=ADMINISTRATOR)
    assert {change.actor for change in changes} == {ADMINISTRATOR.name}
    assert sorted(change.act for change in changes) == [
        "lagt till enhet Rehab",
        f"lagt till prenumeration {SHARED.key} för Rehab",
        "sparat grundplåt ny, version 1",
    ]
