"""Runs flows on Prefect's own engine, hundreds of them on one event loop.

By itself each run makes clients of its own; a thread with an event loop and a websocket, which
looks five times a second whether an operator has suspended the run; and a thread for heartbeats,
on which nothing of ours rests. It also names all that it belongs to in each event of each task.
Here all runs have one client, which leaves out what nobody reads, and none of the rest: an
operator who suspends a run does not stop it, as *Stoppa paketutskick* does.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx
from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.context import (
    AsyncClientContext,
    SettingsContext,
    SyncClientContext,
    get_settings_context,
)
from prefect.flow_engine import run_flow_async
from prefect.settings import get_current_settings

_STARTS_AT_ONCE = 4
"""A start costs Prefect and us some tens of milliseconds of a core each, hardly interrupted."""
_OF_ITS_OWN: dict[str, Any] = {
    "deployment_id": None,
    "work_queue_id": None,
    "work_pool_name": None,
    "tags": [],
}

_begun: ContextVar[Callable[[], None]] = ContextVar("begun", default=lambda: None)


class _SharedClient(PrefectClient):
    async def update_flow_run(self, *_run: Any, **_changes: Any) -> httpx.Response:
        """Version and retries of the flow are not written into each of its runs."""
        return httpx.Response(HTTPStatus.NO_CONTENT)

    async def read_flow_run(self, flow_run_id: UUID) -> FlowRun:
        """The engine's last question before the flow itself begins.

        What it reads is what the events of tasks name: the run alone.
        """
        flow_run = await super().read_flow_run(flow_run_id)
        _begun.get()()
        return flow_run.model_copy(update=_OF_ITS_OWN)


@asynccontextmanager
async def sharing_client() -> AsyncIterator[PrefectClient]:
    """Each run that is started within has the same client. Prefect must answer."""
    api = get_current_settings().api
    known = get_settings_context()
    calm = known.settings.copy_with_update({"flows.heartbeat_frequency": None})
    with SettingsContext(profile=known.profile, settings=calm), SyncClientContext():
        context = AsyncClientContext()
        login = api.auth_string.get_secret_value() if api.auth_string else None
        context.client = _SharedClient(str(api.url), auth_string=login)
        async with context:
            yield context.client


class FlowRunner:
    """Few runs start at once, and however many wait: none keeps another from starting."""

    def __init__(self) -> None:
        self._starts = asyncio.Semaphore(_STARTS_AT_ONCE)

    async def run(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        """Within `sharing_client`. Prefect hears of its beginning and its end.

        A failure of the flow's is not raised.
        """
        # Where it is by default: else Prefect's server is asked, twice.
        flow.result_storage = get_current_settings().results.local_storage_path
        await self._starts.acquire()
        with _once(self._starts.release) as begun:
            _begun.set(begun)
            await run_flow_async(
                flow,
                # Without its deployment nothing looks whether it has been suspended.
                flow_run=flow_run.model_copy(update=_OF_ITS_OWN),
                parameters=flow_run.parameters,
                return_type="state",
            )


@contextmanager
def _once(act: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """At the end, unless it has been done before."""
    left = [act]

    def do() -> None:
        if left:
            left.pop()()

    try:
        yield do
    finally:
        do()
