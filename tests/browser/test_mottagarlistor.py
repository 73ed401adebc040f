"""Importera från fil, with files as people really have them."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import require_accessible
from tests.browser.conftest import DeskOf
from tests.browser.desk import Desk
from tests.browser.people import KARIN, Resident
from tests.recipient_cases import READ, REFUSED, Case
from tests.whole.region import Whole


def imported(desk: Desk, case: Case) -> None:
    desk.open("Skicka formulär")
    desk.import_file(case.name, case.content)
    if case.asked:
        expect(desk.page.get_by_role("heading", name="Vilka ska vara med?")).to_be_visible()
        expect(desk.page.get_by_text(case.asked)).to_be_visible()
        expect(desk.page.get_by_text("Inga mottagare än.")).to_be_visible()
        desk.page.get_by_role("button", name="Ta bara med").click()
    expect(desk.page.get_by_role("heading", name="mottagare lades till")).to_be_visible()


def require_right(desk: Desk, case: Case) -> None:
    """Those who should be, each with its row and sheet, and nobody else."""
    listed = desk.page.locator("#mottagarlista tbody tr")
    expect(listed).to_have_count(len(case.taken))
    for number, row in zip(case.taken, case.rows, strict=True):
        place = f"{row}, {case.sheet}" if case.sheet else f"{row}"
        shown = listed.filter(has_text=number).get_by_role("cell").nth(2)
        expect(shown).to_have_text(place)
    report = desk.page.get_by_role("table").filter(has_text="Varför")
    for row in case.refused:
        expect(report.get_by_role("cell", name=f"{row}", exact=True)).to_be_visible()
    if case.said:
        expect(desk.page.get_by_text(case.said).first).to_be_visible()


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
def test_those_whom_staff_see_become_recipients(desk: Desk, case: Case) -> None:
    imported(desk, case)

    require_right(desk, case)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_file_that_is_no_list_is_named_for_what_it_is(desk: Desk, case: Case) -> None:
    desk.open("Skicka formulär")
    desk.import_file(case.name, case.content)

    desk.expect_alert(case.said)
    expect(desk.page.get_by_text("Inga mottagare än.")).to_be_visible()


def test_the_question_is_answered_without_script_as_well(desk_of: DeskOf) -> None:
    desk = desk_of(KARIN, java_script_enabled=False)
    case = next(case for case in READ if case.asked)

    imported(desk, case)

    require_right(desk, case)


def test_a_question_that_is_left_keeps_the_form_from_being_sent(desk: Desk) -> None:
    case = next(case for case in READ if case.asked)
    desk.open("Skicka formulär")
    desk.import_file(case.name, case.content)

    require_accessible(desk.page)

    desk.press("Skicka formulär")
    desk.expect_alert("Svara först på frågan om filen.")
    desk.press("Ta inte med någon")

    expect(desk.page.get_by_text("Vilka ska vara med?")).to_have_count(0)
    expect(desk.page.get_by_text("Inga mottagare än.")).to_be_visible()


def test_the_list_fills_in_by_itself_while_1177_is_asked_and_disturbs_nobody(
    desk: Desk, someone: Resident, installation: Whole
) -> None:
    with installation.services.store.transaction() as records:
        records.inbox_answers.delete_before(installation.now())
    desk.open("Skicka formulär")
    installation.control("latency", service="inbox", seconds=60)
    try:
        desk.add(someone)
        desk.fill("Personnummer", "1912")

        expect(desk.row(someone)).to_contain_text("Kontrolleras…")
        expect(desk.page.get_by_text("0 av 1 kontrollerad,")).to_be_visible()
    finally:
        installation.heal()

    expect(desk.row(someone)).not_to_contain_text("Kontroll")
    expect(desk.page.get_by_text("0 av 1 kontrollerad,")).to_have_count(0)
    expect(desk.field("Personnummer")).to_have_value("1912")
    expect(desk.field("Personnummer")).to_be_focused()
