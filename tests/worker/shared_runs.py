"""Runs flows on one shared client in a process of its own, as the worker does.

`python -m tests.worker.shared_runs`; prints each run's id, by what became of it, and one's costs.
"""

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import uvloop
from prefect import Flow, State, flow, get_client, task
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed, Pending

from tests.prefect_server import WORK_POOL
from utskick.worker.flow_runner import FlowRunner, sharing_client

MANY = 12
"""More than may start at once."""

_waiting: list[asyncio.Event] = []
_begun = asyncio.Event()
_seen: set[threading.Thread] = set()


@task
async def count() -> int:
    return 1


@flow(persist_result=False)
async def greet(name: str = "alla") -> State[None]:
    await count()
    return Completed(name="Hälsat", message=f"Hej {name}")


@flow(persist_result=False)
async def look_around(name: str) -> None:
    _seen.update(threading.enumerate())


@flow(persist_result=False)
async def fail() -> None:
    raise RuntimeError


@flow(persist_result=False)
async def wait_for_the_others() -> None:
    mine = asyncio.Event()
    _waiting.append(mine)
    if len(_waiting) == MANY:
        for each in _waiting:
            each.set()
    await mine.wait()


@flow(persist_result=False)
async def wait_for_ever() -> None:
    _begun.set()
    await asyncio.Event().wait()


async def main() -> dict[str, Any]:
    async with sharing_client():
        runner = FlowRunner()
        ids = await _runs(runner)
        return {
            "runs": {name: list(map(str, each)) for name, each in ids.items()},
            "costs": await _costs(runner),
        }


async def _runs(runner: FlowRunner) -> dict[str, Sequence[UUID]]:
    greeted = await _deployed(greet, name="Anna")
    await runner.run(greet, greeted)
    (failed,) = await _taken(fail)
    await runner.run(fail, failed)
    waiting = await _taken(wait_for_the_others, times=MANY)
    async with asyncio.timeout(60):
        await asyncio.gather(*(runner.run(wait_for_the_others, run) for run in waiting))
    return {
        "greeted": [greeted.id],
        "failed": [failed.id],
        "waited": [run.id for run in waiting],
        "cancelled": [await _cancelled_on_its_way(runner)],
    }


async def _cancelled_on_its_way(runner: FlowRunner) -> UUID:
    (run,) = await _taken(wait_for_ever)
    running = asyncio.create_task(runner.run(wait_for_ever, run))
    await _begun.wait()
    running.cancel()
    await asyncio.wait([running])
    return run.id


async def _costs(runner: FlowRunner) -> dict[str, Any]:
    """What Prefect is asked while one more runs, and which threads come into being."""
    run = await _deployed(look_around, name="Bo")
    asked, threads = _Asked(), set(threading.enumerate())
    requests = logging.getLogger("httpx")
    requests.setLevel(logging.INFO)
    requests.addHandler(asked)
    await runner.run(look_around, run)
    requests.removeHandler(asked)
    return {"asked": asked.what, "threads": [each.name for each in _seen - threads]}


class _Asked(logging.Handler):
    """Method and path of each request of this thread, as httpx logs them."""

    def __init__(self) -> None:
        super().__init__()
        self.what: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread and isinstance(record.args, tuple):
            method, url, *_ = record.args
            self.what.append(f"{method} {str(url).partition('/api/')[2]}")


async def _taken(flow: Flow[..., Any], times: int = 1, **parameters: str) -> list[FlowRun]:
    """Runs that a worker has taken."""
    async with get_client() as client:
        return [
            await client.create_flow_run(flow, parameters=parameters, state=Pending())
            for _ in range(times)
        ]


async def _deployed(flow: Flow[..., Any], **parameters: str) -> FlowRun:
    """The same of a deployment, as each occasion has one, with tags."""
    async with get_client() as client:
        deployment_id = await client.create_deployment(
            flow_id=await client.create_flow(flow),
            name=str(uuid4()),
            tags=["tillfälle"],
            work_pool_name=WORK_POOL,
        )
        return await client.create_flow_run_from_deployment(
            deployment_id, parameters=parameters, state=Pending()
        )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(main())))
