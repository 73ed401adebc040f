"""Skicka paketutskick: from the choice of a package to the confirmation."""

from datetime import time, timedelta

import pytest

from tests.clinic import GAD, OWN, PACKAGE, PHQ, SHARED, UNIT, WEEKLY, Clinic
from tests.local_1177.conftest import Local
from tests.manual.psychiatry import Psychiatry
from tests.people import ANNA, BO, CILLA, PROTECTED
from utskick.domain.errors import SpecRefused
from utskick.domain.packages import FORMS_DESK


def test_staff_choose_among_their_units_packages(clinic: Clinic) -> None:
    """Paketutskickets namn. Välj önskat paketutskick i rullgardinsmenyn."""
    with clinic.store.transaction() as records:
        names = [package.name for package in records.packages.list_for(UNIT.id)]

    assert names == [PACKAGE.name, WEEKLY.name]


async def test_a_package_that_is_not_the_units_cannot_be_started(clinic: Clinic) -> None:
    """Välj önskat paketutskick i rullgardinsmenyn."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(package="barn-infor-besok")

    (problem,) = caught.value.problems
    assert (problem.place, problem.reason) == (
        "package",
        "paketutskicket finns inte för enheten.",
    )


async def test_what_staff_leave_as_it_is_comes_from_the_package(clinic: Clinic) -> None:
    """När du har valt paketutskick så visas de förvalda inställningarna för det valda
    paketutskicket.
    """
    dispatch = (await clinic.start(package=WEEKLY.key, start=None)).dispatch

    assert (dispatch.name, dispatch.title) == (WEEKLY.name, WEEKLY.resident_title)
    assert [form.template_id for form in dispatch.forms] == [PHQ.id]
    assert dispatch.inbox_message == WEEKLY.inbox_message
    assert {o.local_time for o in dispatch.occasions} == {WEEKLY.time}


@pytest.mark.parametrize(
    ("start", "missing"),
    [
        (None, ["datum saknas.", "klockslag saknas."]),
        ({"date": "2027-02-08"}, ["klockslag saknas."]),
        ({"time": "08:00"}, ["datum saknas."]),
    ],
)
async def test_empty_fields_have_to_be_filled_in(
    clinic: Clinic, start: dict[str, str] | None, missing: list[str]
) -> None:
    """Fyll i eventuella tomma fält och justera vid behov förvalda värden."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(start=start)

    assert [problem.reason for problem in caught.value.problems] == missing


async def test_the_residents_title_may_differ_from_the_packages_name(clinic: Clinic) -> None:
    """Titel som visas för invånaren. Kan vara annorlunda än paketutskickets namn. Du kan vid behov
    justera detta.
    """
    dispatch = (await clinic.start(title="Frågor inför torsdag")).dispatch

    assert dispatch.name == PACKAGE.name
    assert dispatch.heading == "Frågor inför torsdag"


async def test_the_forms_desk_is_notified_of_errors_even_if_the_package_does_not_say_so(
    clinic: Clinic,
) -> None:
    """I fältet e-postavisering vid eventuella fel ska formularhantering@vgregion.se vara angiven.
    Ta inte bort denna.
    """
    started = await clinic.start(package=WEEKLY.key, error_addresses=[])

    assert WEEKLY.error_addresses == ()
    assert started.dispatch.error_addresses == (FORMS_DESK,)


async def test_staff_add_error_addresses_of_their_own(clinic: Clinic) -> None:
    """E-postavisering vid eventuella fel."""
    started = await clinic.start(error_addresses=["mottagningen@vgregion.se", FORMS_DESK])

    assert started.dispatch.error_addresses == (FORMS_DESK, "mottagningen@vgregion.se")


async def test_every_occasions_date_and_time_are_shown(clinic: Clinic) -> None:
    """Kontrollera eventuella förvalda värden för Datum och Klockslag för de olika
    utskickstillfällena/tillfället.
    """
    started = await clinic.start(package=WEEKLY.key, start=None)

    occasions = clinic.show(started.dispatch).dispatch.occasions
    assert [f"{occasion.local:%Y-%m-%d %H:%M}" for occasion in occasions] == [
        "2027-02-08 08:00",
        "2027-02-15 08:00",
        "2027-02-22 08:00",
    ]


