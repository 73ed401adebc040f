"""The scheduler on a real Prefect server: no health check would notice one that stands still."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.objects import State, StateType
from prefect.states import Cancelling, Completed, Pending, Running
from starlette.responses import PlainTextResponse

from tests.local_1177.conftest import served
from tests.prefect_server import WORK_POOL, PrefectServer
from tests.waiting import poll
from utskick.adapters.in_memory import InMemoryScheduler
from utskick.adapters.prefect_scheduler import PrefectScheduler
from utskick.domain.dispatches import DispatchId
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.units import parse_hsa_id
from utskick.ports import OccasionPlan, ScheduledOccasion, Scheduler, TemporaryFailure

STOCKHOLM = ZoneInfo("Europe/Stockholm")
LEAD = timedelta(minutes=5)
NOW = datetime.now(UTC).replace(microsecond=0)
NEXT_WEEK = (NOW + timedelta(days=7)).astimezone(STOCKHOLM)


def a_plan(local: datetime = NEXT_WEEK) -> OccasionPlan:
    return OccasionPlan(
        occasion_id=OccasionId(uuid4()),
        dispatch_id=DispatchId(uuid4()),
        number=1,
        of=3,
        version=1,
        starts_at=local.astimezone(UTC) - LEAD,
        local=local,
        package_name="Uppföljning efter 6 veckor",
        unit_id=parse_hsa_id("SE2321000131-E000000000123"),
        form_names=("GAD-7", "WHODAS 2.0"),
        recipients=42,
    )


def of(plan: OccasionPlan, scheduler: Scheduler) -> Sequence[ScheduledOccasion]:
    known = scheduler.registered(now=NOW)
    return [each for each in known if each.occasion_id == plan.occasion_id]


def at(url: str, *, login: str | None = None, work_pool: str = WORK_POOL) -> PrefectScheduler:
    return PrefectScheduler(
        api_url=url,
        auth_string=login,
        work_pool=work_pool,
        pages_url="https://utskick.example",
        timeout_s=60,
    )


@pytest.fixture
def server(prefect_server: PrefectServer) -> PrefectServer:
    return prefect_server


@pytest.fixture
def prefect(server: PrefectServer) -> PrefectScheduler:
    return at(server.api_url, login=server.logins.processes)


@pytest.fixture(params=["in-memory", "prefect"])
def scheduler(request: pytest.FixtureRequest) -> Scheduler:
    if request.param == "in-memory":
        return InMemoryScheduler()
    prefect: PrefectScheduler = request.getfixturevalue("prefect")
    return prefect


def test_a_registered_occasion_waits(scheduler: Scheduler) -> None:
    plan = a_plan()

    scheduler.register_all([plan], now=NOW)
    scheduler.register_all([plan], now=NOW)

    assert of(plan, scheduler) == [ScheduledOccasion(plan.occasion_id, 1, waiting=True)]


def test_a_changed_occasion_is_known_by_its_new_version(scheduler: Scheduler) -> None:
    plan = a_plan()
    scheduler.register_all([plan], now=NOW)

    scheduler.register_all([replace(plan, version=2)], now=NOW)

    assert of(plan, scheduler) == [ScheduledOccasion(plan.occasion_id, 2, waiting=True)]


def test_a_removed_occasion_is_forgotten(scheduler: Scheduler) -> None:
    plan = a_plan()
    scheduler.register_all([plan], now=NOW)

    scheduler.remove_all([plan.occasion_id])

    assert not of(plan, scheduler)


def test_an_occasion_that_is_not_known_is_already_away(scheduler: Scheduler) -> None:
    unknown = OccasionId(uuid4())

    scheduler.remove_all([unknown])
    scheduler.remove_all([])


def test_starting_an_occasion_makes_it_known(scheduler: Scheduler) -> None:
    plan = a_plan()

    scheduler.start_now(plan, attempt="by hand", now=NOW)

    assert [each.version for each in of(plan, scheduler)] == [1]


def test_a_one_shot_schedule_becomes_a_run(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan()

    prefect.register_all([plan], now=NOW)

    run = server.run(plan.occasion_id)
    assert run.expected_start_time == plan.starts_at
    assert run.parameters == {"order": {"occasion_id": str(plan.occasion_id), "version": 1}}


def test_registering_twice_leaves_the_run_as_it_is(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan()
    prefect.register_all([plan], now=NOW)
    first = server.run(plan.occasion_id)
    (schedule,) = server.deployment(plan.occasion_id).schedules

    prefect.register_all([plan], now=NOW)

    assert server.run(plan.occasion_id).id == first.id
    assert server.deployment(plan.occasion_id).schedules == [schedule]


def test_a_moved_occasion_has_only_its_new_run(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan()
    prefect.register_all([plan], now=NOW)
    server.run(plan.occasion_id)
    day = timedelta(days=1)
    moved = replace(plan, version=2, local=plan.local + day, starts_at=plan.starts_at + day)

    prefect.register_all([moved], now=NOW)

    run = server.run(plan.occasion_id)
    assert run.expected_start_time == moved.starts_at
    assert run.parameters["order"]["version"] == 2
    assert "1 av 3" in server.deployment(plan.occasion_id).name


@pytest.mark.parametrize(
    "local",
    [
        pytest.param(
            datetime(2028, 3, 25, 8, 0, tzinfo=STOCKHOLM), id="the day before the spring change"
        ),
        pytest.param(
            datetime(2028, 3, 26, 3, 2, tzinfo=STOCKHOLM), id="just after the spring change"
        ),
        pytest.param(
            datetime(2028, 3, 26, 8, 0, tzinfo=STOCKHOLM), id="the day of the spring change"
        ),
        pytest.param(
            datetime(2028, 10, 29, 2, 30, tzinfo=STOCKHOLM), id="the hour that comes twice"
        ),
        pytest.param(
            datetime(2028, 10, 29, 2, 30, tzinfo=STOCKHOLM, fold=1), id="the hour's second coming"
        ),
        pytest.param(
            datetime(2028, 10, 29, 8, 0, tzinfo=STOCKHOLM), id="the day of the autumn change"
        ),
    ],
)
def test_a_changed_clock_moves_no_run(
    prefect: PrefectScheduler, server: PrefectServer, local: datetime
) -> None:
    plan = a_plan(local)

    prefect.register_all([plan], now=NOW)

    assert server.run(plan.occasion_id).expected_start_time == plan.starts_at


def test_an_occasion_that_is_near_has_its_run_at_once(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan(NOW.astimezone(STOCKHOLM) + LEAD + timedelta(minutes=14))

    prefect.register_all([plan], now=NOW)
    prefect.register_all([plan], now=NOW)

    (run,) = server.runs(plan.occasion_id)
    assert run.expected_start_time == plan.starts_at
    assert " · 1 av 3 · Uppföljning efter 6 veckor · " in run.name
    assert not [each for each in server.deployment(plan.occasion_id).schedules if each.active]
    assert of(plan, prefect) == [ScheduledOccasion(plan.occasion_id, 1, waiting=True)]


def test_an_occasion_whose_start_has_passed_is_started_now(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan(NOW.astimezone(STOCKHOLM) - timedelta(minutes=10))

    prefect.register_all([plan], now=NOW)

    (run,) = server.runs(plan.occasion_id)
    assert run.expected_start_time == NOW


def test_each_attempt_starts_one_run(prefect: PrefectScheduler, server: PrefectServer) -> None:
    plan = a_plan()

    for attempt in ("first", "first", "second"):
        prefect.start_now(plan, attempt=attempt, now=NOW)

    assert len(server.runs(plan.occasion_id)) == 2


def test_nothing_is_left_to_start_of_a_removed_occasion(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan()
    prefect.register_all([plan], now=NOW)
    server.run(plan.occasion_id)
    prefect.start_now(plan, attempt="by hand", now=NOW)

    prefect.remove_all([plan.occasion_id])

    assert not server.deployments(plan.occasion_id)
    assert not server.runs(plan.occasion_id)


def test_a_run_that_has_ended_stays_visible_when_its_occasion_is_removed(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan()
    prefect.start_now(plan, attempt="by hand", now=NOW)
    run = server.run(plan.occasion_id)
    server.client.set_flow_run_state(run.id, Completed(message="8 av 8"), force=True)

    prefect.remove_all([plan.occasion_id])

    (kept,) = server.runs(plan.occasion_id)
    assert kept.state_type is StateType.COMPLETED
    assert f"paketutskick:{plan.dispatch_id}" in kept.tags
    assert " · 1 av 3 · Uppföljning efter 6 veckor · " in kept.name


def test_what_waits_is_counted_without_what_is_under_way(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    before = prefect.count_waiting()
    plans = [a_plan(), a_plan()]

    prefect.register_all(plans, now=NOW)
    assert prefect.count_waiting() == before + 2

    prefect.start_now(plans[0], attempt="by hand", now=NOW)
    begun = next(r for r in server.runs(plans[0].occasion_id) if r.expected_start_time == NOW)
    server.client.set_flow_run_state(begun.id, Running(), force=True)
    assert prefect.count_waiting() == before + 1


def begun(
    prefect: PrefectScheduler, server: PrefectServer, state: State[Any] | None = None
) -> RunToken:
    """A run that a worker has taken, or that is in another state."""
    plan = a_plan()
    prefect.start_now(plan, attempt="by hand", now=NOW)
    run = server.run(plan.occasion_id)
    for each in (Pending(), Running(), state):
        if each is not None:
            server.client.set_flow_run_state(run.id, each, force=True)
    return RunToken(run.id)


@pytest.mark.parametrize("state", [Pending(), Running(), Cancelling()], ids=lambda s: s.name)
def test_a_run_that_is_under_way_is_reported_once_it_has_died(
    prefect: PrefectScheduler, server: PrefectServer, state: State[Any]
) -> None:
    token = begun(prefect, server, state)
    before = {run.token: run for run in prefect.under_way()}

    prefect.report_dead([token])
    prefect.report_dead([token])

    assert before[token].of_occasion
    assert abs(before[token].since - datetime.now(UTC)) < timedelta(minutes=1)
    assert token not in {run.token for run in prefect.under_way()}
    ended = server.client.read_flow_run(token)
    wanted = StateType.CANCELLED if state.is_cancelling() else StateType.CRASHED
    assert ended.state_type is wanted


def test_reporting_the_dead_leaves_the_living_and_the_ended_as_they_are(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    living, dead = begun(prefect, server), begun(prefect, server)
    ended = begun(prefect, server, Completed(name="Skickat"))

    prefect.report_dead([dead, ended, RunToken(uuid4())])
    prefect.report_dead([])

    assert server.client.read_flow_run(living).state_type is StateType.RUNNING
    assert server.client.read_flow_run(ended).state_name == "Skickat"


def test_a_dead_run_that_comes_back_after_all_says_how_it_ended(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    token = begun(prefect, server)
    prefect.report_dead([token])

    server.client.set_flow_run_state(token, Completed(name="Skickat"))

    assert server.client.read_flow_run(token).state_name == "Skickat"


def test_a_dead_run_holds_no_place_of_the_pools_limit(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    server.client.update_work_pool(WORK_POOL, WorkPoolUpdate(concurrency_limit=1))
    dead = begun(prefect, server)
    plan = a_plan()
    prefect.start_now(plan, attempt="by hand", now=NOW)

    def offered() -> set[UUID]:
        found = server.client.request(
            "POST",
            "/work_pools/{name}/get_scheduled_flow_runs",
            path_params={"name": WORK_POOL},
            json={},
        )
        return {UUID(each["flow_run"]["id"]) for each in found.json()}

    held = offered()
    prefect.report_dead([run.token for run in prefect.under_way()])
    freed = offered()
    server.client.update_work_pool(WORK_POOL, WorkPoolUpdate(concurrency_limit=None))

    assert held == set()
    assert len(freed) == 1
    assert dead not in freed


def test_runs_of_other_flows_are_under_way_too(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    flow_id = server.client.create_flow_from_name("Stäm av")
    deployment_id = server.client.create_deployment(
        flow_id=flow_id, name="Stäm av", work_pool_name=WORK_POOL
    )
    run = server.client.create_flow_run_from_deployment(deployment_id)
    server.client.set_flow_run_state(run.id, Running(), force=True)

    (found,) = [each for each in prefect.under_way() if each.token == run.id]
    server.client.delete_flow_run(run.id)

    assert not found.of_occasion


def test_operators_read_what_when_and_for_whom(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = replace(
        a_plan(),
        package_name="Smärta & sömn | 50 %",
        form_names=("GAD-7", "`![](https://elsewhere.example/x.png)\n<img src=x>"),
    )

    prefect.register_all([plan], now=NOW)

    deployment = server.deployment(plan.occasion_id)
    short_id = str(plan.occasion_id)[:8]
    assert deployment.name == (
        f"{NEXT_WEEK:%Y-%m-%d %H:%M} · 1 av 3 · Smärta - sömn | 50 - · {short_id}"
    )
    description = deployment.description or ""
    assert "| Paketutskick | `Smärta & sömn / 50 %` |" in description
    assert "| Enhet | SE2321000131-E000000000123 |" in description
    assert "- `GAD-7`\n- `'![](https://elsewhere.example/x.png) <img src=x>`\n" in description
    assert f"](https://utskick.example/paketutskick/{plan.dispatch_id})" in description
    assert f"`utskick show {plan.dispatch_id} --unit {plan.unit_id}`" in description
    assert set(deployment.tags) == {
        "enhet:SE2321000131-E000000000123",
        f"paketutskick:{plan.dispatch_id}",
        f"tillfälle:{plan.occasion_id}",
    }


def test_a_paused_deployment_waits_for_nothing_until_it_is_registered_again(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan()
    prefect.register_all([plan], now=NOW)
    server.client.pause_deployment(server.deployment(plan.occasion_id).id)
    poll(lambda: not server.runs(plan.occasion_id))
    assert of(plan, prefect) == [ScheduledOccasion(plan.occasion_id, 1, waiting=False)]

    prefect.register_all([plan], now=NOW)

    assert of(plan, prefect) == [ScheduledOccasion(plan.occasion_id, 1, waiting=True)]


def test_parameters_that_an_operator_has_changed_are_no_version_of_ours(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan()
    prefect.register_all([plan], now=NOW)
    deployment = server.deployment(plan.occasion_id)
    server.client.create_deployment(
        flow_id=deployment.flow_id, name=deployment.name, tags=deployment.tags, parameters={}
    )
    assert of(plan, prefect) == [ScheduledOccasion(plan.occasion_id, 0, waiting=False)]

    prefect.register_all([plan], now=NOW)

    assert of(plan, prefect) == [ScheduledOccasion(plan.occasion_id, 1, waiting=True)]


def test_deployments_that_are_no_occasions_are_left_alone(
    prefect: PrefectScheduler, server: PrefectServer
) -> None:
    plan = a_plan()
    prefect.register_all([plan], now=NOW)
    flow_id = server.deployment(plan.occasion_id).flow_id
    server.client.create_deployment(flow_id=flow_id, name="Skicka ett tillfälle för hand")
    server.client.create_deployment(flow_id=flow_id, name="Märkt fel", tags=["tillfälle:ett"])

    assert of(plan, prefect) == [ScheduledOccasion(plan.occasion_id, 1, waiting=True)]


def test_every_page_of_occasions_is_read(
    prefect: PrefectScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utskick.adapters.prefect_scheduler._PAGE", 2)
    plans = [a_plan() for _ in range(5)]
    prefect.register_all(plans, now=NOW)

    known = {each.occasion_id for each in prefect.registered(now=NOW)}

    assert known >= {plan.occasion_id for plan in plans}


def test_a_work_pool_that_is_not_there_fails_for_now(server: PrefectServer) -> None:
    with pytest.raises(TemporaryFailure):
        at(server.api_url, login=server.logins.processes, work_pool="missing").register_all(
            [a_plan()], now=NOW
        )


@pytest.mark.parametrize("status", [200, 401, 500])
def test_an_answer_that_makes_no_sense_fails_for_now(status: int) -> None:
    secret = "<h1>19121212-1212</h1>"
    with (
        served(PlainTextResponse(secret, status)) as url,
        pytest.raises(TemporaryFailure) as failure,
    ):
        at(url).registered(now=NOW)

    assert "1212" not in str(failure.value)
    assert failure.value.__suppress_context__


def test_a_server_that_is_away_fails_for_now() -> None:
    away = at("http://127.0.0.1:1/api")

    for call in (
        lambda: away.register_all([a_plan()], now=NOW),
        lambda: away.start_now(a_plan(), attempt="first", now=NOW),
        lambda: away.remove_all([OccasionId(uuid4())]),
        away.count_waiting,
        away.under_way,
        lambda: away.report_dead([RunToken(uuid4())]),
        lambda: away.registered(now=NOW),
    ):
        with pytest.raises(TemporaryFailure, match="Prefect is away"):
            call()
