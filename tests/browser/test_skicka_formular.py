"""Skicka ett formulär i Utskick."""

from tests.browser.desk import Desk
from tests.browser.people import Resident
from tests.whole.region import Whole


def test_a_form_is_sent_to_a_resident(desk: Desk, installation: Whole, someone: Resident) -> None:
    """Klicka på Skicka formulär."""
    desk.open("Skicka formulär")
    desk.send("Inför ditt besök, vuxenpsykiatri", [someone])
    desk.expect_sent(1)
    assert len(installation.forms_of(someone.personnummer)) == 1
