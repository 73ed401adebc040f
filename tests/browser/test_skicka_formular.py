"""Skicka ett formulär i Utskick: from the empty page to the confirmation."""

import re
from datetime import date

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.accessibility import require_accessible
from tests.browser.desk import Desk
from tests.browser.people import PROTECTED, UNNOTIFIED, Resident
from tests.whole.region import Whole
from utskick.domain.calendar import STOCKHOLM

FORM = "Inför ditt besök, vuxenpsykiatri"


def test_the_menu_stands_at_the_top(desk: Desk) -> None:
    """Överst på sidan visas en menyrad med dessa alternativ."""
    links = desk.page.get_by_role("navigation", name="Meny").get_by_role("link")

    assert links.all_inner_texts()[:4] == [
        "Skicka formulär",
        "Skicka NAFS formulär",
        "Starta Paketutskick",
        "Pågående Paketutskick",
    ]


def test_the_form_is_offered_while_its_name_is_typed_and_can_be_looked_at(desk: Desk) -> None:
    """Börja skriv namnet eller klicka i menyn. Om du vill förhandsgranska formuläret klickar du på
    Visa Formulär.
    """
    desk.open("Skicka formulär")
    offered = desk.page.locator("datalist option:enabled")
    names = offered.evaluate_all("all => all.map(option => option.value)")
    desk.fill("Formulärmall", "inför ditt")

    with desk.page.expect_popup() as opened:
        desk.press("Visa formulär i en ny flik")

    assert FORM in names
    assert "Inskrivning vuxenpsykiatri 2024" not in names
    preview = opened.value
    expect(preview.get_by_role("heading", level=1)).to_have_text("Inför ditt besök")
    expect(preview.get_by_text("Vad är viktigast för dig att vi tar upp?")).to_be_visible()
    expect(desk.field("Formulärmall")).to_have_value(FORM)


@pytest.mark.parametrize("hyphen", ["", "-"], ids=["together", "with a hyphen"])
def test_a_recipient_is_added_by_the_plus_and_removed_by_the_bin(
    desk: Desk, someone: Resident, hyphen: str
) -> None:
    """Lägg till mottagarens personnummer i mottagarlistan (ÅÅÅÅMMDDXXXX eller ÅÅÅÅMMDD-XXXX).
    Klicka på plus-tecknet.
    """
    desk.open("Skicka formulär")
    desk.fill("Personnummer", f"{someone.personnummer[:8]}{hyphen}{someone.personnummer[8:]}")

    desk.press("Lägg till")
    expect(desk.row(someone)).to_be_visible()
    expect(desk.field("Personnummer")).to_have_value("")
    expect(desk.field("Personnummer")).to_be_focused()

    desk.remove(someone)
    expect(desk.page.get_by_text("Inga mottagare än.")).to_be_visible()


def test_what_is_typed_while_1177_is_asked_is_kept(
    desk: Desk, slow_1177: None, others: list[Resident]
) -> None:
    """Lägg till mottagarens personnummer i mottagarlistan."""
    first, second = others
    desk.open("Skicka formulär")
    desk.fill("Personnummer", first.personnummer)
    desk.press("Lägg till")

    desk.fill("Personnummer", second.personnummer)
    desk.fill("Formulärmall", FORM)
    expect(desk.row(second)).to_have_count(0)

    expect(desk.row(first)).to_be_visible()
    expect(desk.field("Personnummer")).to_have_value(second.personnummer)
    expect(desk.field("Formulärmall")).to_have_value(FORM)
    expect(desk.field("Formulärmall")).to_be_focused()


def test_while_1177_is_away_nothing_is_lost_and_it_is_sent_later(
    desk: Desk, sick_1177: None, installation: Whole, someone: Resident
) -> None:
    desk.open("Skicka formulär")
    desk.fill_in(FORM, [someone])
    expect(desk.row(someone)).to_contain_text("Kunde inte kontrolleras just nu")
    desk.press("Skicka formulär")
    expect(desk.heading("Försök igen om en stund")).to_be_visible()
    require_accessible(desk.page)

    installation.heal()
    desk.press("Försök igen")
    desk.press("Ja, skicka")

    expect(desk.page.get_by_role("link", name="OK")).to_be_visible()


