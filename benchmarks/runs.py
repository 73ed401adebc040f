"""What a flow run costs Prefect and us: `python -m benchmarks runs`.

A flow as an occasion's, with a deployment for each run and tasks that do nothing: as the worker
runs it, and as Prefect does when nothing is shared. In turns, so that whatever else the machine
does befalls both alike: trust the ratios.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import uvloop
from prefect import Flow, State, flow, get_client, get_run_logger, task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow_async
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.states import Completed, Pending
from rich.console import Console
from rich.table import Table

from benchmarks.installation import circumstances
from benchmarks.processes import usage_of
from benchmarks.progress import steps
from benchmarks.start import start
from tests.prefect_server import WORK_POOL, running_prefect
from utskick.worker.flow_runner import FlowRunner, sharing_client

_SETTLES_S = 4
"""Events and logs are sent and written so long after a run has ended."""

Run = Callable[[Flow[..., Any], FlowRun], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run: calls to Prefect, and CPU seconds."""

    calls: float
    our_cpu_s: float
    servers_cpu_s: float

    def over(self, other: "Cost") -> dict[str, float]:
        """Each as a share of the other's."""
        return {name: round(each / getattr(other, name), 2) for name, each in asdict(self).items()}


@task(cache_policy=NO_CACHE, persist_result=False)
async def stage() -> int:
    return 1


@flow(
    name="Benchmark",
    flow_run_name=lambda: f"Benchmark {flow_run.parameters['number']}",
    persist_result=False,
)
async def five_stages(number: int) -> State[Any]:
    """As `flows.run_occasion`, with nothing to do."""
    for _ in range(5):
        await stage()
        get_run_logger().info("A line of %s", number)
    await acreate_table_artifact(table=[{"sent": number}], key=f"benchmark-{uuid4()}")
    return Completed(message=f"{number} sent")


def main() -> None:
    """Measure, print, and write what was measured."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="utskick-runs-") as folder:
        costs = _measured(Path(folder), runs=options.runs, rounds=options.rounds)
    worker, alone = costs["worker"], costs["alone"]
    table = Table("a run", "as the worker runs it", "alone", "ratio")
    for name, ratio in worker.over(alone).items():
        values = (f"{getattr(each, name):.3g}" for each in (worker, alone))
        table.add_row(name.replace("_", " "), *values, f"{ratio:.2f}")
    Console().print(table)
    if options.json:
        measured = {name: asdict(cost) for name, cost in costs.items()}
        written = {**circumstances(), **measured, "worker_over_alone": worker.over(alone)}
        Path(options.json).write_text(json.dumps(written, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", help="write the figures here")
    parser.add_argument("--runs", type=int, default=20, help="of each in a round")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _measured(folder: Path, *, runs: int, rounds: int) -> dict[str, Cost]:
    """In front of a server of its own. The console is for the figures."""
    for handler in logging.getLogger("prefect").handlers:
        handler.setLevel(logging.WARNING)
    with running_prefect(folder) as server:
        login = server.logins.processes
        reached = {PREFECT_API_URL: server.api_url, PREFECT_API_AUTH_STRING: login}
        with temporary_settings(reached):
            return uvloop.run(_costs(server.pid, runs=runs, rounds=rounds))


async def _costs(server_pid: int, *, runs: int, rounds: int) -> dict[str, Cost]:
    """The median of each one's rounds, which come in turns."""
    calls = _Calls()
    costs: dict[str, list[Cost]] = {"worker": [], "alone": []}
    with steps(rounds + 1) as progress:
        progress.begin("warming up")
        await _worker_round(2, calls, server_pid)
        await _round(_alone, 2, calls, server_pid)
        for number in range(1, rounds + 1):
            progress.begin(f"round {number}, {runs} runs of each")
            costs["worker"].append(await _worker_round(runs, calls, server_pid))
            costs["alone"].append(await _round(_alone, runs, calls, server_pid))
    return {name: _median(each) for name, each in costs.items()}


async def _worker_round(number: int, calls: "_Calls", server_pid: int) -> Cost:
    async with sharing_client():
        return await _round(FlowRunner().run, number, calls, server_pid)


async def _round(run: Run, number: int, calls: "_Calls", server_pid: int) -> Cost:
    taken = [await _taken(each) for each in range(number)]
    await asyncio.sleep(_SETTLES_S)
    made, ours, servers = calls.made, time.process_time(), usage_of(server_pid).cpu_s
    for each in taken:
        await run(five_stages, each)
    await asyncio.sleep(_SETTLES_S)
    return Cost(
        (calls.made - made) / number,
        (time.process_time() - ours) / number,
        (usage_of(server_pid).cpu_s - servers) / number,
    )


async def _alone(flow: Flow[..., Any], run: FlowRun) -> None:
    """As Prefect runs it in a process of its own."""
    await run_flow_async(flow, flow_run=run, parameters=run.parameters)


async def _taken(number: int) -> FlowRun:
    """A run that a worker has taken, of a deployment of its own."""
    async with get_client() as client:
        deployment_id = await client.create_deployment(
            flow_id=await client.create_flow(five_stages),
            name=f"benchmark {uuid4()}",
            tags=["benchmark", f"number:{number}"],
            work_pool_name=WORK_POOL,
        )
        return await client.create_flow_run_from_deployment(
            deployment_id, parameters={"number": number}, state=Pending()
        )


class _Calls(logging.Handler):
    """Counts what httpx logs of its requests, of any thread."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.made = 0
        requests = logging.getLogger("httpx")
        requests.setLevel(logging.INFO)
        requests.propagate = False
        requests.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.made += record.msg.startswith("HTTP Request")


def _median(costs: Sequence[Cost]) -> Cost:
    columns = zip(*(asdict(each).values() for each in costs), strict=True)
    return Cost(*(round(median(column), 4) for column in columns))


if __name__ == "__main__":
    start("runs", sys.argv[1:])
