"""A worker that runs our flows in its own process, without starting an interpreter for each.

`prefect worker start --pool utskick --type warm`. All runs share one event loop, in a thread of
its own, and so the connections to each neighbour and their bounds. Nothing keeps one run from
taking the others with it: what that leaves half done, the send protocol settles. The stock
`process` type runs the same deployments.

It asks Prefect for little: hundreds of runs start within minutes, and nothing happens for hours.
"""

import asyncio
import gc
import logging
import sys
import threading
import time
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any
from uuid import UUID

import uvloop
from anyio import CancelScope
from anyio.abc import TaskStatus
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.exceptions import Abort, Pause
from prefect.logging.loggers import PrefectLogAdapter
from prefect.workers.base import BaseJobConfiguration, BaseWorker, BaseWorkerResult

from utskick.domain.starting import RefusedToStart
from utskick.files import keep_to_ourselves
from utskick.wiring import Services, services
from utskick.worker.background_work import run_background_work
from utskick.worker.lean_engine import FlowRunner

MODULES = (
    "flows.run_occasion",
    "flows.start_dispatch",
    "flows.change_dispatch",
    "flows.housekeeping",
)
"""Nothing else is ever run, whatever a deployment says."""
_DRAINS_S = 10
_LOOKS_AGAIN_S = 2
_SWITCHES_AFTER_S = 0.0005
_DUE_SOON = timedelta(seconds=5)
"""Longer than it takes until the next look."""
_SEEN_EVERY_S = 300
"""Deployments that no worker has polled for three times as long are shown as not ready."""

log = logging.getLogger(__name__)


