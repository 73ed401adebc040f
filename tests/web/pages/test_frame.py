"""What holds for every page: what surrounds it, and what it answers when something is wrong."""

import logging
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from tests.clinic import UNIT, Clinic
from tests.people import ANNA
from tests.web.conftest import services_of
from tests.web.pages.conftest import Browser, browser_of, session, sign_in, words_of
from tests.web.pages.forms import forms_of, main_form
from utskick.ports import PlatformRefusal, TemporaryFailure
from utskick.web.app import create_app
from utskick.web.pages import ROUTERS
from utskick.web.pages.frame import FOLDER
from utskick.web.pages.refusals import PageRoute

PAGE = "/skicka-formular"


def test_every_page_answers_its_faults_with_a_page() -> None:
    assert all(isinstance(route, PageRoute) for router in ROUTERS for route in router.routes)


@pytest.mark.parametrize(
    "address", [PAGE, "/finns-inte", "/static/utskick.css", "/api/finns-inte", "/logga-in"]
)
async def test_every_answer_is_safe_to_show(staff: Browser, address: str) -> None:
    headers = (await staff.get(address)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_only_the_stylesheet_and_the_script_are_kept_by_the_browser(
    staff: Browser,
) -> None:
    page = await staff.get(PAGE)
    style = await staff.get("/static/utskick.css")

    assert page.headers["cache-control"] == "no-store"
    assert "immutable" in style.headers["cache-control"]
    assert "/static/utskick.css?v=" in page.text


@pytest.mark.parametrize("name", ["base.html", "../inbox/single_form.txt", "..%2f..%2fREADME.md"])
async def test_the_pages_own_texts_are_not_for_reading(staff: Browser, name: str) -> None:
    assert (await staff.get(f"/static/{name}")).status_code == 404


def test_no_page_holds_a_script_or_a_style_of_its_own() -> None:
    for file in FOLDER.glob("*.html"):
        text = file.read_text()
        assert " style=" not in text, file.name
        assert " onclick=" not in text, file.name
        assert "<script>" not in text, file.name


async def test_an_unknown_address_is_shown_in_swedish(staff: Browser) -> None:
    answer = await staff.get("/finns-inte")

    assert answer.status_code == 404
    assert "Sidan finns inte" in words_of(answer.text)


class FailingStore:
    """A store whose database can be switched off."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.away = False

    def transaction(self, step: object = None) -> Any:
        if self.away:
            raise OperationalError(f"SELECT {ANNA.digits}", {}, Exception(ANNA.formatted))
        return self._store.transaction()


async def test_a_database_that_is_away_loses_nothing_and_says_nothing(
    clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    failing = FailingStore(clinic.store)
    app = create_app(services_of(clinic, store=failing))
    async with browser_of(app, clinic) as staff:
        sign_in(staff, session(UNIT))
        page = await staff.open(PAGE)
        failing.away = True
        with caplog.at_level(logging.DEBUG):
            answer = await staff.press(
                page, "lagg-till", nytt_personnummer=ANNA.formatted, form_banner="Välkommen"
            )
        failing.away = False
        carried = main_form(answer.text)
        again = await staff.post(main_form(page).action, data=dict(carried.fields))
        back = await staff.post(main_form(page).action, data=dict(main_form(again.text).fields))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert dict(carried.fields)["form_banner"] == "Välkommen"
    assert ANNA.formatted in words_of(back.text)
    assert ANNA.digits not in caplog.text
    assert ANNA.formatted not in caplog.text


async def test_a_form_from_an_earlier_session_is_gone_on_with_after_a_look(
    staff: Browser,
) -> None:
    page = await staff.open(PAGE)
    sign_in(staff, session(UNIT))

    stale = await staff.press(page, "lagg-till", nytt_personnummer=ANNA.formatted)
    on = await staff.post(main_form(page).action, data=dict(main_form(stale.text).fields))

    assert stale.status_code == 403
    assert "inget är gjort än" in words_of(stale.text)
    assert ANNA.formatted in words_of(on.text)


async def test_a_session_that_has_ended_keeps_what_was_filled_in(
    stranger: Browser, staff: Browser
) -> None:
    page = await staff.open(PAGE)

    answer = await stranger.press(page, "lagg-till", form_banner="Välkommen")

    assert answer.status_code == 401
    assert "Det du fyllde i finns kvar" in words_of(answer.text)
    assert dict(main_form(answer.text).fields)["form_banner"] == "Välkommen"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_what_another_site_posts_is_not_done(
    staff: Browser, headers: dict[str, str]
) -> None:
    form = main_form(await staff.open(PAGE))
    fields = dict(form.fields)

    answer = await staff.post(
        form.action, data=fields | {"gor": "lagg-till", "nytt_personnummer": "1"}, headers=headers
    )

    assert answer.status_code == 403
    assert forms_of(answer.text)[-1].action == "/logga-ut"


async def test_nothing_of_what_another_site_posts_is_carried_on(stranger: Browser) -> None:
    # The browser does not send the cookie along, so nobody is signed in.
    answer = await stranger.post(
        f"{PAGE}/utkast/{uuid4()}",
        data={"gor": "ja-skicka", "form_banner": "planted"},
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 401
    assert "planted" not in answer.text


async def test_a_neighbour_that_is_away_can_be_tried_again(app: FastAPI, staff: Browser) -> None:
    del app
    page = await staff.open(PAGE)
    listed = await staff.press(page, "lagg-till", nytt_personnummer=ANNA.digits)
    staff.clinic.persons.fails_reading.append(TemporaryFailure("away"))

    answer = await staff.press(listed.text, "skicka", form="inför")

    assert answer.status_code == 503
    assert dict(main_form(answer.text).fields)["form"] == "inför"


async def test_staff_see_that_it_is_the_platform_that_refuses(
    app: FastAPI, staff: Browser
) -> None:
    del app
    page = await staff.open(PAGE)
    listed = await staff.press(page, "lagg-till", nytt_personnummer=ANNA.digits)
    staff.clinic.persons.fails_reading.append(PlatformRefusal("VP007", contract="x"))

    answer = await staff.press(listed.text, "skicka", form="inför")

    assert answer.status_code == 503
    assert "Utskick saknar behörighet (samverkan) till tjänsten (VP007)" in words_of(answer.text)
    assert dict(main_form(answer.text).fields)["form"] == "inför"