async def test_an_occasion_in_the_middle_can_be_removed(clinic: Clinic) -> None:
    """Klicka på papperskorgen om du vill ta bort något utskickstillfälle."""
    kept = [{"date": "2027-02-08"}, {"date": "2027-02-22"}]

    started = await clinic.start(package=WEEKLY.key, start=None, occasions=kept)

    occasions = started.dispatch.occasions
    assert [(o.number, o.local_date.day) for o in occasions] == [(1, 8), (2, 22)]


async def test_staff_fill_in_dates_and_times_that_are_empty(clinic: Clinic) -> None:
    """Är fälten tomma så anger du lämpliga datum och klockslag."""
    chosen = [{"date": "2027-02-08", "time": "09:15"}, {"date": "2027-03-01", "time": "15:00"}]

    started = await clinic.start(start=None, occasions=chosen)

    assert [
        {"date": f"{o.local_date}", "time": f"{o.local_time:%H:%M}"}
        for o in started.dispatch.occasions
    ] == chosen


@pytest.mark.parametrize("wrong", ["8", "8:00", "08.00", "24:00", "08:60", "åtta"])
async def test_a_time_in_another_format_is_refused(clinic: Clinic, wrong: str) -> None:
    """Klockslag anges i formatet HH:MM."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(start={"date": "2027-02-08", "time": wrong})

    assert "Ange det som HH:MM" in caught.value.staff_message


@pytest.mark.parametrize(("at", "when"), [("06:59", "tidigt"), ("21:01", "sent")])
async def test_staff_are_warned_of_a_time_that_is_too_early_or_too_late(
    clinic: Clinic, at: str, when: str
) -> None:
    """Säkerställ att det inte är för tidigt eller för sent på dagen."""
    warned = await clinic.start(start={"date": "2027-02-08", "time": at})
    unwarned = await clinic.start(start={"date": "2027-02-08", "time": "08:00"})

    (warning,) = warned.warnings
    assert f"2027-02-08 {at} är {when} på dagen: mottagaren får en avisering då." in warning
    assert unwarned.warnings == ()


async def test_staff_are_warned_of_a_day_on_which_clinics_are_closed(clinic: Clinic) -> None:
    """Tänk på att mottagaren får en avisering vid den aktuella tidpunkten."""
    warned = await clinic.start(start={"date": "2027-06-25", "time": "08:00"})

    (warning,) = warned.warnings
    assert warning == "2027-06-25 är midsommarafton. Nästa arbetsdag är måndag 2027-06-28."


async def test_the_recipient_is_notified_at_the_chosen_time_and_not_before(
    clinic: Clinic,
) -> None:
    """Tänk på att mottagaren får en avisering vid den aktuella tidpunkten."""
    started = await clinic.start(start={"date": "2027-02-01", "time": "15:00"})
    (occasion,) = started.dispatch.occasions
    assert clinic.inbox.messages == []

    await clinic.run(occasion)

    assert min(form.created_at for form in clinic.forms.forms) >= occasion.sends_at
    assert f"{occasion.local:%H:%M}" == "15:00"
    assert len(clinic.inbox.messages) == 2


async def test_a_time_stays_the_same_by_the_clock_when_summer_time_begins(clinic: Clinic) -> None:
    """Kontrollera eventuella förvalda värden för Datum och Klockslag."""
    started = await clinic.start(package=WEEKLY.key, start={"date": "2027-03-22"})

    first, second, _ = started.dispatch.occasions
    assert first.local.time() == second.local.time() == time(8)
    assert second.sends_at - first.sends_at == timedelta(days=7, hours=-1)


async def test_the_forms_of_the_package_can_be_changed(clinic: Clinic) -> None:
    """Ingående formulär: Du kan vid behov ta bort och lägga till formulär."""
    started = await clinic.start(forms=["GAD-7", OWN.name])

    assert [form.template_id for form in started.dispatch.forms] == [GAD.id, OWN.id]
    assert SHARED.id in PACKAGE.template_ids


async def test_recipients_are_added_with_and_without_hyphen(clinic: Clinic) -> None:
    """Mottagarlista. Lägg till mottagarens personnummer i mottagarlistan (ÅÅÅÅMMDDXXXX eller
    ÅÅÅÅMMDD-XXXX).
    """
    started = await clinic.start(recipients=[ANNA.digits, BO.formatted, CILLA.digits])

    recipients = clinic.show(started.dispatch).recipients
    assert [recipient.personnummer for recipient in recipients] == [ANNA, BO, CILLA]


async def test_a_protected_person_cannot_be_added_to_a_package(clinic: Clinic) -> None:
    """Det går inte att lägga till personer med skyddad identitet."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(recipients=[ANNA.digits, PROTECTED.digits])

    (problem,) = caught.value.problems
    assert problem.place == "recipients, rad 2 (1995••••-••••)"
    assert "använd en formulärlänk i stället" in problem.remedy
    assert clinic.listed() == []


