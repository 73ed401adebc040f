"""Om paketutskick: what a grundplåt presets, and what staff may change of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from tests.clinic import (
    GAD,
    OTHER_UNIT,
    OWN,
    PACKAGE,
    PHQ,
    SHARED,
    STAFF,
    UNIT,
    WEEKLY,
    Clinic,
)
from tests.manual.psychiatry import PSYCHIATRY
from tests.people import ANNA, BO, CILLA, DAVID
from tests.use_cases.test_administer_packages import NEW
from utskick.domain.errors import SpecRefused
from utskick.domain.package_specs import PackageSpec
from utskick.domain.packages import Weekday
from utskick.domain.schedules import Interval, IntervalUnit
from utskick.domain.units import Unit
from utskick.store import SqlStore


def test_the_regional_administration_prepares_packages_for_the_units_that_want_them(
    demo: SqlStore,
) -> None:
    """En "grundplåt" för ett paketutskick skapas av den regionala förvaltningen … utifrån enhetens
    specifika önskemål.
    """
    with demo.transaction() as records:
        packages = records.packages.list_for(PSYCHIATRY)
        others = records.packages.list_for(OTHER_UNIT.id)

    keys = {package.key for package in packages}
    assert {"vuxenpsykiatri-infor-besok", "vuxenpsykiatri-veckoskattning"} <= keys
    assert not keys & {package.key for package in others}


async def test_the_local_contact_person_prepares_packages_for_the_own_units(
    clinic: Clinic,
) -> None:
    """En "grundplåt" … skapas av den regionala förvaltningen (eller i vissa fall av den lokala
    förvaltningens kontaktperson/formulärdesigner).
    """

    def save(key: str, unit: Unit) -> None:
        clinic.administer_packages.save_package(
            PackageSpec(**NEW | {"key": key, "units": [unit.id]}),
            based_on=None,
            actor=STAFF,
            within=frozenset({UNIT.id}),
            now=clinic.clock.now(),
        )

    save("var", UNIT)
    with pytest.raises(SpecRefused):
        save("deras", OTHER_UNIT)

    assert (await clinic.start(package="var", start=None)).dispatch.unit_id == UNIT.id


def test_a_package_presets_everything_that_the_manual_lists(demo: SqlStore) -> None:
    """Eventuell förvald veckodag, eventuell förvald tidpunkt för utskicket, intervall och antal
    utskickstillfällen, inkorgsmeddelande.
    """
    with demo.transaction() as records:
        package = records.packages.find(PSYCHIATRY, "vuxenpsykiatri-veckoskattning")

    assert package is not None
    assert (package.weekday, package.time) == (Weekday.MONDAY, time(8))
    assert (package.interval, package.occasions) == (Interval(1, IntervalUnit.WEEK), 8)
    assert package.inbox_message.startswith("Hej!\n\nHär kommer veckans skattning")


async def test_the_package_says_which_forms_are_sent(clinic: Clinic) -> None:
    """Vilka/vilket formulär som ska användas."""
    started = await clinic.start()

    await clinic.run(started.dispatch.occasions[0])

    assert clinic.sent_to(ANNA) == clinic.sent_to(BO) == [PHQ, GAD, OWN, SHARED]


async def test_staff_see_the_packages_name_and_the_resident_its_title(clinic: Clinic) -> None:
    """Paketutskickets namn så som det visas för vårdpersonal, namn/titel som visas för
    mottagaren.
    """
    started = await clinic.start(recipients=[ANNA.digits])

    await clinic.run(started.dispatch.occasions[0])

    (listed,) = clinic.listed()
    ((_, message),) = clinic.inbox.messages
    assert (listed.dispatch.name, message.heading) == (PACKAGE.name, PACKAGE.resident_title)


async def test_the_preset_weekday_and_time_are_taken_when_staff_give_none(clinic: Clinic) -> None:
    """Eventuell förvald veckodag, eventuell förvald tidpunkt för utskicket."""
    started = await clinic.start(package=WEEKLY.key, start=None)

    first = started.dispatch.occasions[0]
    assert (first.local_date, first.local_time) == (date(2027, 2, 8), time(8))
    assert first.local_date.weekday() == Weekday.MONDAY


async def test_the_occasions_follow_the_packages_interval_and_number(clinic: Clinic) -> None:
    """Intervall och antal utskickstillfällen."""
    started = await clinic.start(package=WEEKLY.key, start=None)

    assert [occasion.local_date for occasion in started.dispatch.occasions] == [
        date(2027, 2, 8),
        date(2027, 2, 15),
        date(2027, 2, 22),
    ]


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ({"interval": Interval(1, IntervalUnit.MONTH)}, ["01-31", "02-28", "03-31"]),
        ({"interval": Interval(10, IntervalUnit.DAY)}, ["01-31", "02-10", "02-20"]),
        ({"offsets_days": (0, 90, 182)}, ["01-31", "05-01", "08-01"]),
    ],
)
async def test_months_are_counted_from_the_first_occasion_and_other_intervals_by_days(
    clinic: Clinic, schedule: dict[str, Any], days: list[str]
) -> None:
    """Intervall och antal utskickstillfällen."""
    clinic.clock.moment = datetime(2027, 1, 4, 8, tzinfo=UTC)
    package = replace(WEEKLY, weekday=None, **{"interval": None} | schedule)
    with clinic.store.transaction() as records:
        records.packages.save(package)

    started = await clinic.start(package=WEEKLY.key, start={"date": "2027-01-31"})

    assert [f"{occasion.local_date:%m-%d}" for occasion in started.dispatch.occasions] == days


async def test_the_packages_inbox_message_is_sent(clinic: Clinic) -> None:
    """En "grundplåt" … skapas … utifrån enhetens specifika önskemål avseende …
    inkorgsmeddelande.
    """
    started = await clinic.start(recipients=[ANNA.digits])

    await clinic.run(started.dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert (
        message.text == f"Hej! {UNIT.name} vill att du svarar på 4 formulär."
        f" Svaren hjälper oss. Ring {UNIT.phone}."
    )


async def test_staff_change_the_title_that_the_resident_sees(clinic: Clinic) -> None:
    """Vid utskickstillfället så kan vårdpersonal ändra namn/titel som visas för mottagaren."""
    started = await clinic.start(title="Inför torsdagens besök", recipients=[ANNA.digits])

    await clinic.run(started.dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert message.heading == "Inför torsdagens besök"
    assert started.dispatch.name == PACKAGE.name


async def test_staff_remove_and_add_forms(clinic: Clinic) -> None:
    """Ta bort och lägga till formulär."
    f" Svaren hjälper oss. Ring {UNIT.phone}."""
    fewer = await clinic.start(forms=[PHQ.key, OWN.key], recipients=[ANNA.digits])
    more = await clinic.start(package=WEEKLY.key, forms=[PHQ.key, GAD.key], recipients=[BO.digits])

    for started in (fewer, more):
        await clinic.run(started.dispatch.occasions[0])

    assert clinic.sent_to(ANNA) == [PHQ, OWN]
    assert clinic.sent_to(BO) == [PHQ, GAD]


