"""The whole work without JavaScript: the same pages, with reloads in between."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DeskOf
from tests.browser.desk import Desk
from tests.browser.people import KARIN, UNNOTIFIED, Resident
from tests.whole.region import Whole


@pytest.fixture
def desk(desk_of: DeskOf) -> Desk:
    return desk_of(KARIN, java_script_enabled=False)


def test_a_form_is_sent(desk: Desk, installation: Whole, someone: Resident) -> None:
    desk.open("Skicka formulär")
    desk.fill("Formulärmall", "Inför ditt besök, vuxenpsykiatri")
    desk.add(someone, UNNOTIFIED[1])
    desk.import_file("mottagare.txt", b"191212121213")
    expect(desk.page.get_by_text("0 mottagare lades till")).to_be_visible()
    desk.press("Ta bort mottagaren utan avisering")
    desk.press("Skicka formulär")
    desk.press("Ja, skicka")

    expect(desk.page.get_by_role("link", name="OK")).to_be_visible()
    installation.until(lambda: installation.forms_of(someone.personnummer), "the form")
    desk.page.reload()
    expect(desk.page.get_by_text("1 av 1 skickade")).to_be_visible()


def test_a_package_is_started_changed_stopped_and_restarted(
    desk: Desk, installation: Whole, others: list[Resident]
) -> None:
    desk.choose_package("Vuxenpsykiatri, veckoskattning 8 veckor")
    desk.set_occasion(1, installation.now() + timedelta(days=2))
    desk.press("Låt alla följa det första")
    desk.press("Ta bort tillfälle 8")
    expect(desk.page.get_by_text("Tillfälle 8")).to_have_count(0)
    desk.add(*others)
    desk.start_package()
    desk.page.get_by_role("link", name="Visa paketutskicket").click()

    desk.press_disclosed("Ta bort " + others[0].formatted, "Ja, ta bort")
    expect(desk.row(others[0])).to_contain_text("Borttagen")
    desk.press_disclosed("Stoppa Paketutskick", "Ja, stoppa")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Stoppad")
    desk.press_disclosed("Återstarta Paketutskick", "Ja, återstarta")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Pågående")


def test_the_message_is_shown_for_each_occasion(desk: Desk, someone: Resident) -> None:
    desk.choose_package("Vuxenpsykiatri, veckoskattning 8 veckor")
    desk.add(someone)
    desk.press("Starta Paketutskick")
    desk.page.get_by_label("Visa för").select_option("Tillfälle 3")
    desk.press("Visa")

    expect(desk.page.get_by_text("Det är nummer 3 av 8.")).to_be_visible()


def test_a_form_link_is_made_and_an_sms_sent(desk: Desk, installation: Whole) -> None:
    desk.open("Formulärlänk och sms")
    desk.fill("Formulärmall", "GAD-7 Oro och ångest")
    desk.press("Skapa formulärlänk")
    link = desk.field("Formulärlänk").input_value()
    desk.press("Fyll i texten med länk")
    desk.fill("Mobilnummer", "0701740607")
    desk.press("Skicka sms")

    expect(desk.page.get_by_role("status").filter(has_text="är skickat")).to_be_visible()
    installation.until(
        lambda: any(link in mail["body"] for mail in installation.mails()), "the SMS"
    )


def test_what_was_sent_is_followed_up(desk: Desk, installation: Whole, someone: Resident) -> None:
    desk.open("Skicka formulär")
    desk.fill_in("GAD-7 Oro och ångest", [someone])
    desk.press("Skicka formulär")
    expect(desk.page.get_by_role("alert")).to_contain_text("finns under Skicka NAFS formulär")

    desk.open("Skicka NAFS formulär")
    desk.send("GAD-7 Oro och ångest", [someone])
    installation.until(lambda: installation.forms_of(someone.personnummer), "the form")
    desk.open("Uppföljning")
    desk.fill("Personnummer", someone.formatted)
    desk.press("Sök")
    desk.row(someone).get_by_role("link").click()

    expect(desk.heading("GAD-7 Oro och ångest")).to_be_visible()


def test_what_utskick_fills_in_is_listed_and_the_message_says_when_it_is_not_used(
    desk: Desk,
) -> None:
    desk.open("Skicka formulär")
    desk.page.locator("summary").filter(has_text="Ord som Utskick fyller i").click()
    expect(desk.page.get_by_text("{{ besvaras_senast }}", exact=True)).to_be_visible()
    expect(desk.page.get_by_role("button", name="Enhetens namn")).to_be_hidden()

    desk.page.get_by_label("Skapa inkorgsmeddelande").uncheck()

    expect(desk.page.get_by_text("meddelandet används inte")).to_be_visible()
    expect(desk.field("Inkorgsmeddelande")).to_be_visible()
