"""However much is filled in, all of it is kept, and what is too much is said at its field."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from httpx import Response
from stdnum import luhn

from tests.clinic import OWN, UNIT, Clinic
from tests.people import ANNA, BO
from tests.web.conftest import services_of
from tests.web.pages.conftest import Browser, browser_of, session, sign_in, words_of
from tests.web.pages.forms import main_form
from utskick.domain.limits import Limits
from utskick.domain.personnummer import parse_personnummer
from utskick.web.app import create_app

PAGE = "/skicka-formular"
FILLED_IN = {"form": OWN.name, "form_banner": "Ring oss gärna", "answer_by": "2027-12-01"}
LIMITS = Limits()


def some_numbers(count: int) -> list[str]:
    """Of the official test personnummer of 1890 to 1919."""
    days = [date(1890, 1, 1) + timedelta(days=n) for n in range(30 * 365)]
    nines = (f"{day:%y%m%d}{serial}" for serial in (980, 981) for day in days)
    tens = (nine + luhn.calc_check_digit(nine) for nine in nines)
    return [("18" if ten[0] == "9" else "19") + ten for ten in tens][:count]


def known(clinic: Clinic, numbers: list[str]) -> None:
    """They live here, and have an account."""
    for number in numbers:
        person = parse_personnummer(number, today=date(2027, 2, 1))
        clinic.persons.records[person] = clinic.persons.records[ANNA]
        clinic.inbox.users[person] = clinic.inbox.users[ANNA]


async def imported(browser: Browser, content: bytes, **changes: Any) -> Response:
    """Fill in the page, choose a file, and press Importera från fil."""
    form = main_form(await browser.open(PAGE))
    data = dict(form.filled(**{"gor": "importera"} | FILLED_IN | changes))
    files = {"fil": ("lista.txt", content)} if content else None
    return await browser.post(form.action, data=data, files=files)


def fields_of(page: str) -> dict[str, str]:
    return dict(main_form(page).fields)


def keeps_what_was_filled_in(page: str) -> bool:
    return FILLED_IN.items() <= fields_of(page).items()


def problem_at(page: str, field: str) -> str:
    """What stands in red beside a field."""
    _, _, after = page.partition(f'id="{field}-problem"')
    return words_of(f"<main><p {after.split('</p>', 1)[0]}</main>")


@pytest.mark.parametrize("size", [LIMITS.file_bytes + 1, 1_100_000, 30_000_000])
async def test_a_file_that_is_too_large_is_shown_beside_it_and_nothing_else_is_lost(
    staff: Browser, size: int
) -> None:
    answer = await imported(staff, b"1" * size, nytt_personnummer=ANNA.formatted)

    assert answer.status_code == 200
    said = problem_at(answer.text, "fil")
    assert "Filen är för stor: högst 1 MB kan läsas in. Ta med bara kolumnen" in said
    assert keeps_what_was_filled_in(answer.text)
    assert fields_of(answer.text)["nytt_personnummer"] == ANNA.formatted


async def test_a_paste_that_is_too_large_is_shown_beside_it_and_kept(staff: Browser) -> None:
    pasted = "1" * (LIMITS.file_bytes + 1)

    answer = await imported(staff, b"", gor="klistra-in", inklistrat=pasted)

    assert "Det inklistrade är för stort: högst 1 MB" in problem_at(answer.text, "inklistrat")
    assert fields_of(answer.text)["inklistrat"] == pasted
    assert keeps_what_was_filled_in(answer.text)


@pytest.mark.parametrize("count", [251, 5_000])
async def test_more_recipients_than_a_dispatch_may_have_are_shown_beside_the_file(
    staff: Browser, count: int
) -> None:
    answer = await imported(staff, "\n".join(some_numbers(count)).encode())

    said = problem_at(answer.text, "fil")
    assert f"Listan har {count} mottagare, men ett utskick kan ha högst 250." in said
    assert keeps_what_was_filled_in(answer.text)


@pytest.fixture
async def large_clinic(clinic: Clinic) -> AsyncIterator[Browser]:
    """Where a dispatch may have 3,000 recipients."""
    rules = replace(clinic.rules, max_recipients=3_000, persons_per_s=1_000_000)
    app = create_app(services_of(clinic, rules=rules))
    async with browser_of(app, clinic) as browser:
        yield sign_in(browser, session(UNIT))


async def test_thousands_of_recipients_are_kept(large_clinic: Browser) -> None:
    numbers = some_numbers(3_000)
    known(large_clinic.clinic, numbers)
    page = await imported(large_clinic, "\n".join(numbers).encode())

    on = await large_clinic.press(page.text, "lagg-till", nytt_personnummer=ANNA.formatted)

    assert len(main_form(on.text).fields) < 50
    assert "Listan har 3001 mottagare" in problem_at(on.text, "recipients")
    assert large_clinic.numbers(on.text) == numbers
    assert keeps_what_was_filled_in(on.text)


async def test_a_long_import_outlives_a_session_with_every_row_of_its_report(
    staff: Browser, stranger: Browser
) -> None:
    right = some_numbers(200)
    known(staff.clinic, right)
    page = (await imported(staff, "\n".join(right + ["191212121213"] * 260).encode())).text
    assert "200 mottagare lades till, 260 rader togs inte med" in words_of(page)

    ended = await stranger.press(page, "skicka")
    stranger.cookies = staff.cookies
    address = main_form(page).action
    stale = await stranger.post(address, data=fields_of(ended.text))
    changed = fields_of(stale.text) | {"gor": "andra"}
    back = await stranger.post(address, data=changed)

    assert ended.status_code == 401
    assert "Det du fyllde i finns kvar på den här sidan" in words_of(ended.text)
    assert stale.status_code == 403
    for resumed in (ended, stale, back):
        assert keeps_what_was_filled_in(resumed.text)
        assert right[0] not in resumed.text or resumed is back
    assert staff.numbers(page) == right
    assert "200 mottagare lades till, 260 rader togs inte med" in words_of(back.text)


async def test_the_report_stays_until_it_is_closed(staff: Browser) -> None:
    page = (await imported(staff, f"{ANNA.digits}\n9308282384".encode())).text

    added = await staff.press(page, "lagg-till", nytt_personnummer=BO.formatted)
    closed = await staff.press(added.text, "stang-rapport")

    assert "1 mottagare lades till, 1 rad togs inte med" in words_of(added.text)
    assert "togs inte med" not in words_of(closed.text)


async def test_a_file_and_a_paste_are_both_taken(staff: Browser) -> None:
    answer = await imported(staff, ANNA.digits.encode(), inklistrat=BO.digits)

    assert "2 mottagare lades till" in words_of(answer.text)
    assert fields_of(answer.text)["inklistrat"] == ""


@pytest.mark.parametrize(
    ("button", "field", "said"),
    [
        ("importera", "fil", "Ingen fil är vald."),
        ("klistra-in", "inklistrat", "Fältet är tomt."),
    ],
)
async def test_nothing_to_import_is_shown_beside_its_field(
    staff: Browser, button: str, field: str, said: str
) -> None:
    answer = await staff.press(await staff.open(PAGE), button)

    assert said in problem_at(answer.text, field)


async def test_more_than_any_page_of_ours_posts_is_refused(staff: Browser) -> None:
    form = main_form(await staff.open(PAGE))
    address, csrf = form.action, dict(form.fields)["csrf"]
    files = {"fil": ("x", b"")}

    many = [("csrf", csrf)] + [("mottagare", "")] * LIMITS.form_fields
    answers = [
        await staff.post(address, data={"csrf": csrf, "form_banner": "x" * LIMITS.form_bytes}),
        await staff.post(
            address, data={"csrf": csrf, "form_banner": "x" * LIMITS.form_bytes}, files=files
        ),
        await staff.post(address, data={"csrf": csrf}, headers={"Content-Length": "999999999"}),
        await staff.post(address, data={"csrf": csrf, "mottagare": [""] * len(many)}, files=files),
    ]

    assert [answer.status_code for answer in answers] == [413, 413, 413, 400]
    assert "Gå tillbaka i webbläsaren" in words_of(answers[0].text)
