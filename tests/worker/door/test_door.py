"""Who comes to Prefect, what of it operators may use, and whose name is recorded."""

import json
import logging
from typing import Any
from uuid import UUID

import pytest

from tests.people import ANNA
from tests.spellings import spellings_of
from tests.worker.door.conftest import ADDRESS, LOGINS, Visit
from utskick.worker.door.callers import basic

_ID = UUID(int=7)
START = f"/api/deployments/{_ID}/create_flow_run"
KARIN = "SE2321000131-P000000000001"
_FROM_ELSEWHERE: list[dict[str, str]] = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": f"{ADDRESS}.elsewhere.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize(
    "path",
    ["/api/version", "/api/csrf-token", "/api/admin/settings", "/docs", "/redoc", "/openapi.json"],
)
@pytest.mark.parametrize("login", [None, "utskick:", "operator:guessed", LOGINS.processes[:-1]])
async def test_nothing_is_answered_without_a_login(
    visit: Visit, path: str, login: str | None
) -> None:
    answer = await visit.ask("GET", path, login=login)

    assert answer.status_code == 401
    assert visit.behind.scopes == []


@pytest.mark.parametrize("header", ["Basic", "Basic ?", "Bearer x", "Basic w7Y="])
async def test_a_login_that_makes_no_sense_is_none(visit: Visit, header: str) -> None:
    answer = await visit.ask("GET", "/api/version", headers={"Authorization": header})

    assert answer.status_code == 401


async def test_whoever_watches_whether_it_lives_needs_no_login(visit: Visit) -> None:
    assert (await visit.ask("GET", "/api/health")).status_code == 200
    assert (await visit.ask("POST", "/api/health")).status_code == 401


@pytest.mark.parametrize("login", [None, LOGINS.operators, LOGINS.processes])
@pytest.mark.parametrize("headers", _FROM_ELSEWHERE)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_a_page_of_another_origin_can_do_nothing(
    visit: Visit, method: str, headers: dict[str, str], login: str | None
) -> None:
    for path in (START, "/api/csrf-token"):
        answer = await visit.ask(method, path, login=login, headers=headers)

        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert visit.behind.scopes == []


async def test_prefects_own_page_may_ask(visit: Visit) -> None:
    headers = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}

    answer = await visit.ask("POST", START, login=LOGINS.operators, headers=headers, json={})

    assert answer.status_code == 200


async def test_our_processes_may_do_everything_and_are_nobody_in_particular(visit: Visit) -> None:
    created = {"name": "x", "job_variables": {"a": 1}}

    answer = await visit.ask("POST", "/api/deployments/", login=LOGINS.processes, json=created)

    assert answer.status_code == 200
    assert json.loads(visit.behind.bodies[-1]) == created
    assert visit.behind.operator is None


@pytest.mark.parametrize("login", [LOGINS.processes, LOGINS.operators])
async def test_nobody_can_claim_to_be_somebody_else(visit: Visit, login: str) -> None:
    headers = {
        "X-Utskick-Operator": KARIN,
        "Prefect-Automation-Id": str(_ID),
        "Prefect-Automation-Name": "S2FyaW4=",
    }

    await visit.ask("POST", START, login=login, headers=headers, json={})

    names = {name for name, _ in visit.behind.headers}
    assert not names & {name.lower() for name in headers}
    assert visit.behind.operator in (None, "operator")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/flow_runs/"),
        ("POST", "/api/flow_runs/filter"),
        ("POST", "/api/ui/flow_runs/history"),
        ("POST", START),
        ("POST", f"/api/flow_runs/{_ID}/set_state"),
        ("POST", f"/api/deployments/{_ID}/pause_deployment"),
        ("DELETE", f"/api/flow_runs/{_ID}"),
    ],
)
async def test_an_operator_looks_starts_cancels_and_pauses(
    visit: Visit, method: str, path: str
) -> None:
    answer = await visit.ask(method, path, login=LOGINS.operators, json={})

    assert answer.status_code == 200
    assert visit.behind.operator == "operator"
    assert ("authorization", basic(LOGINS.processes)) in visit.behind.headers


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/deployments/", {}),
        ("PATCH", f"/api/deployments/{_ID}", {"job_variables": {"command": "sh"}}),
        ("POST", f"/api/deployments/{_ID}/schedules", []),
        ("POST", START, {"job_variables": {"command": "sh"}}),
        ("POST", START, {"enforce_parameter_schema": False}),
        ("POST", START, {"enforce_parameter_schema": 0}),
        ("POST", START, {"enforce_parameter_schema": "no"}),
        ("POST", START, {"infrastructure_document_id": str(_ID)}),
        ("POST", f"{START}/bulk", [{}]),
        ("POST", "/api/flow_runs/", {}),
        ("PATCH", f"/api/flow_runs/{_ID}", {"parameters": {}}),
        ("PATCH", f"/api/flow_runs/{_ID}/labels", {}),
        ("PATCH", "/api/work_pools/utskick", {"base_job_template": {}}),
        ("POST", "/api/block_documents/", {}),
        ("POST", "/api/variables/", {}),
        ("POST", "/api/automations/", {}),
        ("POST", "/api/admin/database/drop", {}),
        ("PUT", "/api/admin/storage", {}),
    ],
)
async def test_an_operator_cannot_change_what_runs_or_whose_order_it_is(
    visit: Visit, method: str, path: str, body: Any
) -> None:
    answer = await visit.ask(method, path, login=LOGINS.operators, json=body)

    assert answer.status_code == 403
    assert visit.behind.scopes == []


