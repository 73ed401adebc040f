"""What was sent, as the resident meets it: the inbox, the form, the answer."""

from playwright.sync_api import expect

from tests.browser.conftest import PagesOf
from tests.browser.desk import Desk, soon
from tests.browser.people import CHILD, GUARDIAN, Resident
from tests.whole.region import Whole


def test_the_resident_reads_the_message_pauses_goes_on_and_answers(
    desk: Desk, pages_of: PagesOf, someone: Resident
) -> None:
    """Text som du skriver här hamnar i en gul banderoll överst i formuläret."""
    desk.open("Skicka formulär")
    desk.fill("Formulärmeddelande", "Ring om du inte hinner.")
    desk.send("Inför ditt besök, vuxenpsykiatri", [someone])
    desk.expect_sent(1)

    resident = pages_of(someone)
    resident.open_inbox()
    message = resident.message("Inför ditt besök")
    expect(message).to_contain_text("Vuxenpsykiatriska mottagningen Björkängen")
    message.get_by_role("link", name="Till formuläret").click()
    expect(resident.page.get_by_text("Ring om du inte hinner.")).to_be_visible()

    resident.page.get_by_role("textbox").first.fill("Sömnen.")
    resident.press("Pausa")
    expect(resident.page.get_by_text("Dina svar är sparade.")).to_be_visible()
    resident.follow("Inför ditt besök")
    expect(resident.page.get_by_role("textbox").first).to_have_value("Sömnen.")

    resident.answer_everything()
    resident.confirm_answers()


def test_the_link_of_a_packages_message_leads_to_its_forms_through_the_sign_in(
    desk: Desk, pages_of: PagesOf, someone: Resident, installation: Whole
) -> None:
    """Ett meddelande i inkorgen med en länk till formuläret."""
    began = installation.now()
    desk.choose_package("Vuxenpsykiatri, inför besök")
    desk.add(someone)
    desk.set_occasion(1, soon(installation, since=began))
    desk.start_package()
    installation.until(lambda: installation.messages_of(someone.personnummer), "the message")
    resident = pages_of(someone)
    resident.open_inbox()
    link = resident.page.get_by_role("link", name="Till formulären").get_attribute("href")
    resident.press("Logga ut")

    resident.page.goto(f"{installation.local_1177}{link}")
    resident.confirm_identity(someone)

    expect(resident.page.get_by_role("status")).to_contain_text("meddelandet står först")
    listed = resident.page.get_by_role("list").first.get_by_role("link")
    expect(listed).to_have_text(
        [
            "Inför ditt besök",
            "Frågor om nedstämdhet",
            "Frågor om oro",
            "Dina levnadsvanor",
        ]
    )


def test_a_guardian_answers_for_a_child_under_thirteen(amina: Desk, pages_of: PagesOf) -> None:
    """Notera att vårdnadshavare kan besvara formulär för sitt barn fram till dess att barnet har
    fyllt 13 år."""
    amina.open("Skicka formulär")
    amina.send("Sömn hos barn", [CHILD])
    amina.expect_sent(1)

    guardian = pages_of(GUARDIAN)
    guardian.press(CHILD.name)
    guardian.open_newest_form()
    guardian.answer_everything()
    guardian.confirm_answers()

    amina.open("Uppföljning")
    amina.fill("Personnummer", CHILD.personnummer)
    amina.press("Sök")
    amina.row(CHILD).get_by_role("link", name="Sömn hos barn").click()
    expect(amina.page.get_by_text("det kan ha varit ett ombud")).to_be_visible()
