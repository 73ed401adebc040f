"""Två personer: Karin starts, and Johan reads everything before he lets it go."""

from datetime import timedelta

from playwright.sync_api import expect

from tests.browser.accessibility import require_accessible
from tests.browser.desk import Desk
from tests.browser.people import KARIN, Resident
from tests.whole.region import Whole

PACKAGE = "Vuxenpsykiatri, efter utskrivning"


def start(desk: Desk, installation: Whole, *people: Resident) -> None:
    day = installation.now() + timedelta(days=2)
    desk.open("Starta Paketutskick")
    desk.choose_package(PACKAGE)
    desk.fill("Datum, tillfälle 1", f"{day:%Y-%m-%d}")
    desk.fill("Klockslag, tillfälle 1", "10:00")
    desk.add(*people)
    desk.press("Starta Paketutskick")
    expect(desk.page.get_by_text("Steg 2 av 2")).to_be_visible()
    desk.press("Starta Paketutskick")
    expect(desk.page.get_by_text("Utskicket väntar nu på att en kollega")).to_be_visible()


def test_a_colleague_approves_what_another_has_started(
    desk: Desk, johan: Desk, others: list[Resident], installation: Whole
) -> None:
    start(desk, installation, *others)
    require_accessible(desk.page)
    address = desk.page.url.partition("?")[0]

    johan.open("Pågående Paketutskick")
    johan.page.get_by_role("link", name="Väntar på godkännande").click()
    require_accessible(johan.page)
    johan.page.goto(address)
    for each in others:
        expect(johan.row(each)).to_contain_text(each.name)
    expect(johan.page.get_by_text(f"{KARIN.name} startade utskicket")).to_be_visible()
    for asked in johan.page.locator(".notice summary").all():
        asked.click()
    require_accessible(johan.page)
    johan.page.get_by_role("button", name="Ja, godkänn").click()

    expect(johan.page.get_by_text("Utskicket är godkänt och startat.")).to_be_visible()
    expect(johan.page.get_by_role("heading", level=1)).to_contain_text("Pågående")


def test_a_no_is_read_by_whoever_started_it(
    desk: Desk, johan: Desk, someone: Resident, installation: Whole
) -> None:
    start(desk, installation, someone)
    johan.page.goto(desk.page.url.partition("?")[0])

    johan.page.locator("summary").filter(has_text="Neka").click()
    johan.press("Ja, neka")
    expect(johan.page.get_by_text("Skälet är tomt.")).to_be_visible()
    require_accessible(johan.page)
    johan.fill("Skäl", "Personen är inte utskriven än.")
    johan.press("Ja, neka")
    expect(johan.page.get_by_text("Utskicket är nekat.").first).to_be_visible()

    desk.page.reload()
    expect(desk.page.get_by_text("Personen är inte utskriven än.")).to_be_visible()
    require_accessible(desk.page)
