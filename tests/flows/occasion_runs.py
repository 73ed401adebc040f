"""Runs the occasions' own flow as the worker does, in a clinic in memory.

`python -m tests.flows.occasion_runs FOLDER`; writes each run's id and what was sent, by its story.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop
from prefect import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.states import Pending

from config.settings import Settings
from flows.run_occasion import run_occasion
from tests.clinic import MONDAY_NOON, PHQ, STAFF, UNIT, Clinic, a_clinic, open_store
from tests.people import ANNA, BO
from tests.use_cases.clinic_days import AWAY
from tests.web.conftest import services_of
from utskick import wiring
from utskick.adapters.in_memory import FakeClock, InMemoryFormService
from utskick.adapters.in_memory.failures import Failures
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import Occasion
from utskick.ports import PersonRecord
from utskick.use_cases.end_occasion import EndOccasion
from utskick.wiring import Services
from utskick.worker.flow_runner import FlowRunner, sharing_client

_YIELDS_S = 0.005
"""Hours pass while others sleep: the threads of the database must keep up, however busy it is."""


PATIENT: dict[str, Any] = {
    "lease_s": 86_400,
    "stop_heard_within_s": 600,
    "grace": timedelta(hours=8),
}
"""Whoever sleeps lets time pass for all, and on a busy machine much of it."""


class Alarm(FakeClock):
    """Something happens when a given moment has come, before whoever slept goes on."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(moment)
        self.rings_at: datetime | None = None
        self.deed: Callable[[], object] = lambda: None

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(_YIELDS_S)
        if self.rings_at and self.moment >= self.rings_at:
            self.rings_at = None
            self.deed()


class _StopAfter(Failures):
    """Staff stop the dispatch in the middle of the last call for a form that is made."""

    def __init__(self, sent: int, forms: InMemoryFormService, stop: Callable[[], object]) -> None:
        super().__init__()
        self._sent = sent
        self._forms = forms
        self._stop = stop

    def strike(self) -> None:
        if len(self._forms.forms) + 1 == self._sent:
            self._stop()