@pytest.mark.parametrize("between", ["\r\n", ", "], ids=["one column", "one line"])
def test_recipients_are_imported_from_a_text_file(
    desk: Desk, others: list[Resident], between: str
) -> None:
    """Det går importera mottagare från en textfil (.txt). Klicka på knappen Importera från fil.
    Personnumren kan ligga på olika rader i en enda kolumn, eller på en enda rad separerade med
    kommatecken.
    """
    desk.open("Skicka formulär")

    listed = between.join(each.personnummer for each in others)
    desk.import_file("mottagare.txt", listed.encode())

    expect(desk.page.get_by_role("heading", name="2 mottagare lades till")).to_be_visible()
    for each in others:
        expect(desk.row(each)).to_be_visible()


def test_rows_that_cannot_be_taken_are_shown_one_by_one_and_can_be_downloaded(
    desk: Desk, someone: Resident
) -> None:
    """Personnumret ska ha formatet ÅÅÅÅMMDDNNNN."""
    desk.open("Skicka formulär")
    wrong = someone.personnummer[2:]
    desk.import_file("mottagare.txt", f"{someone.personnummer}\n{wrong}\nNils\n".encode())

    report = desk.page.get_by_role("table").filter(has_text="Varför")
    expect(report.get_by_role("row")).to_have_count(3)
    expect(report).not_to_contain_text(wrong)
    with desk.page.expect_download() as downloading:
        desk.press("Ladda ner som CSV")
    assert "århundrade" in downloading.value.path().read_text(encoding="utf-8-sig").lower()
    expect(desk.row(someone)).to_be_visible()


def test_a_file_that_cannot_be_read_is_shown_beside_the_button_and_nothing_is_lost(
    desk: Desk, someone: Resident
) -> None:
    """Klicka på knappen Importera från fil."""
    desk.open("Skicka formulär")
    desk.fill_in(FORM, [someone])
    desk.fill("Formulärmeddelande", "Ring om du inte hinner.")

    desk.import_file("bilder.xlsx", b"1" * 1_100_000)

    problem = desk.page.locator("#fil-problem")
    expect(problem).to_contain_text("Filen är för stor: högst 1 MB kan läsas in.")
    expect(desk.page.get_by_role("button", name="Importera från fil")).to_be_focused()
    expect(desk.row(someone)).to_be_visible()
    expect(desk.field("Formulärmall")).to_have_value(FORM)
    expect(desk.field("Formulärmeddelande")).to_have_value("Ring om du inte hinner.")
    require_accessible(desk.page)


def test_a_file_is_chosen_with_the_keyboard_and_an_open_section_stays_open(
    desk: Desk, someone: Resident
) -> None:
    """Klicka på knappen Importera från fil."""
    desk.open("Skicka formulär")
    desk.page.get_by_text("Klistra in flera").click()
    desk.field("Personnummer").focus()
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Tab")
    expect(desk.page.get_by_role("button", name="Importera från fil")).to_be_focused()

    desk.choose(
        FilePayload(name="lista.txt", mimeType="text/plain", buffer=someone.formatted.encode()),
        lambda: desk.page.keyboard.press("Enter"),
    )

    expect(desk.row(someone)).to_be_visible()
    expect(desk.page.get_by_role("button", name="Importera från fil")).to_be_focused()
    desk.fill("Personnummer att klistra in", "x")
    desk.press("Lägg till inklistrade")
    expect(desk.page.get_by_role("heading", name="0 mottagare lades till")).to_be_visible()
    expect(desk.field("Personnummer att klistra in")).to_be_visible()


def test_a_protected_person_cannot_be_added_but_there_is_a_form_link(desk: Desk) -> None:
    """Det går inte att lägga till personer med skyddad identitet, men det går att skapa en
    formulärlänk.
    """
    desk.open("Skicka formulär")
    desk.fill("Personnummer", PROTECTED.personnummer)
    desk.press("Lägg till")

    desk.expect_alert("kyddad identitet")
    expect(desk.page.get_by_text("Inga mottagare än.")).to_be_visible()
    link = desk.page.get_by_role("link", name="skapa en formulärlänk")
    expect(link).to_have_attribute("href", "/formularlank")


