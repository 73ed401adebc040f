"""Impatience, reload and the back button: whatever staff do, a form is sent once."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DeskOf
from tests.browser.desk import Desk, soon
from tests.browser.people import KARIN, Resident
from tests.browser.test_starta_paketutskick import VISIT
from tests.whole.region import Whole

FORM = "Inför ditt besök, vuxenpsykiatri"


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def desk(desk_of: DeskOf, request: pytest.FixtureRequest) -> Desk:
    return desk_of(KARIN, java_script_enabled=request.param)


def test_a_double_click_and_a_reload_send_once(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    _ask(desk, someone)

    desk.page.get_by_role("button", name="Ja, skicka").dblclick()
    expect(desk.page.get_by_role("link", name="OK")).to_be_visible()
    desk.page.reload()

    _expect_once(desk.page, installation, someone)


def test_two_tabs_send_once_and_the_second_is_shown(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    other = desk.in_another_tab()
    _ask(desk, someone)
    _ask(other, someone)

    desk.press("Ja, skicka")
    expect(desk.page.get_by_role("link", name="OK")).to_be_visible()
    other.press("Ja, skicka")

    expect(other.page.get_by_text("Du hade redan skickat just det här")).to_be_visible()
    _expect_once(desk.page, installation, someone)


def test_the_back_button_leads_to_what_was_sent_and_the_same_again_is_warned_of(
    desk_of: DeskOf, someone: Resident
) -> None:
    desk = desk_of(KARIN)
    _ask(desk, someone)
    desk.press("Ja, skicka")
    expect(desk.page.get_by_role("link", name="OK")).to_be_visible()

    desk.page.go_back()
    expect(desk.page.get_by_role("heading", name="Om utskicket")).to_be_visible()
    _ask(desk, someone)

    expect(desk.page.get_by_text("Det här har redan skickats")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Ja, skicka en gång till")).to_be_visible()


def test_when_the_answer_is_lost_the_second_try_sends_nothing_more(
    desk_of: DeskOf, installation: Whole, someone: Resident
) -> None:
    desk = desk_of(KARIN)
    _ask(desk, someone)
    desk.page.route("**/skicka-formular/utkast/*", _lose_the_answer, times=1)

    desk.press("Ja, skicka")
    expect(desk.page.get_by_text("Det gick inte att nå Utskick")).to_be_in_viewport()
    desk.press("Ja, skicka")

    expect(desk.page.get_by_text("Du hade redan skickat just det här")).to_be_visible()
    _expect_once(desk.page, installation, someone)


def test_a_package_that_two_tabs_start_is_sent_once(
    desk_of: DeskOf, installation: Whole, someone: Resident
) -> None:
    first = desk_of(KARIN)
    second = first.in_another_tab()
    began = installation.now()
    for desk in (first, second):
        desk.choose_package(VISIT)
        desk.add(someone)
    moment = soon(installation, since=began)
    for desk in (first, second):
        desk.set_occasion(1, moment)
        desk.press("Starta Paketutskick")
        expect(desk.page.get_by_text("Steg 2 av 2")).to_be_visible()

    for desk in (first, second):
        desk.page.get_by_role("button", name="Starta Paketutskick").first.dblclick()

    # They are posted at once: which comes first nobody can say.
    for desk in (first, second):
        expect(desk.heading("Paketutskicket är startat")).to_be_visible()
    already = "Du hade redan startat just det här"
    assert sum(desk.page.get_by_text(already).count() for desk in (first, second)) == 1
    second.page.get_by_role("link", name="Visa paketutskicket").click()
    expect(second.page.get_by_text("4 skickade").first).to_be_visible()
    installation.until(lambda: installation.messages_of(someone.personnummer), "the message")
    forms = installation.forms_of(someone.personnummer)
    assert len({form["templateId"] for form in forms}) == len(forms) == 4
    assert len(installation.messages_of(someone.personnummer)) == 1


def _ask(desk: Desk, someone: Resident) -> None:
    """Up to the question, with the same answers each time."""
    desk.open("Skicka formulär")
    desk.fill_in(FORM, [someone])
    desk.press("Skicka formulär")
    expect(desk.page.get_by_role("heading", level=1, name="Vill du skicka ut")).to_be_visible()


def _lose_the_answer(route: Route) -> None:
    """The server gets what was posted, but the browser never hears of it."""
    route.fetch(max_redirects=0)
    route.abort()


def _expect_once(page: Page, installation: Whole, someone: Resident) -> None:
    expect(page.get_by_role("link", name="OK")).to_be_visible()
    installation.until(
        lambda: (
            installation.forms_of(someone.personnummer)
            and installation.messages_of(someone.personnummer)
        ),
        "the form is there",
    )
    assert len(installation.forms_of(someone.personnummer)) == 1
    assert len(installation.messages_of(someone.personnummer)) == 1
