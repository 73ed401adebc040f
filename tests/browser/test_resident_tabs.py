"""formular.1177.se in several tabs, after a lost visit, by keyboard: on a local 1177 alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import require_accessible
from tests.browser.keyboard import Keyboard
from tests.browser.people import ADULTS
from tests.browser.resident_pages import ResidentPages
from tests.local_1177.conftest import NOON, Local, an_order, served
from utskick.files import REGION
from utskick.local_1177.app import create_app

UNIT = "SE2321000131-E000000000101"
FORM = "Inför ditt besök"
ANNA, BO = ADULTS[0], ADULTS[1]


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    local = Local()
    app = create_app(tmp_path / "state.db", REGION, clock=lambda: NOON)
    with served(app) as local.url, local.client:
        yield local


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(locale="sv-SE") as opened:
        yield opened


@pytest.fixture
def form(local: Local) -> str:
    """The address of a new form of Anna's."""
    asked = {"healthcare_facility_CareUnit": UNIT}
    templates = local.call("GetFormTemplates", asked)["formTemplates"]
    (template,) = {each["templateId"] for each in templates if each["formTitle"] == FORM}
    order = an_order(ANNA.personnummer, templateId=template, healthcare_facility_CareUnit=UNIT)
    (made,) = local.call("CreateFormRequest", order)["formRequestResponses"]
    return f"{local.url}/formular/{made['formId']}"


@pytest.fixture
def tab(context: BrowserContext, local: Local, form: str) -> ResidentPages:
    """Anna's form, in a browser where she has signed in."""
    pages = ResidentPages(context.new_page(), local.url)
    pages.sign_in(ANNA)
    pages.page.goto(form)
    return pages


def another_tab(tab: ResidentPages, form: str) -> ResidentPages:
    page = tab.page.context.new_page()
    page.goto(form)
    return ResidentPages(page, form)


def written(page: Page) -> str:
    return page.get_by_role("textbox").first.input_value()


def test_two_tabs_with_two_answers_ask_which_to_keep_and_send_in_what_was_reviewed(
    tab: ResidentPages, local: Local, form: str
) -> None:
    other = another_tab(tab, form)
    tab.answer_everything()
    tab.page.get_by_role("textbox").first.fill("Svar i första fliken")
    tab.press("Granska svaren")
    other.page.get_by_role("textbox").first.fill("Svar i andra fliken")
    other.press("Pausa")

    expect(other.page.get_by_role("heading", name="Vilka svar ska gälla?")).to_be_visible()
    require_accessible(other.page)
    other.press("Granska svaren")
    expect(other.page.get_by_role("heading", name="Vilka svar ska gälla?")).to_be_visible()
    other.page.get_by_role("radio", name="Svar i andra fliken").check()
    other.press("Granska svaren")
    expect(other.page.get_by_role("heading", name="Granska dina svar")).to_be_visible()

    tab.press("Bekräfta")
    expect(tab.page.get_by_role("alert")).to_contain_text("Inget är inskickat")
    tab.page.get_by_role("radio", name="Svar i andra fliken").check()
    tab.press("Granska svaren")
    expect(tab.page.get_by_text("Svar i andra fliken")).to_be_visible()
    tab.press("Bekräfta")

    expect(tab.page.get_by_role("heading", name="Tack för dina svar")).to_be_visible()
    (sent_in,) = local.forms_of(ANNA.personnummer)
    assert "Svar i andra fliken" in sent_in["answers"].values()


def test_pausing_in_an_old_empty_tab_leaves_the_answers_alone(
    tab: ResidentPages, form: str
) -> None:
    old = another_tab(tab, form)
    tab.answer_everything()
    tab.press("Pausa")

    old.press("Pausa")

    expect(old.page.get_by_text("Dina svar är sparade.")).to_be_visible()
    old.page.goto(form)
    assert written(old.page) == "Jag sover dåligt."


def test_what_was_filled_in_comes_back_after_a_lost_visit_to_its_resident_alone(
    tab: ResidentPages, form: str, context: BrowserContext
) -> None:
    tab.page.get_by_role("textbox").first.fill("Ont i knät")
    context.clear_cookies()
    tab.press("Pausa")
    expect(tab.page.get_by_role("alert")).to_contain_text("Du är inte inloggad längre")
    require_accessible(tab.page)
    assert "Ont i knät" not in tab.page.content()

    tab.confirm_identity(ANNA)

    expect(tab.page.get_by_role("status")).to_contain_text("Det du fyllde i finns kvar")
    assert written(tab.page) == "Ont i knät"
    assert tab.page.url == form

    other = another_tab(tab, form)
    other.press("Logga ut")
    other.confirm_identity(BO)
    tab.press("Pausa")
    expect(tab.page.get_by_role("heading", name="inloggad som någon annan")).to_be_visible()
    require_accessible(tab.page)
    tab.press("Byt person")
    tab.confirm_identity(BO)
    expect(tab.page.get_by_role("heading", name="Mina formulär")).to_be_visible()
    assert "Ont i knät" not in tab.page.content()
    tab.page.goto(form)
    expect(tab.page.get_by_role("heading", name="Sidan finns inte")).to_be_visible()


def test_each_list_opens_by_its_heading_its_plus_sign_and_the_keyboard(
    tab: ResidentPages, local: Local
) -> None:
    """Genom att klicka på respektive rubrik eller på plustecknet visas formulären."""
    page = tab.page
    page.goto(local.url)
    available = page.locator("details").nth(1)
    signs = page.locator(".plus")

    require_accessible(page)
    assert [sign_of(page, number) for number in range(3)] == ["\u2212", "+", "+"]
    signs.nth(1).click()
    expect(available.get_by_role("link").first).to_be_visible()
    assert sign_of(page, 1) == "\u2212"
    page.get_by_role("heading", name="Fler tillgängliga frågeformulär").click()
    expect(available.get_by_role("link").first).to_be_hidden()

    Keyboard(page).go_to("Inskickade frågeformulär 0 formulär")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Här finns inget inskickat formulär.")).to_be_visible()


def test_the_plus_sign_has_the_colour_of_text_when_colours_are_forced(
    tab: ResidentPages, local: Local
) -> None:
    tab.page.emulate_media(forced_colors="active")
    tab.page.goto(local.url)

    colours = tab.page.locator(".plus").first.evaluate(
        """sign => [getComputedStyle(sign, '::before').color,
                    getComputedStyle(sign.closest('summary').querySelector('h2')).color]"""
    )

    assert colours[0] == colours[1]


def sign_of(page: Page, number: int) -> str:
    content: str = (
        page.locator(".plus")
        .nth(number)
        .evaluate("sign => JSON.parse(getComputedStyle(sign, '::before').content)")
    )
    return content
