"""Every page against every kind of stranger. A new route without a row here fails."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from httpx import Response

from tests.clinic import MONDAY_NOON, OTHER_UNIT, OWN, PACKAGE, STAFF, UNIT
from tests.people import ANNA
from tests.use_cases.clinic_days import AWAY
from tests.use_cases.visit_days import booked, change, standing
from tests.web.pages.conftest import Browser, commission, session, sign_in, words_of
from utskick.domain.drafts import DraftContent, DraftKind
from utskick.domain.rights import OF_CHOSEN_UNIT, RIGHT_LABELS, Right, includes
from utskick.domain.staff import NotSignedIn
from utskick.web.pages import ROUTERS
from utskick.web.pages.draft_desk import PAGES
from utskick.web.pages.frame import MENU
from utskick.web.pages.visitors import COOKIE, csrf_of
from utskick.wiring import Services


class For(Enum):
    """Pages that need no right."""

    ANYONE = auto()
    SIGNED_IN = auto()


WHO_MAY: Mapping[str, For | Right] = {
    "start-page": For.SIGNED_IN,
    "sign-in-page": For.ANYONE,
    "begin-sign-in": For.ANYONE,
    "finish-sign-in": For.ANYONE,
    "choose-unit-page": For.SIGNED_IN,
    "choose-unit": For.SIGNED_IN,
    "signed-in-page": For.SIGNED_IN,
    "stay-signed-in": For.SIGNED_IN,
    "sign-out": For.ANYONE,
    "own-sessions-page": For.SIGNED_IN,
    "end-own-session": For.SIGNED_IN,
    "signed-out-page": For.ANYONE,
    "same-again": Right.DISPATCH,
    "replace-dispatch": Right.DISPATCH,
    "add-to-dispatch": Right.DISPATCH,
    "drafts-page": Right.DISPATCH,
    "take-over-draft": Right.DISPATCH,
    "delete-draft": Right.DISPATCH,
    "form-draft-page": Right.DISPATCH,
    "nafs-form-draft-page": Right.DISPATCH,
    "form-question-page": Right.DISPATCH,
    "nafs-form-question-page": Right.DISPATCH,
    "save-form-draft": Right.DISPATCH,
    "save-nafs-form-draft": Right.DISPATCH,
    "package-draft-page": Right.DISPATCH,
    "package-message-page": Right.DISPATCH,
    "package-choice-page": Right.DISPATCH,
    "package-preset-page": Right.DISPATCH,
    "save-package-draft": Right.DISPATCH,
    "choose-package": Right.DISPATCH,
    "send-form-page": Right.DISPATCH,
    "send-nafs-form-page": Right.DISPATCH,
    "fill-in-form": Right.DISPATCH,
    "fill-in-nafs-form": Right.DISPATCH,
    "preview-form-message": Right.DISPATCH,
    "preview-nafs-form-message": Right.DISPATCH,
    "form-sent-page": Right.DISPATCH,
    "nafs-form-sent-page": Right.DISPATCH,
    "download-import-report": Right.DISPATCH,
    "recipients-so-far": Right.DISPATCH,
    "start-package-page": Right.DISPATCH,
    "fill-in-package": Right.DISPATCH,
    "preview-occasions": Right.DISPATCH,
    "preview-package-message": Right.DISPATCH,
    "package-started-page": Right.DISPATCH,
    "calendar-page": Right.DISPATCH,
    "share-calendar": Right.DISPATCH,
    "revoke-calendar": Right.DISPATCH,
    "calendar-feed": For.ANYONE,
    "dispatches-page": Right.DISPATCH,
    "dispatch-page": Right.DISPATCH,
    "dispatch-progress": Right.DISPATCH,
    "occasion-page": Right.DISPATCH,
    "stop-dispatch-page": Right.DISPATCH,
    "restart-dispatch-page": Right.DISPATCH,
    "approve-dispatch": Right.DISPATCH,
    "decline-dispatch": Right.DISPATCH,
    "withdraw-dispatch": Right.DISPATCH,
    "remove-recipient-page": Right.DISPATCH,
    "restore-recipient-page": Right.DISPATCH,
    "send-missed-page": Right.DISPATCH,
    "notify-recipients-page": Right.DISPATCH,
    "end-occasion-page": Right.DISPATCH,
    "visits-page": Right.DISPATCH,
    "search-visits": Right.DISPATCH,
    "visit-page": Right.DISPATCH,
    "move-visit": Right.DISPATCH,
    "cancel-visit-page": Right.DISPATCH,
    "add-visits-page": Right.DISPATCH,
    "add-visits": Right.DISPATCH,
    "start-standing-page": Right.DISPATCH,
    "start-standing-from-page": Right.DISPATCH,
    "preview-standing-message": Right.DISPATCH,
    "standing-page": Right.DISPATCH,
    "stop-standing-page": Right.DISPATCH,
    "restart-standing-page": Right.DISPATCH,
    "follow-up-page": Right.FOLLOW_UP,
    "search-follow-up": Right.FOLLOW_UP,
    "followed-up-form-page": Right.FOLLOW_UP,
    "print-followed-up-form": Right.FOLLOW_UP,
    "send-reminder": Right.FOLLOW_UP,
    "form-link-page": Right.DISPATCH,
    "fill-in-form-link": Right.DISPATCH,
    "count-sms": Right.DISPATCH,
    "log-page": Right.LOG,
    "search-log": Right.LOG,
    "tokens-page": Right.LOG,
    "confirm-token": Right.LOG,
    "revoke-own-token": Right.LOG,
    "administration-log-page": Right.REGIONAL_ADMINISTRATION,
    "search-administration-log": Right.REGIONAL_ADMINISTRATION,
    "region-calendar-page": Right.REGIONAL_ADMINISTRATION,
    "punctuality-page": Right.REGIONAL_ADMINISTRATION,
    "administration-page": Right.FORM_DESIGN,
    "units-page": Right.REGIONAL_ADMINISTRATION,
    "add-unit": Right.REGIONAL_ADMINISTRATION,
    "unit-page": Right.REGIONAL_ADMINISTRATION,
    "change-unit": Right.REGIONAL_ADMINISTRATION,
    "withdraw-unit": Right.REGIONAL_ADMINISTRATION,
    "bring-back-unit": Right.REGIONAL_ADMINISTRATION,
    "set-subscriptions": Right.REGIONAL_ADMINISTRATION,
    "set-sending-hours": Right.REGIONAL_ADMINISTRATION,
    "make-token": Right.REGIONAL_ADMINISTRATION,
    "revoke-token": Right.REGIONAL_ADMINISTRATION,
    "form-templates-page": Right.REGIONAL_ADMINISTRATION,
    "form-template-page": Right.REGIONAL_ADMINISTRATION,
    "archive-form": Right.REGIONAL_ADMINISTRATION,
    "take-back-form": Right.REGIONAL_ADMINISTRATION,
    "make-form-link": Right.REGIONAL_ADMINISTRATION,
    "offer-form": Right.REGIONAL_ADMINISTRATION,
    "stop-offering-form": Right.REGIONAL_ADMINISTRATION,
    "packages-page": Right.FORM_DESIGN,
    "new-package-page": Right.FORM_DESIGN,
    "make-package": Right.FORM_DESIGN,
    "preview-message-of-package": Right.FORM_DESIGN,
    "package-page": Right.FORM_DESIGN,
    "change-package": Right.FORM_DESIGN,
    "signed-in-people-page": Right.REGIONAL_ADMINISTRATION,
    "sign-out-person": Right.REGIONAL_ADMINISTRATION,
    "search-dispatches": Right.DISPATCH,
    "look-in-dispatch": Right.DISPATCH,
    "look-in-occasion": Right.DISPATCH,
    "search-signed-in-people": Right.REGIONAL_ADMINISTRATION,
    "search-packages": Right.FORM_DESIGN,
    "search-form-templates": Right.REGIONAL_ADMINISTRATION,
    "catalogue-page": Right.REGIONAL_ADMINISTRATION,
    "fetch-templates": Right.REGIONAL_ADMINISTRATION,
    "take-in-template": Right.REGIONAL_ADMINISTRATION,
    "brakes-page": Right.REGIONAL_ADMINISTRATION,
    "see-what-a-brake-hits": Right.REGIONAL_ADMINISTRATION,
    "pull-brake": Right.REGIONAL_ADMINISTRATION,
    "release-brake": Right.REGIONAL_ADMINISTRATION,
    "unit-links-page": Right.LOCAL_ADMINISTRATION,
    "make-unit-link": Right.LOCAL_ADMINISTRATION,
    "rights-page": Right.LOCAL_ADMINISTRATION,
    "unit-rights-page": Right.LOCAL_ADMINISTRATION,
    "grant-right": Right.LOCAL_ADMINISTRATION,
    "withdraw-right": Right.LOCAL_ADMINISTRATION,
}
ROUTES = {
    route.name: route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
}
CLOSED = [name for name in ROUTES if WHO_MAY.get(name) is not For.ANYONE]
POSTED = [name for name in CLOSED if ROUTES[name].methods == {"POST"}]
OF_A_UNIT = [name for name in CLOSED if WHO_MAY.get(name) in OF_CHOSEN_UNIT]
OF_SOMETHING = [name for name in OF_A_UNIT if "{" in ROUTES[name].path]
OF_A_DISPATCH = ("dispatch_id", "occasion_id", "recipient_id", "delivery_id")
ALL_RIGHTS = frozenset(Right)
YESTERDAY = MONDAY_NOON.date() - timedelta(days=1)
TOMORROW = MONDAY_NOON.date() + timedelta(days=1)


IDS_OF_REGION = {
    "unit_id": OTHER_UNIT.id,
    "template_id": str(OWN.id),
    "key": PACKAGE.key,
    "brake_id": str(uuid4()),
    "list_name": "nobodys",
}


async def ids_of(browser: Browser, name: str) -> dict[str, str]:
    """Something of the clinic's unit, for each `{name}` in the route's address.

    Time may pass meanwhile: sign in afterwards.
    """
    path, clinic = ROUTES[name].path, browser.clinic
    if "{list_name}" in path:
        return IDS_OF_REGION | {"list_name": await a_list_being_checked(browser)}
    if "{visit_id}" in path or "{standing_id}" in path:
        return IDS_OF_REGION | await ids_of_visits(browser)
    if "{draft_id}" in path:
        return IDS_OF_REGION | {"draft_id": a_draft(browser, path)}
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


async def ids_of_visits(browser: Browser) -> dict[str, str]:
    started = await standing(browser.clinic)
    (result,) = await change(browser.clinic, booked())
    assert result.listed is not None
    return {"standing_id": str(started.id), "visit_id": str(result.listed.visit.id)}


async def a_list_being_checked(browser: Browser) -> str:
    """What its page calls it."""
    browser.clinic.inbox.fails_reading.extend([AWAY] * 100)
    page = await browser.open("/skicka-formular")
    answer = await browser.press(page, "klistra-in", inklistrat=ANNA.digits)
    [name] = browser.kept(answer.text)["kontroll"]
    return str(name)


def a_draft(browser: Browser, path: str) -> str:
    """One that the unit has, of the pages of the address."""
    kinds = {address: kind for kind, address in PAGES.items()}
    kind = kinds.get(f"/{path.split('/')[1]}", DraftKind.FORM)
    content = DraftContent(numbers=(ANNA,), fields={"package": [PACKAGE.key]})
    begun = browser.clinic.keep_draft.begin(
        kind, content, actor=STAFF, now=browser.clinic.clock.now()
    )
    return str(begun.id)


async def ids_of_all(browser: Browser) -> dict[str, str]:
    """The same for every route. Whoever is turned away leaves it as it is for the next."""
    sent = await ids_of(browser, "followed-up-form-page")
    draft = await ids_of(browser, "form-draft-page")
    visits = await ids_of_visits(browser)
    return sent | draft | await ids_of(browser, "dispatch-page") | visits


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
    sign_in(staff, session(UNIT, rights=ALL_RIGHTS))

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
        end(sign_in(staff, session(UNIT, rights=ALL_RIGHTS)))
        with subtests.test(name=name):
            assert_turned_away(name, await ask(staff, name, ids))


async def test_whoever_has_no_unit_chooses_one_first(
    staff: Browser, subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)
    sign_in(staff, session(rights=ALL_RIGHTS))

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
        sign_in(staff, session(UNIT, rights=ALL_RIGHTS, commissions=(NO_RIGHT[why],)))
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
        sign_in(staff, session(UNIT, rights=ALL_RIGHTS))
        with subtests.test(name=name):
            answer = await ask(staff, name, ids)

            assert answer.status_code == 403
            assert "Du har loggats ut" in answer.text


def needed_by(name: str) -> Right | None:
    """The right that the route asks for, somewhere among what it depends on."""

    def found(dependant: Dependant) -> Iterator[Right]:
        yield from filter(None, [getattr(dependant.call, "right", None)])
        for each in dependant.dependencies:
            yield from found(each)

    rights = set(found(ROUTES[name].dependant))
    assert len(rights) <= 1, name
    return next(iter(rights), None)


def test_every_route_asks_for_the_right_of_its_row_and_no_other() -> None:
    needed = {name: needed_by(name) for name in ROUTES}

    wanted = {name: None if isinstance(who, For) else who for name, who in WHO_MAY.items()}
    assert needed == wanted


@pytest.mark.parametrize("right", Right)
async def test_without_its_right_a_page_says_which_one_is_missing(
    app: FastAPI, wired: Services, staff: Browser, right: Right, subtests: pytest.Subtests
) -> None:
    app.state.services = replace(wired, rules=replace(wired.rules, right_roles={}))
    names = [name for name in CLOSED if WHO_MAY[name] is right]
    ids = await ids_of_all(staff)
    others = [each for each in Right if not includes(each, right)]
    before = staff.clinic.listed()

    for name in names:
        sign_in(staff, session(UNIT, rights=others))
        with subtests.test(name=name):
            answer = await ask(staff, name, ids)

            assert answer.status_code == 403
            assert f"Du saknar behörigheten {RIGHT_LABELS[right]}" in answer.text
            assert "kan ge dig den" in answer.text
    assert staff.clinic.listed() == before


@pytest.mark.parametrize("right", Right)
async def test_the_menu_shows_what_the_right_opens_and_nothing_else(
    app: FastAPI, wired: Services, staff: Browser, right: Right
) -> None:
    app.state.services = replace(wired, rules=replace(wired.rules, right_roles={}))
    sign_in(staff, session(UNIT, rights=[right]))

    page = await staff.open("/inloggningar")

    shown = {item.address for item in MENU if f'href="{item.address}"' in page}
    assert shown
    for item in MENU:
        answer = await staff.get(item.address)
        assert (answer.status_code == 200) is (item.address in shown), item


async def test_whoever_has_no_right_sees_that_and_who_can_give_one(
    app: FastAPI, wired: Services, staff: Browser
) -> None:
    app.state.services = replace(wired, rules=replace(wired.rules, right_roles={}))

    begun = await staff.get("/")

    assert begun.headers["location"] == "/inloggningar"
    page = words_of(await staff.open("/inloggningar"))
    assert "Du har inga behörigheter i Utskick. Den som har Lokal förvaltning" in page


async def test_what_is_another_units_does_not_exist(
    staff: Browser, other_staff: Browser, subtests: pytest.Subtests
) -> None:
    ids = await ids_of_all(staff)
    before = staff.clinic.listed()
    sign_in(other_staff, session(OTHER_UNIT, rights=ALL_RIGHTS))

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
    sign_in(staff, session(UNIT, rights=ALL_RIGHTS))
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
    sign_in(staff, session(UNIT, rights=ALL_RIGHTS))
    before = staff.clinic.listed()

    for name in (*POSTED, "sign-out"):
        with subtests.test(name=name):
            answer = await ask(staff, name, ids, headers=headers)

            assert answer.status_code == 403
            assert "Sidan skickades inte härifrån" in answer.text
    assert staff.clinic.listed() == before
    assert (await staff.get("/valj-enhet")).status_code == 200
