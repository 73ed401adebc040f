"""Runs flows on the lean engine in a process of its own, as the worker does.

`python -m tests.worker.lean_runs`; prints each run's id, by what became of it.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import uvloop
from prefect import Flow, State, flow, get_client, task
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed, Pending

from utskick.worker.lean_engine import FlowRunner

MANY = 12
"""More than may start at once."""

_waiting: list[asyncio.Event] = []
_begun = asyncio.Event()


@task
async def count() -> int:
    return 1


@flow(persist_result=False)
async def greet(name: str = "alla") -> State[None]:
    await count()
    return Completed(name="Hälsat", message=f"Hej {name}")


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
    runner = FlowRunner()
    await runner.open()
    try:
        ids = await _runs(runner)
    finally:
        await runner.close()
    return {name: list(map(str, each)) for name, each in ids.items()}


async def _runs(runner: FlowRunner) -> dict[str, Sequence[UUID]]:
    (greeted,) = await _taken(greet, name="Anna")
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


async def _taken(flow: Flow[..., Any], times: int = 1, **parameters: str) -> list[FlowRun]:
    """Runs that a worker has taken."""
    async with get_client() as client:
        return [
            await client.create_flow_run(flow, parameters=parameters, state=Pending())
            for _ in range(times)
        ]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(main())))
