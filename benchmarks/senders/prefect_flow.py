"""A plain Prefect flow with one task for each form, as one would write it first.

Results are kept, so that a run that is tried again leaves out what its tasks have finished.
"""

import asyncio
from pathlib import Path

from prefect import flow, task

from benchmarks.senders.assignments import Assignment, client_session, make_form


@flow(name="send-all", persist_result=True)
async def send_all(assignment_file: str) -> None:
    assignment = Assignment.read(Path(assignment_file))
    turns = asyncio.Semaphore(assignment.concurrency)
    forms = list(assignment.forms())
    async with client_session(concurrency=assignment.concurrency) as session:

        @task(persist_result=True)
        async def send(index: int) -> bool:
            number, form_id = forms[index]
            await make_form(session, assignment.url, number=number, form_id=form_id)
            return True

        async def in_turn(index: int) -> None:
            async with turns:
                await send(index)

        await asyncio.gather(*(in_turn(index) for index in range(len(forms))))
