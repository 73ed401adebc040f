"""Utkast, Ersätt and Ångra: nothing that was filled in is lost, and nothing is sent twice."""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import require_accessible
from tests.browser.conftest import OpenContext, sign_in
from tests.browser.desk import Desk
from tests.browser.people import AMINA, JOHAN, MANY, REACHABLE, Resident
from tests.browser.test_langa_listor import imported
from tests.whole.region import Whole
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import OccasionState

PACKAGE = "Barn och ungdom, inför besök"
FORM = "Inför ditt besök, vuxenpsykiatri"
TITLE = "Inför besöket, hela listan"
BANNER = "Ring om du inte hinner."
A_DAY_S = 24 * 3600


def test_many_recipients_are_there_whatever_happens_and_are_started_once(
    page: Page, open_context: OpenContext, installation: Whole
) -> None:
    day = f"{installation.now() + timedelta(days=20):%Y-%m-%d}"
    sign_in(page, AMINA)
    desk = Desk(page)
    desk.choose_package(PACKAGE)
    desk.fill("Titel som visas för invånaren", TITLE)
    desk.fill("Datum, tillfälle 1", day)
    desk.fill("Klockslag, tillfälle 1", "10:00")
    imported(desk)

    page.reload()
    _expect_all(desk, day)
    require_accessible(page)
    desk.press("Starta Paketutskick")
    expect(page.get_by_text("Steg 2 av 2")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Steg 2 av 2")).to_be_visible()
    require_accessible(page)
    page.go_back()
    _expect_all(desk, day)
    # The unit has others, too.
    draft = f'a[href="{urlsplit(page.url).path}"]'
    desk.press("Logga ut")
    expect(desk.heading("Du är utloggad")).to_be_visible()
    elsewhere = Desk(open_context().new_page())
    sign_in(elsewhere.page, AMINA)
    elsewhere.page.get_by_role("link", name="Fortsätt på ett utkast").click()
    expect(elsewhere.heading("Utkast")).to_be_visible()
    require_accessible(elsewhere.page)
    elsewhere.page.locator(draft, has_text=f"Fortsätt med {PACKAGE}").click()
    _expect_all(elsewhere, day)
    elsewhere.press("Starta Paketutskick")
    expect(elsewhere.page.get_by_text("Steg 2 av 2")).to_be_visible()
    elsewhere.page.get_by_role("button", name="Starta Paketutskick").first.dblclick()

    expect(elsewhere.heading("Paketutskicket är startat")).to_be_visible()
    elsewhere.open("Pågående Paketutskick")
    expect(elsewhere.page.get_by_role("row").filter(has_text=TITLE)).to_have_count(1)
    elsewhere.page.goto("/utkast")
    expect(elsewhere.heading("Utkast")).to_be_visible()
    expect(elsewhere.page.locator(draft)).to_have_count(0)


def test_a_colleague_takes_a_draft_over_and_it_is_sent_once(
    desk: Desk, johan: Desk, installation: Whole, someone: Resident
) -> None:
    desk.fill("Formulärmeddelande", BANNER)
    desk.fill_in(FORM, [someone])
    johan.page.goto(desk.page.url)
    expect(johan.heading("Utkastet är någon annans")).to_be_visible()
    require_accessible(johan.page)

    johan.press("Ta över utkastet")
    expect(johan.row(someone)).to_be_visible()
    expect(johan.field("Formulärmeddelande")).to_have_value(BANNER)
    desk.press("Skicka formulär")
    desk.expect_alert(f"{JOHAN.name} har tagit över utkastet")
    require_accessible(desk.page)
    johan.press("Skicka formulär")
    johan.press("Ja, skicka")

    johan.expect_sent(1)
    [form] = installation.forms_of(someone.personnummer)
    assert form["formText"] == BANNER
    desk.page.get_by_role("link", name="Fortsätt med det du fyllde i").click()
    expect(desk.row(someone)).to_be_visible()


def test_what_is_left_of_a_dispatch_is_replaced_and_both_pages_show_the_series(
    desk: Desk, installation: Whole, others: list[Resident]
) -> None:
    page = desk.page
    numbers = [each.personnummer for each in others]
    old = installation.start(numbers, after_s=[5, 7 * A_DAY_S, 14 * A_DAY_S])
    installation.until(lambda: _is_sent(installation, old), "the first occasion")
    page.goto(f"/paketutskick/{old.id}")

    desk.press("Ersätt")
    expect(page.get_by_text("Ersätter ett startat paketutskick")).to_be_visible()
    expect(desk.field("Datum, tillfälle 2")).to_be_visible()
    expect(desk.field("Datum, tillfälle 3")).to_have_count(0)
    for each in others:
        expect(desk.row(each)).to_be_visible()
    require_accessible(page)
    desk.fill("Titel som visas för invånaren", "Med en ny titel")
    assert installation.dispatch(old.id).label == "Pågående"
    desk.start_package()
    page.get_by_role("link", name="Visa paketutskicket").click()

    _expect_series(page, "Ersätter ett tidigare")
    new = installation.dispatch(UUID(page.url.rpartition("/")[2]))
    page.get_by_role("link", name=old.name, exact=True).click()
    expect(page.get_by_text("Stoppad", exact=True).first).to_be_visible()
    _expect_series(page, "Det första")
    expect(page.locator("summary").filter(has_text="Återstarta")).to_have_count(0)
    assert (installation.dispatch(old.id).label, new.label) == ("Stoppad", "Pågående")
    assert [each.local_date for each in new.occasions] == [
        each.local_date for each in old.occasions[1:]
    ]
    assert [len(installation.forms_of(each)) for each in numbers] == [4, 4]


def test_a_removal_and_its_undoing_leave_one_where_one_is(desk: Desk, installation: Whole) -> None:
    page, someone = desk.page, REACHABLE[20]
    dispatch = installation.start(
        [each.personnummer for each in REACHABLE[:30]], after_s=[A_DAY_S]
    )
    page.goto(f"/paketutskick/{dispatch.id}")
    said = page.locator("#borttagen")
    page.locator("summary").filter(has_text="Ta bort " + someone.formatted).click()

    _press_in_place(page, desk.row(someone).get_by_role("button", name="Ja, ta bort"))
    expect(said).to_contain_text(f"{someone.name}, ")
    expect(said).to_contain_text("är borttagen")
    expect(said).to_be_focused()
    _press_in_place(page, desk.row(someone).get_by_role("button", name="Ångra"))

    expect(said).to_contain_text("är med igen")
    expect(said).to_be_focused()
    require_accessible(page)


def _expect_all(desk: Desk, day: str) -> None:
    """Everything that was filled in."""
    expect(desk.page.get_by_role("button", name=f"Alla {len(MANY)}", exact=True)).to_be_visible()
    expect(desk.field("Titel som visas för invånaren")).to_have_value(TITLE)
    expect(desk.field("Datum, tillfälle 1")).to_have_value(day)


def _expect_series(page: Page, this: str) -> None:
    """Two of them; of this one it says what it is."""
    expect(page.get_by_role("heading", name="Serien")).to_be_visible()
    listed = page.get_by_role("listitem").filter(has_text="startat")
    expect(listed).to_have_count(2)
    expect(listed.filter(has_text="(det här)")).to_contain_text(this)
    require_accessible(page)


def _is_sent(installation: Whole, dispatch: Dispatch) -> bool:
    return installation.dispatch(dispatch.id).occasions[0].state is OccasionState.DONE


def _press_in_place(page: Page, button: Locator) -> None:
    """The page comes anew, and is not scrolled by it."""
    button.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 0
    button.click()
    expect(button).to_have_count(0)
    assert page.evaluate("scrollY") == before
