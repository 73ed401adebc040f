"""A plain Prefect flow with one mapped task for each form, as one would write it first.

Mapped to threads, as that is faster than as many awaited async tasks. Results are kept, so that a
run that is tried again leaves out what its tasks have finished.
"""

import os
from contextlib import closing
from pathlib import Path

from prefect import flow, task
from prefect.task_runners import ThreadPoolTaskRunner

from benchmarks.senders.assignments import Assignment
from benchmarks.senders.calling import Calling

CONCURRENCY = "PLAIN_PREFECT_CONCURRENCY"
"""An environment variable: the task runner is made before the flow has its parameters."""


@flow(
    name="send-all",
    persist_result=True,
    task_runner=ThreadPoolTaskRunner(max_workers=int(os.environ[CONCURRENCY])),  # type: ignore[arg-type]
)
def send_all(assignment_file: str) -> None:
    assignment = Assignment.read(Path(assignment_file))
    forms = list(assignment.forms())
    with closing(Calling(concurrency=assignment.concurrency)) as calling:

        @task(persist_result=True)
        def send(index: int) -> bool:
            number, template_id = forms[index]
            calling.make_form(assignment.url, number=number, template_id=template_id)
            return True

        send.map(range(len(forms))).result()
