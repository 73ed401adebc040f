"""Dates on red days, and the days to answer: at each occasion, with and without script."""

from playwright.sync_api import expect

from tests.browser.conftest import DeskOf
from tests.browser.desk import Desk
from tests.browser.keyboard import Keyboard
from tests.browser.people import KARIN

WEEKLY = "Vuxenpsykiatri, veckoskattning 8 veckor"
WARNING = "2027-06-25 är midsommarafton. Nästa arbetsdag är måndag 2027-06-28."
MOVE = "Flytta till måndag 2027-06-28 för tillfälle 2"


def test_a_red_day_is_seen_while_it_is_typed_and_moved_with_the_keyboard_alone(
    desk: Desk,
) -> None:
    desk.choose_package(WEEKLY)
    keyboard = Keyboard(desk.page)

    keyboard.type_into("Datum, tillfälle 2", "2027-06-25")
    expect(desk.page.get_by_text(WARNING)).to_be_visible()
    keyboard.type_into("Besvaras senast, tillfälle 2", "2027-07-02")
    keyboard.press(MOVE)

    expect(desk.field("Datum, tillfälle 2")).to_have_value("2027-06-28")
    expect(desk.field("Datum, tillfälle 2")).to_be_focused()
    expect(desk.page.get_by_text(WARNING)).to_have_count(0)
    eighth = desk.page.locator("#tillfallen li").last
    expect(eighth).to_contain_text("Måndag 2027-06-28 kl. 08:00 Besvaras senast 2027-07-02")


def test_the_row_of_a_red_day_is_moved_without_script(desk_of: DeskOf) -> None:
    desk = desk_of(KARIN, java_script_enabled=False)
    desk.choose_package(WEEKLY)

    desk.fill("Datum, tillfälle 2", "2027-06-25")
    desk.press("Lägg till tillfälle")
    expect(desk.page.locator("#varning-2")).to_contain_text(WARNING)
    desk.press(MOVE)

    expect(desk.field("Datum, tillfälle 2")).to_have_value("2027-06-28")
    expect(desk.page.get_by_text(WARNING)).to_have_count(0)


def test_a_row_of_dates_fits_its_place_at_every_width(desk: Desk) -> None:
    desk.choose_package(WEEKLY)
    desk.fill("Datum, tillfälle 2", "2027-06-25")
    expect(desk.page.get_by_text(WARNING)).to_be_visible()

    for width in (1440, 390, 320):
        desk.page.set_viewport_size({"width": width, "height": 900})
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
