"""Every page in every state: axe finds nothing, and everything fits at each width."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import require_accessible
from tests.browser.conftest import sign_in
from tests.browser.desk import Desk
from tests.browser.people import PETRA, ULLA, UNNOTIFIED, Resident
from tests.whole.region import Whole

FORM = "Inför ditt besök, vuxenpsykiatri"
A_DAY_S = 24 * 3600


def test_signing_in_and_out(page: Page) -> None:
    page.goto("/logga-in")
    require_accessible(page)
    sign_in(page, PETRA)
    page.goto("/valj-enhet")
    require_accessible(page)
    page.goto("/inloggad")
    require_accessible(page)
    Desk(page).press("Logga ut")
    expect(page.get_by_role("heading", name="Du är utloggad")).to_be_visible()
    require_accessible(page)


def test_being_refused(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Logga in").click()
    page.get_by_role("button", name=ULLA.sign_in_button, exact=True).click()
    expect(page.get_by_text("Du är inte inloggad")).to_be_visible()
    require_accessible(page)


def test_sending_a_form(desk: Desk, someone: Resident) -> None:
    desk.open("Skicka NAFS formulär")
    require_accessible(desk.page)

    desk.open("Skicka formulär")
    desk.field("Formulärmall").click()
    require_accessible(desk.page)
    desk.fill("Besvaras senast", "2020-01-01")
    desk.press("Skicka formulär")
    expect(desk.page.get_by_role("alert").first).to_be_visible()
    require_accessible(desk.page)

    desk.open("Skicka formulär")
    desk.fill_in(FORM, [someone, UNNOTIFIED[2]])
    desk.fill("Formulärmeddelande", "Ring om du inte hinner.")
    desk.import_file("mottagare.txt", b"191212121213\nNils\n")
    expect(desk.page.get_by_role("heading", name="0 mottagare lades till")).to_be_visible()
    require_accessible(desk.page)

    desk.press("Skicka formulär")
    expect(desk.page.get_by_role("heading", level=1, name="Vill du skicka")).to_be_visible()
    require_accessible(desk.page)

    desk.press("Ja, skicka")
    expect(desk.page.get_by_role("link", name="OK")).to_be_visible()
    require_accessible(desk.page)


def test_sending_the_same_again(desk: Desk, someone: Resident) -> None:
    for _ in range(2):
        desk.open("Skicka formulär")
        desk.fill_in(FORM, [someone])
        desk.press("Skicka formulär")
        button = desk.page.get_by_role("button", name="Ja, skicka")
        expect(button).to_be_visible()
        if "en gång till" not in button.inner_text():
            button.click()
            expect(desk.page.get_by_role("link", name="OK")).to_be_visible()
    require_accessible(desk.page)


def test_starting_a_package(desk: Desk, someone: Resident) -> None:
    desk.open("Starta Paketutskick")
    require_accessible(desk.page)
    desk.press("Välj")
    expect(desk.page.get_by_role("alert")).to_be_visible()
    require_accessible(desk.page)

    desk.choose_package("Vuxenpsykiatri, veckoskattning 8 veckor")
    desk.fill("Klockslag, tillfälle 1", "25:99")
    desk.press("Starta Paketutskick")
    expect(desk.page.get_by_role("alert").first).to_be_visible()
    require_accessible(desk.page)

    desk.fill("Klockslag, tillfälle 1", "05:10")
    desk.add(someone, UNNOTIFIED[3])
    require_accessible(desk.page)

    desk.press("Starta Paketutskick")
    expect(desk.page.get_by_text("Steg 2 av 2")).to_be_visible()
    require_accessible(desk.page)

    desk.press("Starta Paketutskick")
    expect(desk.heading("Paketutskicket är startat")).to_be_visible()
    require_accessible(desk.page)


def test_a_blocked_package(desk: Desk) -> None:
    desk.choose_package("Exempel på paket som blockeras")
    expect(desk.page.get_by_role("alert")).to_be_visible()
    require_accessible(desk.page)


def test_ongoing_dispatches(desk: Desk, others: list[Resident], installation: Whole) -> None:
    numbers = [each.personnummer for each in others]
    dispatch = installation.start(numbers, after_s=[8, A_DAY_S])
    desk.page.goto(f"/paketutskick/{dispatch.id}")
    expect(desk.page.get_by_text("8 skickade").first).to_be_visible()
    desk.page.reload()
    require_accessible(desk.page)

    desk.page.get_by_role("link", name="1 av 2").click()
    expect(desk.heading("Tillfälle 1 av 2")).to_be_visible()
    require_accessible(desk.page)

    desk.open("Pågående Paketutskick")
    require_accessible(desk.page)
    desk.fill("Namn eller titel", "finns inte")
    desk.press("Sök")
    expect(desk.page.get_by_text("Inget utskick stämmer")).to_be_visible()
    require_accessible(desk.page)

    desk.page.goto(f"/paketutskick/{dispatch.id}")
    desk.page.locator("summary").filter(has_text="Ta bort").first.click()
    desk.page.locator("summary").filter(has_text="Stoppa").click()
    require_accessible(desk.page)
    desk.page.get_by_role("button", name="Ja, stoppa").click()
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Stoppad")
    desk.page.locator("summary").filter(has_text="Återstarta").click()
    require_accessible(desk.page)


def test_following_up(desk: Desk, someone: Resident) -> None:
    desk.open("Skicka formulär")
    desk.send(FORM, [someone])
    desk.expect_sent(1)
    desk.open("Uppföljning")
    desk.page.get_by_text("Fler sätt att söka, och kolumner").click()
    desk.page.get_by_text("Svarsfrekvens").click()
    desk.page.locator("summary").filter(has_text="Markera som gallrade").click()
    require_accessible(desk.page)

    desk.row(someone).get_by_role("link").click()
    expect(desk.heading(FORM)).to_be_visible()
    for asked in desk.page.locator("summary").all():
        asked.click()
    require_accessible(desk.page)

    desk.open("Uppföljning")
    desk.fill("Personnummer", "12")
    desk.press("Sök")
    expect(desk.page.get_by_role("alert")).to_be_visible()
    require_accessible(desk.page)


def test_form_links_and_sms(desk: Desk) -> None:
    desk.open("Formulärlänk och sms")
    require_accessible(desk.page)
    desk.press("Skicka sms")
    expect(desk.page.get_by_role("alert").first).to_be_visible()
    require_accessible(desk.page)
    desk.fill("Formulärmall", FORM)
    desk.press("Skapa formulärlänk")
    expect(desk.field("Formulärlänk")).to_be_visible()
    require_accessible(desk.page)


def test_the_log(johan: Desk) -> None:
    johan.open("Logg")
    require_accessible(johan.page)
    johan.press("Kontrollera loggen")
    expect(johan.page.get_by_text("Loggen är hel")).to_be_visible()
    require_accessible(johan.page)
    johan.fill("Patientens personnummer", "12")
    johan.press("Sök")
    expect(johan.page.get_by_role("alert")).to_be_visible()
    require_accessible(johan.page)


def test_punctuality(maj_britt: Desk) -> None:
    maj_britt.open("Punktlighet")
    require_accessible(maj_britt.page)


@pytest.mark.parametrize(
    ("part", "one"),
    [
        ("Enheter", "Vårdcentralen Ljungbacken"),
        ("Formulärmallar", "Levnadsvanor, kort"),
        ("Grundplåtar", "Vuxenpsykiatri, veckoskattning 8 veckor"),
    ],
)
def test_a_part_of_the_administration(maj_britt: Desk, part: str, one: str) -> None:
    page = maj_britt.page
    maj_britt.open("Förvaltning")
    require_accessible(page)
    page.get_by_role("main").get_by_role("link", name=part, exact=True).click()
    expect(maj_britt.heading(part)).to_be_visible()
    require_accessible(page)

    page.get_by_role("link", name=one, exact=True).click()
    expect(maj_britt.heading(one)).to_be_visible()
    for asked in page.locator("summary").all():
        if asked.is_visible():  # some are only there without script
            asked.click()
    require_accessible(page)


def test_a_link_that_the_administration_makes(maj_britt: Desk) -> None:
    page = maj_britt.page
    page.goto("/forvaltning/formularmallar?sok=PHQ")
    page.get_by_role("main").get_by_role("link", name="PHQ").first.click()
    maj_britt.press("Skapa formulärlänk")
    expect(page.get_by_role("alert")).to_be_visible()
    require_accessible(page)

    maj_britt.field("Enhet").press_sequentially("björk")
    require_accessible(page)
    maj_britt.field("Enhet").press("Enter")
    maj_britt.press("Skapa formulärlänk")
    expect(maj_britt.field("Formulärlänk")).to_have_value(re.compile("externalApplication="))
    require_accessible(page)


def test_what_the_administration_mistypes(maj_britt: Desk) -> None:
    page = maj_britt.page
    for address, button in (
        ("/forvaltning/enheter", "Lägg till enhet"),
        ("/forvaltning/ny-grundplat", "Spara grundplåt"),
    ):
        page.goto(address)
        maj_britt.press(button)
        expect(page.get_by_role("alert").first).to_be_visible()
        require_accessible(page)


def test_signing_people_out(maj_britt: Desk) -> None:
    maj_britt.page.goto("/forvaltning/inloggningar")
    maj_britt.page.locator("summary").first.click()
    require_accessible(maj_britt.page)


def test_a_page_that_there_is_none_of(desk: Desk) -> None:
    for address in ("/finns-inte", "/paketutskick/6a0a7f3e-1d1f-4a7e-9a8e-000000000000"):
        desk.page.goto(address)
        expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
        require_accessible(desk.page)