def test_a_link_can_be_made_to_each_form_of_the_package(clinic: Clinic) -> None:
    """Men det går att skapa en formulärlänk som kan skickas med till exempel sms, läggas på
    kontaktkort/webbsida eller liknande.
    """
    links = [clinic.form_link(form.key, unit_id=UNIT.id) for form in (PHQ, GAD, OWN, SHARED)]

    asked_for = [link.partition("/etjanst/")[2].partition("?")[0] for link in links]
    assert asked_for == [str(template_id) for template_id in PACKAGE.template_ids]


async def test_the_units_preset_message_shows_the_visit_and_the_number_of_forms(
    psychiatry: Psychiatry, local: Local, someone: str
) -> None:
    """Inför ditt nästa besök på den vuxenpsykiatriska mottagningen vill vi att du besvarar fyra
    formulär. … Om du har frågor är du välkommen att kontakta oss på mottagningen.
    """
    await psychiatry.start([someone])

    truth = local.ask("/control/truth/person", {"personnummer": someone})
    (message,) = truth["messages"]
    assert message["messageDescription"] == "Formulär inför ditt besök"
    assert "Vuxenpsykiatriska mottagningen Björkängen" in message["messageText"]
    assert "svara på 4 formulär" in message["messageText"]
    assert "några dagar före besöket, när du kan sitta ostört" in message["messageText"]
    assert "Ring 031-390 06 11" in message["messageText"]
    assert len(truth["forms"]) == 4


async def test_the_units_preset_message_can_be_changed_at_the_start(clinic: Clinic) -> None:
    """Kontrollera enhetens förvalda inkorgsmeddelande. Ändra vid behov."""
    changed = "Hej! Svara gärna i god tid. {{ kontakt }}"

    started = await clinic.start(recipients=[ANNA.digits], inbox_message=changed)
    await clinic.run(started.dispatch.occasions[0])

    ((_, message),) = clinic.inbox.messages
    assert message.text == f"Hej! Svara gärna i god tid. {UNIT.phone}"


async def test_a_message_that_cannot_be_filled_in_is_refused_at_the_start(clinic: Clinic) -> None:
    """Ändra vid behov."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.start(inbox_message="Hej {{ namn }}!")

    (problem,) = caught.value.problems
    assert problem.place == "inbox_message, rad 1"
    assert "{{ namn }} går inte att använda" in problem.reason


async def test_a_started_package_is_confirmed(clinic: Clinic) -> None:
    """Klicka på knappen Starta Paketutskick. En bekräftelse visas."""
    started = await clinic.start()

    assert started.registered
    assert started.dispatch.label == "Pågående"
    assert clinic.listed()[0].recipients == 2


async def test_every_occasion_of_a_started_package_is_planned(clinic: Clinic) -> None:
    """Klicka på Starta Paketutskick högst upp på sidan."""
    started = await clinic.start(package=WEEKLY.key, start=None)

    assert [(plan.number, plan.local.day) for plan in clinic.scheduler.plans] == [
        (1, 8),
        (2, 15),
        (3, 22),
    ]
    assert started.registered


async def test_a_second_click_starts_nothing_more(clinic: Clinic) -> None:
    """Klicka på knappen Starta Paketutskick."""
    first = await clinic.start(key="the same click")
    second = await clinic.start(key="the same click")

    assert second.already
    assert second.dispatch.id == first.dispatch.id
    assert len(clinic.listed()) == 1
