"""Hantera pågående paketutskick: remove recipients, stop, restart."""

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.people import Resident
from tests.whole.region import Whole

A_DAY_S = 24 * 3600


def test_a_dispatch_is_found_in_the_list_and_opened(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    """Klicka på fliken Pågående Paketutskick (i Utskick). Enhetens pågående paketutskick visas i
    en lista. Klicka på raden med önskat paketutskick.
    """
    installation.start([someone.personnummer], after_s=[A_DAY_S], title="Inför besök i mars")

    desk.open("Pågående Paketutskick")
    desk.fill("Namn eller titel", "besök i mars")
    desk.press("Sök")
    row = desk.page.get_by_role("row").filter(has_text="Inför besök i mars")
    expect(row).to_contain_text("Pågående")
    expect(row.get_by_role("link")).to_have_count(1)
    desk.point_at(row.get_by_role("cell").last)

    expect(desk.row(someone)).to_be_visible()


def test_on_a_phone_too_the_whole_row_opens_a_dispatch(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    """Klicka på raden med önskat paketutskick."""
    installation.start([someone.personnummer], after_s=[A_DAY_S], title="Med telefonen i handen")
    desk.page.set_viewport_size({"width": 390, "height": 800})

    desk.page.goto("/paketutskick")
    desk.point_at(desk.page.get_by_role("row").filter(has_text="Med telefonen"))

    expect(desk.row(someone)).to_be_visible()


def test_a_recipient_is_removed_by_the_bin_but_not_the_last(
    desk: Desk, installation: Whole, others: list[Resident]
) -> None:
    """Klicka på papperskorgen längst till höger i mottagarlistan för att ta bort en mottagare. Om
    mottagarlistan bara består av en enda person så visas inte papperskorgen utan paketutskicket
    får i stället stoppas.
    """
    removed, last = others
    dispatch = installation.start([each.personnummer for each in others], after_s=[A_DAY_S])
    desk.page.goto(f"/paketutskick/{dispatch.id}")

    desk.press_disclosed("Ta bort " + removed.formatted, "Ja, ta bort")

    expect(desk.row(removed)).to_contain_text("Borttagen")
    expect(desk.page.get_by_text("Ta bort " + last.formatted)).to_have_count(0)
    expect(desk.page.get_by_text("Den sista mottagaren kan inte tas bort.")).to_be_visible()


def test_a_stopped_dispatch_is_restarted_before_its_next_occasion(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    """Klicka på Stoppa Paketutskick högst upp på sidan. Paketutskicket kan återstartas om datumet
    för det nästkommande utskicket inte har passerats. Klicka på Återstarta Paketutskick.
    """
    dispatch = installation.start([someone.personnummer], after_s=[A_DAY_S])
    desk.page.goto(f"/paketutskick/{dispatch.id}")

    desk.press_disclosed("Stoppa Paketutskick", "Ja, stoppa")
    expect(desk.page.get_by_role("status").filter(has_text="stoppat")).to_be_visible()
    assert installation.dispatch(dispatch.id).label == "Stoppad"

    desk.press_disclosed("Återstarta Paketutskick", "Ja, återstarta")
    expect(desk.page.get_by_role("status").filter(has_text="återstartat")).to_be_visible()
    assert installation.dispatch(dispatch.id).label == "Pågående"


def test_what_was_stopped_is_sent_at_once_when_it_is_restarted_later_that_day(
    desk: Desk, installation: Whole, someone: Resident
) -> None:
    """Om datumet för det nästkommande utskicket inte har passerats."""
    dispatch = installation.start([someone.personnummer], after_s=[5])
    installation.rest("POST", f"paketutskick/{dispatch.id}/stoppa")
    moment = dispatch.occasions[0].sends_at
    installation.until(lambda: installation.now() > moment, "its moment")

    desk.page.goto(f"/paketutskick/{dispatch.id}")

    assert installation.forms_of(someone.personnummer) == []
    desk.press_disclosed("Återstarta Paketutskick", "Ja, återstarta")

    expect(desk.page.get_by_role("status").filter(has_text="återstartat")).to_be_visible()
    installation.until_status(dispatch, "Klar")
    assert len(installation.forms_of(someone.personnummer)) == 4
