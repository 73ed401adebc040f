"""Whatever is refused leaves a line: what, why, who, from where, and nothing that was typed."""

import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import uvicorn
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from config.settings import Settings, WebSettings
from tests.clinic import OTHER_UNIT, STAFF, UNIT, Clinic
from tests.log_lines import Lines, log_lines
from tests.people import ANNA
from tests.web.conftest import caller, make_token, services_of
from tests.web.pages.conftest import Browser, browser_of, session, sign_in
from tests.web.pages.forms import main_form
from tests.web.pages.test_sign_in import KARIN, come_back, only
from utskick.domain.rate_limits import RateLimits
from utskick.domain.rights import Right
from utskick.domain.staff import AssuranceTooLow, ClaimMissing, QuestionRefused
from utskick.ports import TemporaryFailure
from utskick.web.__main__ import serving
from utskick.web.pages.visitors import csrf_of

__all__ = ["log_lines"]

Request = Callable[[], Coroutine[Any, Any, Response]]
CANARY = "4711-canary"
EVIL = f'\n{{"level": "x"}}\r\x1b[31m{CANARY} {ANNA.formatted}'


@pytest.fixture(autouse=True)
def _like_in_production(app: FastAPI) -> None:
    """Other loggers say warnings only; the tests' client speaks about each call."""
    del app
    logging.getLogger("httpx").setLevel(logging.WARNING)


A_DRAFT = f"/skicka-formular/utkast/{uuid4()}"


def hostile(staff: Browser, app: FastAPI, clinic: Clinic, foreign: str) -> list[Request]:
    """One of each kind that the attack suites make."""
    nobody, rest = browser_of(app, clinic), caller(app, clinic, f"wrong-{CANARY}")
    known = caller(app, clinic, make_token(clinic))
    form = {"csrf": csrf_of("another"), "titel": EVIL}
    elsewhere = {"Origin": "https://evil.example"}
    return [
        lambda: rest.get("/api/paketutskick"),
        lambda: rest.post("/api/paketutskick", json={"recipients": [ANNA.digits]}),
        lambda: known.get(f"/api/paketutskick/{uuid4()}"),
        lambda: known.post("/api/paketutskick", json={"recipients": EVIL}),
        lambda: known.post("/api/paketutskick", content=b"{" * 200),
        lambda: staff.post(A_DRAFT, data=form),
        lambda: staff.post(A_DRAFT, data=form, headers=elsewhere),
        lambda: staff.get("/forvaltning"),
        lambda: staff.get("/logg"),
        lambda: staff.get(f"/paketutskick/{foreign}"),
        lambda: staff.get(f"/paketutskick/{ANNA.digits}"),
        lambda: staff.get(f"/finns-inte/{ANNA.digits}", params={"q": EVIL}),
        lambda: staff.put("/skicka-formular"),
        lambda: nobody.get("/logga-in/klar", params={"code": EVIL, "state": EVIL}),
        lambda: nobody.get("/logga-in/klar", params={"error": EVIL}),
        lambda: nobody.get("/skicka-formular", headers={"Cookie": f"__Host-utskick={CANARY}"}),
    ]


@pytest.mark.parametrize("times", [48, pytest.param(2000, marks=pytest.mark.proof)])
async def test_every_hostile_request_leaves_a_line(
    staff: Browser, app: FastAPI, clinic: Clinic, log_lines: Lines, times: int
) -> None:
    foreign = str((await clinic.start()).dispatch.id)
    with clinic.store.transaction() as records:
        unit = records.units.get(OTHER_UNIT.id)
    sign_in(staff, session(unit))
    requests = hostile(staff, app, clinic, foreign)

    statuses = [(await requests[number % len(requests)]()).status_code for number in range(times)]

    lines = log_lines.of("request_refused") + log_lines.of("sign_in")
    assert Counter(line["status"] for line in lines) == Counter(statuses)
    assert {line["outcome"] for line in lines} == {"refused"}
    assert all(line["address"] and line["method"] and line["time"] for line in lines)
    for typed in (CANARY, ANNA.digits, ANNA.formatted, "evil", "x1b"):
        assert typed not in log_lines.text
    assert len(log_lines.all) == len(log_lines.text.splitlines())


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, {"status": 401, "reason": "UnknownToken", "route": "list-dispatches"}),
        (
            2,
            {
                "status": 404,
                "reason": "NotFound",
                "route": "show-dispatch",
                "actor": "rest:journalsystemet",
                "unit": UNIT.id,
            },
        ),
        (3, {"status": 422, "route": "start-dispatch"}),
        (5, {"status": 403, "reason": "StaleForm", "actor": STAFF.name, "unit": UNIT.id}),
        (6, {"status": 403, "reason": "ForeignForm", "route": "fill-in-form"}),
        (7, {"status": 403, "reason": "NotAllowed", "route": "administration-page"}),
        (11, {"status": 404, "route": "unknown"}),
        (15, {"status": 303, "reason": "NotSignedIn"}),
    ],
)
async def test_a_refusal_says_why_and_to_whom(
    staff: Browser,
    app: FastAPI,
    clinic: Clinic,
    log_lines: Lines,
    number: int,
    said: dict[str, Any],
) -> None:
    await hostile(staff, app, clinic, str(uuid4()))[number]()

    [line] = log_lines.of("request_refused")
    assert line | said == line
    assert (line["level"], line["address"]) == ("warning", "127.0.0.1")


async def test_whoever_asks_too_often_is_noted(
    app: FastAPI, clinic: Clinic, log_lines: Lines
) -> None:
    wired = services_of(clinic)
    seldom = wired.settings.limits.model_dump() | {"strangers": "1/min"}
    app.state.services = replace(
        wired, rate_limits=RateLimits(seldom, monotonic=clinic.clock.monotonic)
    )

    for _ in range(2):
        await browser_of(app, clinic).get("/utloggad")

    [line] = log_lines.of("request_refused")
    assert (line["status"], line["reason"]) == (429, "TooOften strangers")


