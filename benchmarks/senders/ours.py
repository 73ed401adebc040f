"""The product's own occasion, from its claim to its close, in an event loop as the worker's.

Asked `{"within_s": …}` it starts a dispatch that is due so soon and sends its occasion; asked
`{"resume": occasion}` it does what a worker does with an occasion whose run has died.
"""

import asyncio
import json
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvloop

from benchmarks.senders.assignments import ANSWER_BY, PURGE_AFTER, UNIT, Assignment
from benchmarks.senders.speaking import hear_async, tell
from config.settings import Settings
from flows.warm_worker import settle_in
from utskick.adapters.in_memory import InMemoryScheduler
from utskick.adapters.yaml_region import read_region
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.specs import DispatchSpec, Moment
from utskick.domain.units import Actor, HsaId
from utskick.sending.close_occasion import Closed
from utskick.sending.message_values import PLACEHOLDERS
from utskick.sending.reconcile import reconcile
from utskick.use_cases.load_region import load_region
from utskick.use_cases.start_dispatch import start_dispatch
from utskick.wiring import Services, make_key_file, wire

PACKAGE = "vuxenpsykiatri-infor-besok"
_LOOKS_EVERY_S = 0.25


class TooLate(Exception):
    """The moment had passed before all was prepared, so nothing can be told of it."""


def wired(settings: Settings) -> Services:
    """The product with its own adapters; nothing is scheduled outside this process."""
    make_key_file(settings.database.key_file)
    services = replace(wire(settings), scheduler=InMemoryScheduler())
    with services.store.transaction() as records:
        known = records.units.all()
    if not known:
        region = read_region(settings.region, texts=services.texts, placeholders=PLACEHOLDERS)
        load_region(region, store=services.store)
    return services


async def start(assignment: Assignment, services: Services, *, within_s: float) -> Dispatch:
    """A dispatch of one occasion, as staff would start it."""
    moment = services.clock.now() + timedelta(seconds=within_s)
    local = moment.astimezone(services.rules.zone)
    spec = DispatchSpec(
        unit=UNIT,
        package=PACKAGE,
        recipients=list(assignment.numbers),
        forms=list(assignment.form_keys),
        creates_inbox_message=False,
        start=Moment(date=f"{local:%Y-%m-%d}", time=f"{local:%H:%M:%S}"),
        answer_by=date.fromisoformat(ANSWER_BY),
        purge_after=date.fromisoformat(PURGE_AFTER),
    )
    started = await start_dispatch(
        spec,
        actor=Actor("benchmark", HsaId(UNIT)),
        submission_key=str(uuid4()),
        with_=services.starting,
        now=services.clock.now(),
    )
    return started.dispatch


async def send(assignment: Assignment, services: Services, *, within_s: float) -> dict[str, Any]:
    """The seconds from the moment until all is sent and known to be. Raises `TooLate`."""
    dispatch = await start(assignment, services, within_s=within_s)
    occasion = dispatch.occasions[0]
    run = services.occasion_run(occasion.id, RunToken(uuid4()))
    began = time.perf_counter()
    await asyncio.to_thread(run.claim)
    async with run.held():
        await run.check_templates()
        await run.validate_recipients()
        await asyncio.to_thread(run.render_message)
        await run.check_again()
        preparing_s = time.perf_counter() - began
        if services.clock.now() >= occasion.sends_at:
            raise TooLate
        tell("prepared", occasion=str(occasion.id))
        await run.wait_until_due()
        await asyncio.gather(run.send_forms(), run.send_inbox_messages())
        seconds = time.time() - occasion.sends_at.timestamp()
        closing = time.perf_counter()
        await asyncio.to_thread(run.close)
    closing_s = time.perf_counter() - closing
    return {"seconds": seconds, "preparing_s": preparing_s, "closing_s": closing_s}


async def resume(services: Services, occasion_id: OccasionId) -> None:
    """As the reconciler and the runs that it starts, until the occasion has ended."""
    ended = False
    while not ended:
        await reconcile(
            store=services.store,
            forms=services.forms,
            call_slots=services.call_slots,
            scheduler=services.scheduler,
            rules=services.rules,
            now=services.clock.now(),
        )
        run = services.occasion_run(occasion_id, RunToken(uuid4()))
        ended = isinstance(await run.run(), Closed)
        await asyncio.sleep(_LOOKS_EVERY_S)


async def main() -> None:
    assignment = Assignment.read(Path(sys.argv[1]))
    settings = Settings(_env_file=None, **json.loads(sys.argv[2]))
    services = wired(settings)
    settle_in()
    tell("ready")
    while asked := await hear_async():
        if "resume" in asked:
            await resume(services, OccasionId(UUID(asked["resume"])))
            tell("sent")
        else:
            tell("sent", **await send(assignment, services, within_s=asked["within_s"]))


if __name__ == "__main__":
    uvloop.run(main())