@pytest.mark.parametrize("typed", spellings_of(ANNA.digits))
async def test_a_personnummer_that_an_operator_types_is_kept_nowhere(
    visit: Visit, typed: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bodies: list[Any] = [
        {"parameters": {"order": {"dispatch_id": typed}}},
        {"name": f"För {typed}"},
        {"tags": [typed]},
        {typed: 1},
    ]

    for body in bodies:
        answer = await visit.ask("POST", START, login=LOGINS.operators, json=body)

        assert answer.status_code == 422
        assert typed not in answer.text
    assert visit.behind.scopes == []
    assert ANNA.digits[-4:] not in caplog.text


@pytest.mark.parametrize(
    "path", ["//api/deployments/", "/API/deployments/", "/elsewhere/variables/"]
)
@pytest.mark.parametrize("login", [None, LOGINS.operators])
async def test_beside_the_api_nothing_can_be_changed(
    visit: Visit, path: str, login: str | None
) -> None:
    answer = await visit.ask("POST", f"{ADDRESS}{path}", login=login, json={})

    assert answer.status_code == 405
    assert visit.behind.scopes == []


async def test_as_much_is_looked_through_as_prefects_page_posts_and_no_more(visit: Visit) -> None:
    address, listed = "/api/flow_runs/bulk_delete", [str(_ID)] * 200

    page = await visit.ask(
        "POST", address, login=LOGINS.operators, json={"flow_runs": {"id": {"any_": listed}}}
    )
    flood = await visit.ask("POST", address, login=LOGINS.operators, json={"x": "19" * 10_000})

    assert (page.status_code, flood.status_code) == (200, 413)
    assert len(visit.behind.bodies) == 1


async def test_a_number_without_quotes_is_one_too(visit: Visit) -> None:
    body = {"parameters": {"version": int(ANNA.digits)}}

    answer = await visit.ask("POST", START, login=LOGINS.operators, json=body)

    assert answer.status_code == 422


async def test_ids_are_nobodys_numbers(visit: Visit) -> None:
    body = {"parameters": {"order": {"dispatch_id": "19910204-2398-4e00-8000-199102042398"}}}

    answer = await visit.ask("POST", START, login=LOGINS.operators, json=body)

    assert answer.status_code == 200
    assert json.loads(visit.behind.bodies[-1]) == body


async def test_whoever_has_signed_in_with_the_proxy_is_recorded_by_name(visit: Visit) -> None:
    headers = {"X-Utskick-Operator": KARIN}

    answer = await visit.ask("POST", START, login=LOGINS.proxy, headers=headers, json={})

    assert answer.status_code == 200
    assert visit.behind.operator == KARIN


@pytest.mark.parametrize("name", [None, "", "Karin Ek", "<i>Karin</i>", ANNA.digits, "x" * 101])
async def test_nobody_comes_through_the_proxy_without_a_name(
    visit: Visit, name: str | None
) -> None:
    headers = {} if name is None else {"X-Utskick-Operator": name}

    answer = await visit.ask("POST", START, login=LOGINS.proxy, headers=headers, json={})

    assert answer.status_code == 401
    assert visit.behind.scopes == []


async def test_the_page_asks_for_no_login_of_whoever_has_signed_in_with_the_proxy(
    visit: Visit,
) -> None:
    headers = {"X-Utskick-Operator": KARIN}

    through_proxy = await visit.ask("GET", "/ui-settings", login=LOGINS.proxy, headers=headers)
    directly = await visit.ask("GET", "/ui-settings")

    assert through_proxy.json() == {"auth": None}
    assert directly.json() == {"auth": "BASIC"}


async def test_prefects_page_sends_nothing_elsewhere_and_is_framed_by_nobody(visit: Visit) -> None:
    answer = await visit.ask("GET", "/v2/deployments")

    policy = answer.headers["Content-Security-Policy"]
    assert "img-src 'self' data: blob:;" in policy
    assert "connect-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_what_prefect_answers_is_kept_by_no_browser(visit: Visit) -> None:
    answer = await visit.ask("GET", "/api/version", login=LOGINS.operators)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "login", "reaches"),
    [
        ("/api/events/out", LOGINS.operators, True),
        ("/api/logs/out", LOGINS.operators, True),
        ("/api/events/in", LOGINS.operators, False),
        ("/api/events/in", LOGINS.processes, True),
        ("/api/events/out", "operator:guessed", False),
    ],
)
async def test_a_stream_is_opened_with_the_login_in_its_first_message(
    visit: Visit, path: str, login: str, reaches: bool
) -> None:
    await visit.stream(path, json.dumps({"type": "auth", "token": login}))

    token = json.loads(visit.behind.messages[-1]["text"])["token"]
    assert token == (LOGINS.processes if reaches else "")


async def test_a_stream_through_the_proxy_needs_no_other_login(visit: Visit) -> None:
    headers = {"Authorization": basic(LOGINS.proxy), "X-Utskick-Operator": KARIN}

    await visit.stream("/api/events/out", json.dumps({"type": "auth"}), headers=headers)

    assert json.loads(visit.behind.messages[-1]["text"])["token"] == LOGINS.processes


async def test_a_page_of_another_origin_opens_no_stream(visit: Visit) -> None:
    headers = {"Authorization": basic(LOGINS.proxy), "X-Utskick-Operator": KARIN}
    headers |= {"Origin": "https://elsewhere.example"}

    sent = await visit.stream("/api/events/out", json.dumps({"type": "auth"}), headers=headers)

    assert [message["type"] for message in sent] == ["websocket.close"]
    assert visit.behind.scopes == []
