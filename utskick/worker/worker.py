"""Takes the runs of a work pool when they are due, and runs them without an interpreter for each.

All runs share one event loop, and so the connections to each neighbour and their bounds. Nothing
keeps one run from taking the others with it: what that leaves half done, the send protocol
settles. It asks Prefect for little: hundreds of runs start within minutes, and nothing happens for
hours.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import Flow, State
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterNextScheduledStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import OrchestrationResult, SetStateStatus
from prefect.exceptions import Abort, Pause
from prefect.logging import get_logger
from prefect.settings import get_current_settings
from prefect.states import Cancelled, Crashed, Pending

from utskick.worker.our_flows import NotOurFlow, flow_named
from utskick.worker.rounds import again_and_again

_DRAINS_S = 10
_REPORTS_S = 3
_DUE_SOON = timedelta(seconds=5)
"""Longer than it takes until the next look."""
_SEEN_EVERY_S = 300
"""Deployments that no worker has polled for three times as long are shown as not ready."""
_CANCELLED = "Cancelled by an operator. What the store still holds to be sent is sent later."

RunFlow = Callable[[Flow[..., Any], FlowRun], Awaitable[None]]

log = get_logger("worker")


class Worker:
    """One of a pool's, on the event loop on which its runs are to be."""

    def __init__(self, client: PrefectClient, run_flow: RunFlow, *, pool: str, name: str) -> None:
        self._client = client
        self._run_flow = run_flow
        self._pool = pool
        self._name = name
        self._taken: dict[UUID, asyncio.Task[None]] = {}
        self._running: set[UUID] = set()
        self._cancelling: dict[UUID, asyncio.Task[None]] = {}
        self._flows: dict[UUID, Flow[..., Any]] = {}
        self._seen_until = 0.0

    async def work(self) -> None:
        """Until cancelled: what is sent right now is sent; what only waits is resumed later.

        The reconciler gives it to another worker when its lease has run out.
        """
        settings = get_current_settings().worker
        log.info("%s takes the runs of the pool %s", self._name, self._pool)
        try:
            await asyncio.gather(
                again_and_again("Heartbeat", self._beat, every_s=settings.heartbeat_seconds),
                again_and_again("Taking runs", self.look, every_s=settings.query_seconds),
            )
        finally:
            await self._drain()

    async def look(self) -> None:
        """Take what is due soon, and end what operators have cancelled."""
        await self._end_cancelled()
        for flow_run in await self._due_soon():
            if flow_run.id not in self._taken:
                self._taken[flow_run.id] = asyncio.create_task(self._take(flow_run))

    async def _beat(self) -> None:
        every_s = get_current_settings().worker.heartbeat_seconds
        await self._client.send_worker_heartbeat(self._pool, self._name, every_s)

    async def _due_soon(self) -> Sequence[FlowRun]:
        """Asked of the pool only when a run is due, and now and then so that we are seen.

        For this question Prefect writes to every deployment of the pool, ten thousand perhaps.
        """
        now = time.monotonic()
        if now < self._seen_until and not await self._some_run_is_due():
            return []
        self._seen_until = now + _SEEN_EVERY_S
        ahead = timedelta(seconds=get_current_settings().worker.prefetch_seconds)
        offered = await self._client.get_scheduled_flow_runs_for_work_pool(
            self._pool, scheduled_before=datetime.now(UTC) + ahead
        )
        return [each.flow_run for each in offered]

    async def _some_run_is_due(self) -> bool:
        soon = FlowRunFilterNextScheduledStartTime(before_=datetime.now(UTC) + _DUE_SOON)
        scheduled = _in_state(StateType.SCHEDULED)
        due = await self._client.count_flow_runs(
            flow_run_filter=FlowRunFilter(state=scheduled, next_scheduled_start_time=soon),
            work_pool_filter=self._our_pool,
        )
        return due > 0

    async def _take(self, flow_run: FlowRun) -> None:
        """When it is due, and unless another worker has been granted it: run it to its end."""
        try:
            await _until_due(flow_run)
            self._running.add(flow_run.id)
            if await self._is_granted(flow_run):
                await self._run(await self._flow_of(flow_run), flow_run)
        except NotOurFlow as error:
            await self._report(flow_run.id, Crashed(message=str(error)))
        except Exception as error:  # noqa: BLE001  # its text may hold anything
            not_started = f"Not started: {type(error).__name__}"
            await self._report(flow_run.id, Crashed(message=not_started))
        finally:
            self._running.discard(flow_run.id)
            del self._taken[flow_run.id]

    async def _is_granted(self, flow_run: FlowRun) -> bool:
        """Only one worker is. If we then die, the reconciler starts another run."""
        answer: OrchestrationResult[None] = await self._client.set_flow_run_state(
            flow_run.id, Pending()
        )
        return answer.status is SetStateStatus.ACCEPT

    async def _flow_of(self, flow_run: FlowRun) -> Flow[..., Any]:
        """By the flow's name, which is read once: each occasion has a deployment of its own."""
        if flow_run.flow_id not in self._flows:
            known = await self._client.read_flow(flow_run.flow_id)
            self._flows[flow_run.flow_id] = flow_named(known.name)
        return self._flows[flow_run.flow_id]

    async def _run(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        """However it ends, the run itself has reported it to Prefect."""
        try:
            await self._run_flow(flow, flow_run)
        except (Exception, Abort, Pause) as error:  # noqa: BLE001  # its text may hold anything
            log.info("The run %s ended with %s", flow_run.id, type(error).__name__)

    async def _end_cancelled(self) -> None:
        """Those that run here: a waiting one Prefect has cancelled by itself."""
        if not self._running:
            return
        cancelled = await self._client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=_in_state(StateType.CANCELLING)),
            work_pool_filter=self._our_pool,
        )
        for each in cancelled:
            if each.id in self._running and each.id not in self._cancelling:
                cancelling = self._cancel(each.id, self._taken[each.id])
                self._cancelling[each.id] = asyncio.create_task(cancelling)

    async def _cancel(self, run_id: UUID, running: asyncio.Task[None]) -> None:
        running.cancel()
        # The run calls that a crash, at its end; what it is called last is what operators see.
        await asyncio.wait([running], timeout=_DRAINS_S)
        await self._report(run_id, Cancelled(message=_CANCELLED), force=True)
        del self._cancelling[run_id]

    async def _report(self, run_id: UUID, state: State[Any], *, force: bool = False) -> None:
        """If Prefect is away, the background work finds out that the run is dead."""
        try:
            await self._client.set_flow_run_state(run_id, state, force=force)
        except Exception as error:  # noqa: BLE001  # its text may hold anything
            log.warning("The run %s is not %s: %s", run_id, state.name, type(error).__name__)

    async def _drain(self) -> None:
        running = {self._taken[each] for each in self._running}
        for waiting in {*self._taken.values()} - running:
            waiting.cancel()
        for within_s in (_DRAINS_S, _REPORTS_S):
            if running:
                _, running = await asyncio.wait(running, timeout=within_s)
            for each in running:
                each.cancel()

    @property
    def _our_pool(self) -> WorkPoolFilter:
        return WorkPoolFilter(name=WorkPoolFilterName(any_=[self._pool]))


def _in_state(state: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=[state]))


async def _until_due(flow_run: FlowRun) -> None:
    """Nobody has taken it before: if we die, another worker does."""
    at = flow_run.next_scheduled_start_time
    if at is not None:
        await asyncio.sleep(at.timestamp() - time.time())
