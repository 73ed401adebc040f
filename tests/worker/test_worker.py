"""What the worker takes from its pool, and what becomes of it."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from prefect import Flow
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.settings import PREFECT_WORKER_QUERY_SECONDS, temporary_settings

from tests.waiting import beside, until
from tests.worker.pool import OURS, FakePool
from utskick.worker.worker import Worker

SOON = timedelta(seconds=20)
"""Handed out already, and not yet due."""


class Runs:
    """In place of Prefect's engine: each lasts until it is let go, or cancelled."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.let_go = asyncio.Event()

    async def run(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        self.begun.append(flow.name)
        try:
            await self.let_go.wait()
        finally:
            self.ended.append(flow.name)


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def worker(pool: FakePool, runs: Runs) -> Worker:
    return Worker(pool, runs.run, pool="utskick", name="test")


# How often it asks


async def test_the_pool_is_asked_at_first_so_that_the_deployments_count_as_polled(
    worker: Worker, pool: FakePool
) -> None:
    for _ in range(10):
        await worker.look()

    assert pool.asked == 1


async def test_the_pool_is_asked_whenever_a_run_is_due(worker: Worker, pool: FakePool) -> None:
    await worker.look()
    pool.granted = False
    pool.offer()

    await worker.look()
    await worker.look()

    assert pool.asked == 3


async def test_the_pool_is_asked_again_after_a_while(
    worker: Worker, pool: FakePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utskick.worker.worker._SEEN_EVERY_S", 0)

    for _ in range(3):
        await worker.look()

    assert pool.asked == 3


# What it takes


async def test_a_run_that_is_due_is_taken_and_run(
    worker: Worker, pool: FakePool, runs: Runs
) -> None:
    run = pool.offer()

    await worker.look()
    await until(lambda: runs.begun)

    assert runs.begun == [OURS]
    assert pool.states[run.id] == [StateType.PENDING]
    runs.let_go.set()
    await until(lambda: runs.ended)


async def test_a_run_that_another_worker_has_got_is_left_alone(
    worker: Worker, pool: FakePool, runs: Runs
) -> None:
    pool.granted = False
    run = pool.offer()

    await worker.look()
    await asyncio.gather(*_others())

    assert runs.begun == []
    assert pool.states[run.id] == []


async def test_a_run_is_taken_when_it_is_due_and_not_before(
    worker: Worker, pool: FakePool, runs: Runs
) -> None:
    run = pool.offer(due_in=SOON)

    async with beside(worker.work()):
        await until(lambda: pool.asked)
        await asyncio.sleep(0)

    assert runs.begun == []
    assert pool.states[run.id] == []


async def test_a_run_that_is_offered_twice_runs_once(
    worker: Worker, pool: FakePool, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utskick.worker.worker._SEEN_EVERY_S", 0)
    pool.offer(due_in=timedelta(milliseconds=50))

    await worker.look()
    await worker.look()
    await until(lambda: runs.begun)
    runs.let_go.set()
    await asyncio.gather(*_others())

    assert pool.asked == 2
    assert runs.begun == [OURS]


async def test_what_is_no_flow_of_ours_is_shown_as_crashed(
    worker: Worker, pool: FakePool, runs: Runs
) -> None:
    run = pool.offer(flow="os.system")

    await worker.look()
    await asyncio.gather(*_others())

    assert runs.begun == []
    assert pool.states[run.id] == [StateType.PENDING, StateType.CRASHED]
    assert run.state is not None
    assert run.state.message == "os.system is not a flow of this package"


async def test_when_prefect_is_away_it_is_asked_again(
    worker: Worker, pool: FakePool, runs: Runs
) -> None:
    pool.away = True
    pool.offer()
    runs.let_go.set()

    with temporary_settings({PREFECT_WORKER_QUERY_SECONDS: 0.01}):
        async with beside(worker.work()):
            await until(lambda: pool.asked)
            pool.away = False
            await until(lambda: runs.ended)


# How it ends


async def test_a_run_that_an_operator_cancels_ends_and_is_called_cancelled(
    worker: Worker, pool: FakePool, runs: Runs
) -> None:
    run = pool.offer()
    await worker.look()
    await until(lambda: runs.begun)

    pool.cancel(run)
    await worker.look()
    await until(lambda: run.state and run.state.is_cancelled())

    assert runs.ended == [OURS]
    assert not runs.let_go.is_set()


async def test_a_run_of_another_worker_is_not_called_cancelled_before_that_has_ended_it(
    worker: Worker, pool: FakePool, runs: Runs
) -> None:
    pool.offer()
    await worker.look()
    await until(lambda: runs.begun)
    elsewhere = pool.offer()

    pool.cancel(elsewhere)
    await worker.look()
    await asyncio.sleep(0)

    assert pool.states[elsewhere.id] == []
    runs.let_go.set()
    await asyncio.gather(*_others())


async def test_a_worker_that_is_asked_to_end_lets_what_it_runs_end_first(
    worker: Worker, pool: FakePool, runs: Runs
) -> None:
    pool.offer()

    async with beside(worker.work()) as task:
        await until(lambda: runs.begun)
        task.cancel()
        await asyncio.sleep(0)
        ended_at_once = list(runs.ended)
        runs.let_go.set()

    assert ended_at_once == []
    assert runs.ended == [OURS]


async def test_what_does_not_end_by_itself_is_ended(
    worker: Worker, pool: FakePool, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utskick.worker.worker._DRAINS_S", 0)
    pool.offer()

    async with beside(worker.work()):
        await until(lambda: runs.begun)

    assert runs.ended == [OURS]
    assert not runs.let_go.is_set()


def _others() -> set[asyncio.Task[Any]]:
    return asyncio.all_tasks() - {asyncio.current_task()}