async def test_what_is_answered_leaves_no_line(staff: Browser, log_lines: Lines) -> None:
    await staff.open("/skicka-formular")

    assert log_lines.all == []


# Sign-ins and sign-outs


async def test_a_sign_in_and_a_sign_out_are_noted(stranger: Browser, log_lines: Lines) -> None:
    await come_back(stranger, only(KARIN.commissions[0]))
    await stranger.post("/logga-ut")
    await stranger.post("/logga-ut")

    came, went = log_lines.all
    who = {"actor": KARIN.staff_id, "unit": UNIT.id, "outcome": "done", "address": "127.0.0.1"}
    assert came | who | {"event": "sign_in", "roles": []} == came
    assert went | who | {"event": "sign_out"} == went


async def test_a_choice_of_unit_is_noted(stranger: Browser, log_lines: Lines) -> None:
    await come_back(stranger, KARIN)
    page = await stranger.open("/valj-enhet")

    await stranger.post("/valj-enhet", data={**dict(main_form(page).fields), "enhet": UNIT.id})

    [line] = log_lines.of("unit_chosen")
    assert (line["actor"], line["unit"]) == (KARIN.staff_id, UNIT.id)


async def test_an_administrators_sign_in_is_noted_with_the_role(
    stranger: Browser, clinic: Clinic, log_lines: Lines
) -> None:
    roles = clinic.rules.right_roles[Right.REGIONAL_ADMINISTRATION]

    await come_back(stranger, replace(KARIN, commissions=(), picked=None, system_roles=roles))

    [line] = log_lines.of("sign_in")
    assert (line["actor"], line["roles"]) == (KARIN.staff_id, [Right.REGIONAL_ADMINISTRATION])
    assert "unit" not in line


@pytest.mark.parametrize(
    ("failure", "reason", "status"),
    [
        (AssuranceTooLow(), "level of assurance", 403),
        (ClaimMissing("employeeHsaId"), "the provider gave no employeeHsaId", 403),
        (QuestionRefused("the provider refuses us: invalid_client"), "invalid_client", 403),
        (TemporaryFailure("the provider is away: ConnectError"), "provider is away", 503),
    ],
)
async def test_a_failed_sign_in_is_noted_with_its_reason(
    stranger: Browser,
    clinic: Clinic,
    log_lines: Lines,
    failure: Exception,
    reason: str,
    status: int,
) -> None:
    away = await stranger.get("/logga-in/legitimera")
    [state] = parse_qs(urlsplit(away.headers["location"]).query)["state"]
    clinic.sign_in.fails_with.append(failure)

    await stranger.get("/logga-in/klar", params={"code": "a", "state": state})

    [line] = log_lines.of("sign_in")
    assert line["status"] == status
    assert reason in line["reason"]
    assert line["outcome"] in ("refused", "failed")


async def test_what_the_administration_does_is_noted(
    administrator: Browser, log_lines: Lines
) -> None:
    token = administrator.cookies["__Host-utskick"]
    form = {"csrf": csrf_of(token), "nyckelns_namn": "journalsystemet", "nyckelns_ratt": "read"}

    await administrator.post(f"/forvaltning/enheter/{UNIT.id}/nycklar", data=form)

    [line] = log_lines.of("administered")
    assert line["actor"] == STAFF.name
    assert line["act"] == f"skapat nyckel journalsystemet för {UNIT.id}"


# What is left, and what is nobody's word


async def test_a_browser_that_leaves_in_the_middle_is_no_fault(
    app: FastAPI, clinic: Clinic, log_lines: Lines
) -> None:
    """The log had "Unexpected ClientDisconnect", without a time or a request."""
    staff = sign_in(browser_of(app, clinic), session(UNIT))
    sent: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": A_DRAFT,
        "query_string": b"",
        "headers": [
            (b"host", b"utskick.test"),
            (b"cookie", f"__Host-utskick={staff.cookies['__Host-utskick']}".encode()),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ],
        "client": ("10.1.2.3", 9),
        "scheme": "https",
        "server": ("utskick.test", 443),
    }
    messages = iter([{"type": "http.request", "body": b"a=", "more_body": True}])

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)

    [line] = log_lines.all
    left = {"event": "request_left", "level": "info", "route": "fill-in-form"}
    assert line | left == line
    assert (line["address"], line["actor"]) == ("10.1.2.3", STAFF.name)


@pytest.mark.parametrize(
    ("trusted", "comes_from", "address"),
    [
        ((), "127.0.0.1", "127.0.0.1"),
        (("10.0.0.0/8",), "203.0.113.7", "203.0.113.7"),
        (("10.0.0.0/8",), "10.1.2.3", "203.0.113.9"),
    ],
)
async def test_a_header_is_believed_of_a_trusted_proxy_alone(
    app: FastAPI,
    clinic: Clinic,
    log_lines: Lines,
    trusted: tuple[str, ...],
    comes_from: str,
    address: str,
) -> None:
    settings = Settings(_env_file=None, web=WebSettings(trusted_proxies=trusted))
    config = uvicorn.Config(app, **serving(services_of(clinic, settings=settings)))
    config.load()
    # A client may write what it likes; the proxy adds whom it has seen.
    seen = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}

    server = ASGITransport(config.loaded_app, client=(comes_from, 9))
    async with AsyncClient(transport=server, base_url="http://utskick") as nobody:
        await nobody.get("/api/paketutskick", headers=seen)

    [line] = log_lines.all
    assert line["address"] == address
