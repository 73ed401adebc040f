"""Skicka ett formulär med sms: one text to one mobile, at most once."""

import hashlib
import re
from uuid import uuid4

import pytest

from tests.access_log import Log
from tests.clinic import PHQ, STAFF, Clinic
from tests.people import ANNA
from utskick.domain.errors import SpecRefused
from utskick.domain.sms import InvalidMobileNumber, MobileNumber, SmsCount
from utskick.ports import UnknownOutcome


def send(clinic: Clinic, text: str, *, mobile: str = "070-123 45 67") -> SmsCount:
    return clinic.send_sms(mobile, text, sms_id=uuid4(), actor=STAFF, now=clinic.clock.now())


def test_a_text_is_sent_as_it_was_counted(clinic: Clinic) -> None:
    count = send(clinic, "  Hej – svara gärna…  ")

    assert clinic.sms.sent == [(MobileNumber("0701234567"), "Hej - svara gärna...")]
    assert (count.encoding, count.characters, count.parts) == ("GSM-7", 20, 1)


def test_a_text_may_say_where_to_call(clinic: Clinic) -> None:
    send(clinic, "Ring 0701740607 eller 070-174 06 15, 2027-01-03\u20132027-01-11.")

    assert len(clinic.sms.sent) == 1


@pytest.mark.parametrize(
    "mobile", ["031-390 06 11", "0701234567@evil.se", "0701234567,0701234568"]
)
def test_only_one_swedish_mobile_can_be_reached(clinic: Clinic, mobile: str) -> None:
    with pytest.raises(InvalidMobileNumber):
        send(clinic, "Hej", mobile=mobile)

    assert clinic.sms.sent == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" ", "Sms: texten är tom. Skriv ett meddelande."),
        ("Hej\x07", "Sms: tecknet U+0007 går inte att använda. Ta bort det."),
        (
            f"Hej {ANNA.formatted}",
            "Sms: texten innehåller något som liknar ett personnummer. Ta bort det:",
        ),
    ],
)
def test_a_text_that_may_not_be_sent_is_refused(clinic: Clinic, text: str, said: str) -> None:
    with pytest.raises(SpecRefused) as caught:
        send(clinic, text)

    (problem,) = caught.value.problems
    assert str(problem).startswith(said)
    assert clinic.sms.sent == []


def test_a_text_of_which_nobody_knows_is_not_sent_again(clinic: Clinic) -> None:
    clinic.sms.fails_after.append(UnknownOutcome("no answer"))

    with pytest.raises(UnknownOutcome):
        send(clinic, "Hej")

    assert len(clinic.sms.sent) == 1


def test_sending_is_logged_before_it_is_done(clinic: Clinic, log: Log) -> None:
    clinic.sms.fails_before.append(UnknownOutcome("no answer"))

    with pytest.raises(UnknownOutcome):
        send(clinic, "Hej")

    [act] = log()
    assert re.fullmatch(r"Skriva: skickat sms, nummer [0-9a-f]{16}", act)


def test_the_log_shows_whether_it_was_the_same_number_and_not_which(
    clinic: Clinic, log: Log
) -> None:
    for mobile in ("070-174 06 05", "+46701740605", "070-174 06 06"):
        send(clinic, "Hej!", mobile=mobile)

    first, same, other = (act.rpartition(" ")[2] for act in log())
    assert first == same != other
    assert first != hashlib.sha256(b"0701740605").hexdigest()[:16]


def test_a_text_with_a_form_link_is_drafted(clinic: Clinic) -> None:
    sms = clinic.send_sms.write_form_link(
        PHQ.key, sender="Vården i Västra Götaland", contact="031-390 06 11", actor=STAFF
    )

    assert f"/etjanst/{PHQ.id}" in sms.text
    assert "Frågor? Kontakta oss: 031-390 06 11" in sms.text
    assert sms.text.endswith("Hälsningar Vården i Västra Götaland")
    assert sms.count.encoding == "GSM-7"


def test_a_text_about_ongoing_forms_is_drafted(clinic: Clinic) -> None:
    sms = clinic.send_sms.write_ongoing_forms(2, sender="", contact="")

    assert "svara på två formulär" in sms.text
    assert clinic.rules.resident_url in sms.text
    assert "Hälsningar" not in sms.text
