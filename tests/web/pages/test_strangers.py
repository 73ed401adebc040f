"""Every page against every kind of stranger. A new route without a row here fails."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import Any
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute
from httpx import Response

from tests.clinic import MONDAY_NOON, OTHER_UNIT, OWN, PACKAGE, UNIT
from tests.people import ANNA
from tests.use_cases.clinic_days import AWAY
from tests.web.pages.conftest import Browser, commission, session, sign_in, words_of
from tests.web.pages.forms import main_form
from utskick.domain.staff import NotSignedIn, Role
from utskick.web.pages import ROUTERS
from utskick.web.pages.visitors import COOKIE, csrf_of


class For(Enum):
    ANYONE = auto()
    SIGNED_IN = auto()
    UNIT = auto()
    """Signed in, with a unit chosen."""
    MANAGER = auto()
    ADMINISTRATOR = auto()


WHO_MAY = {
    "start-page": For.SIGNED_IN,
    "sign-in-page": For.ANYONE,
    "begin-sign-in": For.ANYONE,
    "finish-sign-in": For.ANYONE,
    "choose-unit-page": For.SIGNED_IN,
    "choose-unit": For.SIGNED_IN,
    "signed-in-page": For.SIGNED_IN,
    "sign-out": For.ANYONE,
    "own-sessions-page": For.SIGNED_IN,
    "end-own-session": For.SIGNED_IN,
    "signed-out-page": For.ANYONE,
    "send-form-page": For.UNIT,
    "send-nafs-form-page": For.UNIT,
    "fill-in-form": For.UNIT,
    "fill-in-nafs-form": For.UNIT,
    "preview-form-message": For.UNIT,
    "preview-nafs-form-message": For.UNIT,
    "form-sent-page": For.UNIT,
    "nafs-form-sent-page": For.UNIT,
    "download-import-report": For.UNIT,
    "recipients-so-far": For.UNIT,
    "start-package-page": For.UNIT,
    "fill-in-package": For.UNIT,
    "preview-occasions": For.UNIT,
    "preview-package-message": For.UNIT,
    "package-started-page": For.UNIT,
    "dispatches-page": For.UNIT,
    "dispatch-page": For.UNIT,
    "dispatch-progress": For.UNIT,
    "occasion-page": For.UNIT,
    "stop-dispatch-page": For.UNIT,
    "restart-dispatch-page": For.UNIT,
    "remove-recipient-page": For.UNIT,
    "send-missed-page": For.UNIT,
    "notify-recipients-page": For.UNIT,
    "end-occasion-page": For.UNIT,
    "follow-up-page": For.UNIT,
    "search-follow-up": For.UNIT,
    "followed-up-form-page": For.UNIT,
    "print-followed-up-form": For.UNIT,
    "send-reminder": For.UNIT,
    "form-link-page": For.UNIT,
    "fill-in-form-link": For.UNIT,
    "count-sms": For.UNIT,
    "log-page": For.MANAGER,
    "search-log": For.MANAGER,
    "tokens-page": For.MANAGER,
    "confirm-token": For.MANAGER,
    "revoke-own-token": For.MANAGER,
    "administration-log-page": For.ADMINISTRATOR,
    "search-administration-log": For.ADMINISTRATOR,
    "punctuality-page": For.ADMINISTRATOR,
    "administration-page": For.ADMINISTRATOR,
    "units-page": For.ADMINISTRATOR,
    "add-unit": For.ADMINISTRATOR,
    "unit-page": For.ADMINISTRATOR,
    "change-unit": For.ADMINISTRATOR,
    "withdraw-unit": For.ADMINISTRATOR,
    "bring-back-unit": For.ADMINISTRATOR,
    "set-subscriptions": For.ADMINISTRATOR,
    "make-token": For.ADMINISTRATOR,
    "revoke-token": For.ADMINISTRATOR,
    "form-templates-page": For.ADMINISTRATOR,
    "form-template-page": For.ADMINISTRATOR,
    "archive-form": For.ADMINISTRATOR,
    "take-back-form": For.ADMINISTRATOR,
    "make-form-link": For.ADMINISTRATOR,
    "offer-form": For.ADMINISTRATOR,
    "stop-offering-form": For.ADMINISTRATOR,
    "packages-page": For.ADMINISTRATOR,
    "new-package-page": For.ADMINISTRATOR,
    "make-package": For.ADMINISTRATOR,
    "preview-message-of-package": For.ADMINISTRATOR,
    "package-page": For.ADMINISTRATOR,
    "change-package": For.ADMINISTRATOR,
    "signed-in-people-page": For.ADMINISTRATOR,
    "sign-out-person": For.ADMINISTRATOR,
    "search-dispatches": For.UNIT,
    "search-signed-in-people": For.ADMINISTRATOR,
    "search-packages": For.ADMINISTRATOR,
    "search-form-templates": For.ADMINISTRATOR,
}
ROUTES = {
    route.name: route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
}
CLOSED = [name for name in ROUTES if WHO_MAY.get(name) is not For.ANYONE]
POSTED = [name for name in CLOSED if ROUTES[name].methods == {"POST"}]
OF_A_UNIT = [name for name in CLOSED if WHO_MAY.get(name) in (For.UNIT, For.MANAGER)]
OF_SOMETHING = [name for name in OF_A_UNIT if "{" in ROUTES[name].path]
OF_A_DISPATCH = ("dispatch_id", "occasion_id", "recipient_id", "delivery_id")
ALL_ROLES = frozenset(Role)
YESTERDAY = MONDAY_NOON.date() - timedelta(days=1)
TOMORROW = MONDAY_NOON.date() + timedelta(days=1)


IDS_OF_REGION = {
    "unit_id": OTHER_UNIT.id,
    "template_id": str(OWN.id),
    "key": PACKAGE.key,
    "list_name": "nobodys",
}


async def ids_of(browser: Browser, name: str) -> dict[str, str]:
    """Something of the clinic's unit, for each `{name}` in the route's address.

    Time may pass meanwhile: sign in afterwards.
    """
    path, clinic = ROUTES[name].path, browser.clinic
    if "{list_name}" in path:
        return IDS_OF_REGION | {"list_name": await a_list_being_checked(browser)}
    if not any(f"{{{each}}}" in path for each in OF_A_DISPATCH):
        return IDS_OF_REGION
    dispatch = (await clinic.start()).dispatch
    ids = {
        "dispatch_id": str(dispatch.id),
        "occasion_id": str(dispatch.occasions[0].id),
        "recipient_id": str(clinic.show(dispatch).recipients[0].id),
    }
    if "{delivery_id}" in path:
        await clinic.run(dispatch.occasions[0])
        ids["delivery_id"] = str((await clinic.followed_up())[0].delivery_id)
    return ids | IDS_OF_REGION


async def a_list_being_checked(browser: Browser) -> str:
    """What its page calls it."""
    browser.clinic.inbox.fails_reading.extend([AWAY] * 100)
    page = await browser.open("/skicka-formular")
    answer = await browser.press(page, "klistra-in", inklistrat=ANNA.digits)
    return dict(main_form(answer.text).fields)["kontroll"]


async def ids_of_all(browser: Browser) -> dict[str, str]:
    """The same for every route. Whoever is turned away leaves it as it is for the next."""
    sent = await ids_of(browser, "followed-up-form-page")
    return sent | await ids_of(browser, "dispatch-page")


async def ask(browser: Browser, name: str, ids: Mapping[str, str], **changes: Any) -> Response:
    """As the page's own form would, but for the `changes` to what is posted and to headers."""
    route = ROUTES[name]
    address = route.path.format_map(ids)
    if route.methods == {"GET"}:
        return await browser.get(address)
    csrf = csrf_of(browser.cookies.get(COOKIE) or "")
    return await browser.post(
        address, data=changes.get("data", {"csrf": csrf}), headers=changes.get("headers", {})
    )


