"""The inbox message's box: what is inserted into it, and how the resident will read it."""

from datetime import timedelta

from playwright.sync_api import expect

from tests.browser.accessibility import require_accessible
from tests.browser.desk import Desk
from tests.browser.people import Resident
from tests.whole.region import Whole

CHILD = "Barn och ungdom, inför besök"


def test_what_utskick_fills_in_is_inserted_where_the_cursor_is(desk: Desk) -> None:
    """Vid behov, ändra det förvalda inkorgsmeddelandet."""
    desk.open("Skicka formulär")
    box = desk.field("Inkorgsmeddelande")
    box.fill("Hej från ! Svara gärna.")
    box.evaluate("field => field.setSelectionRange(9, 9)")

    desk.press("Enhetens namn")

    expect(box).to_have_value("Hej från {{ enhet }}! Svara gärna.")
    expect(box).to_be_focused()
    expect(desk.page.locator("#meddelande")).to_contain_text("Hej från Vuxenpsykiatriska")
    expect(desk.page.get_by_text("Ord som Utskick fyller i")).to_be_hidden()


def test_a_sentence_that_is_missing_is_added_with_a_click(desk: Desk) -> None:
    desk.open("Skicka formulär")
    desk.fill("Inkorgsmeddelande", "Hej från {{ enhet }}! Vi vill veta hur du mår. {{ kontakt }}")
    advice = desk.page.locator(".advice")
    expect(advice).to_contain_text("säger inte hur svaren används")
    require_accessible(desk.page)

    advice.get_by_role("button", name="Lägg till meningen").click()

    expect(desk.field("Inkorgsmeddelande")).to_have_value(
        "Hej från {{ enhet }}! Vi vill veta hur du mår. {{ kontakt }}\n\nSvaren läses av den"
        " personal som du möter hos oss och används i din vård.\n"
    )
    expect(advice).to_have_count(0)


def test_the_box_is_put_away_while_no_message_is_made(desk: Desk) -> None:
    """Låt denna vara iklickad."""
    desk.open("Skicka formulär")
    box = desk.field("Inkorgsmeddelande")

    desk.page.get_by_label("Skapa inkorgsmeddelande").uncheck()
    expect(box).to_be_hidden()
    expect(desk.page.locator("#meddelande")).to_be_hidden()
    expect(desk.page.get_by_text("meddelandet används inte")).to_be_visible()

    desk.page.get_by_label("Skapa inkorgsmeddelande").check()
    expect(box).to_be_visible()
    expect(desk.page.get_by_text("meddelandet används inte")).to_be_hidden()


def test_each_language_is_shown_as_the_resident_gets_it_while_it_is_written(
    amina: Desk, installation: Whole, someone: Resident
) -> None:
    desk = amina
    desk.choose_package(CHILD)
    desk.add(someone)
    desk.set_occasion(1, installation.now() + timedelta(days=1))
    desk.press("Starta Paketutskick")
    preview = desk.page.locator("#meddelande")
    expect(preview.locator("p.text[dir=rtl]")).to_contain_text("مرحباً")

    desk.page.locator("summary").filter(has_text="På engelska").click()
    desk.fill("Meddelande på engelska", "Hello from {{ enhet }}, {{ besvaras_senast }}!")

    expect(preview.locator("p.text[lang=en]")).to_contain_text("Hello from Barn")
    expect(preview.locator("p.text[lang=en]")).not_to_contain_text("{{")
    require_accessible(desk.page)
