"""Skicka ett eller fler formulär med paketutskick: from the grundplåt to the resident."""

from datetime import timedelta

from playwright.sync_api import expect

from tests.browser.desk import Desk, soon
from tests.browser.people import PROTECTED, Resident
from tests.whole.region import Whole, made_at

VISIT = "Vuxenpsykiatri, inför besök"
WEEKLY = "Vuxenpsykiatri, veckoskattning 8 veckor"
BLOCKED = "Exempel på paket som blockeras"
FORMS_DESK = "formularhantering@vgregion.se"


def test_the_presets_of_the_chosen_package_are_shown(desk: Desk) -> None:
    """När du har valt paketutskick så visas de förvalda inställningarna för det valda
    paketutskicket.
    """
    desk.choose_package(WEEKLY)

    page = desk.page
    expect(desk.field("Titel som visas för invånaren")).to_have_value("Veckans skattning")
    expect(desk.field("Klockslag, tillfälle 8")).to_have_value("08:00")
    expect(page.get_by_text("Måndag 20")).to_have_count(8)
    for form in ("Veckouppföljning av måendet", "Sömndagbok, en vecka"):
        expect(page.get_by_role("button", name=f"Ta bort {form}")).to_be_visible()


def test_the_forms_desk_cannot_be_taken_from_the_error_addresses(desk: Desk) -> None:
    """I fältet e-postavisering vid eventuella fel ska formularhantering@vgregion.se vara angiven.
    Ta inte bort denna.
    """
    desk.choose_package(VISIT)

    addresses = desk.page.get_by_role("list", name="E-postavisering vid eventuella fel")
    expect(addresses).to_have_text(FORMS_DESK)
    expect(addresses.get_by_role("button")).to_have_count(0)


def test_occasions_are_filled_in_removed_and_shown_in_words(desk: Desk) -> None:
    """Kontrollera eventuella förvalda värden för Datum och Klockslag … Klicka på papperskorgen om
    du vill ta bort något utskickstillfälle.
    """
    desk.choose_package(WEEKLY)

    desk.press("Ta bort tillfälle 8")
    expect(desk.field("Datum, tillfälle 8")).to_have_count(0)
    desk.fill("Datum, tillfälle 1", "2027-02-01")
    desk.fill("Klockslag, tillfälle 1", "06:15")

    expect(desk.page.get_by_text("Måndag 2027-02-01 kl. 06:15")).to_be_visible()
    desk.press("Låt alla följa det första")
    expect(desk.page.get_by_text("Måndag 2027-03-15 kl. 06:15")).to_be_visible()


def test_forms_are_taken_out_and_added(desk: Desk) -> None:
    """Ingående formulär: Du kan vid behov ta bort och lägga till formulär. Kryssa bort och lägg
    till i rullgardinsmenyn.
    """
    desk.choose_package(VISIT)

    desk.press("Ta bort PHQ-9 Nedstämdhet")
    expect(desk.page.get_by_role("button", name="Ta bort PHQ-9 Nedstämdhet")).to_have_count(0)
    desk.fill("Lägg till formulär", "EQ-5D")
    desk.press("Lägg till formulär")

    added = desk.page.get_by_role("button", name="Ta bort EQ-5D Hälsorelaterad livskvalitet")
    expect(added).to_be_visible()


def test_nobody_with_a_protected_identity_is_added(desk: Desk, someone: Resident) -> None:
    """Det går inte att lägga till personer med skyddad identitet."""
    desk.choose_package(VISIT)

    desk.add(someone)
    desk.fill("Personnummer", PROTECTED.personnummer)
    desk.press("Lägg till")

    desk.expect_alert("kyddad identitet")
    expect(desk.row(PROTECTED)).to_have_count(0)


def test_everything_that_is_missing_is_shown_at_once(desk: Desk) -> None:
    """Fyll i eventuella tomma fält."""
    desk.choose_package(VISIT)

    desk.press("Starta Paketutskick")

    alert = desk.page.get_by_role("alert").filter(has_text="behöver rättas")
    expect(alert.get_by_role("listitem").filter(has_text="Utskickstillfällen")).not_to_have_count(
        0
    )
    expect(alert.get_by_role("listitem").filter(has_text="Mottagarlista")).to_have_count(1)
    expect(alert).to_be_focused()


def test_at_its_moment_the_package_is_sent_as_it_was_started(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    """Klicka på Starta Paketutskick högst upp på sidan. Kontrollera enhetens förvalda
    inkorgsmeddelande. Ändra vid behov. … Klicka på knappen Starta Paketutskick. En bekräftelse
    visas.
    """
    began = installation.now()
    desk.choose_package(VISIT)
    desk.fill("Titel som visas för invånaren", "Inför ditt besök hos oss")
    desk.press("Ta bort PHQ-9 Nedstämdhet")
    desk.add(someone)
    moment = soon(installation, since=began)
    desk.set_occasion(1, moment)
    desk.press("Starta Paketutskick")
    desk.fill("Meddelande", "Hej! Här är {{ antal_formular }} formulär.")
    desk.fill("Text i formuläret", "Ring om du inte hinner.")
    expect(desk.page.locator(".preview")).to_contain_text("Hej! Här är 3 formulär.")
    desk.press("Starta Paketutskick")
    expect(desk.heading("Paketutskicket är startat")).to_be_visible()
    desk.page.get_by_role("link", name="Visa paketutskicket").click()

    expect(desk.page.get_by_text("3 skickade").first).to_be_visible()
    forms = installation.forms_of(someone.personnummer)
    assert all(made_at(form) >= moment.replace(microsecond=0) for form in forms)
    assert len({form["templateId"] for form in forms}) == len(forms) == 3
    assert {form["formText"] for form in forms} == {"Ring om du inte hinner."}
    [message] = installation.messages_of(someone.personnummer)
    assert message["messageDescription"] == "Inför ditt besök hos oss"
    assert message["messageText"] == "Hej! Här är 3 formulär."


def test_a_blocked_start_shows_the_red_text_and_is_mailed(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    """Om du ser röd text när du startar ett paketutskick, till exempel: Detta startade paket
    innehåller formulärmallar som har arkiverats eller gemensamma mallar som saknar prenumeration,
    så ska du kontakta den regionala förvaltningen: formularhantering@vgregion.se
    """
    desk.choose_package(BLOCKED)
    desk.set_occasion(1, installation.now() + timedelta(days=1))
    desk.add(someone)

    desk.press("Starta Paketutskick")

    desk.expect_alert("gemensamma mallar som saknar prenumeration")
    desk.expect_alert("Kontakta formularhantering@vgregion.se")
    desk.page.wait_for_load_state("load")
    alert = desk.page.get_by_role("alert").filter(has_text="saknar prenumeration")
    sentence = alert.get_by_text("saknar prenumeration")
    for scheme in ("light", "dark"):
        desk.page.emulate_media(color_scheme=scheme)
        red, green, blue = sentence.evaluate(
            "text => getComputedStyle(text).color.match(/\\d+/g).map(Number)"
        )
        assert red > 2 * max(green, blue), scheme
    installation.until(lambda: _mail_about(installation, BLOCKED), "the mail")
    mail = _mail_about(installation, BLOCKED)[0]
    assert FORMS_DESK in mail["to"]
    assert "Vuxenpsykiatriska mottagningen Björkängen" in mail["body"]
    assert someone.personnummer not in mail["body"]


def _mail_about(installation: Whole, package: str) -> list[dict[str, str]]:
    return [mail for mail in installation.mails() if package in mail["body"]]