def assert_turned_away(name: str, answer: Response) -> None:
    if name in POSTED:
        assert answer.status_code == 401
        assert "Du är inte inloggad längre" in answer.text
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/logga-in?till=/")


def test_every_route_has_its_row() -> None:
    assert set(ROUTES) == set(WHO_MAY)


@pytest.mark.parametrize("name", CLOSED)
async def test_whoever_may_come_in_does(staff: Browser, name: str) -> None:
    ids = await ids_of(staff, name)
    sign_in(staff, session(UNIT, roles=ALL_ROLES))

    answer = await ask(staff, name, ids)

    assert answer.status_code not in (401, 403, 503)
    assert not answer.headers.get("location", "").startswith(("/logga-in", "/valj-enhet"))
    assert name not in OF_SOMETHING or answer.status_code != 404


async def test_nobody_comes_in_without_signing_in(
    stranger: Browser, staff: Browser, subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)
    before = staff.clinic.listed()

    for token in (None, "", "guessed", staff.cookies[COOKIE][:-1]):
        for name in CLOSED:
            stranger.cookies.clear()
            if token is not None:
                stranger.cookies.set(COOKIE, token, domain="utskick.test")
            with subtests.test(name=name, token=token):
                assert_turned_away(name, await ask(stranger, name, ids))

    assert staff.clinic.listed() == before


def leave_for_half_an_hour(browser: Browser) -> None:
    browser.clinic.clock.advance(31 * 60)


def stay_for_more_than_ten_hours(browser: Browser) -> None:
    for _ in range(25):
        browser.clinic.clock.advance(25 * 60)
        with suppress(NotSignedIn), browser.clinic.store.transaction() as records:
            records.sessions.get(browser.cookies[COOKIE], now=browser.clinic.clock.now())


def sign_out(browser: Browser) -> None:
    with browser.clinic.store.transaction() as records:
        records.sessions.end(browser.cookies[COOKIE])


