"""A Celery task for each form, set as a careful user would; and the process that enqueues them."""

import os
import sys
import threading
import time
from functools import cache
from pathlib import Path

from celery import Celery

from benchmarks.senders.assignments import Assignment
from benchmarks.senders.calling import Calling
from benchmarks.senders.speaking import hear, report

BROKER, VISIBILITY, CONCURRENCY = "CELERY_BROKER", "CELERY_VISIBILITY_S", "CELERY_CONCURRENCY"
"""Environment variables: a worker gets nothing else."""
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


@cache
def _calling() -> Calling:
    return Calling(concurrency=int(os.environ[CONCURRENCY]))


_FIRST = threading.Lock()
"""Many threads may have the first task at once."""


@app.task(name="send")
def send(url: str, number: str, template_id: str) -> None:
    with _FIRST:
        calling = _calling()
    calling.make_form(url, number=number, template_id=template_id)


def main() -> None:
    """Enqueue all forms, as often as asked for; ready when a worker answers."""
    assignment = Assignment.read(Path(sys.argv[1]))
    deadline = time.monotonic() + _PINGED_FOR_S
    while not app.control.ping(timeout=1):
        assert time.monotonic() < deadline, "no worker answers"
    report("ready")
    while hear():
        began = time.time()
        for number, template_id in assignment.forms():
            send.delay(assignment.url, number, template_id)
        report("enqueued", began=began, enqueued_s=time.time() - began)


if __name__ == "__main__":
    main()
