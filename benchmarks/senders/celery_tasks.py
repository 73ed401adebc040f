"""A Celery task for each form, set as a careful user would; and the process that enqueues them."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import Any

import uvloop
from celery import Celery  # type: ignore[import-untyped]

from benchmarks.senders.assignments import Assignment, client_session, make_form
from benchmarks.senders.speaking import hear, tell

BROKER, VISIBILITY, CONCURRENCY = "CELERY_BROKER", "CELERY_VISIBILITY_S", "CELERY_CONCURRENCY"
_PINGED_FOR_S = 30

app = Celery("benchmark", broker=os.environ[BROKER])
app.conf.update(
    # What a worker has begun is done again if it dies, instead of being lost.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # A dead worker takes no more with it than it was at.
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": float(os.environ[VISIBILITY]),
        # The default looks for what a dead worker has left every hundred seconds only.
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    },
)


class Calling:
    """One event loop and one client for all threads of the worker."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        concurrency = int(os.environ[CONCURRENCY])
        self.session = self.wait_for(_in_loop(concurrency))

    def wait_for(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _in_loop(concurrency: int) -> Any:
    return client_session(concurrency=concurrency)


@cache
def _calling() -> Calling:
    return Calling()


_FIRST = threading.Lock()


@app.task(name="send")  # type: ignore[untyped-decorator]
def send(url: str, number: str, form_id: str) -> None:
    with _FIRST:
        calling = _calling()
    calling.wait_for(make_form(calling.session, url, number=number, form_id=form_id))


def main() -> None:
    """Enqueue all forms, as often as asked for; ready when a worker answers."""
    assignment = Assignment.read(Path(sys.argv[1]))
    deadline = time.monotonic() + _PINGED_FOR_S
    while not app.control.ping(timeout=1):
        assert time.monotonic() < deadline, "no worker answers"
    tell("ready")
    while hear():
        began = time.time()
        for number, form_id in assignment.forms():
            send.delay(assignment.url, number, form_id)
        tell("enqueued", began=began, enqueued_s=time.time() - began)


if __name__ == "__main__":
    main()
