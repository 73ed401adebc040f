"""Skicka ett formulär i Utskick: the form, its recipients, and the confirmation."""

import pytest

from tests.clinic import GAD, OWN, PHQ, SHARED, UNIT, Clinic
from tests.local_1177.region import a_personnummer
from tests.people import ANNA, BO, CILLA, DAVID, PROTECTED, UNNOTIFIED
from utskick.domain.dispatches import DispatchKind
from utskick.domain.errors import SpecRefused
from utskick.domain.personnummer import Personnummer
from utskick.ports import InboxUser, PersonRecord
from utskick.use_cases.import_recipients import listed_recipients


async def test_an_ordinary_form_is_sent_to_its_recipients_now(clinic: Clinic) -> None:
    """Välj formulärmall (formulär) i rullgardinsmenyn. … Klicka på Skicka formulär."""
    clicked_at = clinic.clock.now()

    started = await clinic.send(form=OWN.key)
    await clinic.run(started.dispatch.occasions[0])

    assert started.dispatch.kind is DispatchKind.FORM
    assert clinic.sent_to(ANNA) == clinic.sent_to(BO) == [OWN]
    assert started.dispatch.occasions[0].sends_at == clicked_at


async def test_a_nafs_form_is_sent_in_the_same_way(clinic: Clinic) -> None:
    """Man skickar "vanliga" formulär och NAFS-formulär på liknande sätt."""
    ordinary = (await clinic.send(form=OWN.key, recipients=[ANNA.digits])).dispatch
    nafs = (await clinic.send(form=PHQ.key, recipients=[BO.digits])).dispatch

    for dispatch in (ordinary, nafs):
        await clinic.run(dispatch.occasions[0])

    assert clinic.dispatch(ordinary).label == clinic.dispatch(nafs).label == "Klar"
    assert (clinic.sent_to(ANNA), clinic.sent_to(BO)) == ([OWN], [PHQ])


def test_staff_choose_among_the_forms_that_their_unit_may_send(clinic: Clinic) -> None:
    """Välj formulärmall (formulär) i rullgardinsmenyn."""
    with clinic.store.transaction() as records:
        listed = records.forms.list_for(UNIT.id)

    sendable = [access.form for access in listed if access.sendable]
    assert sendable == sorted((PHQ, GAD, OWN, SHARED), key=lambda form: form.name)


async def test_a_form_is_found_by_the_name_that_staff_see(clinic: Clinic) -> None:
    """Börja skriv namnet eller klicka i menyn."""
    started = await clinic.send(form="Inför besök")

    assert started.dispatch.forms[0].template_id == OWN.id


@pytest.mark.parametrize("typed", [ANNA.digits, ANNA.formatted])
async def test_a_recipient_is_added_with_or_without_hyphen(clinic: Clinic, typed: str) -> None:
    """Lägg till mottagarens personnummer i mottagarlistan (ÅÅÅÅMMDDXXXX eller ÅÅÅÅMMDD-XXXX)."""
    started = await clinic.send(recipients=[typed])

    (recipient,) = clinic.show(started.dispatch).recipients
    assert recipient.personnummer == ANNA


async def test_a_protected_person_cannot_be_added(clinic: Clinic) -> None:
    """Det går inte att lägga till personer med skyddad identitet."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.send(recipients=[ANNA.digits, PROTECTED.digits])

    assert "Skyddad identitet" in caught.value.staff_message
    assert clinic.listed() == []


def test_a_form_link_can_be_made_in_place_of_a_recipient(clinic: Clinic) -> None:
    """Men det går att skapa en formulärlänk som kan skickas med till exempel sms."""
    link = clinic.form_link(OWN.key, unit_id=UNIT.id)

    assert link.startswith(f"https://formular.1177.se/etjanst/{OWN.id}?")


async def test_one_dispatch_takes_two_hundred_and_fifty_recipients(clinic: Clinic) -> None:
    """Det är möjligt att göra utskick till cirka 250 mottagare åt gången."""
    started = await clinic.send(recipients=_residents(clinic, count=250))

    await clinic.run(started.dispatch.occasions[0])

    assert len(clinic.forms.forms) == 250


async def test_more_are_refused_with_the_advice_to_divide_them(clinic: Clinic) -> None:
    """Utskick till cirka 250 mottagare åt gången."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.send(recipients=_residents(clinic, count=251))

    assert "Listan har 251 mottagare" in caught.value.staff_message
    assert "Dela upp" in caught.value.staff_message


