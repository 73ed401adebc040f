"""Flows on the lean engine, as a real Prefect server is told of them."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from prefect import State, flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Pending

from flows.lean_engine import FlowRunner
from tests.prefect_server import PrefectServer, prefect_server

_MANY = 12
"""More than may start at once."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    with prefect_server(tmp_path_factory.mktemp("prefect")) as running:
        yield running


@pytest.fixture
async def runner(server: PrefectServer) -> AsyncIterator[FlowRunner]:
    with temporary_settings({PREFECT_API_URL: server.api_url}):
        runner = FlowRunner()
        await runner.open()
        yield runner
        await runner.close()


@flow(persist_result=False)
async def greet(name: str = "alla") -> State[None]:
    return Completed(name="Hälsat", message=f"Hej {name}")


@flow(persist_result=False)
async def fail() -> None:
    raise RuntimeError


def taken(client: SyncPrefectClient, count: int = 1, **parameters: str) -> Sequence[FlowRun]:
    """Runs that a worker has taken."""
    return [
        client.create_flow_run(greet, parameters=parameters, state=Pending()) for _ in range(count)
    ]


async def test_prefect_is_told_how_a_run_went(server: PrefectServer, runner: FlowRunner) -> None:
    (run,) = taken(server.client, name="Anna")

    await runner.run(greet, run)

    state = server.client.read_flow_run(run.id).state
    assert state is not None
    assert (state.type, state.name, state.message) == (StateType.COMPLETED, "Hälsat", "Hej Anna")


async def test_prefect_is_told_of_a_failure(server: PrefectServer, runner: FlowRunner) -> None:
    run = server.client.create_flow_run(fail, state=Pending())

    await runner.run(fail, run)

    assert server.client.read_flow_run(run.id).state_type is StateType.FAILED


async def test_a_run_that_is_cancelled_ends_at_once_and_prefect_is_told(
    server: PrefectServer, runner: FlowRunner
) -> None:
    begun = asyncio.Event()

    @flow(persist_result=False)
    async def wait_for_ever() -> None:
        begun.set()
        await asyncio.Event().wait()

    run = server.client.create_flow_run(wait_for_ever, state=Pending())
    running = asyncio.create_task(runner.run(wait_for_ever, run))
    await begun.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert server.client.read_flow_run(run.id).state_type is StateType.CRASHED


async def test_runs_that_wait_keep_no_other_from_starting(
    server: PrefectServer, runner: FlowRunner
) -> None:
    waiting = 0
    all_wait = asyncio.Event()

    @flow(persist_result=False)
    async def wait_for_the_others() -> None:
        nonlocal waiting
        waiting += 1
        if waiting == _MANY:
            all_wait.set()
        await all_wait.wait()

    runs = [
        server.client.create_flow_run(wait_for_the_others, state=Pending()) for _ in range(_MANY)
    ]

    async with asyncio.timeout(60):
        await asyncio.gather(*(runner.run(wait_for_the_others, run) for run in runs))

    states = {server.client.read_flow_run(run.id).state_type for run in runs}
    assert states == {StateType.COMPLETED}


async def test_a_run_that_was_cancelled_before_it_began_does_nothing(
    server: PrefectServer, runner: FlowRunner
) -> None:
    begun = False

    @flow(persist_result=False)
    async def note() -> None:
        nonlocal begun
        begun = True

    run = server.client.create_flow_run(note, state=Pending())
    server.client.set_flow_run_state(run.id, Completed(name="Cancelled"), force=True)

    with pytest.raises(BaseException):  # noqa: B017  # Prefect's signal, or nothing at all
        await runner.run(note, run)

    assert not begun
