"""Plain Prefect: a real server with its own SQLite, a stock worker, a flow with a task a form."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.states import AwaitingRetry, Scheduled

from benchmarks import ROOT
from benchmarks.contenders.contender import Arena
from benchmarks.processes import family_of
from utskick.running.children import Children
from utskick.running.ports import HOST, choose_ports

_POOL = "plain"
_STARTS_AFTER = timedelta(seconds=20)
_ENDS_WITHIN_S = 600


class NotCompleted(Exception):
    """The flow's run failed."""


class PlainPrefect:
    name = "plain_prefect"

    def __init__(self, arena: Arena, children: Children, client: SyncPrefectClient) -> None:
        self._arena = arena
        self._children = children
        self._client = client
        self._run_id: UUID | None = None
        client.create_work_pool(WorkPoolCreate(name=_POOL, type="process"))
        self._deployment_id = client.create_deployment(
            flow_id=client.create_flow_from_name("send-all"),
            name="benchmark",
            work_pool_name=_POOL,
            entrypoint="benchmarks.senders.prefect_flow.send_all",
        )
        self._start_worker()

    @property
    def pids(self) -> Mapping[str, int]:
        return self._children.pids

    def send(self) -> Mapping[str, float]:
        began = self._schedule()
        deadline = time.monotonic() + _ENDS_WITHIN_S
        while not self.at_rest and time.monotonic() < deadline:
            time.sleep(0.5)
        state = self._client.read_flow_run(self._known).state
        if state is None or not state.is_completed():
            raise NotCompleted(state and state.name)
        return {"began": began.timestamp()}

    def begin(self) -> None:
        self._schedule()

    def kill(self) -> None:
        """The worker, and the process that runs the flow for it."""
        for pid in family_of(self._children.pids["worker"]):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._children.kill("worker")

    def recover(self) -> None:
        """The worker again; and the run, whose death is unnoticed, by an operator's Retry."""
        self._start_worker()
        self._client.set_flow_run_state(self._known, AwaitingRetry(), force=True)

    @property
    def at_rest(self) -> bool:
        state = self._client.read_flow_run(self._known).state
        return state is not None and state.is_final()

    @property
    def _known(self) -> UUID:
        assert self._run_id is not None
        return self._run_id

    def _schedule(self) -> datetime:
        """When it is to start. The worker fetches it some seconds before, and is ready by then."""
        moment = datetime.now(UTC) + _STARTS_AFTER
        run = self._client.create_flow_run_from_deployment(
            self._deployment_id,
            parameters={"assignment_file": str(self._arena.assignment_file)},
            state=Scheduled(scheduled_time=moment),
        )
        self._run_id = run.id
        return moment

    def _start_worker(self) -> None:
        self._children.start(
            "worker",
            [
                *(sys.executable, "-m", "prefect", "worker", "start"),
                *("--pool", _POOL, "--type", "process"),
            ],
        )


@contextmanager
def plain_prefect(arena: Arena) -> Iterator[PlainPrefect]:
    """With the defaults of Prefect, but for what would leave the machine."""
    port = choose_ports(usual=False).prefect
    api_url = f"http://{HOST}:{port}/api"
    home = arena.folder / f"prefect-{port}"
    environment = {
        "PREFECT_HOME": str(home),
        "PREFECT_PROFILES_PATH": str(home / "profiles.toml"),
        "PREFECT_API_URL": api_url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_CLI_PROMPT": "false",
        "PLAIN_PREFECT_CONCURRENCY": str(arena.assignment.concurrency),
        "PYTHONPATH": str(ROOT),
    }
    with Children(logs=home / "logs", environment=environment) as children:
        server = (sys.executable, "-m", "prefect", "server", "start")
        children.start("prefect", [*server, "--host", HOST, "--port", str(port)])
        children.wait_healthy("prefect", f"{api_url}/health")
        with SyncPrefectClient(api=api_url) as client:
            yield PlainPrefect(arena, children, client)
