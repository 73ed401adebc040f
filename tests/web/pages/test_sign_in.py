"""Logga in i Utskick: the pages, with an identity provider in memory."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from httpx import Response

from config.settings import Settings, SignInSettings
from tests.access_log import Log
from tests.clinic import OTHER_UNIT, OWN, UNIT, Clinic
from tests.people import ANNA
from tests.web.conftest import CALLED, services_of
from tests.web.pages.conftest import CARE, Browser, commission, session, sign_in, words_of
from tests.web.pages.forms import main_form
from utskick.domain.rights import Right
from utskick.domain.staff import Commission, StaffClaims
from utskick.domain.units import HsaId, Unit
from utskick.ports import TemporaryFailure
from utskick.web.pages.visitors import COOKIE

AT_UNIT = commission(UNIT)
ELSEWHERE = commission(OTHER_UNIT)
KARIN = StaffClaims(
    staff_id="SE2321000131-P000000000201",
    name="Karin Exempel",
    commissions=(AT_UNIT, ELSEWHERE),
    picked=AT_UNIT.hsa_id,
    system_roles=(),
)


def only(*commissions: Commission, **changes: Any) -> StaffClaims:
    return replace(KARIN, commissions=commissions, **changes)


async def come_back(browser: Browser, who: StaffClaims, *, till: str = "/") -> Response:
    """Sign in as the provider says."""
    browser.clinic.sign_in.knows["a-code"] = who
    away = await browser.get("/logga-in/legitimera", params={"till": till})
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    return await browser.get(
        "/logga-in/klar", params={"code": "a-code", "state": asked["state"][0]}
    )


async def test_who_has_one_commission_comes_straight_to_its_unit(stranger: Browser) -> None:
    back = await come_back(stranger, only(AT_UNIT), till="/paketutskick")

    assert (back.status_code, back.headers["location"]) == (303, "/paketutskick")
    page = await stranger.open("/skicka-formular")
    assert UNIT.name in page
    assert "Karin Exempel" in page


async def test_the_first_time_a_unit_is_chosen_and_later_the_last_one_is_there(
    stranger: Browser,
) -> None:
    """Nästa gång du loggar in kommer du direkt till den enhet du valde senast."""
    await come_back(stranger, KARIN)
    first = await stranger.get("/skicka-formular")
    assert first.headers["location"] == "/valj-enhet"

    chosen = await choose(stranger, UNIT.id)
    await stranger.post("/logga-ut")
    await come_back(stranger, KARIN)

    assert chosen.headers["location"] == "/"
    assert UNIT.name in await stranger.open("/skicka-formular")


async def test_who_picks_another_unit_at_the_provider_is_asked_again(stranger: Browser) -> None:
    await come_back(stranger, KARIN)
    await choose(stranger, UNIT.id)

    await come_back(stranger, replace(KARIN, picked=ELSEWHERE.hsa_id))

    assert (await stranger.get("/skicka-formular")).headers["location"] == "/valj-enhet"


async def choose(browser: Browser, unit_id: str) -> Response:
    page = await browser.open("/valj-enhet")
    form = main_form(page)
    return await browser.post("/valj-enhet", data=dict(form.fields) | {"enhet": unit_id})


async def test_commissions_that_give_no_right_are_shown_with_the_reason(
    stranger: Browser,
) -> None:
    """Notera att det ska stå "Vård och behandling" i kolumnen Syfte."""
    register = replace(AT_UNIT, hsa_id="SE2321000131-U9", purpose="Kvalitetsregister")
    ended = replace(ELSEWHERE, hsa_id="SE2321000131-U8", ends_on=date(2027, 1, 31))
    third = commission(OTHER_UNIT)
    await come_back(stranger, only(AT_UNIT, third, register, ended))

    words = words_of(await stranger.open("/valj-enhet"))

    assert f"Syftet ska vara {CARE}." in words
    assert "Uppdraget slutade 2027-01-31." in words
    assert (await choose(stranger, "SE2321000131-E000000000999")).status_code == 404


@pytest.mark.parametrize(
    "unfit",
    [
        replace(AT_UNIT, purpose="Administration"),
        replace(AT_UNIT, ends_on=date(2027, 1, 31)),
        replace(AT_UNIT, starts_on=date(2027, 2, 2)),
        replace(AT_UNIT, unit_id=HsaId("SE2321000131-E000000000777")),
    ],
)
async def test_without_a_valid_commission_nobody_comes_in(
    stranger: Browser, unfit: Commission
) -> None:
    back = await come_back(stranger, only(unfit))

    assert back.status_code == 403
    assert "Du har inget pågående medarbetaruppdrag med syftet" in back.text
    assert COOKIE not in stranger.cookies


async def test_a_purpose_is_read_whatever_its_case(stranger: Browser) -> None:
    back = await come_back(stranger, only(replace(AT_UNIT, purpose="VÅRD OCH BEHANDLING")))

    assert back.status_code == 303


@pytest.mark.parametrize(
    ("role", "units", "reads"),
    [
        ("", [UNIT], True),
        ("", [UNIT, OTHER_UNIT], False),
        (f";{UNIT.id}", [UNIT, OTHER_UNIT], True),
        (f";{OTHER_UNIT.id}", [UNIT, OTHER_UNIT], False),
        (f";{OTHER_UNIT.id}", [UNIT], False),
    ],
)
async def test_the_role_for_the_log_counts_for_its_unit_only(
    stranger: Browser, role: str, units: list[Unit], *, reads: bool
) -> None:
    clinic = stranger.clinic
    await come_back(
        stranger,
        only(
            *map(commission, units), system_roles=(clinic.rules.right_roles[Right.LOG][0] + role,)
        ),
    )
    if len(units) > 1:
        await choose(stranger, UNIT.id)

    log, keys = await stranger.get("/logg"), await stranger.get("/nycklar")

    assert [log.status_code, keys.status_code] == [200 if reads else 403] * 2


async def test_the_administration_needs_no_care_unit(stranger: Browser) -> None:
    role = stranger.clinic.rules.right_roles[Right.REGIONAL_ADMINISTRATION][0]
    back = await come_back(stranger, only(system_roles=(role,)))

    assert back.status_code == 303
    assert (await stranger.get("/")).headers["location"] == "/forvaltning"


async def test_the_local_administration_needs_no_care_unit_for_what_shows_nobody(
    stranger: Browser,
) -> None:
    [role] = stranger.clinic.rules.right_roles[Right.LOCAL_ADMINISTRATION]
    back = await come_back(stranger, only(system_roles=(f"{role};{UNIT.id}",)))

    assert back.status_code == 303
    assert (await stranger.get("/")).headers["location"] == "/forvaltning"
    assert (await stranger.get(f"/forvaltning/behorigheter/{UNIT.id}")).status_code == 200
    assert (await stranger.get("/paketutskick")).headers["location"] == "/valj-enhet"


async def test_the_cookies_are_for_this_site_alone(stranger: Browser) -> None:
    away = await stranger.get("/logga-in/legitimera")
    back = await come_back(stranger, only(AT_UNIT))

    for answer in (away, back):
        given = answer.headers["set-cookie"].lower()
        assert "__host-" in given
        for word in ("httponly", "secure", "samesite=lax", "path=/"):
            assert word in given
        assert "domain=" not in given


async def test_a_sign_in_belongs_to_the_browser_that_began_it(
    stranger: Browser, staff: Browser
) -> None:
    stranger.clinic.sign_in.knows["a-code"] = only(AT_UNIT)
    away = await stranger.get("/logga-in/legitimera")
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]

    stolen = await staff.get("/logga-in/klar", params={"code": "a-code", "state": state})

    assert stolen.status_code == 403
    assert "påbörjades någon annanstans" in stolen.text


async def test_an_answer_from_the_provider_works_once(stranger: Browser) -> None:
    back = await come_back(stranger, only(AT_UNIT))
    again = await stranger.get(str(back.request.url))

    assert again.status_code == 403


async def test_a_sign_in_that_took_too_long_begins_anew(stranger: Browser) -> None:
    stranger.clinic.sign_in.knows["a-code"] = only(AT_UNIT)
    away = await stranger.get("/logga-in/legitimera")
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
    stranger.clinic.clock.advance(11 * 60)

    back = await stranger.get("/logga-in/klar", params={"code": "a-code", "state": state})

    assert "Inloggningen tog för lång tid" in back.text


async def test_who_was_given_no_commission_learns_whom_to_ask(stranger: Browser) -> None:
    back = await come_back(stranger, only(without="allCommissions"))

    assert back.status_code == 403
    assert "lämnade inget medarbetaruppdrag för dig" in back.text
    assert "uppgiften allCommissions saknas" in back.text


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        (replace(AT_UNIT, purpose="Administration"), f"Syftet ska vara {CARE}."),
        (
            replace(AT_UNIT, unit_id=HsaId("SE2321000131-E000000000777")),
            "Enheten är inte ansluten till Utskick.",
        ),
    ],
)
async def test_an_unfit_commission_that_was_picked_at_the_provider_says_why(
    stranger: Browser, unfit: Commission, why: str
) -> None:
    back = await come_back(stranger, only(unfit, only_picked=True))

    assert back.status_code == 403
    assert f"Uppdraget som du valde när du loggade in går inte att använda. {why}" in back.text
    assert "välj ett annat uppdrag" in back.text


async def test_who_is_refused_is_asked_anew_by_the_provider(stranger: Browser) -> None:
    """Else it would give the same answer for as long as it knows them."""
    await come_back(stranger, only(replace(AT_UNIT, purpose="Administration")))
    second = await stranger.get("/logga-in/legitimera")
    await come_back(stranger, only(AT_UNIT))
    third = await stranger.get("/logga-in/legitimera")

    assert "prompt=login" in second.headers["location"]
    assert "prompt=login" not in third.headers["location"]


async def test_who_only_goes_away_is_not_asked_anew(stranger: Browser) -> None:
    await stranger.get("/logga-in/klar", params={"error": "access_denied", "state": "x"})

    again = await stranger.get("/logga-in/legitimera")

    assert "prompt=login" not in again.headers["location"]


@pytest.fixture
def picking(app: FastAPI, clinic: Clinic) -> None:
    """The provider lets staff pick a commission, and gives that one alone."""
    settings = Settings(_env_file=None, web=CALLED, sign_in=SignInSettings(commissions="picked"))
    app.state.services = services_of(clinic, settings=settings)


@pytest.mark.usefixtures("picking")
async def test_a_unit_that_is_picked_at_the_provider_is_changed_by_signing_in_anew(
    stranger: Browser,
) -> None:
    await come_back(stranger, only(AT_UNIT, only_picked=True))
    page = await stranger.open("/skicka-formular")
    choice = await stranger.open("/valj-enhet")

    away = await stranger.get("/logga-in/legitimera?byt=1")
    await come_back(stranger, only(ELSEWHERE, only_picked=True, picked=ELSEWHERE.hsa_id))

    for shown in (page, choice):
        assert '<a href="/logga-in/legitimera?byt=1">Byt enhet</a>' in shown
    assert "Du väljer enhet i inloggningstjänsten." in choice
    assert 'name="enhet"' not in choice
    assert "prompt=login" in away.headers["location"]
    assert OTHER_UNIT.name in await stranger.open("/skicka-formular")


AVBRUTEN = "Inloggningen avbröts. Försök igen."
REFUSED = "tog inte emot Utskicks fråga"


@pytest.mark.parametrize(
    ("error", "status_code", "sentence"),
    [
        ("access_denied", 403, AVBRUTEN),
        ("", 403, AVBRUTEN),
        ("<script>", 403, AVBRUTEN),
        ("unmet_authentication_requirements", 403, "Reservkort räcker inte."),
        ("invalid_scope", 403, REFUSED),
        ("unauthorized_client", 403, REFUSED),
        ("temporarily_unavailable", 503, "Inloggningstjänsten svarar inte just nu."),
    ],
)
async def test_what_the_provider_says_in_place_of_a_code_is_said_in_swedish(
    stranger: Browser, error: str, status_code: int, sentence: str
) -> None:
    back = await stranger.get("/logga-in/klar", params={"error": error, "state": "x"})

    assert back.status_code == status_code
    assert sentence in back.text
    assert "<script>" not in back.text.split("</head>", 1)[1]


async def test_the_provider_being_away_is_shown_calmly(stranger: Browser) -> None:
    stranger.clinic.sign_in.fails_with.append(TemporaryFailure("away"))

    away = await stranger.get("/logga-in/legitimera")

    assert away.status_code == 503
    assert "Försök igen om en stund" in away.text


async def test_the_provider_going_away_halfway_is_shown_calmly(stranger: Browser) -> None:
    away = await stranger.get("/logga-in/legitimera")
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
    stranger.clinic.sign_in.fails_with.append(TemporaryFailure("away"))

    back = await stranger.get("/logga-in/klar", params={"code": "a-code", "state": state})

    assert back.status_code == 503
    assert "Inloggningstjänsten svarar inte just nu" in back.text
    assert 'href="/logga-in/legitimera' in back.text


async def test_signing_in_and_choosing_a_unit_stand_in_the_log(
    stranger: Browser, log: Log
) -> None:
    await come_back(stranger, only(AT_UNIT))
    await come_back(stranger, KARIN)
    await choose(stranger, OTHER_UNIT.id)

    assert log() == ["Läsa: loggat in", "Läsa: loggat in", "Läsa: valt enhet"]


@pytest.mark.parametrize(
    "till",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "/\t\\evil.example",
        "/\n\\evil.example",
        "\\\\evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
    ],
)
async def test_nobody_is_led_away_from_here(stranger: Browser, till: str) -> None:
    back = await come_back(stranger, only(AT_UNIT), till=till)

    assert back.headers["location"] == "/"


async def test_signed_out_nothing_can_be_seen(staff: Browser) -> None:
    token = staff.cookies[COOKIE]
    out = await staff.post("/logga-ut")
    staff.cookies.set(COOKIE, token, domain="utskick.test")

    seen = await staff.get("/skicka-formular")

    assert out.headers["location"].startswith("https://idp.example/logout?")
    assert seen.headers["location"].startswith("/logga-in")


def cookies_of(answer: Response) -> dict[str, str]:
    given = (line.partition(";")[0] for line in answer.headers.get_list("set-cookie"))
    return dict(line.split("=", 1) for line in given)


async def test_signing_out_ends_at_the_provider_too_and_leaves_nothing_here(
    stranger: Browser,
) -> None:
    who = only(AT_UNIT)
    await come_back(stranger, who)

    out = await stranger.post("/logga-ut")

    asked = parse_qs(urlsplit(out.headers["location"]).query)
    assert asked == {
        "post_logout_redirect_uri": ["http://127.0.0.1:8000/utloggad"],
        "id_token_hint": [f"{who.sign_in_id}"],
    }
    assert out.headers["clear-site-data"] == '"cache", "storage"'
    assert cookies_of(out)[COOKIE] in ("", '""')


async def test_after_signing_out_the_next_one_shows_who_they_are(stranger: Browser) -> None:
    first = await stranger.get("/logga-in/legitimera")
    await come_back(stranger, only(AT_UNIT))
    await stranger.post("/logga-ut")

    second = await stranger.get("/logga-in/legitimera")
    await come_back(stranger, only(AT_UNIT))
    third = await stranger.get("/logga-in/legitimera")

    asked = ["prompt=login" in each.headers["location"] for each in (first, second, third)]
    assert asked == [False, True, False]


async def test_a_provider_that_is_away_keeps_nobody_signed_in_here(stranger: Browser) -> None:
    await come_back(stranger, only(AT_UNIT))
    stranger.clinic.sign_in.fails_with.append(TemporaryFailure("away"))

    out = await stranger.post("/logga-ut")

    left = await stranger.open(out.headers["location"])
    assert "Stäng sedan webbläsaren" in left
    assert (await stranger.get("/")).headers["location"].startswith("/logga-in")


async def test_to_begin_a_sign_in_takes_no_row(
    stranger: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> None:
        pytest.fail("the database was asked")

    monkeypatch.setattr(stranger.clinic.store, "transaction", refused)

    assert (await stranger.get("/logga-in/legitimera")).status_code == 303


async def test_everybody_sees_where_they_are_signed_in_and_ends_it_there(
    stranger: Browser, staff: Browser
) -> None:
    stranger.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0"
    await come_back(stranger, replace(only(AT_UNIT), staff_id=session(UNIT).staff_id))

    page = await staff.open("/inloggningar")
    ended = await staff.post(
        "/inloggningar", data=dict(main_form(page).filled(**last_button(page)))
    )

    assert "Firefox på Windows, 127.0.0.1" in page
    assert "Du är inloggad i 2 webbläsare" in page
    assert "Du är inloggad i en webbläsare" in await staff.open(ended.headers["location"])
    assert (await stranger.get("/")).headers["location"].startswith("/logga-in")


def last_button(page: str) -> dict[str, str]:
    return dict([main_form(page).buttons[-1]])


async def test_nobody_ends_what_is_another_persons(staff: Browser, other_staff: Browser) -> None:
    page = await staff.open("/inloggningar")
    with staff.clinic.store.transaction() as records:
        theirs = records.sessions.get(other_staff.cookies[COOKIE], now=staff.clinic.clock.now()).id
    csrf = page.split('name="csrf" value="', 1)[1].split('"', 1)[0]

    for named in (str(theirs), "not an id"):
        answer = await staff.post("/inloggningar", data={"csrf": csrf, "inloggning": named})
        assert answer.status_code == 404

    await other_staff.open("/inloggningar")


async def test_signing_in_ends_whatever_session_the_browser_had(
    stranger: Browser, staff: Browser
) -> None:
    """Else somebody could be led to work in a session that another person also holds."""
    planted = staff.cookies[COOKIE]
    stranger.cookies.set(COOKIE, planted, domain="utskick.test")

    await come_back(stranger, only(AT_UNIT))

    assert stranger.cookies[COOKIE] != planted
    assert (await staff.get("/")).headers["location"].startswith("/logga-in")


async def test_choosing_a_unit_makes_the_old_session_void(stranger: Browser) -> None:
    await come_back(stranger, KARIN)
    before = stranger.cookies[COOKIE]

    await choose(stranger, UNIT.id)

    after = stranger.cookies[COOKIE]
    assert after != before
    stranger.cookies.set(COOKIE, before, domain="utskick.test")
    assert (await stranger.get("/")).headers["location"].startswith("/logga-in")


@pytest.mark.parametrize(
    ("minutes", "visits"), [(31, 1), (25, 25)], ids=["idle for half an hour", "ten hours in all"]
)
async def test_a_session_ends_by_itself(stranger: Browser, minutes: int, visits: int) -> None:
    sign_in(stranger, session(UNIT))

    for _ in range(visits):
        stranger.clinic.clock.advance(minutes * 60)
        seen = await stranger.get("/skicka-formular")

    assert seen.headers["location"].startswith("/logga-in")


async def test_a_unit_withdrawn_in_the_middle_signs_out_with_the_reason(staff: Browser) -> None:
    now = staff.clinic.clock.now()
    with staff.clinic.store.transaction() as records:
        records.units.save([replace(UNIT, withdrawn_at=now)])

    seen = await staff.get("/skicka-formular")

    assert seen.status_code == 403
    assert f"du har inte längre något uppdrag för {UNIT.name}" in seen.text
    assert (await staff.get("/skicka-formular")).headers["location"].startswith("/logga-in")


async def test_a_commission_that_ends_in_the_middle_signs_out_with_the_reason(
    stranger: Browser,
) -> None:
    today = stranger.clinic.clock.now().date()
    ending = replace(AT_UNIT, ends_on=today)
    sign_in(stranger, session(UNIT, commissions=(ending,)))
    assert (await stranger.get("/skicka-formular")).status_code == 200

    stranger.clinic.clock.advance(24 * 3600)
    with stranger.clinic.store.transaction() as records:
        token = records.sessions.open(
            session(UNIT, commissions=(ending,)), now=stranger.clinic.clock.now()
        )
    stranger.cookies.set(COOKIE, token, domain="utskick.test")

    assert "Du har loggats ut" in (await stranger.get("/skicka-formular")).text


async def test_nothing_is_sent_from_another_unit_than_the_page_was_made_for(
    staff: Browser,
) -> None:
    sign_in(staff, session(UNIT, OTHER_UNIT))
    page = await staff.open("/skicka-formular")
    listed = (await staff.press(page, "lagg-till", nytt_personnummer=ANNA.digits)).text
    question = (await staff.press(listed, "skicka", form=OWN.name)).text
    filled = main_form(question)
    await change_unit(staff, OTHER_UNIT)

    refused = await staff.post(filled.action, data=dict(filled.filled(gor="ja-skicka")))

    assert refused.status_code == 403
    assert f"gjordes för {UNIT.name}, men nu arbetar du för {OTHER_UNIT.name}" in refused.text
    assert staff.clinic.listed() == []

    again = main_form(refused.text)
    still = await staff.post(again.action, data=dict(again.filled()))
    assert still.status_code == 403
    await change_unit(staff, UNIT)
    await staff.post(again.action, data=dict(again.filled(csrf=await csrf(staff))))
    assert len(staff.clinic.listed()) == 1


async def change_unit(staff: Browser, unit: Unit) -> None:
    """In another tab."""
    answer = await staff.post("/valj-enhet", data={"csrf": await csrf(staff), "enhet": unit.id})
    assert answer.status_code == 303


async def csrf(staff: Browser) -> str:
    [mark] = [v for n, v in main_form(await staff.open("/formularlank")).fields if n == "csrf"]
    return mark


async def test_whoever_says_that_they_are_there_stays_signed_in(staff: Browser) -> None:
    clinic = staff.clinic
    for _ in range(3):
        clinic.clock.moment += timedelta(minutes=20)
        assert (await staff.get("/inloggad/kvar")).status_code == 204

    clinic.clock.moment += timedelta(minutes=31)
    assert (await staff.get("/inloggad/kvar")).status_code == 303


async def test_a_page_knows_when_whoever_reads_it_is_signed_out(staff: Browser) -> None:
    page = await staff.open("/skicka-formular")

    assert 'data-signs-out="1740" data-signs-out-anyway="36000"' in page
