"""The least there is to it: as many workers as calls are allowed, and no memory of anything."""

import asyncio
import sys
import time
from pathlib import Path

import aiohttp
import uvloop

from benchmarks.senders.assignments import Assignment, client_session, make_form
from benchmarks.senders.speaking import hear_async, report


async def send_all(assignment: Assignment, session: aiohttp.ClientSession) -> None:
    waiting = list(assignment.forms())

    async def worker() -> None:
        while waiting:
            number, template_id = waiting.pop()
            await make_form(session, assignment.url, number=number, template_id=template_id)

    await asyncio.gather(*(worker() for _ in range(assignment.concurrency)))


async def main() -> None:
    assignment = Assignment.read(Path(sys.argv[1]))
    async with client_session(concurrency=assignment.concurrency) as session:
        report("ready")
        while await hear_async():
            began = time.time()
            await send_all(assignment, session)
            report("sent", seconds=time.time() - began)


if __name__ == "__main__":
    uvloop.run(main())
