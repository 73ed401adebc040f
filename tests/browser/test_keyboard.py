"""The two main journeys with the keyboard alone; errors that are heard as well as seen."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.keyboard import Keyboard
from tests.browser.people import Resident
from tests.whole.region import Whole

FORM = "Inför ditt besök, vuxenpsykiatri"


@pytest.fixture
def keyboard(desk: Desk) -> Keyboard:
    return Keyboard(desk.page)


def test_the_first_stop_leads_past_the_menu(desk: Desk, keyboard: Keyboard) -> None:
    keyboard.press("Hoppa till innehållet")

    keyboard.go_to("Formulärmall")


def test_a_form_is_sent_with_the_keyboard_alone(
    desk: Desk, keyboard: Keyboard, installation: Whole, others: list[Resident]
) -> None:
    first, removed = others
    keyboard.press("Skicka formulär")
    expect(desk.heading("Skicka formulär")).to_be_visible()
    keyboard.type_into("Formulärmall", FORM)
    for each in others:
        if keyboard.focused != "Personnummer":
            keyboard.go_to("Personnummer")
        desk.page.keyboard.type(each.personnummer)
        desk.page.keyboard.press("Enter")
        expect(desk.row(each)).to_be_visible()
        expect(desk.field("Personnummer")).to_be_focused()
    keyboard.press(f"Ta bort {removed.formatted}, {removed.name}")
    expect(desk.row(removed)).to_have_count(0)
    keyboard.press("Skicka formulär")
    expect(desk.page.get_by_role("heading", name="Vill du skicka")).to_be_focused()
    keyboard.press("Ja, skicka")

    expect(desk.page.get_by_role("link", name="OK")).to_be_visible()
    installation.until(lambda: installation.forms_of(first.personnummer), "the form")
    assert installation.forms_of(removed.personnummer) == []


def test_a_package_is_started_and_stopped_with_the_keyboard_alone(
    desk: Desk, keyboard: Keyboard, installation: Whole, someone: Resident
) -> None:
    keyboard.press("Starta Paketutskick")
    expect(desk.heading("Starta Paketutskick")).to_be_visible()
    keyboard.type_into("Paketutskickets namn", "inför bes")
    desk.page.keyboard.press("Enter")
    expect(desk.field("Paketutskickets namn")).to_have_value("Vuxenpsykiatri, inför besök")
    keyboard.press("Välj")
    expect(desk.field("Titel som visas för invånaren")).to_be_visible()
    keyboard.type_into("Titel som visas för invånaren", "Inför ditt besök")
    chosen = f"{installation.now() + timedelta(days=30):%Y-%m-%d}"
    keyboard.type_into("Datum, tillfälle 1", chosen)
    keyboard.type_into("Klockslag, tillfälle 1", "0930")
    keyboard.press("Ta bort PHQ-9 Nedstämdhet")
    expect(desk.page.get_by_text("3 formulär", exact=True)).to_be_visible()
    keyboard.type_into("Personnummer", someone.formatted)
    desk.page.keyboard.press("Enter")
    expect(desk.row(someone)).to_be_visible()
    keyboard.press("Starta Paketutskick")
    expect(desk.page.get_by_role("heading", level=1)).to_be_focused()
    keyboard.press("Starta Paketutskick")
    expect(desk.heading("Paketutskicket är startat")).to_be_visible()

    keyboard.press("Visa paketutskicket")
    expect(desk.page.get_by_text(f"{chosen} kl. 09:30")).to_be_visible()
    keyboard.press("Stoppa Paketutskick")
    keyboard.press("Ja, stoppa")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Stoppad")


def test_errors_are_announced_and_lead_to_their_fields(desk: Desk, keyboard: Keyboard) -> None:
    desk.open("Skicka formulär")
    desk.fill("Besvaras senast", "2020-01-01")
    desk.press("Skicka formulär")

    alert = desk.page.get_by_role("alert").filter(has_text="behöver rättas")
    expect(alert).to_be_focused()
    keyboard.press("Formulärmall: Du har inte valt något formulär.")
    form = desk.field("Formulärmall")
    expect(form).to_be_focused()
    expect(form).to_have_accessible_description(_holding("Du har inte valt något formulär"))
    expect(form).to_have_attribute("aria-invalid", "true")


def test_an_error_beside_its_field_is_announced(desk: Desk) -> None:
    desk.open("Skicka formulär")
    desk.fill("Personnummer", "19121212-1213")
    desk.page.keyboard.press("Enter")

    field = desk.field("Personnummer")
    expect(desk.page.get_by_role("alert")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(_holding("Fel:"))


def test_what_changes_is_shown_to_a_screen_reader(desk: Desk, someone: Resident) -> None:
    desk.open("Skicka formulär")
    desk.add(someone)

    expect(desk.page.get_by_role("status").filter(has_text="1 mottagare")).to_be_attached()
    expect(desk.page.get_by_role("status").filter(has_text="1 mottagare")).not_to_be_empty()


def _holding(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))