class Stories:
    """Each begins with a dispatch of its own, for Anna and Bo."""

    def __init__(self, clinic: Clinic, clock: Alarm, runner: FlowRunner) -> None:
        self._clinic = clinic
        self._clock = clock
        self._runner = runner

    async def quick_run_six_minutes_early(self) -> dict[str, Any]:
        occasion = await self._started()
        self._clock.moment = occasion.sends_at - timedelta(minutes=6)
        early = await self._run(occasion)
        self._clinic.persons.records[ANNA] = PersonRecord(protected=True)
        self._clock.moment = occasion.sends_at - self._clinic.rules.lead
        return {"early": early, **await self._sent(occasion)}

    async def protected_while_it_waits(self) -> dict[str, Any]:
        return await self._with(
            lambda: self._clinic.persons.records.update({ANNA: PersonRecord(protected=True)})
        )

    async def nobody_answers_again(self) -> dict[str, Any]:
        fails = self._clinic.persons.fails_reading
        seen = await self._with(lambda: fails.extend([AWAY] * 10))
        fails.clear()
        return seen

    async def unit_withdrawn_while_it_waits(self) -> dict[str, Any]:
        return await self._with(
            lambda: self._clinic.administer_units.withdraw_unit(
                UNIT.id, actor=STAFF, now=self._clock.now()
            )
        )

    async def all_well(self) -> dict[str, Any]:
        return await self._with(lambda: None)

    async def run_again_when_all_is_sent(self) -> dict[str, Any]:
        occasion = await self._started()
        self._clock.moment = occasion.sends_at - self._clinic.rules.lead
        await self._run(occasion)
        return await self._sent(occasion)

    async def run_an_hour_late(self) -> dict[str, Any]:
        occasion = await self._started()
        self._clock.moment = occasion.sends_at + timedelta(hours=1)
        return await self._sent(occasion)

    async def run_too_late(self) -> dict[str, Any]:
        occasion = await self._started()
        self._clock.moment = occasion.sends_at + timedelta(hours=3)
        return await self._sent(occasion)

    async def register_away_until_too_late(self) -> dict[str, Any]:
        occasion = await self._started()
        self._clock.moment = occasion.sends_at - self._clinic.rules.lead
        self._clinic.persons.fails_reading.extend([AWAY] * 1000)
        seen = await self._sent(occasion)
        self._clinic.persons.fails_reading.clear()
        return seen

    async def archived_before_it_prepares(self) -> dict[str, Any]:
        occasion = await self._started()
        self._clock.moment = occasion.sends_at - self._clinic.rules.lead
        self._clinic.forms.archived.add(PHQ.id)
        seen = await self._sent(occasion)
        self._clinic.forms.archived.clear()
        return seen

    async def stopped_while_it_waits(self) -> dict[str, Any]:
        dispatch = await self._started_dispatch()
        occasion = dispatch.occasions[0]
        self._clock.moment = occasion.sends_at - self._clinic.rules.lead
        self._clock.rings_at = occasion.sends_at - timedelta(seconds=65)
        self._clock.deed = lambda: self._clinic.stop(dispatch)
        return await self._sent(occasion)

    async def stopped_in_the_middle(self) -> dict[str, Any]:
        self._stopped = await self._stopped_after(1)
        return await self._sent(self._stopped)

    async def rest_is_ended_after_that(self) -> dict[str, Any]:
        """Whoever has got some of their forms is notified by a run of its own."""
        self._clinic.by_hand(EndOccasion, self._stopped)
        with self._clinic.store.transaction() as records:
            _, again = records.dispatches.of_occasion(self._stopped.id)
        return await self._sent(again)

    async def _stopped_after(self, sent: int) -> Occasion:
        """It will be, as soon as it runs."""
        dispatch = await self._started_dispatch()
        self._clock.moment = dispatch.occasions[0].sends_at - self._clinic.rules.lead
        forms = self._clinic.forms
        forms.fails_before = _StopAfter(sent, forms, lambda: self._clinic.stop(dispatch))
        return dispatch.occasions[0]

    async def _with(self, deed: Callable[[], object]) -> dict[str, Any]:
        """It happens when all is prepared."""
        occasion = await self._started()
        self._clock.moment = occasion.sends_at - self._clinic.rules.lead
        self._clock.rings_at, self._clock.deed = occasion.sends_at - timedelta(seconds=65), deed
        return await self._sent(occasion)

    async def _started(self) -> Occasion:
        return (await self._started_dispatch()).occasions[0]

    async def _started_dispatch(self) -> Dispatch:
        self._clinic.persons.records[ANNA] = PersonRecord()
        self._clinic.forms.forms.clear()
        self._clinic.inbox.messages.clear()
        self._clinic.mailer.sent.clear()
        return (await self._clinic.start()).dispatch

    async def _sent(self, occasion: Occasion) -> dict[str, Any]:
        run = await self._run(occasion)
        notified = [number for number, _ in self._clinic.inbox.messages]
        names = {ANNA: "Anna", BO: "Bo"}
        return {
            "run": run,
            "forms": {name: len(self._clinic.sent_to(n)) for n, name in names.items()},
            "messages": sorted(names[number] for number in notified),
            "mails": [mail.subject.partition(":")[0] for mail in self._clinic.mailer.sent],
        }

    async def _run(self, occasion: Occasion) -> str:
        taken = await _taken(occasion)
        await self._runner.run(run_occasion, taken)
        return str(taken.id)


async def _taken(occasion: Occasion) -> FlowRun:
    """A run that a worker has taken."""
    order = {"occasion_id": str(occasion.id), "version": occasion.version}
    async with get_client() as client:
        return await client.create_flow_run(
            run_occasion, parameters={"order": order}, state=Pending()
        )


def use(wired: Services) -> None:
    """In place of what the settings would give."""

    def wire(settings: Settings) -> Services:
        del settings
        return wired

    wiring.wire = wire


async def main() -> dict[str, dict[str, Any]]:
    clock = Alarm(MONDAY_NOON)
    store = open_store(f"sqlite:///{Path(sys.argv[1]) / 'utskick.db'}")
    clinic = a_clinic(store, retry_delays_s=(20,), forms_concurrency=1, **PATIENT)
    clinic = replace(clinic, clock=clock)
    use(services_of(clinic))
    stories = Stories(clinic, clock, FlowRunner())
    seen = {}
    async with sharing_client():
        for story in (
            stories.quick_run_six_minutes_early,
            stories.protected_while_it_waits,
            stories.nobody_answers_again,
            stories.all_well,
            stories.run_again_when_all_is_sent,
            stories.run_an_hour_late,
            stories.run_too_late,
            stories.register_away_until_too_late,
            stories.archived_before_it_prepares,
            stories.stopped_while_it_waits,
            stories.stopped_in_the_middle,
            stories.rest_is_ended_after_that,
            stories.unit_withdrawn_while_it_waits,
        ):
            seen[story.__name__] = await story()
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(uvloop.run(main())))
