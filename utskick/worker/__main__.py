"""The worker: `python -m utskick.worker`. Any number may run, each under a name of its own."""

import argparse
import asyncio
import signal
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import uvloop

from utskick.files import keep_to_ourselves
from utskick.security_log import SecurityEvent, note
from utskick.worker.background_work import run_background_work
from utskick.worker.flow_runner import FlowRunner, sharing_client
from utskick.worker.our_flows import our_flows
from utskick.worker.refusals import refused_in_words
from utskick.worker.starting import opened, prefect_answers, settle_in
from utskick.worker.worker import Worker


def main() -> None:
    """Work until SIGTERM or Ctrl-C."""
    keep_to_ourselves()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", help="the work pool (UTSKICK_SCHEDULER__WORK_POOL)")
    parser.add_argument(
        "--name", default=socket.gethostname(), help="as operators see it (%(default)s)"
    )
    options = parser.parse_args()
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    # In the main thread Prefect's engine would take SIGTERM for itself, with each run.
    with refused_in_words(), ThreadPoolExecutor(1, thread_name_prefix="flows") as thread:
        working = thread.submit(uvloop.run, until(ending, serve(options.pool, name=options.name)))
        ending.wait()
        working.result()


async def serve(pool: str | None, *, name: str) -> None:
    """Run what is due in the pool, and do the background work beside it. Until cancelled."""
    # Before the first run is due, so that none waits for it.
    await asyncio.to_thread(our_flows)
    wired = await opened()
    note(SecurityEvent.STARTED, production=wired.settings.production)
    background = asyncio.create_task(run_background_work(wired))
    try:
        await prefect_answers()
        async with sharing_client() as client:
            settle_in()
            usual = wired.settings.scheduler.work_pool
            await Worker(client, FlowRunner().run, pool=pool or usual, name=name).work()
    finally:
        background.cancel()
        with suppress(asyncio.CancelledError):
            await background


async def until(ending: threading.Event, work: Coroutine[Any, Any, None]) -> None:
    """Cancel the work when the event is set; set it when the work ends by itself, as it may not.

    Raises what the work raises.
    """
    working = asyncio.create_task(work)
    asked = asyncio.create_task(asyncio.to_thread(ending.wait))
    await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
    ending.set()
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working


if __name__ == "__main__":
    main()
