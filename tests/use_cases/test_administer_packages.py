"""Förvaltning, grundplåtar: each change is a version; what has been started keeps its own."""

from dataclasses import replace
from typing import Any

import pytest

from tests.access_log import Log
from tests.clinic import GAD, OTHER_UNIT, PACKAGE, PHQ, SHARED, UNIT, UNSUBSCRIBED, WEEKLY, Clinic
from tests.use_cases.test_administer_forms import archive
from tests.use_cases.test_administer_units import ADMINISTRATOR
from utskick.domain.errors import NotFound, SpecRefused
from utskick.domain.package_specs import PackageSpec
from utskick.domain.packages import FORMS_DESK, PackageTemplate
from utskick.use_cases.administer_packages import (
    ChangedMeanwhile,
)

NEW: dict[str, Any] = {
    "key": "rehab",
    "name": "Rehab",
    "resident_title": "Din rehabilitering",
    "units": [UNIT.id],
    "forms": [PHQ.key],
    "weekday": "torsdag",
    "time": "16:30",
    "interval_weeks": 2,
    "occasions": 3,
    "error_addresses": [],
    "inbox_message": "Hej från {{ enhet }}!",
}
WEEKLY_AS_WRITTEN = NEW | {
    "key": WEEKLY.key,
    "name": WEEKLY.name,
    "resident_title": WEEKLY.resident_title,
    "weekday": "måndag",
    "time": "08:00",
    "interval_weeks": 1,
    "inbox_message": WEEKLY.inbox_message,
}


def save(
    clinic: Clinic, values: dict[str, Any], *, based_on: int | None = None
) -> PackageTemplate:
    return clinic.administer_packages.save_package(
        PackageSpec(**values), based_on=based_on, actor=ADMINISTRATOR, now=clinic.clock.now()
    )


def test_a_package_names_no_error_address_outside_the_region(clinic: Clinic) -> None:
    clinic.rules = replace(clinic.rules, error_domains=("vgregion.se",))

    with pytest.raises(SpecRefused) as refused:
        save(clinic, NEW | {"error_addresses": ["me@evil.example"]})

    assert [problem.place for problem in refused.value.problems] == ["error_addresses"]


async def test_a_new_package_can_be_started_at_once(clinic: Clinic, log: Log) -> None:
    package = save(clinic, NEW)

    started = await clinic.start(package="rehab", start=None)

    assert (package.version, package.error_addresses) == (1, (FORMS_DESK,))
    assert len(started.dispatch.occasions) == 3
    assert log()[0] == "Skriva: sparat grundplåt rehab, version 1"


def test_a_key_is_one_packages_own(clinic: Clinic, log: Log) -> None:
    with pytest.raises(SpecRefused) as refused:
        save(clinic, NEW | {"key": PACKAGE.key})

    assert [problem.place for problem in refused.value.problems] == ["key"]
    assert log() == []


def test_every_fault_comes_at_once_and_nothing_is_saved(clinic: Clinic) -> None:
    faulty = NEW | {
        "forms": ["borta"],
        "time": "kl 8",
        "inbox_message": "Hej {{ namn }}",
        "interval_weeks": 0,
    }

    with pytest.raises(SpecRefused) as refused:
        save(clinic, faulty)

    places = {problem.place for problem in refused.value.problems}
    assert places == {"forms", "time", "inbox_message, rad 1", "interval"}
    with pytest.raises(NotFound):
        clinic.administer_packages.package_versions("rehab")


async def test_what_has_been_started_keeps_its_version(clinic: Clinic) -> None:
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch

    newer = save(clinic, WEEKLY_AS_WRITTEN | {"resident_title": "Ny titel"}, based_on=1)

    assert newer.version == 2
    assert clinic.dispatch(dispatch).title == WEEKLY.resident_title
    assert (await clinic.start(package=WEEKLY.key, start=None)).dispatch.title == "Ny titel"


def test_the_versions_say_what_differs(clinic: Clinic) -> None:
    save(clinic, WEEKLY_AS_WRITTEN | {"time": "09:00", "forms": [PHQ.key, GAD.key]}, based_on=1)

    second, first = clinic.administer_packages.package_versions(WEEKLY.key)

    assert (second.package.version, second.before) == (2, first.package)
    assert set(second.changed) == {"time", "template_ids", "error_addresses"}
    assert (first.before, first.changed) == (None, ())


def test_saving_without_a_change_makes_no_version(clinic: Clinic, log: Log) -> None:
    save(clinic, NEW)

    again = save(clinic, NEW, based_on=1)

    assert again.version == 1
    assert len(clinic.administer_packages.package_versions("rehab")) == 1
    assert len(log()) == 1


def test_whoever_comes_second_is_shown_that_somebody_was_there_first(clinic: Clinic) -> None:
    save(clinic, NEW)
    save(clinic, NEW | {"name": "Den första"}, based_on=1)

    with pytest.raises(ChangedMeanwhile):
        save(clinic, NEW | {"name": "Den andra"}, based_on=1)
    save(clinic, NEW | {"name": "Den andra"}, based_on=2)

    names = [v.package.name for v in clinic.administer_packages.package_versions("rehab")]
    assert names == ["Den andra", "Den första", "Rehab"]


def test_a_package_that_is_nobodys_cannot_be_started_by_anyone(clinic: Clinic) -> None:
    save(clinic, NEW)

    save(clinic, NEW | {"units": []}, based_on=1)

    with clinic.store.transaction() as records:
        assert records.packages.find(UNIT.id, "rehab") is None


def test_the_list_says_which_packages_cannot_be_started_and_why(clinic: Clinic) -> None:
    save(clinic, NEW | {"forms": [UNSUBSCRIBED.key, SHARED.key, PHQ.key]})
    archive(clinic, PHQ)

    found = clinic.administer_packages.find_packages("", page=1)
    blocking = {package.key: found.register.blocking(package) for package in found.packages}

    assert [form.name for form in blocking["rehab"]] == [UNSUBSCRIBED.name, PHQ.name]
    assert [form.name for form in blocking[WEEKLY.key]] == [PHQ.name]


def test_a_form_must_be_each_units_to_send(clinic: Clinic) -> None:
    register = clinic.administer_packages.package_register([UNIT.id, OTHER_UNIT.id])
    ours = replace(WEEKLY, template_ids=(SHARED.id, UNSUBSCRIBED.id))
    theirs = replace(ours, unit_ids=(OTHER_UNIT.id,))
    of_both = replace(ours, unit_ids=(UNIT.id, OTHER_UNIT.id))

    assert [form.name for form in register.blocking(ours)] == [UNSUBSCRIBED.name]
    assert register.blocking(theirs) == []
    assert [form.name for form in register.blocking(of_both)] == [UNSUBSCRIBED.name]


def test_packages_come_fifty_at_a_time(clinic: Clinic) -> None:
    with clinic.store.transaction() as records:
        for number in range(60):
            records.packages.save(replace(WEEKLY, key=f"p{number:02}", name=f"Många {number:02}"))

    first = clinic.administer_packages.find_packages("MÅNGA", page=1)
    second = clinic.administer_packages.find_packages("många", page=2)

    assert (len(first.packages), len(second.packages)) == (50, 10)
    assert first.total == second.total == 60
    assert second.packages[0].key == "p50"
