"""The product's own occasion, from its claim to its close, in an event loop as the worker's.

Asked `{"within_s": …}` it starts a dispatch that is due so soon and sends its occasion; asked
`{"resume": occasion}` it does what a worker does with an occasion whose run has died.
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvloop

from benchmarks import NotAsPromised
from benchmarks.senders.assignments import ANSWER_BY, PURGE_AFTER, UNIT, Assignment
from benchmarks.senders.speaking import hear_async, report
from config.settings import Settings
from utskick.adapters.in_memory import InMemoryScheduler
from utskick.adapters.yaml_region import read_region
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.specs import DispatchSpec, Moment
from utskick.domain.units import SYSTEM, Actor, HsaId
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed
from utskick.sending.occasion_story import send_occasion
from utskick.sending.run_occasion import PlainStages
from utskick.store.key_file import make_key_file
from utskick.wiring import Services, wire
from utskick.wiring.upkeep import migrate_database
from utskick.worker.starting import settle_in

PACKAGE = "vuxenpsykiatri-infor-besok"
_LOOKS_EVERY_S = 0.25

log = logging.getLogger(__name__)


class TooLate(Exception):
    """The moment had passed before all was prepared, so that the times would mean nothing."""


def wired(settings: Settings) -> Services:
    """The product with its own adapters; nothing is scheduled outside this process."""
    make_key_file(settings.database.key_file)
    migrate_database(settings.database)
    services = replace(wire(settings), scheduler=InMemoryScheduler())
    with services.store.transaction() as records:
        known = records.units.all()
    if not known:
        region = read_region(settings.region, texts=services.texts)
        administration = HsaId(settings.source_system_hsa_id)
        services.load_region(region, actor=Actor(SYSTEM, administration), now=services.clock.now())
    return services


@dataclass
class TimedStages(PlainStages):
    """The product's own, with a look at the clock between them. They raise `TooLate`, too."""

    began: float = field(init=False)
    prepared: float = field(init=False)
    sent_at: float = field(init=False)
    closing: float = field(init=False)

    async def claim(self) -> ClaimResult:
        self.began = time.perf_counter()
        return await super().claim()

    async def send_forms(
        self, planned: int, *, on_progress: Callable[[int], None] = lambda _ended: None
    ) -> bool:
        self.prepared = time.perf_counter()
        if self.run.clock.now() >= self.occasion.sends_at:
            raise TooLate
        report("prepared", occasion=str(self.occasion.id))
        late = await super().send_forms(planned, on_progress=on_progress)
        self.sent_at = time.time()
        return late

    async def close(self) -> Closed:
        self.closing = time.perf_counter()
        return await super().close()


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
    started = await services.start_dispatch(
        spec,
        actor=Actor("benchmark", HsaId(UNIT)),
        submission_key=str(uuid4()),
        now=services.clock.now(),
    )
    return started.dispatch


async def send(assignment: Assignment, services: Services, *, within_s: float) -> dict[str, Any]:
    """The seconds from the moment until all is sent and known to be. Raises `TooLate`."""
    dispatch = await start(assignment, services, within_s=within_s)
    occasion = dispatch.occasions[0]
    stages = TimedStages(services.occasion_run(occasion.id, RunToken(uuid4())))
    ending = await send_occasion(stages, log=log)
    if not isinstance(ending.came_to, Closed):
        raise NotAsPromised(ending.message)
    ended = time.perf_counter()
    return {
        "seconds": stages.sent_at - occasion.sends_at.timestamp(),
        "preparing_s": stages.prepared - stages.began,
        "closing_s": ended - stages.closing,
    }


async def resume(services: Services, occasion_id: OccasionId) -> None:
    """As the reconciler and the runs that it starts, until the occasion has ended."""
    ended = False
    while not ended:
        await services.reconcile()
        run = services.occasion_run(occasion_id, RunToken(uuid4()))
        ended = isinstance(await run.run(), Closed)
        await asyncio.sleep(_LOOKS_EVERY_S)


async def main() -> None:
    assignment = Assignment.read(Path(sys.argv[1]))
    settings = Settings(_env_file=None, **json.loads(sys.argv[2]))
    services = wired(settings)
    settle_in()
    report("ready")
    while asked := await hear_async():
        if "resume" in asked:
            await resume(services, OccasionId(UUID(asked["resume"])))
            report("sent")
        else:
            report("sent", **await send(assignment, services, within_s=asked["within_s"]))


if __name__ == "__main__":
    uvloop.run(main())