async def test_staff_give_the_start_date_and_time(clinic: Clinic) -> None:
    """Ange startdatum och tidpunkt."""
    started = await clinic.start(start={"date": "2027-03-04", "time": "16:30"})

    (occasion,) = started.dispatch.occasions
    assert f"{occasion.local:%Y-%m-%d %H:%M %Z}" == "2027-03-04 16:30 CET"


async def test_staff_remove_repetitions(clinic: Clinic) -> None:
    """Vid utskickstillfället så kan vårdpersonal … ta bort repetitioner."""
    only_one = [{"date": "2027-02-08"}]

    started = await clinic.start(package=WEEKLY.key, start=None, occasions=only_one)

    assert [o.local_date for o in started.dispatch.occasions] == [date(2027, 2, 8)]


async def test_staff_add_recipients(clinic: Clinic) -> None:
    """Lägga till mottagare."""
    everyone = [ANNA, BO, CILLA, DAVID]

    started = await clinic.start(recipients=[number.digits for number in everyone])

    assert [r.personnummer for r in clinic.show(started.dispatch).recipients] == everyone


async def test_staff_change_the_inbox_message(clinic: Clinic) -> None:
    """Ändra inkorgsmeddelandet."""
    started = await clinic.start(
        recipients=[ANNA.digits], inbox_message="Hej! {{ enhet }} ser fram emot ditt besök."
    )

    await clinic.run(started.dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert message.text == f"Hej! {UNIT.name} ser fram emot ditt besök."


@pytest.mark.parametrize("changed", [{"title": "Ny titel"}, {"inbox_message": "Hej då!"}])
async def test_what_staff_change_stays_with_their_dispatch(
    clinic: Clinic, changed: dict[str, Any]
) -> None:
    """Vid utskickstillfället så kan vårdpersonal ändra …"""
    await clinic.start(**changed)

    with clinic.store.transaction() as records:
        assert records.packages.find(UNIT.id, PACKAGE.key) == PACKAGE
