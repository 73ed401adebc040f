"""Numbers that come quicker than the answers: from a scanner, by fast typing, or pasted."""

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.people import REACHABLE
from tests.whole.region import Whole

SCANNED = REACHABLE[10:16]


def test_each_number_of_a_scanner_is_taken_and_none_twice(desk: Desk, slow_1177: None) -> None:
    desk.open("Skicka formulär")
    field = desk.field("Personnummer")
    field.focus()

    for each in SCANNED:
        desk.page.keyboard.type(each.personnummer)
        desk.page.keyboard.press("Enter")

    for each in SCANNED:
        expect(desk.row(each)).to_have_count(1)
    expect(desk.page.locator("#mottagarlista tbody tr")).to_have_count(len(SCANNED))
    expect(field).to_have_value("")
    expect(field).to_be_focused()


def test_a_wrong_number_among_quick_ones_is_said_and_the_others_are_taken(desk: Desk) -> None:
    desk.open("Skicka formulär")
    field = desk.field("Personnummer")
    field.focus()

    for number in (SCANNED[0].personnummer, "191212121213", SCANNED[1].personnummer):
        desk.page.keyboard.type(number)
        desk.page.keyboard.press("Enter")

    expect(desk.row(SCANNED[0])).to_have_count(1)
    expect(desk.row(SCANNED[1])).to_have_count(1)
    expect(desk.page.get_by_text("1912••••-••••").first).to_be_visible()


def test_lines_that_are_pasted_are_numbers_apart(desk: Desk, installation: Whole) -> None:
    desk.open("Skicka formulär")
    lines = "\n".join(each.personnummer for each in SCANNED)
    desk.field("Personnummer").evaluate(
        """(field, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData('text', text);
          field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true,
            cancelable: true }));
        }""",
        lines,
    )

    desk.press("Lägg till")

    expect(desk.page.locator("#mottagarlista tbody tr")).to_have_count(len(SCANNED))
