"""A worker that runs our flows in its own process, without starting an interpreter for each.

`prefect worker start --pool utskick --type warm`. All runs share one event loop, in a thread of
its own, and so the connections to each neighbour and their bounds. Nothing keeps one run from
taking the others with it: what that leaves half done, the send protocol settles. The stock
`process` type runs the same deployments.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

from anyio import CancelScope
from anyio.abc import TaskStatus
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow
from prefect.workers.base import BaseJobConfiguration, BaseWorker, BaseWorkerResult

from utskick.keeper import keep
from utskick.wiring import Services, services

MODULES = (
    "flows.run_occasion",
    "flows.start_dispatch",
    "flows.change_dispatch",
    "flows.housekeeping",
)
"""Nothing else is ever run, whatever a deployment's entrypoint says."""
_DRAINS_S = 10
_LOOKS_AGAIN_S = 2

log = logging.getLogger(__name__)


class NotOurFlow(Exception):
    """A deployment whose entrypoint is none of ours."""

    def __init__(self, entrypoint: str) -> None:
        super().__init__(f"{entrypoint} is not a flow of this package")


@dataclass(frozen=True, slots=True)
class _Running:
    """A run under way. `future` counts as cancelled at once, `ended` is when nothing runs."""

    future: Future[None]
    ended: threading.Event


class WarmWorkerResult(BaseWorkerResult):
    """Always 0: how the run went, the run itself has told."""


class WarmWorker(BaseWorker[BaseJobConfiguration, Any, WarmWorkerResult]):
    type = "warm"
    job_configuration = BaseJobConfiguration
    _display_name = "Warm"
    _description = "Runs Utskick's flows within the worker, without an interpreter start for each."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loop = _LoopInThread()
        self._running: dict[UUID, _Running] = {}

    async def setup(self) -> None:
        # Before the first run is due, so that none waits for it.
        await asyncio.to_thread(our_flows)
        wired = await _opened()
        self._loop.start()
        self._keeping = self._loop.submit(keep(wired))
        await _prefect_answers()
        await super().setup()

    async def teardown(self, *exc_info: Any) -> None:
        await super().teardown(*exc_info)
        self._keeping.cancel()
        await asyncio.to_thread(self._loop.stop)

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,  # noqa: ARG002  # ours have nothing to configure
        task_status: TaskStatus[Any] | None = None,
    ) -> WarmWorkerResult:
        """Raises `NotOurFlow`, which Prefect shows as a crash of the run."""
        flow = await self._flow_of(flow_run)
        ended = threading.Event()
        running = self._loop.submit(_told(flow, flow_run, ended))
        self._running[flow_run.id] = _Running(running, ended)
        if task_status is not None:
            task_status.started(str(flow_run.id))
        try:
            await asyncio.shield(asyncio.wrap_future(running))
        except asyncio.CancelledError:
            # Either an operator has cancelled this run, or the whole worker shuts down.
            if not running.cancelled():
                await self._let_end(running)
                raise
        finally:
            del self._running[flow_run.id]
            if self._cancelling_observer is not None:
                self._cancelling_observer.remove_in_flight_flow_run_id(flow_run.id)
        return WarmWorkerResult(status_code=0, identifier=str(flow_run.id))

    async def _let_end(self, running: Future[None]) -> None:
        """The worker shuts down: what is sent right now is sent; what only waits is resumed later.

        The reconciler gives it to another worker when its lease has run out.
        """
        with CancelScope(shield=True):
            await asyncio.to_thread(wait, [running], timeout=_DRAINS_S)
        running.cancel()

    async def _flow_of(self, flow_run: FlowRun) -> Flow[..., Any]:
        assert flow_run.deployment_id is not None
        deployment = await self.client.read_deployment(flow_run.deployment_id)
        return flow_at(deployment.entrypoint or "")

    async def _submit_run(self, flow_run: FlowRun) -> None:
        """As the base, but an operator's cancel is also listened for while the run is under way.

        The base leaves that to the run's own process.
        """
        await super()._submit_run(flow_run)
        if flow_run.id in self._running and self._cancelling_observer is not None:
            self._cancelling_observer.add_in_flight_flow_run_id(flow_run.id)

    async def _cancel_run(self, flow_run_id: UUID) -> None:
        running = self._running.get(flow_run_id)
        if running is None:
            await super()._cancel_run(flow_run_id)
            return
        running.future.cancel()
        # The run calls that a crash, at its end; what it is called last is what operators see.
        await asyncio.to_thread(running.ended.wait, _DRAINS_S)
        flow_run = await self.client.read_flow_run(flow_run_id)
        message = "Cancelled by an operator. What the store still holds to be sent is sent later."
        await self._mark_flow_run_as_cancelled(flow_run, state_updates={"message": message})


async def _opened() -> Services:
    """The services, when the database is there: it may come up after us, and no run does without.

    Raises what no waiting mends: missing keys, and settings that make no sense.
    """
    while True:
        try:
            return await asyncio.to_thread(services)
        except (FileNotFoundError, ValueError):
            raise
        except Exception as error:  # noqa: BLE001  # the driver's own kinds stay in the store
            log.warning("Waiting for the database: %s", type(error).__name__)
            await asyncio.sleep(_LOOKS_AGAIN_S)


async def _prefect_answers() -> None:
    """Wait until it does: the base would look for it again only with its next heartbeat."""
    async with get_client() as client:
        while (error := await client.api_healthcheck()) is not None:
            log.warning("Waiting for Prefect: %s", type(error).__name__)
            await asyncio.sleep(_LOOKS_AGAIN_S)


@cache
def our_flows() -> Mapping[str, Flow[..., Any]]:
    """Every flow of the package, by its entrypoint."""
    found = {}
    for module in map(import_module, MODULES):
        for name, value in vars(module).items():
            if isinstance(value, Flow) and value.fn.__module__ == module.__name__:
                found[f"{module.__name__}.{name}"] = value
    return found


def flow_at(entrypoint: str) -> Flow[..., Any]:
    """Raises `NotOurFlow`."""
    try:
        return our_flows()[entrypoint]
    except KeyError:
        raise NotOurFlow(entrypoint) from None


async def _told(flow: Flow[..., Any], flow_run: FlowRun, ended: threading.Event) -> None:
    """Run the flow. However it ends, Prefect has been told by the run itself."""
    try:
        with suppress(Exception):
            running = run_flow(flow, flow_run=flow_run, return_type="state")
            assert isinstance(running, Coroutine)
            await running
    finally:
        ended.set()


class _LoopInThread:
    """One event loop for all runs, beside the worker's own: neither waits for the other."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="flows", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