@pytest.mark.parametrize(
    "text",
    [
        f"{ANNA.digits}\r\n{BO.digits}\r\n{CILLA.digits}\r\n",
        f"{ANNA.digits},{BO.digits}, {CILLA.digits}\n",
    ],
    ids=["one column", "one line"],
)
async def test_recipients_are_imported_from_a_text_file(clinic: Clinic, text: str) -> None:
    """Personnumren kan ligga på olika rader i en enda kolumn, eller på en enda rad separerade med
    kommatecken.
    """
    found = clinic.import_recipients.read_list(text.encode())

    started = await clinic.send(recipients=[], listed_recipients=listed_recipients(found))

    recipients = clinic.show(started.dispatch).recipients
    assert [r.personnummer for r in recipients] == [ANNA, BO, CILLA]


async def test_every_row_with_another_format_is_pointed_out_without_being_shown(
    clinic: Clinic,
) -> None:
    """Personnumret ska ha formatet ÅÅÅÅMMDDNNNN."""
    with pytest.raises(SpecRefused) as caught:
        await clinic.send(recipients=[ANNA.digits, BO.digits[2:], CILLA.digits[:-1]])

    second, third = caught.value.problems
    assert second.place.startswith("recipients, rad 2")
    assert "Lägg till århundradet" in str(second)
    assert third.place.startswith("recipients, rad 3")
    assert BO.digits[2:] not in caught.value.staff_message


async def test_staff_see_how_each_recipient_is_notified(clinic: Clinic) -> None:
    """Kontrollera att mottagaren har avisering via 1177 med e-post och/eller SMS."""
    started = await clinic.send(recipients=[ANNA.digits, UNNOTIFIED.digits])

    recipients = clinic.show(started.dispatch).recipients
    assert {r.personnummer: r.notified_by for r in recipients} == {
        ANNA: ("SMS", "Email"),
        UNNOTIFIED: (),
    }


async def test_staff_are_warned_of_a_recipient_who_is_not_notified(clinic: Clinic) -> None:
    """Är det tomt så kommer mottagaren inte att att bli uppmärksammad på att hen fått ett
    meddelande i inkorgen med en länk till formuläret. Vi rekommenderar att du tar bort mottagaren.
    """
    warned = await clinic.send(recipients=[ANNA.digits, UNNOTIFIED.digits])
    unwarned = await clinic.send(recipients=[ANNA.digits])

    (warning,) = warned.warnings
    assert "1 mottagare har ingen avisering via 1177" in warning
    assert "Vi rekommenderar att du tar bort" in warning
    assert unwarned.warnings == ()


async def test_the_form_and_the_number_of_recipients_are_shown(clinic: Clinic) -> None:
    """Vill du skicka ut formuläret "[formulärets namn]" till [x] mottagare?"""
    await clinic.send(form=GAD.key, recipients=[n.digits for n in (ANNA, BO, CILLA, DAVID)])

    (listed,) = clinic.listed()
    assert (listed.dispatch.name, listed.recipients) == ("GAD-7", 4)


async def test_a_sent_form_is_confirmed(clinic: Clinic) -> None:
    """En bekräftelse visas."""
    started = await clinic.send()

    assert started.registered
    assert not started.already
    assert started.dispatch.name == PHQ.name
    assert started.dispatch.label == "Pågående"


def _residents(clinic: Clinic, *, count: int) -> list[str]:
    numbers = [Personnummer(a_personnummer()) for _ in range(count)]
    by_sms = InboxUser(active=True, notified_by=("SMS",))
    clinic.persons.records |= dict.fromkeys(numbers, PersonRecord())
    clinic.inbox.users |= dict.fromkeys(numbers, by_sms)
    return [number.digits for number in numbers]
