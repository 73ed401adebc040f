"""Skicka ett formulär med sms."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest

from tests.clinic import MONDAY_NOON, OTHER_UNIT, OWN, STAFF, UNIT, Clinic
from tests.local_1177.conftest import Local, Resident, ref_of
from tests.local_1177.test_mailbox import Mailbox
from tests.manual.psychiatry import PSYCHIATRY, Psychiatry
from tests.use_cases.test_administer_units import ADMINISTRATOR
from utskick.adapters.sms_by_mail import SmsByMail
from utskick.adapters.smtp_mailer import SmtpMailer
from utskick.adapters.smtp_relay import SmtpRelay
from utskick.domain.errors import NotFound
from utskick.domain.units import Unit


def test_a_form_link_is_for_one_unit(clinic: Clinic) -> None:
    """Skapa en länk till ett formulär för en specifik enhet."""
    link = clinic.form_link(OWN.key, unit_id=UNIT.id)

    assert link == (
        f"https://formular.1177.se/etjanst/{OWN.id}?externalApplication=UTSKICK_{UNIT.id}"
    )


def test_the_administration_makes_a_link_for_a_unit(clinic: Clinic) -> None:
    """Den regionala förvaltningen … kan skapa en länk till ett formulär för en specifik enhet."""
    link = clinic.administer_forms.make_form_link(
        OWN.id, UNIT.id, actor=ADMINISTRATOR, now=clinic.clock.now()
    )

    assert link == clinic.form_link(OWN.key, unit_id=UNIT.id)


def test_the_local_contact_person_makes_a_link_for_the_own_unit(clinic: Clinic) -> None:
    """Den regionala förvaltningen (och i vissa fall din förvaltnings kontaktperson för
    formulärhantering) kan skapa en länk till ett formulär för en specifik enhet.
    """
    own = frozenset({UNIT.id})

    def link(unit: Unit) -> str:
        return clinic.administer_forms.make_form_link(
            OWN.id, unit.id, actor=ADMINISTRATOR, within=own, now=clinic.clock.now()
        )

    assert link(UNIT) == clinic.form_link(OWN.key, unit_id=UNIT.id)
    with pytest.raises(NotFound):
        link(OTHER_UNIT)


def test_whoever_opens_the_link_signs_in_and_gets_the_form_from_that_unit(
    psychiatry: Psychiatry, local: Local, someone: str
) -> None:
    """Det går att skapa en formulärlänk som kan skickas med till exempel sms, läggas på
    kontaktkort/webbsida eller liknande.
    """
    link = psychiatry.form_link("phq-9", unit_id=PSYCHIATRY)
    browser = Resident(local)

    asked = browser.get(link.removeprefix(local.url))
    then = re.search(r'name="till" value="([^"]+)"', asked.text)
    assert then is not None
    offer = browser.post("/logga-in", ref=str(ref_of(local, someone)), till=then[1])
    browser.submit(offer, offer.url.path, unit=PSYCHIATRY)
    browser.close()

    assert [form["unit"] for form in local.forms_of(someone)] == [PSYCHIATRY]


def test_an_sms_is_a_mail_to_the_gateway_with_an_empty_subject(
    clinic: Clinic, mailbox: Mailbox
) -> None:
    """Skicka ett mejl till [mobiltelefonnummer]@sms.vgregion.se och lämna ämnesfältet tomt."""
    _send(clinic, mailbox, "Hej! Ring oss.")

    (mail,) = mailbox.mails()
    assert mail["to"] == ["0701740605@sms.vgregion.se"]
    assert mail["subject"] == ""


def test_an_sms_holds_its_text_and_no_signature(clinic: Clinic, mailbox: Mailbox) -> None:
    """Kom ihåg att ta bort eventuell signatur."""
    _send(clinic, mailbox, "Hej! Vi hörs på måndag.")

    (mail,) = mailbox.mails()
    assert mail["body"].strip() == "Hej! Vi hörs på måndag."


def test_staff_see_what_a_text_costs_before_it_is_sent(clinic: Clinic) -> None:
    """Formulera dig kort och koncist."""
    sms = clinic.send_sms.write_form_link(
        OWN.key, sender="Mottagningen", contact="031-390 06 11", actor=STAFF
    )

    assert sms.count.characters == len(sms.text)
    assert (sms.count.encoding, sms.count.parts) == ("GSM-7", 2)


def test_a_short_link_of_staffs_own_reaches_the_resident_unchanged(clinic: Clinic) -> None:
    """Skapa en beskrivande kortlänk till formuläret som passar att använda i ett sms."""
    text = "Svara på formuläret: https://bit.ly/infor-besok"

    clinic.send_sms("070-174 06 05", text, sms_id=uuid4(), actor=STAFF, now=clinic.clock.now())

    assert [sent for _, sent in clinic.sms.sent] == [text]


def test_a_text_that_refers_to_ongoing_forms_goes_the_same_way(
    clinic: Clinic, mailbox: Mailbox
) -> None:
    """I mejlet som genererar sms:et, kom ihåg att lämna ämnesfältet tomt."""
    sms = clinic.send_sms.write_ongoing_forms(3, sender="Mottagningen", contact="")

    _send(clinic, mailbox, sms.text)

    (mail,) = mailbox.mails()
    assert mail["sms"]
    assert mail["subject"] == ""
    assert mail["body"].replace("\r\n", "\n").strip() == sms.text


def _send(clinic: Clinic, mailbox: Mailbox, text: str) -> None:
    relay = SmtpMailer(
        SmtpRelay(host="127.0.0.1", port=mailbox.smtp_port), sender="utskick@vgregion.se"
    )
    replace(clinic.send_sms, sms=SmsByMail(relay))(
        "070-174 06 05", text, sms_id=uuid4(), actor=STAFF, now=MONDAY_NOON
    )
