"""How few clicks it takes: a nurse in a hurry counts them."""

from datetime import timedelta

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.desk import Desk
from tests.browser.people import REACHABLE, Resident
from tests.whole.region import Whole

_COUNTING = """addEventListener('click', (event) => {
  if (!event.isTrusted || !event.detail) return;
  sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
}, true)"""


def counting(desk: Desk) -> Page:
    """The staff's first page, from where each click is counted."""
    desk.page.add_init_script(_COUNTING)
    desk.page.goto("/")
    return desk.page


def clicks(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.clicks || 0)"))


def test_a_form_to_three_people_takes_four_clicks(
    desk: Desk, someone: Resident, others: list[Resident]
) -> None:
    page = counting(desk)
    desk.field("Formulärmall").click()
    page.keyboard.type("levnadsvanor, kort")
    page.keyboard.press("Enter")
    desk.field("Personnummer").click()
    for each in (someone, *others):
        page.keyboard.type(each.personnummer)
        page.keyboard.press("Enter")
        expect(desk.row(each)).to_be_visible()
    desk.press("Skicka formulär")
    desk.press("Ja, skicka")

    desk.expect_sent(3)
    assert clicks(page) <= 4


def test_a_package_to_ten_people_from_a_file_takes_seven_clicks(
    desk: Desk, installation: Whole
) -> None:
    page = counting(desk)
    content = "\n".join(each.personnummer for each in REACHABLE[30:40]).encode()
    file = FilePayload(name="mottagare.txt", mimeType="text/plain", buffer=content)
    desk.open("Starta Paketutskick")
    desk.press("Välj Vuxenpsykiatri, inför besök")
    desk.choose(file, lambda: desk.press("Importera från fil"))
    expect(page.get_by_role("heading", name="10 mottagare lades till")).to_be_visible()
    day = installation.now() + timedelta(days=1)
    desk.field("Datum, tillfälle 1").fill(f"{day:%Y-%m-%d}")
    desk.field("Klockslag, tillfälle 1").press_sequentially("0930")
    desk.press("Starta Paketutskick")
    expect(page.get_by_text("Steg 2 av 2")).to_be_visible()
    desk.press("Starta Paketutskick")

    expect(desk.heading("Paketutskicket är startat")).to_be_visible()
    assert clicks(page) <= 7