def test_whoever_is_not_notified_is_pointed_out_and_removed_with_one_click(
    desk: Desk, someone: Resident
) -> None:
    """Är det tomt så kommer mottagaren inte att att bli uppmärksammad … Vi rekommenderar att du
    tar bort mottagaren från mottagarlistan.
    """
    unnotified = UNNOTIFIED[0]
    desk.open("Skicka formulär")
    desk.add(someone, unnotified)

    expect(desk.row(someone)).to_contain_text(re.compile("Sms|E-post"))
    expect(desk.row(unnotified)).to_contain_text("Ingen avisering")
    desk.press("Ta bort mottagaren utan avisering")

    expect(desk.row(unnotified)).to_have_count(0)
    expect(desk.row(someone)).to_be_visible()


def test_the_dates_are_a_year_and_a_year_and_a_month_ahead(
    desk: Desk, installation: Whole
) -> None:
    """Besvaras senast. … Det förvalda datumet är ett år fram i tiden. Gallras efter. … Det
    förvalda datumet är ett år och en månad framåt i tiden.
    """
    desk.open("Skicka formulär")

    today = installation.now().astimezone(STOCKHOLM).date()
    answer_by = date.fromisoformat(desk.field("Besvaras senast").input_value())
    purge_after = date.fromisoformat(desk.field("Gallras efter").input_value())
    assert (answer_by - today).days in (365, 366)
    assert 28 <= (purge_after - answer_by).days <= 31


def test_the_message_is_shown_as_the_resident_will_see_it_while_it_is_written(desk: Desk) -> None:
    """Vid behov, ändra det förvalda inkorgsmeddelandet."""
    desk.open("Skicka formulär")
    desk.fill("Formulärmall", FORM)
    shown = desk.page.locator(".preview")

    desk.fill("Inkorgsmeddelande", "Hej från {{ enhet }}!")

    expect(shown).to_contain_text("Hej från Vuxenpsykiatriska mottagningen Björkängen!")
    expect(shown).to_contain_text("Inför ditt besök")
    expect(shown).to_contain_text("Till formuläret")


def test_everything_that_was_chosen_reaches_the_resident(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    """Klicka på Skicka formulär. Du får en fråga: Vill du skicka ut formuläret "[formulärets
    namn]" till [x] mottagare? Klicka på Ja, skicka. En bekräftelse visas. Klicka på knappen OK.
    """
    desk.open("Skicka formulär")
    desk.fill_in(FORM, [someone])
    desk.fill("Besvaras senast", "2027-03-01")
    desk.fill("Gallras efter", "2027-09-01")
    desk.fill("Inkorgsmeddelande", "Hej! Svara gärna före besöket.")
    desk.fill("Formulärmeddelande", "Ring om du inte hinner.")
    desk.press("Skicka formulär")
    question = f"Vill du skicka ut formuläret ”{FORM}” till 1 mottagare?"
    expect(desk.heading(question)).to_be_visible()
    assert installation.forms_of(someone.personnummer) == []

    desk.press("Ja, skicka")
    desk.expect_sent(1)
    desk.page.get_by_role("link", name="OK").click()

    expect(desk.page.get_by_text("Inga mottagare än.")).to_be_visible()
    [form] = installation.forms_of(someone.personnummer)
    assert (form["expireDate"], form["keepUntil"]) == ("20270301", "20270901")
    assert form["formText"] == "Ring om du inte hinner."
    [message] = installation.messages_of(someone.personnummer)
    assert message["messageText"] == "Hej! Svara gärna före besöket."


def test_no_at_the_question_brings_everything_back(desk: Desk, someone: Resident) -> None:
    """Du får en fråga."""
    desk.open("Skicka formulär")
    desk.fill_in(FORM, [someone])
    desk.fill("Formulärmeddelande", "Ring om du inte hinner.")
    desk.press("Skicka formulär")

    desk.press("Nej, ändra först")

    expect(desk.row(someone)).to_be_visible()
    expect(desk.field("Formulärmall")).to_have_value(FORM)
    expect(desk.field("Formulärmeddelande")).to_have_value("Ring om du inte hinner.")


def test_a_nafs_form_is_sent_in_the_same_way(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    """Om du vill skicka ett NAFS-formulär så är den enda skillnaden att du först går till "Skicka
    NAFS formulär".
    """
    desk.open("Skicka NAFS formulär")

    desk.send("GAD-7 Oro och ångest", [someone])

    desk.expect_sent(1)
    [form] = installation.forms_of(someone.personnummer)
    assert form["templateName"] == "GAD-7 Oro och ångest"
    desk.page.get_by_role("link", name="OK").click()
    expect(desk.heading("Skicka NAFS formulär")).to_be_visible()
