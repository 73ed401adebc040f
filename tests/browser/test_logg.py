"""Logg: managers see who has done what with whose data, and nobody else does."""

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.people import KARIN, Resident


def test_a_manager_finds_what_was_done_with_a_patient(
    desk: Desk, johan: Desk, someone: Resident
) -> None:
    desk.open("Skicka formulär")
    desk.send("Veckouppföljning av måendet", [someone])

    johan.open("Logg")
    johan.fill("Patientens personnummer", someone.formatted)
    johan.press("Sök")

    rows = johan.row(someone)
    expect(rows.first).to_be_visible()
    expect(rows.filter(has_text=KARIN.name).first).to_be_visible()
    assert someone.personnummer[8:] not in johan.page.url


def test_others_have_no_way_to_the_log(desk: Desk) -> None:
    expect(desk.page.get_by_role("link", name="Logg", exact=True)).to_have_count(0)

    answer = desk.page.goto("/logg")

    assert answer is not None
    assert answer.status == 403
    expect(desk.page.get_by_role("heading", name="Det gick inte")).to_be_visible()