class NotOurFlow(Exception):
    """A run of a flow that is none of ours."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a flow of this package")


@dataclass(frozen=True, slots=True)
class _Running:
    """A run under way. `future` counts as cancelled at once, `ended` is when nothing runs."""

    future: Future[None]
    ended: threading.Event


class WarmWorkerResult(BaseWorkerResult):
    """Always 0: the run itself has reported how it went."""


class WarmWorker(BaseWorker[BaseJobConfiguration, Any, WarmWorkerResult]):
    type = "warm"
    job_configuration = BaseJobConfiguration
    _display_name = "Warm"
    _description = "Runs Utskick's flows within the worker, without an interpreter start for each."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loop = _LoopInThread()
        self._running: dict[UUID, _Running] = {}
        self._flows: dict[UUID, Flow[..., Any]] = {}
        self._seen_until = 0.0

    async def setup(self) -> None:
        keep_to_ourselves()
        # Before the first run is due, so that none waits for it.
        await asyncio.to_thread(our_flows)
        wired = await _opened()
        self._runner = FlowRunner()
        self._loop.start()
        self._background_work = self._loop.submit(run_background_work(wired))
        await _prefect_answers()
        await asyncio.wrap_future(self._loop.submit(self._runner.open()))
        settle_in()
        await super().setup()

    async def teardown(self, *exc_info: Any) -> None:
        await super().teardown(*exc_info)
        self._background_work.cancel()
        await asyncio.wrap_future(self._loop.submit(self._runner.close()))
        await asyncio.to_thread(self._loop.stop)

    def get_flow_run_logger(self, flow_run: FlowRun) -> PrefectLogAdapter:  # noqa: ARG002
        """On our own log: in the run's, each line is a row, and says what its states say."""
        return PrefectLogAdapter(log, extra={})

    async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
        """As the base, but only when a run is due, and now and then so that we are seen.

        For this question Prefect writes to every deployment of the pool, ten thousand perhaps.
        """
        now = time.monotonic()
        if now < self._seen_until and not await self._some_run_is_due():
            return []
        self._seen_until = now + _SEEN_EVERY_S
        return await super()._get_scheduled_flow_runs()

    async def _some_run_is_due(self) -> bool:
        soon = FlowRunFilterNextScheduledStartTime(before_=datetime.now(UTC) + _DUE_SOON)
        scheduled = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        due = await self.client.count_flow_runs(
            flow_run_filter=FlowRunFilter(state=scheduled, next_scheduled_start_time=soon),
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[self._work_pool_name])),
        )
        return due > 0

    async def _submit_run(self, flow_run: FlowRun) -> None:
        """Take the run when it is due, and run it to its end.

        In place of the base's, which for each run reads the deployment twice, the flow and the
        pool's blocks, and writes labels, one more state and two events: all for other processes.
        What is left is to propose *Pending*, which only one worker is granted.
        """
        try:
            await _until_due(flow_run)
            if await self._propose_pending_state(flow_run):
                await self.run(flow_run, BaseJobConfiguration())
        except NotOurFlow as error:
            await self._propose_crashed_state(flow_run, str(error))
        except Exception as error:  # noqa: BLE001  # its text may hold anything
            await self._propose_crashed_state(flow_run, f"Not started: {type(error).__name__}")
        finally:
            self._release_limit_slot(flow_run.id)
            self._submitting_flow_run_ids.discard(flow_run.id)
            if self._cancelling_observer is not None:
                self._cancelling_observer.remove_in_flight_flow_run_id(flow_run.id)

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,  # noqa: ARG002  # ours have nothing to configure
        task_status: TaskStatus[Any] | None = None,
    ) -> WarmWorkerResult:
        """Raises `NotOurFlow`, which Prefect shows as a crash of the run."""
        flow = await self._flow_of(flow_run)
        ended = threading.Event()
        running = self._loop.submit(self._run_to_its_end(flow, flow_run, ended))
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
        return WarmWorkerResult(status_code=0, identifier=str(flow_run.id))

    async def _run_to_its_end(
        self, flow: Flow[..., Any], flow_run: FlowRun, ended: threading.Event
    ) -> None:
        """Run the flow. However it ends, the run itself has reported it to Prefect."""
        try:
            await self._runner.run(flow, flow_run)
        except (Exception, Abort, Pause) as error:  # noqa: BLE001  # its text may hold anything
            log.info("The run %s ended with %s", flow_run.id, type(error).__name__)
        finally:
            ended.set()

    async def _let_end(self, running: Future[None]) -> None:
        """The worker shuts down: what is sent right now is sent; what only waits is resumed later.

        The reconciler gives it to another worker when its lease has run out.
        """
        with CancelScope(shield=True):
            await asyncio.to_thread(wait, [running], timeout=_DRAINS_S)
        running.cancel()

    async def _flow_of(self, flow_run: FlowRun) -> Flow[..., Any]:
        """By the flow's name, which is read once: each occasion has a deployment of its own."""
        if flow_run.flow_id not in self._flows:
            known = await self.client.read_flow(flow_run.flow_id)
            self._flows[flow_run.flow_id] = flow_named(known.name)
        return self._flows[flow_run.flow_id]

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


def settle_in() -> None:
    """What a process does that will send: once all is loaded, and for good."""
    # What is loaded by now stays, and no collection need look at it again.
    gc.collect()
    gc.freeze()
    # A thread that comes back from the database would wait ten times as long for the interpreter.
    sys.setswitchinterval(_SWITCHES_AFTER_S)


async def _opened() -> Services:
    """The services, when the database is there: it may come up after us, and no run does without.

    Raises what no waiting mends: missing keys, and settings that make no sense.
    """
    while True:
        try:
            return await asyncio.to_thread(services)
        except RefusedToStart as refused:
            for fault in refused.faults:
                log.critical("Not started until this is mended: %s", fault)
            raise
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


async def _until_due(flow_run: FlowRun) -> None:
    """Nobody has taken it before: if we die, another worker does."""
    at = flow_run.next_scheduled_start_time
    if at is not None:
        await asyncio.sleep(at.timestamp() - time.time())


@cache
def our_flows() -> Mapping[str, Flow[..., Any]]:
    """Every flow of the package, by its name."""
    return {
        value.name: value
        for module in map(import_module, MODULES)
        for value in vars(module).values()
        if isinstance(value, Flow) and value.fn.__module__ == module.__name__
    }


def flow_named(name: str) -> Flow[..., Any]:
    """Raises `NotOurFlow`."""
    try:
        return our_flows()[name]
    except KeyError:
        raise NotOurFlow(name) from None


class _LoopInThread:
    """One event loop for all runs, beside the worker's own: neither waits for the other."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
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
