"""What the service platform refuses is shown in red where staff and the administration look."""

from tests.web.pages.conftest import Browser, words_of
from utskick.domain.platform_refusals import Outage

WORDS = (
    "Utskick saknar behörighet (samverkan) till tjänsten (VP007, CreateFormRequest). Sedan"
    " 2027-02-01 kl. 12:00 når CreateFormRequest inte fram till 1177. Det som ska skickas väntar."
    " Driften: beställ samverkan"
)


def is_refused(browser: Browser) -> Outage:
    with browser.clinic.store.transaction() as records:
        return records.platform_refusals.note(
            "VP007", "CreateFormRequest", now=browser.clinic.clock.now()
        )


async def test_staff_see_why_nothing_arrives_and_no_longer_than_that(staff: Browser) -> None:
    dispatch = (await staff.clinic.start()).dispatch
    pages = ("/paketutskick", f"/paketutskick/{dispatch.id}")
    outage = is_refused(staff)

    during = [words_of(await staff.open(page)) for page in pages]
    with staff.clinic.store.transaction() as records:
        records.platform_refusals.end([outage], now=staff.clinic.clock.now())
    after = [words_of(await staff.open(page)) for page in pages]

    assert all(WORDS in words for words in during)
    assert not any("VP007" in words for words in after)


async def test_the_administration_sees_it_before_anything_else(administrator: Browser) -> None:
    is_refused(administrator)

    words = words_of(await administrator.open("/forvaltning"))

    assert words.index(WORDS) < words.index("Grundplåtar")
