"""Besök: what is sent before them, and a visit that is moved twice and cancelled."""

from datetime import date, timedelta

from playwright.sync_api import Page, expect

from tests.browser.accessibility import require_accessible
from tests.browser.desk import Desk
from tests.browser.people import Resident
from tests.whole.region import Whole
from utskick.domain.calendar import STOCKHOLM

PACKAGE = "Vuxenpsykiatri, före bokade besök"


def test_a_visit_is_moved_twice_and_cancelled(
    desk: Desk, someone: Resident, installation: Whole
) -> None:
    page, today = desk.page, installation.now().astimezone(STOCKHOLM).date()
    start_before_visits(desk)
    add_by_paste(desk, someone, on=today + timedelta(days=30))

    desk.open("Besök")
    require_accessible(page)
    desk.row(someone).get_by_role("link", name="Visa").click()
    expect(page.get_by_text("Planerat").first).to_be_visible()
    require_accessible(page)
    for days in (40, 50):
        moved = today + timedelta(days=days)
        desk.fill("Datum", f"{moved:%Y-%m-%d}")
        desk.press("Flytta besöket")
        expect(page.get_by_role("status").first).to_contain_text("Besöket är flyttat")
        expect(page.get_by_text(f"{moved - timedelta(days=3):%Y-%m-%d} kl. 09:00")).to_be_visible()

    page.get_by_role("link", name=PACKAGE).click()
    expect(page.get_by_role("row").filter(has_text="Planerat")).to_have_count(2)
    require_accessible(page)
    page.go_back()
    desk.press_disclosed("Avboka besöket", "Ja, avboka")
    expect(page.get_by_role("status").first).to_contain_text("Besöket är avbokat")
    require_accessible(page)
    page.get_by_role("link", name=PACKAGE).click()
    expect(page.get_by_text("Inget är planerat")).to_be_visible()

    stop_and_go_on(page)


def start_before_visits(desk: Desk) -> None:
    desk.open("Besök")
    require_accessible(desk.page)
    desk.page.get_by_role("link", name="Starta besöksutskick").click()
    require_accessible(desk.page)
    desk.press("Starta besöksutskicket")
    expect(desk.page.get_by_role("status").first).to_contain_text("Besöksutskicket är startat")
    require_accessible(desk.page)


def add_by_paste(desk: Desk, someone: Resident, *, on: date) -> None:
    """With a row that cannot be taken, and the question before anything is saved."""
    desk.open("Besök")
    desk.page.get_by_role("link", name="Lägg till besök").click()
    require_accessible(desk.page)
    desk.press("Läs listan")
    expect(desk.page.get_by_role("alert").first).to_be_visible()
    require_accessible(desk.page)
    rows = (
        "Personnummer;Referens;Besöksdatum;Tid",
        f"{someone.formatted};B-1;{on:%Y-%m-%d};09:30",
        f"{someone.formatted};B-2;{on:%Y-%m-%d};halv tio",
    )
    desk.fill("Eller klistra in", "\n".join(rows))
    desk.press("Läs listan")
    expect(desk.heading("Vill du spara besöken?")).to_be_visible()
    expect(desk.page.get_by_text("1 nytt, 1 tas inte emot").first).to_be_visible()
    require_accessible(desk.page)
    desk.press("Ja, spara")
    expect(desk.heading("Besöken är sparade")).to_be_visible()
    require_accessible(desk.page)


def stop_and_go_on(page: Page) -> None:
    desk = Desk(page)
    desk.press_disclosed("Stoppa besöksutskicket", "Ja, stoppa")
    expect(desk.heading(PACKAGE)).to_contain_text("Stoppad")
    require_accessible(page)
    desk.press_disclosed("Återstarta besöksutskicket", "Ja, återstarta")
    expect(desk.heading(PACKAGE)).to_contain_text("Pågående")
