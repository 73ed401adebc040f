"""A real Prefect server of the tests' own, and a client that sees what it holds."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse

from config.settings import SchedulerSettings
from tests.waiting import poll
from utskick.adapters.prefect_environment import prefect_environment
from utskick.adapters.prefect_logins import PrefectLogins, logins_of, make_login_file
from utskick.domain.occasions import OccasionId
from utskick.running.children import Children
from utskick.running.ports import HOST, choose_ports

WORK_POOL = "tests"

_IMPATIENT = {
    # The days of a changed clock lie more than a hundred days ahead; see their runs all the same.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME": "P2000D",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "1",
    # The one above passes over a deployment when it comes late, as on a busy machine.
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
}


@dataclass(frozen=True)
class PrefectServer:
    """What operators would see of it."""

    api_url: str
    logins: PrefectLogins
    client: SyncPrefectClient
    log_file: Path
    pid: int

    def log(self) -> str:
        return self.log_file.read_text()

    @property
    def environment(self) -> dict[str, str]:
        """What a process of ours needs to reach it."""
        login = self.logins.processes
        return {"PREFECT_API_URL": self.api_url, "PREFECT_API_AUTH_STRING": login}

    def deployments(self, occasion_id: OccasionId) -> Sequence[DeploymentResponse]:
        tags = DeploymentFilterTags(all_=[f"tillfälle:{occasion_id}"])
        return self.client.read_deployments(deployment_filter=DeploymentFilter(tags=tags))

    def deployment(self, occasion_id: OccasionId) -> DeploymentResponse:
        (only,) = self.deployments(occasion_id)
        return only

    def runs(self, occasion_id: OccasionId) -> Sequence[FlowRun]:
        """Also those that have outlived their deployment."""
        return [
            run
            for run in self.client.read_flow_runs()
            if run.parameters.get("order", {}).get("occasion_id") == str(occasion_id)
        ]

    def run(self, occasion_id: OccasionId) -> FlowRun:
        """The occasion's only run, when the server has made it."""
        poll(lambda: self.runs(occasion_id))
        (only,) = self.runs(occasion_id)
        return only


@contextmanager
def running_prefect(folder: Path) -> Iterator[PrefectServer]:
    """Start it, with a work pool and no worker; about 10 s."""
    port = choose_ports(usual=False).prefect
    api_url = f"http://{HOST}:{port}/api"
    login_file = folder / "prefect-login.json"
    make_login_file(login_file)
    settings = SchedulerSettings(api_url=api_url, login_file=login_file)
    logins = logins_of(settings)
    environment = {
        **prefect_environment(home=folder, api_url=api_url, login=logins.processes),
        **_IMPATIENT,
        "UTSKICK_SCHEDULER__LOGIN_FILE": str(login_file),
        "UTSKICK_SCHEDULER__API_URL": api_url,
    }
    start = [sys.executable, "-m", "utskick.worker.prefect_server"]
    with Children(logs=folder / "logs", environment=environment) as children:
        children.start("prefect", [*start, "--host", HOST, "--port", str(port)])
        children.wait_healthy("prefect", f"{api_url}/health")
        with SyncPrefectClient(api=api_url, auth_string=logins.processes) as client:
            client.create_work_pool(WorkPoolCreate(name=WORK_POOL, type="process"))
            log, pid = folder / "logs" / "prefect.log", children.pids["prefect"]
            yield PrefectServer(api_url, logins, client, log, pid)
