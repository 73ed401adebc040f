"""The menu and the fields for dates, as browsers of many kinds show them."""

from playwright.sync_api import Browser, expect

from tests.browser.conftest import DeskOf, Sessions
from tests.browser.desk import Desk
from tests.browser.people import JOHAN


def test_the_menu_is_one_row_on_a_small_screen(johan: Desk) -> None:
    """A manager's, with the widest of its words in bold."""
    johan.open("Pågående Paketutskick")
    johan.page.set_viewport_size({"width": 1024, "height": 700})

    links = johan.page.get_by_role("navigation", name="Meny").get_by_role("link")

    rows = links.evaluate_all("all => all.map(each => each.getBoundingClientRect().y)")
    assert len(rows) > 1
    assert len(set(rows)) == 1


def test_the_menu_is_opened_on_a_phone_with_or_without_script(desk_of: DeskOf) -> None:
    for script in (True, False):
        phone = desk_of(JOHAN, java_script_enabled=script)
        phone.page.set_viewport_size({"width": 390, "height": 700})
        menu = phone.page.get_by_role("navigation", name="Meny")
        expect(menu).to_be_hidden()

        phone.press("Meny")
        phone.open("Uppföljning")

        expect(menu).to_be_hidden()


def test_dates_are_written_the_same_in_every_browser(
    browser: Browser, base_url: str, sessions: Sessions
) -> None:
    """An American browser would write them its own way in a field for dates."""
    context = browser.new_context(base_url=base_url, locale="en-US", storage_state=sessions(JOHAN))
    american = Desk(context.new_page())
    american.page.goto("/skicka-formular")

    american.page.get_by_role("button", name="Visa kalender: Besvaras senast").click()
    american.page.locator("input[type=date]").fill("2027-02-01")

    expect(american.field("Besvaras senast")).to_have_value("2027-02-01")
    context.close()
