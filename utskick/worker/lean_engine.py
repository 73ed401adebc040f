"""Prefect's engine for flows that share one event loop with hundreds of others.

For each run Prefect's own starts three clients; a thread with an event loop and a websocket, which
looks five times a second whether an operator has suspended the run; and a thread for heartbeats,
on which nothing of ours rests. It also writes into the run what nobody reads, and names all that
it belongs to in each event of each task. Here all runs have the same clients and none of the rest.
This leans on `prefect.flow_engine`, in this file alone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any

from prefect import Flow
from prefect._flow_run_suspension import FlowRunSuspensionRequest
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.context import AsyncClientContext, SyncClientContext
from prefect.flow_engine import AsyncFlowRunEngine
from prefect.settings import get_current_settings

_STARTS_AT_ONCE = 4
"""A start costs Prefect and us some tens of milliseconds of a core each, hardly interrupted."""


@dataclass
class _LeanEngine(AsyncFlowRunEngine[..., Any]):
    given: FlowRun | None = None

    async def create_flow_run(self, client: PrefectClient) -> FlowRun:  # noqa: ARG002
        """It is there already. One that the base knows of is written to before it begins."""
        assert self.given is not None
        return self.given

    @contextmanager
    def setup_flow_run_suspension_request(self) -> Iterator[FlowRunSuspensionRequest]:
        """A run that an operator suspends goes on: *Stoppa paketutskick* stops a dispatch."""
        yield self._flow_run_suspension_request

    def name_nothing_but_the_run(self) -> None:
        """In the events of its tasks: what the run belongs to is in its own events."""
        if self.flow_run is not None:
            self.flow_run.tags = []
            self.flow_run.deployment_id = None
            self.flow_run.work_queue_id = None
            self.flow_run.work_pool_name = None

    @property
    def heartbeat_seconds(self) -> int | None:
        return None


class FlowRunner:
    """Runs flows on one event loop, to which each of its coroutines belongs.

    Few start at once, and however many wait for their moment: none keeps another from starting.
    """

    def __init__(self) -> None:
        self._context: Context = copy_context()
        self._starts = asyncio.Semaphore(_STARTS_AT_ONCE)

    async def open(self) -> None:
        """Prefect must answer."""
        # Entered in our own context, which each run gets a copy of and so finds the clients in.
        self._client, self._sync_client = AsyncClientContext(), SyncClientContext()
        await asyncio.create_task(self._client.__aenter__(), context=self._context)
        self._context.run(self._sync_client.__enter__)

    async def close(self) -> None:
        self._context.run(self._sync_client.__exit__, None, None, None)
        leaving = self._client.__aexit__(None, None, None)
        await asyncio.create_task(leaving, context=self._context)

    async def run(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        """Prefect hears of its beginning and its end. A failure of the flow's is not raised."""
        await asyncio.create_task(self._run(flow, flow_run), context=self._context.copy())

    async def _run(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        # Where it is by default: else Prefect's server is asked, twice.
        flow.result_storage = get_current_settings().results.local_storage_path
        engine = _LeanEngine(flow=flow, parameters=flow_run.parameters, given=flow_run)
        async with self._starting() as started, engine.start():
            while engine.is_running():
                async with engine.run_context():
                    started()
                    engine.name_nothing_but_the_run()
                    _state: object = await engine.call_flow_fn()

    @asynccontextmanager
    async def _starting(self) -> AsyncIterator[Callable[[], None]]:
        await self._starts.acquire()
        starting = True

        def started() -> None:
            nonlocal starting
            if starting:
                self._starts.release()
            starting = False

        try:
            yield started
        finally:
            started()
