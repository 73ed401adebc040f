"""Prefect's real server behind the door."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterId

from flows.change_dispatch import stop_dispatch
from flows.deploy import closed_schema
from tests.people import ANNA
from tests.prefect_server import WORK_POOL, PrefectServer
from utskick.worker.door.callers import basic
from utskick.worker.prefect_server import main

KARIN = "SE2321000131-P000000000001"


@pytest.fixture
def stranger(prefect_server: PrefectServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=prefect_server.api_url, timeout=60) as client:
        yield client


@pytest.fixture
def deployment_id(prefect_server: PrefectServer) -> UUID:
    client = prefect_server.client
    return client.create_deployment(
        flow_id=client.create_flow_from_name("whose"),
        name="whose",
        work_pool_name=WORK_POOL,
        entrypoint="flows.none.none",
    )


def _sign_in(client: httpx.Client, login: str, **headers: str) -> None:
    client.headers.update({"Authorization": basic(login), **headers})
    token = client.get("/csrf-token", params={"client": "page"}).json()["token"]
    client.headers.update({"Prefect-Csrf-Client": "page", "Prefect-Csrf-Token": token})


def test_a_server_without_a_login_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTSKICK_SCHEDULER__LOGIN_FILE", str(tmp_path / "none.json"))

    with pytest.raises(SystemExit, match="Prefect has no login"):
        main()


def test_without_the_login_a_stock_worker_learns_of_no_run(stranger: httpx.Client) -> None:
    pool = f"/work_pools/{WORK_POOL}"

    answers = [
        stranger.get(pool),
        stranger.post(f"{pool}/get_scheduled_flow_runs", json={}),
        stranger.post(f"{pool}/workers/heartbeat", json={"name": "stock"}),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


def test_a_run_says_who_has_signed_in_and_started_it(
    prefect_server: PrefectServer, stranger: httpx.Client, deployment_id: UUID
) -> None:
    start = f"/deployments/{deployment_id}/create_flow_run"
    _sign_in(stranger, prefect_server.logins.operators)
    directly = stranger.post(start, json={}).json()

    _sign_in(stranger, prefect_server.logins.proxy, **{"X-Utskick-Operator": KARIN})
    through_proxy = stranger.post(start, json={}).json()

    assert directly["created_by"]["display_value"] == "operator"
    known = prefect_server.client.read_flow_run(UUID(through_proxy["id"])).created_by
    assert known is not None
    assert (known.type, known.display_value) == ("operator", KARIN)


def test_a_run_that_a_process_makes_is_nobodys(
    prefect_server: PrefectServer, deployment_id: UUID
) -> None:
    run = prefect_server.client.create_flow_run_from_deployment(deployment_id)

    assert run.created_by is None


def test_a_number_in_place_of_an_id_is_not_stored(
    prefect_server: PrefectServer, stranger: httpx.Client
) -> None:
    client = prefect_server.client
    deployment_id = client.create_deployment(
        flow_id=client.create_flow_from_name("ordered"),
        name="ordered",
        work_pool_name=WORK_POOL,
        entrypoint="flows.change_dispatch.stop_dispatch",
        parameter_openapi_schema=closed_schema(stop_dispatch),
        enforce_parameter_schema=True,
    )
    order = {"unit": "SE2321000131-E000000000101", "dispatch_id": ANNA.digits}
    # Not an operator's login, which the door would stop before.
    _sign_in(stranger, prefect_server.logins.processes)

    answer = stranger.post(
        f"/deployments/{deployment_id}/create_flow_run", json={"parameters": {"order": order}}
    )

    assert answer.status_code == 409
    ours = DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id]))
    assert client.read_flow_runs(deployment_filter=ours) == []
    assert ANNA.digits not in prefect_server.log()


def test_prefect_names_its_own_page_alone_as_one_that_may_ask(
    prefect_server: PrefectServer, stranger: httpx.Client
) -> None:
    own = prefect_server.api_url.removesuffix("/api")
    _sign_in(stranger, prefect_server.logins.operators)

    ours = stranger.get("/version", headers={"Origin": own})
    theirs = stranger.get("/csrf-token?client=x", headers={"Origin": "https://elsewhere.example"})

    assert ours.headers["Access-Control-Allow-Origin"] == own
    assert theirs.status_code == 403
    assert "Access-Control-Allow-Origin" not in theirs.headers


def test_the_login_is_in_no_log(prefect_server: PrefectServer, stranger: httpx.Client) -> None:
    logins = prefect_server.logins
    _sign_in(stranger, logins.operators)

    log = prefect_server.log()
    for login in (logins.processes, logins.operators, logins.proxy):
        assert login.partition(":")[2] not in log
