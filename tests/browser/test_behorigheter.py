"""Behörigheter: the local administration gives and takes, and it counts at the next click."""

import re

from playwright.sync_api import expect

from tests.browser.accessibility import require_accessible
from tests.browser.desk import Desk
from tests.browser.people import KARIN

FORM = "Inför ditt besök, vuxenpsykiatri"
KARINS_ID = "SE2321000131-P000000000201"


def test_the_local_administration_lets_a_colleague_make_packages(
    gunilla: Desk, desk: Desk
) -> None:
    expect(desk.page.get_by_role("link", name="Förvaltning", exact=True)).to_have_count(0)
    gunilla.open("Förvaltning")
    require_accessible(gunilla.page)
    gunilla.page.get_by_role("link", name="Behörigheter").first.click()
    expect(gunilla.heading("Behörigheter")).to_be_visible()
    require_accessible(gunilla.page)

    gunilla.press("Ge behörigheten")
    expect(gunilla.page.get_by_role("alert")).to_be_visible()
    require_accessible(gunilla.page)
    gunilla.fill("Personens HSA-id", KARINS_ID)
    gunilla.field("Behörighet").select_option(label="Formulärdesign")
    gunilla.press("Ge behörigheten")
    expect(gunilla.page.get_by_text("Behörigheten är given.")).to_be_visible()

    desk.page.reload()
    desk.open("Förvaltning")
    desk.page.get_by_role("link", name="Grundplåtar").first.click()
    expect(desk.page.get_by_role("link", name="Vuxenpsykiatri, inför besök")).to_be_visible()
    require_accessible(desk.page)
    expect(desk.page.get_by_text("Barn, inför besök")).to_have_count(0)

    given = gunilla.page.get_by_role("row").filter(has_text=KARIN.name)
    given = given.filter(has_text="Formulärdesign")
    given.locator("summary").click()
    given.get_by_role("button", name="Ja, ta bort").click()
    expect(gunilla.page.get_by_text("Behörigheten är borttagen.")).to_be_visible()

    answer = desk.page.goto("/forvaltning/grundplatar")
    assert answer is not None
    assert answer.status == 403
    expect(desk.page.get_by_text("Du saknar behörigheten Formulärdesign")).to_be_visible()
    require_accessible(desk.page)


def test_own_rights_are_shown_with_where_they_come_from(gunilla: Desk) -> None:
    gunilla.page.goto("/inloggningar")

    rights = gunilla.page.get_by_role("table").filter(has_text="Kommer från")
    expect(rights.get_by_role("row").filter(has_text="Lokal förvaltning")).to_contain_text(
        "Systemroll i HSA"
    )
    require_accessible(gunilla.page)


def test_the_local_administration_makes_a_form_link_for_its_unit(gunilla: Desk) -> None:
    gunilla.page.goto("/forvaltning/formularlankar")
    require_accessible(gunilla.page)
    gunilla.fill("Formulär", FORM)
    gunilla.press("Skapa formulärlänk")

    made = re.compile(r"/etjanst/.+externalApplication=")
    expect(gunilla.field("Formulärlänk")).to_have_value(made)
    require_accessible(gunilla.page)
