"""Hänvisa till sidan formular.1177.se."""

from playwright.sync_api import expect

from tests.browser.conftest import PagesOf
from tests.browser.desk import Desk
from tests.browser.people import Resident
from tests.whole.region import Whole


def test_without_an_inbox_message_the_form_waits_at_formular_1177(
    desk: Desk, installation: Whole, pages_of: PagesOf, someone: Resident
) -> None:
    """Då kan du först göra ett utskick på personnummer, och se till att klicka ur "Skapa
    inkorgsmeddelande" … Överst visas Dina pågående frågeformulär, sedan Fler tillgängliga
    frågeformulär och underst Inskickade frågeformulär.
    """
    desk.open("Skicka formulär")
    desk.field("Skapa inkorgsmeddelande").uncheck()
    desk.send("Inför ditt besök, vuxenpsykiatri", [someone])
    desk.expect_sent(1)

    assert installation.messages_of(someone.personnummer) == []
    resident = pages_of(someone)
    resident.open_inbox()
    expect(resident.page.get_by_text("Du har inga meddelanden.")).to_be_visible()
    resident.open_forms()
    assert resident.page.get_by_role("heading", level=2).all_inner_texts() == [
        "Dina pågående frågeformulär",
        "Fler tillgängliga frågeformulär",
        "Inskickade frågeformulär",
    ]
    expect(resident.page.get_by_role("link", name="Inför ditt besök").first).to_be_visible()


def test_an_sms_asks_for_the_ongoing_forms(desk: Desk, installation: Whole) -> None:
    """Sedan skickar du ett sms till mottagaren och ber hen att besvara sina pågående formulär på
    tjänstens sida formular.1177.se. … Vi vill be dig att besvara tre formulär.
    """
    desk.open("Formulärlänk och sms")
    desk.fill("Antal formulär", "3")
    desk.fill("Avsändare i texten", "Personalen")
    desk.press("Fyll i texten om pågående formulär")

    filled_in = desk.field("Sms")
    expect(filled_in).not_to_be_empty()
    text = filled_in.input_value()
    assert "svara på tre formulär" in text
    assert installation.local_1177 in text
    assert text.endswith("Personalen")
