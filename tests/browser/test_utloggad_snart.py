"""Before one is signed out one is asked; what was typed is there afterwards (WCAG 2.2.1)."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import require_accessible
from tests.browser.desk import Desk

BANNER = "Ring om du inte hinner."


@pytest.fixture
def page(desk: Desk) -> Page:
    """Something has been typed, and all that it asked the server for has been answered."""
    desk.page.clock.install()
    desk.page.reload()
    desk.open("Formulärlänk och sms")
    with desk.page.expect_response(lambda answer: "langd" in answer.url):
        desk.fill("Sms", BANNER)
        desk.page.clock.run_for(1000)
    return desk.page


def test_whoever_says_that_they_are_there_goes_on(page: Page) -> None:
    page.clock.fast_forward("27:30")
    asked = page.get_by_role("alertdialog", name="Är du kvar?")
    expect(asked).to_be_visible()
    require_accessible(page)

    page.get_by_role("button", name="Ja, fortsätt arbeta").click()

    expect(asked).to_have_count(0)
    expect(page.get_by_label("Sms", exact=True)).to_have_value(BANNER)
    page.clock.fast_forward("20:00")
    expect(asked).to_have_count(0)


def test_whoever_is_signed_out_signs_in_anew_and_finds_everything(page: Page) -> None:
    page.clock.fast_forward("40:00")
    out = page.get_by_role("alertdialog", name="Du är utloggad")
    expect(out).to_be_visible()
    require_accessible(page)
    expect(out.get_by_role("link")).to_have_attribute("href", "/logga-in?till=/inloggad")

    page.get_by_role("button", name="Jag är inloggad igen").click()

    expect(out).to_have_count(0)
    expect(page.get_by_label("Sms", exact=True)).to_have_value(BANNER)
