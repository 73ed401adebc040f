"""250 recipients at once: no page is longer than three screens, and everybody is found."""

from playwright.sync_api import Page, expect

from tests.browser.accessibility import require_accessible
from tests.browser.desk import Desk
from tests.browser.people import MANY
from tests.whole.region import Whole

FORM = "Inför ditt besök, vuxenpsykiatri"
VISIT = "Vuxenpsykiatri, inför besök"
A_DAY_S = 24 * 3600
SCREEN, MOST_SCREENS = 900, 3


def require_short(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": SCREEN})
    height = page.evaluate("document.documentElement.scrollHeight")
    assert height <= MOST_SCREENS * SCREEN, f"{height} px: {page.url}"


def imported(desk: Desk) -> None:
    content = "\n".join(each.personnummer for each in MANY).encode()
    desk.import_file("mottagare.txt", content)
    count = len(MANY)
    expect(desk.page.get_by_role("heading", name=f"{count} mottagare lades till")).to_be_visible()


def test_a_form_to_many_is_short_from_the_list_to_the_question(desk: Desk) -> None:
    page = desk.page
    desk.open("Skicka formulär")
    desk.fill("Formulärmall", FORM)
    imported(desk)
    require_short(page)
    require_accessible(page)
    desk.press("Skicka formulär")
    expect(page.get_by_role("heading", level=1, name="Vill du skicka")).to_be_visible()
    page.locator("summary").filter(has_text="mottagare").click()

    require_short(page)
    require_accessible(page)


def test_a_dispatch_to_many_is_short_and_looked_in(desk: Desk, installation: Whole) -> None:
    page, last = desk.page, MANY[-1]
    dispatch = installation.start([each.personnummer for each in MANY], after_s=[A_DAY_S])
    page.goto(f"/paketutskick/{dispatch.id}")
    require_short(page)
    require_accessible(page)
    expect(desk.row(last)).to_have_count(0)

    desk.field("Sök i listan").press_sequentially(last.personnummer)

    expect(desk.row(last)).to_be_visible()


def test_a_log_of_many_is_short_and_turned(johan: Desk, installation: Whole) -> None:
    page = johan.page
    installation.start([each.personnummer for each in MANY], after_s=[A_DAY_S])
    johan.open("Logg")
    require_short(page)
    require_accessible(page)

    johan.press("Nästa")

    expect(page.get_by_text("Sida 2 av")).to_be_visible()
    require_short(page)


def test_a_package_to_many_is_short(desk: Desk) -> None:
    desk.choose_package(VISIT)
    imported(desk)

    require_short(desk.page)


def test_somebody_is_found_while_the_name_is_typed_and_the_field_keeps_the_focus(
    desk: Desk,
) -> None:
    someone = MANY[123]
    desk.open("Skicka formulär")
    imported(desk)
    field = desk.field("Sök i listan")

    field.press_sequentially(someone.name)
    expect(desk.row(someone)).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value(someone.name)
    desk.row(someone).get_by_role("button", name="Ta bort").click()
    expect(desk.row(someone)).to_have_count(0)
    field.fill("")

    left = len(MANY) - 1
    expect(desk.page.get_by_role("button", name=f"Alla {left}")).to_be_visible()
    desk.press("Nästa")
    expect(desk.page.get_by_text(f"51–100 av {left}")).to_be_visible()
