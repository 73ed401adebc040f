"""Om något blivit fel: the red text, and the mail to the forms desk."""

from datetime import timedelta

import pytest

from tests.clinic import OWN, PACKAGE, PHQ, SHARED, UNIT, UNSUBSCRIBED, Clinic
from tests.manual.psychiatry import Psychiatry
from tests.people import BO
from utskick.domain.errors import StartBlocked
from utskick.domain.packages import FORMS_DESK
from utskick.ports import Mail, PersonRecord
from utskick.sending.report_errors import send_error_reports

RED_TEXT = (
    "Detta startade paket innehåller formulärmallar som har arkiverats eller gemensamma mallar"
    " som saknar prenumeration"
)


async def test_a_package_with_an_archived_form_cannot_be_started(clinic: Clinic) -> None:
    """Om du ser röd text när du startar ett paketutskick, till exempel: Detta startade paket
    innehåller formulärmallar som har arkiverats …
    """
    clinic.forms.archived.add(OWN.id)

    with pytest.raises(StartBlocked) as caught:
        await clinic.start()

    assert caught.value.staff_message.startswith(f"{RED_TEXT}: {OWN.name}.")
    assert clinic.listed() == []


async def test_a_package_with_an_unsubscribed_shared_form_cannot_be_started(
    clinic: Clinic,
) -> None:
    """… eller gemensamma mallar som saknar prenumeration."""
    with pytest.raises(StartBlocked) as caught:
        await clinic.start(forms=[PHQ.key, UNSUBSCRIBED.key])

    assert caught.value.staff_message.startswith(f"{RED_TEXT}: {UNSUBSCRIBED.name}.")
    assert clinic.scheduler.plans == []


async def test_the_red_text_names_every_form_at_once(psychiatry: Psychiatry) -> None:
    """Detta startade paket innehåller formulärmallar som har arkiverats eller gemensamma mallar
    som saknar prenumeration.
    """
    with pytest.raises(StartBlocked) as caught:
        await psychiatry.start(["191212121212"], package="blockerat-exempel")

    assert caught.value.archived == ("Inskrivning vuxenpsykiatri 2024",)
    assert caught.value.unsubscribed == ("Smärtskattning",)


async def test_the_red_text_says_whom_to_contact_and_what_to_say(clinic: Clinic) -> None:
    """Så ska du kontakta den regionala förvaltningen: formularhantering@vgregion.se."""
    clinic.forms.archived.add(PHQ.id)

    with pytest.raises(StartBlocked) as caught:
        await clinic.start()

    assert caught.value.staff_message.endswith(
        " Kontakta formularhantering@vgregion.se och ange paketutskickets och enhetens namn."
    )


async def test_the_forms_desk_is_notified_of_the_package_and_the_unit(clinic: Clinic) -> None:
    """Ange vilket paketutskick du försökte starta och enhetens namn."""
    clinic.forms.archived.add(PHQ.id)

    with pytest.raises(StartBlocked):
        await clinic.start()

    (mail,) = _mails(clinic)
    assert mail.to == (FORMS_DESK,)
    assert mail.subject == f"Paketutskick kunde inte startas: {PACKAGE.name}, {UNIT.name}"
    assert f"- {PHQ.name}" in mail.body


async def test_a_blocked_start_is_mailed_to_all_addresses(clinic: Clinic) -> None:
    """E-postavisering vid eventuella fel. … Ta inte bort denna."""
    clinic.forms.archived.add(PHQ.id)
    clinic.mailer.deferred.add("mottagningen@vgregion.se")

    with pytest.raises(StartBlocked):
        await clinic.start(error_addresses=["mottagningen@vgregion.se", "chef@vgregion.se"])

    (mail,) = _mails(clinic)
    assert mail.to == (FORMS_DESK, "mottagningen@vgregion.se", "chef@vgregion.se")
    assert [taker for taker, _ in clinic.mailer.received] == [FORMS_DESK, "chef@vgregion.se"]


async def test_trying_again_sends_the_forms_desk_no_second_mail(clinic: Clinic) -> None:
    """E-postavisering vid eventuella fel."""
    clinic.forms.archived.add(PHQ.id)

    for _ in range(2):
        with pytest.raises(StartBlocked):
            await clinic.start()
        _mails(clinic)

    assert len(clinic.mailer.sent) == 1


async def test_the_package_can_be_started_without_the_form(clinic: Clinic) -> None:
    """Ingående formulär: Du kan vid behov ta bort och lägga till formulär."""
    clinic.forms.archived.add(OWN.id)

    started = await clinic.start(forms=[PHQ.key, SHARED.key])

    assert started.registered


async def test_a_form_archived_after_the_start_aborts_the_package_and_is_mailed(
    clinic: Clinic,
) -> None:
    """E-postavisering vid eventuella fel."""
    started = await clinic.start(error_addresses=["mottagningen@vgregion.se"])
    clinic.forms.archived.add(OWN.id)

    await clinic.run(started.dispatch.occasions[0])

    assert clinic.dispatch(started.dispatch).label == "Avbruten"
    assert clinic.forms.forms == []
    (mail,) = _mails(clinic)
    assert mail.to == (FORMS_DESK, "mottagningen@vgregion.se")
    assert mail.subject == f"Paketutskick avbrutet: {PACKAGE.name}, {UNIT.name}"


async def test_a_lost_subscription_is_mailed_before_the_next_occasion(clinic: Clinic) -> None:
    """E-postavisering vid eventuella fel."""
    await clinic.start(start={"date": "2027-03-01", "time": "08:00"})
    with clinic.store.transaction() as records:
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=False)

    now = clinic.clock.now() + timedelta(days=1)
    await clinic.watch_templates(now=now)

    (mail,) = _mails(clinic)
    assert FORMS_DESK in mail.to
    assert mail.subject == f"Pågående utskick kommer att avbrytas: {UNIT.name}"
    assert f"- {SHARED.name}" in mail.body
    assert f"- {PACKAGE.name}" in mail.body


async def test_forms_that_could_not_be_sent_are_mailed_without_personal_data(
    clinic: Clinic,
) -> None:
    """E-postavisering vid eventuella fel."""
    started = await clinic.start()
    clinic.persons.records[BO] = PersonRecord(protected=True)

    await clinic.run(started.dispatch.occasions[0])

    (mail,) = _mails(clinic)
    assert mail.subject == f"Allt kunde inte skickas: {PACKAGE.name}, {UNIT.name}"
    assert "skickades 4 av 8 formulär" in mail.body
    assert "- Skyddad identitet: 4" in mail.body
    assert BO.digits not in mail.body
    assert BO.formatted not in mail.body


def _mails(clinic: Clinic) -> list[Mail]:
    send_error_reports(store=clinic.store, mailer=clinic.mailer, texts=clinic.texts)
    return clinic.mailer.sent
