"""Choosing a form, a package or a unit by typing, as WAI-ARIA's combobox does."""

from playwright.sync_api import Locator, expect

from tests.browser.desk import Desk


def options(desk: Desk) -> Locator:
    return desk.page.get_by_role("option")


def test_what_is_typed_is_found_and_enter_chooses_it_and_sends_nothing(desk: Desk) -> None:
    desk.open("Skicka formulär")
    field = desk.field("Formulärmall")

    field.press_sequentially("levnads kort")
    expect(options(desk)).to_have_count(1)
    field.press("Enter")
    expect(field).to_have_value("Levnadsvanor, kort")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press("Enter")

    expect(desk.page.locator(".bar")).to_contain_text("Levnadsvanor, kort")
    expect(desk.page.get_by_role("alert")).to_have_count(0)


def test_arrows_walk_through_the_groups_and_escape_leaves_the_field_as_it_was(desk: Desk) -> None:
    desk.open("Formulärlänk och sms")
    field = desk.field("Formulärmall")

    field.press("ArrowDown")
    groups = desk.page.get_by_role("listbox").get_by_role("group")
    named = groups.evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    assert named == ["Egna", "Gemensamma", "NAFS"]
    first = options(desk).first
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
    field.press("Escape")

    expect(field).to_have_value("")
    expect(options(desk)).to_have_count(0)


def test_a_form_that_cannot_be_chosen_here_says_where_it_is(desk: Desk) -> None:
    desk.open("Skicka formulär")
    field = desk.field("Formulärmall")

    field.press_sequentially("gad")
    expect(options(desk)).to_have_text("GAD-7 Oro och ångest finns under Skicka NAFS formulär")
    field.press("Enter")

    expect(field).to_have_value("gad")
    expect(options(desk)).to_have_attribute("aria-disabled", "true")


def test_what_can_mean_only_one_is_that_one_when_the_field_is_left(desk: Desk) -> None:
    desk.open("Skicka formulär")
    desk.field("Formulärmall").press_sequentially("levnadsvanor, k")

    desk.field("Personnummer").click()

    expect(desk.field("Formulärmall")).to_have_value("Levnadsvanor, kort")


def test_a_click_chooses(desk: Desk) -> None:
    desk.open("Starta Paketutskick")
    desk.field("Paketutskickets namn").click()
    options(desk).filter(has_text="8 veckor").click()
    desk.press("Välj")

    weekly = "Vuxenpsykiatri, veckoskattning 8 veckor"
    expect(desk.page.get_by_role("heading", level=2, name=weekly)).to_be_visible()
