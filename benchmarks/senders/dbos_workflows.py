"""A DBOS queue with a step for each form; the process enqueues, and works off what is enqueued."""

import asyncio
import sys
import time
from pathlib import Path

import aiohttp
from dbos import DBOS, DBOSConfig

from benchmarks.senders.assignments import Assignment, client_session, make_form
from benchmarks.senders.speaking import hear_async, report

QUEUE = "forms"
_POLLS_EVERY_S = 0.05
"""Each look takes as many as there is room for: with the default of 1 s, fifty forms a second."""


class Calling:
    """The client, opened in the loop that DBOS runs its workflows in."""

    session: aiohttp.ClientSession | None = None
    url = ""
    concurrency = 0

    @classmethod
    def opened(cls) -> aiohttp.ClientSession:
        if cls.session is None:
            cls.session = client_session(concurrency=cls.concurrency)
        return cls.session


@DBOS.step()
async def call(number: str, template_id: str) -> None:
    await make_form(Calling.opened(), Calling.url, number=number, template_id=template_id)


@DBOS.workflow()
async def send(number: str, template_id: str) -> None:
    await call(number, template_id)


@DBOS.workflow()
async def send_all(assignment_file: str) -> None:
    """A workflow as well, so that all is enqueued, and once, whenever the process dies.

    As many at once as calls are allowed; in the same order each time, as DBOS asks for.
    """
    assignment = Assignment.read(Path(assignment_file))
    forms = list(assignment.forms())
    for first in range(0, len(forms), assignment.concurrency):
        some = forms[first : first + assignment.concurrency]
        await asyncio.gather(*(DBOS.enqueue_workflow_async(QUEUE, send, *form) for form in some))


async def main(assignment_file: str) -> None:
    report("ready")
    while await hear_async():
        began = time.time()
        enqueueing = await DBOS.start_workflow_async(send_all, assignment_file)
        await enqueueing.get_result()
        report("enqueued", began=began, enqueued_s=time.time() - began)


if __name__ == "__main__":
    assigned = Assignment.read(Path(sys.argv[1]))
    Calling.url, Calling.concurrency = assigned.url, assigned.concurrency
    config: DBOSConfig = {
        "name": "benchmark",
        "system_database_url": sys.argv[2],
        "log_level": "WARNING",
    }
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue(
        QUEUE, worker_concurrency=assigned.concurrency, polling_interval_sec=_POLLS_EVERY_S
    )
    asyncio.run(main(sys.argv[1]))
