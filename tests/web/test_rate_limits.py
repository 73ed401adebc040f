"""Floods: whoever asks too often waits, whoever is in goes on, and nothing typed is lost."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport

from config.settings import LimitSettings, Settings
from tests.clinic import OWN, STAFF, UNIT, Clinic
from tests.people import ANNA, BO, CILLA, DAVID, TOLVAN, WITHOUT_ACCOUNT
from tests.web.conftest import CALLED, caller, make_token, services_of
from tests.web.pages.conftest import (
    Browser,
    browser_of,
    other_staff,
    session,
    sign_in,
    staff,
    stranger,
    words_of,
)
from tests.web.pages.forms import main_form
from utskick.domain.rate_limits import Limit
from utskick.security_log import FIELDS

__all__ = ["other_staff", "staff", "stranger"]

SMALL: dict[str, Any] = {
    "strangers": "10/min",
    "sign_in_starts": "3/min",
    "session": "20/min",
    "token": "5/min",
    "imports": "2/min",
    "look_ups": "4/h",
    "token_look_ups": "6/h",
    "token_person": "2/d",
    "sends": "1/h",
    "uploads": "1/h",
    "sms": "2/min",
    "sms_of_person": "100/d",
    "sms_of_unit": "300/d",
    "notices": "2/min",
}


@pytest.fixture
def app(shared_app: FastAPI, clinic: Clinic) -> FastAPI:
    """The application, with limits that a test can reach."""
    limits = LimitSettings(**SMALL)
    shared_app.state.services = services_of(
        clinic, settings=Settings(_env_file=None, limits=limits, web=CALLED)
    )
    return shared_app


def test_every_limit_has_its_setting() -> None:
    assert set(LimitSettings.model_fields) == set(Limit)


async def test_a_flood_of_strangers_is_refused_and_staff_go_on(
    stranger: Browser, staff: Browser
) -> None:
    await staff.open("/paketutskick")

    flood = [(await stranger.get("/logga-in")).status_code for _ in range(12)]

    assert flood == [200] * 10 + [429] * 2
    refused = await stranger.get("/logga-in")
    assert refused.headers["retry-after"] == "6"
    assert "Försök igen om 6 sekunder." in words_of(refused.text)
    await staff.open("/paketutskick")


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("/paketutskick", {"Cookie": "__Host-utskick=nobodys"}),
        ("/api/paketutskick", {"Authorization": "Bearer nobodys"}),
        ("/finns-inte", {}),
        ("/api/finns-inte", {}),
    ],
)
async def test_a_made_up_session_or_token_is_a_strangers(
    stranger: Browser, address: str, headers: dict[str, str]
) -> None:
    for _ in range(10):
        assert (await stranger.get(address, headers=headers)).status_code != 429

    assert (await stranger.get(address, headers=headers)).status_code == 429


async def test_a_session_that_has_ended_is_a_strangers(app: FastAPI, clinic: Clinic) -> None:
    async with browser_of(app, clinic) as browser:
        sign_in(browser, session(UNIT))
        await browser.open("/paketutskick")
        with clinic.store.transaction() as records:
            records.sessions.end_all(STAFF.name)

        flood = [(await browser.get("/paketutskick")).status_code for _ in range(13)]

    assert flood[-1] == 429


async def test_when_time_has_passed_strangers_are_let_in_again(stranger: Browser) -> None:
    for _ in range(11):
        await stranger.get("/logga-in")

    stranger.clinic.clock.advance(6)

    await stranger.open("/logga-in")


async def test_files_of_the_pages_and_health_are_not_counted(stranger: Browser) -> None:
    for _ in range(11):
        assert (await stranger.get("/static/utskick.css")).status_code == 200
        assert (await stranger.get("/health")).status_code == 200

    await stranger.open("/logga-in")


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
    ],
)
async def test_each_address_is_counted_alone_and_of_ipv6_each_network(
    app: FastAPI, first: str, second: str, together: bool
) -> None:
    def coming_from(address: str) -> Browser:
        return Browser(
            transport=ASGITransport(app, client=(address, 1234)), base_url="https://utskick.test"
        )

    for _ in range(10):
        await coming_from(first).get("/logga-in")

    answer = await coming_from(second).get("/logga-in")
    assert answer.status_code == (429 if together else 200)


async def test_sign_ins_begun_from_one_address_are_counted_apart(stranger: Browser) -> None:
    begun = [(await stranger.get("/logga-in/legitimera")).status_code for _ in range(4)]

    assert begun == [303, 303, 303, 429]
    await stranger.open("/logga-in")


async def test_one_session_that_asks_too_often_waits_alone(
    staff: Browser, other_staff: Browser
) -> None:
    asked = [(await staff.get("/paketutskick")).status_code for _ in range(21)]

    assert asked == [200] * 20 + [429]
    await other_staff.open("/paketutskick")


async def test_what_was_posted_too_often_is_carried_to_the_next_try(staff: Browser) -> None:
    form = main_form(await staff.open("/skicka-formular"))
    filled = dict(form.filled(gor="lagg-till", form=OWN.name, nytt_personnummer=ANNA.digits))
    for _ in range(19):
        await staff.get("/paketutskick")

    refused = await staff.post(form.action, data=filled)

    assert refused.status_code == 429
    assert (
        dict(main_form(refused.text).fields).items()
        >= {
            "form": OWN.name,
            "nytt_personnummer": ANNA.digits,
        }.items()
    )


async def test_a_list_made_up_elsewhere_is_no_way_to_have_more_people_looked_up(
    staff: Browser, clinic: Clinic
) -> None:
    page = await staff.open("/skicka-formular")
    made_up = "|".join(f"{each.digits} SMS" for each in (ANNA, BO, CILLA, DAVID))
    others = "|".join(f"{each.digits} SMS" for each in (TOLVAN, WITHOUT_ACCOUNT))

    asked = await staff.press(page, "skicka", form=OWN.name, mottagare=[made_up])
    known = await staff.press(asked.text, "andra")
    known = await staff.press(known.text, "skicka")
    page = await staff.open("/skicka-formular")
    more = await staff.press(page, "skicka", form=OWN.name, mottagare=[others])

    assert [each.status_code for each in (asked, known, more)] == [200, 200, 429]
    assert "Du har slagit upp många personer" in words_of(more.text)
    assert WITHOUT_ACCOUNT not in clinic.inbox.asked


async def test_one_token_that_calls_too_often_waits_alone(app: FastAPI, clinic: Clinic) -> None:
    async with caller(app, clinic, make_token(clinic)) as unit:
        asked = [await unit.get("/api/paketutskick") for _ in range(6)]
    async with caller(app, clinic, make_token(clinic, name="ett annat")) as another:
        other = await another.get("/api/paketutskick")

    assert [answer.status_code for answer in asked] == [200] * 5 + [429]
    assert asked[-1].headers["retry-after"] == "12"
    assert asked[-1].json() == {
        "message": "Det kom för många anrop med nyckeln. Försök igen om 12 sekunder."
    }
    assert other.status_code == 200


async def test_a_token_asks_about_a_person_so_often_and_about_so_many(
    app: FastAPI, clinic: Clinic
) -> None:
    async with caller(app, clinic, make_token(clinic)) as unit:
        same = [await unit.start(key=str(n), recipients=[ANNA.formatted]) for n in range(3)]
        many = await unit.start(recipients=[each.digits for each in (BO, CILLA, DAVID, TOLVAN)])
        more = await unit.start(recipients=[WITHOUT_ACCOUNT.digits])

    assert [answer.status_code for answer in same] == [201, 201, 429]
    assert same[-1].json()["message"].startswith("Nyckeln har slagit upp samma person")
    assert many.status_code == 429 or more.status_code == 429


async def test_lists_are_imported_so_often_and_the_rest_is_kept(staff: Browser) -> None:
    form = main_form(await staff.open("/skicka-formular"))
    filled = dict(form.filled(gor="klistra-in", form=OWN.name, inklistrat=ANNA.digits))

    answers = [await staff.post(form.action, data=filled) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert dict(main_form(answers[-1].text).fields)["inklistrat"] == ANNA.digits


async def test_what_was_imported_while_another_is_read_is_kept_for_the_next_try(
    app: FastAPI, staff: Browser
) -> None:
    form = main_form(await staff.open("/skicka-formular"))
    filled = dict(form.filled(gor="klistra-in", form=OWN.name, inklistrat=ANNA.digits))

    with app.state.services.rate_limits.alone(STAFF.name):
        refused = await staff.post(form.action, data=filled)

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "10"
    assert "En stor lista läses fortfarande in" in words_of(refused.text)
    assert dict(main_form(refused.text).fields)["inklistrat"] == ANNA.digits
    assert (await staff.post(form.action, data=filled)).status_code == 200


async def test_a_person_looks_up_so_many_and_no_more(staff: Browser) -> None:
    form = main_form(await staff.open("/skicka-formular"))
    filled = dict(form.filled(gor="lagg-till"))
    people = (ANNA, BO, CILLA, DAVID, TOLVAN)

    answers = [
        await staff.post(form.action, data=filled | {"nytt_personnummer": each.digits})
        for each in people
    ]

    assert [answer.status_code for answer in answers] == [200] * 4 + [429]


async def test_a_unit_starts_so_many_and_the_next_is_kept(staff: Browser) -> None:
    filled: dict[str, Any] = {"form": OWN.name, "mottagare": [f"{ANNA.digits} SMS"]}
    asked = [
        await staff.press(await staff.open("/skicka-formular"), "skicka", **filled)
        for _ in range(2)
    ]

    first, second = [await staff.press(each.text, "ja-skicka") for each in asked]

    assert first.status_code == 303
    assert second.status_code == 429
    assert "Enheten har startat många utskick" in words_of(second.text)
    assert staff.numbers(asked[1].text) == [ANNA.digits]


async def test_sms_go_so_often_and_the_text_is_kept(staff: Browser) -> None:
    form = main_form(await staff.open("/formularlank"))
    filled = dict(form.filled(gor="skicka", mobil="070-174 06 05", sms="Välkommen på fredag"))

    for number in range(2):
        filled["sms_id"] = f"00000000-0000-4000-8000-00000000000{number}"
        assert (await staff.post("/formularlank", data=filled)).status_code == 200
    refused = await staff.post("/formularlank", data=filled)

    assert refused.status_code == 429
    assert "Du har skickat många sms på kort tid" in words_of(refused.text)
    assert dict(main_form(refused.text).fields)["sms"] == "Välkommen på fredag"


async def test_a_unit_uploads_so_many_specs(app: FastAPI, clinic: Clinic) -> None:
    async with caller(app, clinic, make_token(clinic)) as unit:
        answers = [await unit.post("/api/uppladdningar", content=b"unit: x") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 429]


async def test_the_security_log_names_the_limit_that_was_reached(
    stranger: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(11):
        await stranger.get("/logga-in")

    noted = [getattr(record, FIELDS)["reason"] for record in caplog.records]
    assert noted == ["TooOften strangers"]
