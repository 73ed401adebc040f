"""The unit's calendar at an address of its own: for other calendars, and about nobody."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar

from tests.clinic import OTHER_UNIT
from tests.people import ANNA, BO
from tests.web.pages.conftest import Browser, session, sign_in, words_of
from tests.web.pages.forms import forms_of
from utskick.domain.dispatches import Dispatch


async def shared(staff: Browser) -> str:
    """The new address."""
    page = await staff.open("/kalender")
    [form] = [form for form in forms_of(page) if form.action.startswith("/kalender/adress")]
    answer = await staff.post("/kalender/adress", data=dict(form.filled()))
    found = re.search(r'<code class="address">([^<]+)</code>', answer.text)
    assert found, answer.text
    return urlsplit(found[1]).path


async def revoke(staff: Browser, page: str) -> str:
    [form] = [form for form in forms_of(page) if form.action == "/kalender/aterkalla"]
    answer = await staff.post(form.action, data=dict(form.filled()))
    assert answer.status_code == 303
    return words_of(await staff.open("/kalender?aterkallad=1"))


async def summaries(reader: Browser, address: str) -> list[str]:
    calendar = Calendar.from_ical((await reader.get(address)).content)
    return [str(event["summary"]) for event in calendar.walk("VEVENT")]


async def started(staff: Browser, **changes: Any) -> Dispatch:
    return (await staff.clinic.start(**changes)).dispatch


async def test_whoever_has_the_address_reads_when_what_is_sent(
    staff: Browser, stranger: Browser
) -> None:
    dispatch = await started(staff)

    answer = await stranger.get(await shared(staff))

    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event.decoded("dtstart") == dispatch.occasions[0].sends_at
    assert event["summary"] == f"{dispatch.name}, 2 mottagare"
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"


async def test_nothing_in_it_is_about_anybody(staff: Browser, stranger: Browser) -> None:
    await started(staff, title="Inför Annas besök", inbox_message="Hej Anna! {{ enhet }}")

    text = (await stranger.get(await shared(staff))).text

    assert "Anna" not in text
    for number in (ANNA, BO):
        assert number.formatted not in text
        assert number.digits not in text


async def test_what_is_stopped_is_not_in_it(staff: Browser, stranger: Browser) -> None:
    dispatch = await started(staff)
    address = await shared(staff)
    staff.clinic.stop(dispatch)

    assert await summaries(stranger, address) == []


async def test_another_units_occasions_are_not_in_the_feed(
    staff: Browser, other_staff: Browser
) -> None:
    await started(staff)

    assert await summaries(other_staff, await shared(other_staff)) == []


async def test_a_revoked_address_opens_nothing(staff: Browser, stranger: Browser) -> None:
    address = await shared(staff)

    words = await revoke(staff, await staff.open("/kalender"))

    assert "Adressen är återkallad." in words
    assert (await stranger.get(address)).status_code == 404


async def test_another_unit_revokes_nothing(staff: Browser, stranger: Browser) -> None:
    address = await shared(staff)
    page = await staff.open("/kalender")
    [form] = [form for form in forms_of(page) if form.action == "/kalender/aterkalla"]
    feed_id = dict(form.filled())["adress"]
    sign_in(staff, session(OTHER_UNIT))
    token = dict(forms_of(await staff.open("/kalender"))[-1].filled())

    answer = await staff.post("/kalender/aterkalla", data=token | {"adress": feed_id})

    assert answer.status_code == 404
    assert (await stranger.get(address)).status_code == 200


async def test_an_address_ends_after_a_year(staff: Browser, stranger: Browser) -> None:
    address = await shared(staff)

    staff.clinic.clock.moment += timedelta(days=365)

    assert (await stranger.get(address)).status_code == 404


async def test_an_address_is_shown_once(staff: Browser) -> None:
    secret = (await shared(staff)).rsplit("/", 1)[1].removesuffix(".ics")

    page = await staff.open("/kalender")

    assert secret not in page


async def test_an_address_that_is_read_too_often_is_to_be_read_later(
    staff: Browser, stranger: Browser
) -> None:
    address = await shared(staff)

    answers = [(await stranger.get(address)).status_code for _ in range(61)]

    assert answers == [200] * 60 + [429]