@pytest.mark.parametrize("end", [leave_for_half_an_hour, stay_for_more_than_ten_hours, sign_out])
async def test_a_session_that_has_ended_opens_nothing(
    staff: Browser, end: Callable[[Browser], None], subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)

    for name in CLOSED:
        end(sign_in(staff, session(UNIT, roles=ALL_ROLES)))
        with subtests.test(name=name):
            assert_turned_away(name, await ask(staff, name, ids))


async def test_whoever_has_no_unit_chooses_one_first(
    staff: Browser, subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)
    sign_in(staff, session(roles=ALL_ROLES))

    for name in OF_A_UNIT:
        with subtests.test(name=name):
            answer = await ask(staff, name, ids)

            if answer.request.method == "GET":
                assert (answer.status_code, answer.headers["location"]) == (303, "/valj-enhet")
            else:
                assert answer.status_code == 403
                assert 'href="/valj-enhet"' in answer.text
                assert "Det du fyllde i finns kvar" in answer.text


NO_RIGHT = {
    "it has ended": commission(UNIT, ends_on=YESTERDAY),
    "it has not begun": commission(UNIT, starts_on=TOMORROW),
    "another purpose": commission(UNIT, purpose="Administration"),
    "another unit": commission(OTHER_UNIT),
}


@pytest.mark.parametrize("why", NO_RIGHT)
async def test_without_a_right_to_act_for_the_unit_one_is_signed_out_with_the_reason(
    staff: Browser, why: str, subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)

    for name in CLOSED:
        sign_in(staff, session(UNIT, roles=ALL_ROLES, commissions=(NO_RIGHT[why],)))
        with subtests.test(name=name):
            answer = await ask(staff, name, ids)

            assert answer.status_code == 403
            assert f"du har inte längre något uppdrag för {UNIT.name}" in answer.text
            assert_turned_away(name, await ask(staff, name, ids))


async def test_a_unit_that_has_been_withdrawn_is_closed(
    staff: Browser, subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)
    with staff.clinic.store.transaction() as records:
        records.units.save([replace(UNIT, withdrawn_at=staff.clinic.clock.now())])

    for name in CLOSED:
        sign_in(staff, session(UNIT, roles=ALL_ROLES))
        with subtests.test(name=name):
            answer = await ask(staff, name, ids)

            assert answer.status_code == 403
            assert "Du har loggats ut" in answer.text


@pytest.mark.parametrize(
    ("who_may", "role"),
    [(For.MANAGER, Role.MANAGER), (For.ADMINISTRATOR, Role.ADMINISTRATOR)],
)
async def test_the_pages_of_a_role_are_closed_to_others(
    staff: Browser, who_may: For, role: Role
) -> None:
    for name in (name for name in CLOSED if WHO_MAY.get(name) is who_may):
        ids = await ids_of(staff, name)
        sign_in(staff, session(UNIT, roles=ALL_ROLES - {role}))

        answer = await ask(staff, name, ids)

        assert answer.status_code == 403, name
        assert "Du har inte behörighet till den här sidan" in answer.text


async def test_what_is_another_units_does_not_exist(
    staff: Browser, other_staff: Browser, subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)
    before = staff.clinic.listed()
    sign_in(other_staff, session(OTHER_UNIT, roles=ALL_ROLES))

    for name in OF_SOMETHING:
        with subtests.test(name=name):
            theirs = await ask(other_staff, name, ids)
            nobodys = await ask(other_staff, name, {key: str(uuid4()) for key in ids})

            assert theirs.status_code == nobodys.status_code == 404
            assert words_of(theirs.text) == words_of(nobodys.text)
    assert staff.clinic.listed() == before


@pytest.mark.parametrize("mark", [None, "", "guessed", csrf_of("another session")])
async def test_a_form_without_the_sessions_mark_does_nothing(
    staff: Browser, mark: str | None, subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)
    sign_in(staff, session(UNIT, roles=ALL_ROLES))
    before = staff.clinic.listed()

    for name in POSTED:
        with subtests.test(name=name):
            answer = await ask(staff, name, ids, data={} if mark is None else {"csrf": mark})

            assert answer.status_code == 403
            assert "Kontrollera och fortsätt" in answer.text
    assert staff.clinic.listed() == before


ELSEWHERE = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://utskick.test", "Sec-Fetch-Site": "cross-site"},
)


@pytest.mark.parametrize("headers", ELSEWHERE)
async def test_a_form_on_another_site_does_nothing(
    staff: Browser, headers: dict[str, str], subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)
    sign_in(staff, session(UNIT, roles=ALL_ROLES))
    before = staff.clinic.listed()

    for name in (*POSTED, "sign-out"):
        with subtests.test(name=name):
            answer = await ask(staff, name, ids, headers=headers)

            assert answer.status_code == 403
            assert "Sidan skickades inte härifrån" in answer.text
    assert staff.clinic.listed() == before
    assert (await staff.get("/valj-enhet")).status_code == 200
