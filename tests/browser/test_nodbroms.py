"""Nödbroms: seen, pulled, in sight of staff, and released; what has passed is sent by hand."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import require_accessible
from tests.browser.desk import Desk
from tests.browser.people import Resident
from tests.whole.region import UNIT, Whole
from utskick.domain.occasions import OccasionState
from utskick.domain.units import Actor, HsaId

CAUSE = "Fel fråga i formuläret"


@pytest.fixture(autouse=True)
def no_brake_stays(installation: Whole) -> Iterator[None]:
    yield
    wired = installation.services
    actor = Actor("test", HsaId(wired.settings.source_system_hsa_id))
    for brake, _target in wired.pull_brake.list_pulled():
        wired.pull_brake.release(brake.id, actor=actor, now=wired.clock.now())


def test_a_brake_holds_a_unit_and_what_has_passed_is_sent_by_hand(
    maj_britt: Desk, desk: Desk, installation: Whole, someone: Resident
) -> None:
    dispatch = installation.start([someone.personnummer], after_s=[25], forms=["phq-9"])
    page = maj_britt.page
    page.goto("/forvaltning/nodbroms")
    maj_britt.field("Vad").select_option(f"enhet:{UNIT}")
    maj_britt.press("Visa vad som berörs")
    expect(page.get_by_role("row").filter(has_text=dispatch.name).first).to_be_visible()
    require_accessible(page)
    maj_britt.fill("Skäl", CAUSE)
    maj_britt.press("Dra nödbromsen")
    expect(page.get_by_text("Nödbromsen är dragen. Inget av det som berörs")).to_be_visible()
    require_accessible(page)

    band = desk.page.get_by_role("complementary", name="Nödbroms")
    desk.page.goto(f"/paketutskick/{dispatch.id}")
    expect(band).to_contain_text(CAUSE)
    require_accessible(desk.page)
    occasion_id = dispatch.occasions[0].id
    installation.until(
        lambda: (
            installation.dispatch(dispatch.id).occasion(occasion_id).state is OccasionState.MISSED
        ),
        "it has passed under the brake",
    )
    assert installation.forms_of(someone.personnummer) == []

    page.goto("/forvaltning/nodbroms")
    maj_britt.press_disclosed("Släpp nödbromsen", "Ja, släpp")
    expect(page.get_by_text("Nödbromsen är släppt.")).to_be_visible()
    desk.page.goto(f"/paketutskick/{dispatch.id}")
    expect(band).to_have_count(0)
    assert installation.forms_of(someone.personnummer) == [], "sent late by itself"
    desk.press_disclosed("Skicka det som är kvar", "Ja, skicka nu")
    installation.until(
        lambda: len(installation.forms_of(someone.personnummer)) == 1, "it is sent once"
    )


def test_what_somebody_has_already_is_left_out_with_one_click(
    desk: Desk, someone: Resident, others: list[Resident]
) -> None:
    form, (other, *_) = "Levnadsvanor, kort", others
    desk.open("Skicka formulär")
    desk.send(form, [someone])
    desk.expect_sent(1)

    desk.open("Skicka formulär")
    desk.fill_in(form, [someone, other])
    desk.press("Skicka formulär")
    expect(desk.page.get_by_text(f"1 av 2 mottagare har redan {form} obesvarat.")).to_be_visible()
    require_accessible(desk.page)
    desk.press("Hoppa över mottagaren")
    expect(
        desk.heading(f"Vill du skicka ut formuläret ”{form}” till 1 mottagare?")
    ).to_be_visible()
    desk.press("Ja, skicka")
    desk.expect_sent(1)
