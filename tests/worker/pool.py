"""Prefect as a worker sees it: a pool with runs, which a fake keeps in memory."""

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import Flow, FlowRun, State, StateType
from prefect.client.schemas.responses import (
    OrchestrationResult,
    SetStateStatus,
    StateAcceptDetails,
    WorkerFlowRunResponse,
)
from prefect.states import Scheduled

OURS = "Stäm av"
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Prefect's own take longer to read than a test."""


class FakePool(PrefectClient):
    """`granted` says whether we are the worker that gets a run; `asked` counts its questions."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9/api", httpx_settings={"verify": _NO_CERTIFICATES})
        self.runs: dict[UUID, FlowRun] = {}
        self.flows: dict[UUID, str] = {}
        self.states: dict[UUID, list[StateType]] = {}
        self.granted = True
        self.away = False
        self.asked = 0

    def offer(self, *, flow: str = OURS, due_in: timedelta = timedelta()) -> FlowRun:
        """A run that is due then."""
        flow_id, due = uuid4(), datetime.now(UTC) + due_in
        run = FlowRun(
            flow_id=flow_id, state=Scheduled(scheduled_time=due), next_scheduled_start_time=due
        )
        self.flows[flow_id], self.runs[run.id], self.states[run.id] = flow, run, []
        return run

    def cancel(self, run: FlowRun) -> None:
        """As an operator does."""
        run.state = State(type=StateType.CANCELLING)

    async def count_flow_runs(self, *_filters: Any, **filters: Any) -> int:
        due = filters["flow_run_filter"].next_scheduled_start_time.before_
        return len([run for run in self._scheduled() if _starts(run) <= due])

    async def get_scheduled_flow_runs_for_work_pool(
        self,
        work_pool_name: str,
        work_queue_names: list[str] | None = None,
        scheduled_before: datetime | None = None,
    ) -> list[WorkerFlowRunResponse]:
        self.asked += 1
        if self.away:
            raise ConnectionError
        return [
            WorkerFlowRunResponse(work_pool_id=uuid4(), work_queue_id=uuid4(), flow_run=run)
            for run in self._scheduled()
            if scheduled_before is None or _starts(run) <= scheduled_before
        ]

    async def read_flow_runs(self, *_filters: Any, **filters: Any) -> list[FlowRun]:
        wanted = filters["flow_run_filter"].state.type.any_
        return [run for run in self.runs.values() if run.state and run.state.type in wanted]

    async def read_flow(self, flow_id: UUID) -> Flow:
        return Flow(id=flow_id, name=self.flows[flow_id], labels={})

    async def set_flow_run_state(
        self, flow_run_id: UUID | str, state: State[Any], force: bool = False
    ) -> OrchestrationResult[Any]:
        run = self.runs[UUID(str(flow_run_id))]
        if state.type is StateType.PENDING and not self.granted:
            return _answer(SetStateStatus.ABORT, run.state)
        run.state = state
        self.states[run.id].append(state.type)
        return _answer(SetStateStatus.ACCEPT, state)

    def _scheduled(self) -> Iterable[FlowRun]:
        return [run for run in self.runs.values() if run.state and run.state.is_scheduled()]


def _starts(run: FlowRun) -> datetime:
    assert run.next_scheduled_start_time is not None
    return run.next_scheduled_start_time


def _answer(status: SetStateStatus, state: State[Any] | None) -> OrchestrationResult[Any]:
    return OrchestrationResult(state=state, status=status, details=StateAcceptDetails())
