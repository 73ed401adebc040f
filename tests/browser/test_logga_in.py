"""Logga in i Utskick."""

from playwright.sync_api import Page, expect

from tests.browser.accessibility import require_accessible
from tests.browser.conftest import OpenContext, sign_in
from tests.browser.desk import Desk
from tests.browser.people import AMINA, PETRA, REACHABLE, ULLA, Resident


def test_staff_choose_a_commission_and_see_its_purpose(page: Page) -> None:
    """Om du har flera medarbetaruppdrag så väljer du den verksamhet som du ska göra
    formulärutskick ifrån. Notera att det ska stå "Vård och behandling" i kolumnen Syfte.
    """
    sign_in(page, PETRA)

    page.goto("/valj-enhet")
    offered = page.get_by_role("row").filter(has_text="Smärtmottagningen Granhöjd")
    expect(page.get_by_role("columnheader", name="Syfte")).to_be_visible()
    expect(offered.get_by_role("cell", name="Vård och behandling")).to_be_visible()


def test_the_first_time_a_unit_is_chosen_and_the_next_time_it_is_there_at_once(
    open_context: OpenContext,
) -> None:
    """Första gången du loggar in så kan du se en lista med enheter. … Nästa gång du loggar in
    kommer du direkt till den enhet du valde senast. Vald enhet står högst upp till höger på sidan.
    """
    first = open_context().new_page()
    sign_in(first, PETRA)
    expect(first.get_by_role("heading", name="Välj enhet")).to_be_visible()
    first.get_by_role("button", name="Välj Smärtmottagningen Granhöjd").click()
    expect(first.get_by_role("heading", name="Skicka formulär")).to_be_visible()

    later = open_context().new_page()
    sign_in(later, PETRA)

    expect(later.get_by_role("heading", name="Skicka formulär")).to_be_visible()
    unit = later.get_by_role("banner").get_by_text("Smärtmottagningen Granhöjd")
    box = unit.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] / 2 > 1440 / 2
    assert box["y"] < 100


def test_another_unit_is_chosen_at_any_time(page: Page) -> None:
    """Välj den enhet/mottagning som du ska arbeta med."""
    sign_in(page, PETRA)

    page.goto("/valj-enhet")
    page.get_by_role("button", name="Välj Rehabmottagningen Vitsippan").click()

    expect(page.get_by_role("banner").get_by_text("Rehabmottagningen Vitsippan")).to_be_visible()
    page.get_by_role("link", name="Byt enhet").click()
    chosen = page.get_by_role("row").filter(has_text="Rehabmottagningen Vitsippan")
    expect(chosen.get_by_text("Vald nu")).to_be_visible()


def test_whoever_has_one_unit_comes_straight_to_it(page: Page) -> None:
    """Vald enhet står högst upp till höger på sidan."""
    sign_in(page, AMINA)

    expect(page.get_by_role("heading", name="Skicka formulär")).to_be_visible()
    expect(page.get_by_role("banner").get_by_text("Solängen")).to_be_visible()


def test_without_a_commission_for_care_nobody_comes_in(page: Page) -> None:
    """Notera att det ska stå "Vård och behandling" i kolumnen Syfte."""
    page.goto("/")
    page.get_by_role("link", name="Logga in").click()
    page.get_by_role("button", name=ULLA.sign_in_button, exact=True).click()

    expect(page.get_by_text("Vård och behandling").first).to_be_visible()
    expect(page.get_by_role("navigation", name="Meny")).to_have_count(0)
    page.goto("/skicka-formular")
    expect(page.get_by_role("heading", name="Logga in i Utskick")).to_be_visible()


def test_the_page_one_wanted_is_the_page_one_comes_to(page: Page) -> None:
    """Tips: skapa gärna ett bokmärke till någon av sidorna."""
    page.goto("/starta-paketutskick")
    page.get_by_role("link", name="Logga in").click()
    page.get_by_role("button", name=AMINA.sign_in_button, exact=True).click()

    expect(page.get_by_role("heading", name="Starta Paketutskick", level=1)).to_be_visible()


def test_what_was_filled_in_survives_the_end_of_the_session(page: Page, someone: Resident) -> None:
    sign_in(page, AMINA)
    desk = Desk(page)
    desk.fill("Formulärmall", "Sömn hos barn")
    other = desk.in_another_tab()
    other.press("Logga ut")
    expect(other.heading("Du är utloggad")).to_be_visible()

    desk.fill("Personnummer", someone.personnummer)
    desk.press("Lägg till")
    expect(desk.heading("Du är inte inloggad längre")).to_be_visible()
    require_accessible(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Logga in i en ny flik").click()
    opened.value.get_by_role("link", name="Logga in").click()
    opened.value.get_by_role("button", name=AMINA.sign_in_button, exact=True).click()
    expect(opened.value.get_by_role("heading", name="Du är inloggad igen")).to_be_visible()
    desk.press("Fortsätt")
    expect(desk.heading("Kontrollera och fortsätt")).to_be_visible()
    desk.press("Fortsätt")

    expect(desk.row(someone)).to_be_visible()
    expect(desk.field("Formulärmall")).to_have_value("Sömn hos barn")


def test_a_long_import_survives_the_end_of_the_session_with_its_report(page: Page) -> None:
    sign_in(page, AMINA)
    desk = Desk(page)
    desk.fill("Formulärmall", "Sömn hos barn")
    right = [each.personnummer for each in REACHABLE]
    desk.import_file("lista.txt", "\n".join(right + ["191212121213"] * 260).encode())
    added = page.get_by_role("heading", name="200 mottagare lades till, 260 rader togs inte med")
    expect(added).to_be_visible()
    desk.in_another_tab().press("Logga ut")

    desk.press("Skicka formulär")
    expect(desk.heading("Du är inte inloggad längre")).to_be_visible()
    expect(page.get_by_text("Det du fyllde i finns kvar på den här sidan")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Logga in i en ny flik").click()
    opened.value.get_by_role("link", name="Logga in").click()
    opened.value.get_by_role("button", name=AMINA.sign_in_button, exact=True).click()
    expect(opened.value.get_by_role("heading", name="Du är inloggad igen")).to_be_visible()
    desk.press("Fortsätt")
    expect(desk.heading("Kontrollera och fortsätt")).to_be_visible()
    desk.press("Fortsätt")

    expect(page.get_by_role("heading", name="till 200 mottagare?")).to_be_visible()
    desk.press("Nej, ändra först")
    expect(added).to_be_visible()


def test_signed_out_the_pages_are_closed_also_to_the_back_button(page: Page) -> None:
    sign_in(page, AMINA)

    Desk(page).press("Logga ut")
    expect(page.get_by_role("heading", name="Du är utloggad")).to_be_visible()
    page.go_back()

    expect(page.get_by_role("heading", name="Logga in i Utskick")).to_be_visible()
