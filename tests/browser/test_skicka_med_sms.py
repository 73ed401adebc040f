"""Skicka ett formulär med sms."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import OpenContext, PagesOf
from tests.browser.desk import Desk
from tests.browser.people import PROTECTED, Resident
from tests.browser.resident_pages import ResidentPages
from tests.whole.region import Whole

FORM = "Inför ditt besök, vuxenpsykiatri"


def test_a_form_link_opens_the_form_for_any_resident(
    desk: Desk, pages_of: PagesOf, someone: Resident
) -> None:
    """Den regionala förvaltningen … kan skapa en länk till ett formulär för en specifik enhet."""
    link = _make_link(desk)

    resident = pages_of(someone)
    resident.page.goto(link)
    resident.press("Öppna formuläret")

    expect(resident.page.get_by_role("heading", level=1)).to_have_text("Inför ditt besök")
    expect(resident.page.get_by_text("Vuxenpsykiatriska mottagningen Björkängen")).to_be_visible()
    resident.answer_everything()
    resident.confirm_answers()


def test_a_form_link_works_for_whoever_has_a_protected_identity(
    desk: Desk, open_context: OpenContext, installation: Whole
) -> None:
    """Det går inte att lägga till personer med skyddad identitet, men det går att skapa en
    formulärlänk som kan skickas med till exempel sms.
    """
    link = _make_link(desk)
    resident = ResidentPages(open_context().new_page(), installation.local_1177)

    resident.page.goto(link)
    resident.confirm_identity(PROTECTED)
    resident.press("Öppna formuläret")

    expect(resident.page.get_by_role("heading", level=1)).to_have_text("Inför ditt besök")


def test_an_sms_is_mailed_without_subject_and_signature(desk: Desk, installation: Whole) -> None:
    """Skicka ett mejl till [mobiltelefonnummer]@sms.vgregion.se och lämna ämnesfältet tomt. …
    Kom ihåg att ta bort eventuell signatur och formulera dig kort och koncist.
    """
    link = _make_link(desk)
    desk.press("Fyll i texten med länk")
    expect(desk.field("Sms")).to_have_value(_containing(link))
    desk.fill("Mobilnummer", "070-174 06 05")

    desk.press("Skicka sms")

    expect(desk.page.get_by_role("status").filter(has_text="är skickat")).to_be_visible()
    address = "0701740605@sms.vgregion.se"
    installation.until(lambda: _mails_to(installation, address), "the mail to the gateway")
    [mail] = _mails_to(installation, address)
    assert mail["subject"] == ""
    assert link in mail["body"]
    assert "--" not in mail["body"]
    assert "Björkängen" not in mail["body"]


def test_the_length_is_shown_while_the_text_is_written(desk: Desk) -> None:
    """Formulera dig kort och koncist."""
    desk.open("Formulärlänk och sms")

    desk.fill("Sms", "a" * 161)

    expect(desk.page.get_by_text("161 tecken, 2 sms.")).to_be_visible()


def test_a_personnummer_is_never_sent_by_sms(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    desk.open("Formulärlänk och sms")
    desk.fill("Sms", f"Hej {someone.formatted}!")
    desk.fill("Mobilnummer", "0701740606")

    desk.press("Skicka sms")

    desk.expect_alert("liknar ett personnummer")
    assert _mails_to(installation, "0701740606@sms.vgregion.se") == []


def _make_link(desk: Desk) -> str:
    desk.open("Formulärlänk och sms")
    desk.fill("Formulärmall", FORM)
    desk.press("Skapa formulärlänk")
    made = desk.field("Formulärlänk")
    expect(made).to_be_visible()
    return made.input_value()


def _containing(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))


def _mails_to(installation: Whole, address: str) -> list[dict[str, Any]]:
    return [mail for mail in installation.mails() if address in mail["to"]]
