"""Uppföljning: what was sent is found, by form and by package, and its answer is opened."""

from playwright.sync_api import expect

from tests.browser.conftest import PagesOf
from tests.browser.desk import Desk
from tests.browser.people import Resident

FORM = "Veckouppföljning av måendet"


def test_a_form_is_found_by_its_name_and_its_date_and_its_answer_is_exported_and_read(
    desk: Desk, pages_of: PagesOf, someone: Resident
) -> None:
    """I vyn Uppföljning kan det gå att filtrera på detta datum. … De formulär som skickats med
    paketutskick går att söka fram som enskilda formulär i vyn Uppföljning.
    """
    desk.open("Skicka formulär")
    desk.fill("Gallras efter", "2029-02-03")
    desk.send(FORM, [someone])
    desk.expect_sent(1)
    resident = pages_of(someone)
    resident.open_newest_form()
    resident.answer_everything()
    resident.confirm_answers()

    desk.open("Uppföljning")
    desk.page.get_by_text("Fler sätt att söka, och kolumner").click()
    desk.fill("Formulär", "veckoupp")
    desk.fill("Gallras efter, från", "2029-02-01")
    desk.fill("Gallras efter, till", "2029-02-28")
    desk.press("Sök")
    expect(desk.page.get_by_role("row")).to_have_count(2)
    desk.press("Hämta aktuell status")
    expect(desk.row(someone)).to_contain_text("Besvarat")
    with desk.page.expect_download() as downloading:
        desk.press("Exportera till CSV")
    assert FORM in downloading.value.path().read_text(encoding="utf-8-sig")
    desk.row(someone).get_by_role("link", name=FORM).click()

    expect(desk.heading(FORM)).to_be_visible()
    expect(desk.page.get_by_role("heading", name="Svar", exact=True)).to_be_visible()

    desk.page.add_init_script("print = () => { window.printed = true }")
    desk.press("Skriv ut")
    desk.page.wait_for_function("window.printed")


def test_a_resident_is_reminded_once_a_day(
    desk: Desk, pages_of: PagesOf, someone: Resident
) -> None:
    desk.open("Skicka formulär")
    desk.send(FORM, [someone])
    desk.expect_sent(1)
    desk.open("Uppföljning")
    desk.fill("Personnummer", someone.personnummer)
    desk.press("Sök")
    expect(desk.row(someone)).to_be_visible()
    assert someone.personnummer[8:] not in desk.page.url
    desk.row(someone).get_by_role("link").click()

    desk.press_disclosed("Skicka påminnelse", "Ja, påminn")
    expect(desk.page.get_by_text("Påminnelsen är skickad.")).to_be_visible()
    desk.press_disclosed("Skicka påminnelse", "Ja, påminn")
    expect(desk.page.get_by_role("alert")).to_be_visible()

    resident = pages_of(someone)
    resident.open_inbox()
    expect(resident.page.get_by_role("article")).to_have_count(2)
