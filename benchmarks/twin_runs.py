"""Occasions sent with neighbours in memory, which answer at once: what is left is our own cost."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as clock_time
from uuid import uuid4

from benchmarks import NotAsPromised
from benchmarks.processes import usage_of
from benchmarks.submissions import PACKAGE, UNIT
from config.settings import DatabaseSettings, Settings
from tests.postgresql import PostgresqlServer
from utskick.adapters.in_memory import (
    InMemoryFormService,
    InMemoryInbox,
    InMemoryMailer,
    InMemoryPersons,
    InMemoryScheduler,
)
from utskick.domain.forms import FormTemplate
from utskick.domain.occasions import OccasionId, RunToken
from utskick.domain.personnummer import Personnummer, parse_personnummer
from utskick.domain.rules import Rules
from utskick.domain.specs import DispatchSpec, Moment
from utskick.domain.units import Actor
from utskick.ports import InboxUser, PersonRecord
from utskick.sending.close_occasion import Closed
from utskick.sending.shared import shared
from utskick.wiring import Services, wire

_ALREADY_DUE, _STARTED_BEFORE = timedelta(seconds=2), timedelta(seconds=10)
_UNBOUNDED_PER_S = 1e6


class NotAllSent(NotAsPromised):
    """An occasion left something unsent, so that its cost means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one occasion. `cpu_s` is this process's and PostgreSQL's together."""

    wall_s: float
    cpu_s: float
    deliveries: int

    @property
    def wall_ms_each(self) -> float:
        return self.wall_s * 1000 / self.deliveries

    @property
    def cpu_ms_each(self) -> float:
        return self.cpu_s * 1000 / self.deliveries


class TwinRuns:
    """Sends one occasion after the other over one database."""

    def __init__(
        self,
        database: DatabaseSettings,
        server: PostgresqlServer,
        *,
        numbers: Sequence[str],
        forms: int,
    ) -> None:
        self._server = server
        self._numbers = numbers
        wired = wire(Settings().model_copy(update={"database": database}))
        with wired.store.transaction() as records:
            sendable = [each.form for each in records.forms.list_for(UNIT) if each.sendable]
        self._forms = sendable[:forms]
        self._wired, self._made = _with_twins(wired, self._forms, numbers)

    async def send_one(self) -> Cost:
        """A new dispatch, whose only occasion is due already. Raises `NotAllSent`."""
        occasion_id = await self._started()
        run = self._wired.occasion_run(occasion_id, RunToken(uuid4()))
        wanted = len(self._numbers) * len(self._forms)
        made_before = len(self._made.forms)
        began, cpu_before = time.perf_counter(), self._cpu_s()
        closed = await run.run()
        cost = Cost(
            wall_s=time.perf_counter() - began,
            cpu_s=self._cpu_s() - cpu_before,
            deliveries=wanted,
        )
        if not isinstance(closed, Closed) or len(self._made.forms) - made_before != wanted:
            raise NotAllSent(f"{len(self._made.forms) - made_before} of {wanted} forms were made")
        return cost

    async def _started(self) -> OccasionId:
        now = self._wired.clock.now()
        due = (now - _ALREADY_DUE).astimezone(self._wired.rules.zone)
        spec = DispatchSpec(
            unit=UNIT,
            package=PACKAGE,
            recipients=list(self._numbers),
            forms=[form.key for form in self._forms],
            start=Moment(date=f"{due:%Y-%m-%d}", time=f"{due:%H:%M:%S}"),
        )
        started = await self._wired.start_dispatch(
            spec,
            actor=Actor("benchmark", UNIT),
            submission_key=str(uuid4()),
            now=now - _STARTED_BEFORE,
        )
        return started.dispatch.occasions[0].id

    def _cpu_s(self) -> float:
        assert self._server.process is not None
        return time.process_time() + usage_of(self._server.process.pid).cpu_s


def _with_twins(
    wired: Services, forms: Sequence[FormTemplate], numbers: Sequence[str]
) -> tuple[Services, InMemoryFormService]:
    rules = _unhurried(wired.rules)
    service = InMemoryFormService(clock=wired.clock, templates={UNIT: [form.id for form in forms]})
    people = _parsed(numbers, wired.clock.now())
    inbox = InMemoryInbox(
        {number: InboxUser(active=True, notified_by=("SMS",)) for number in people}
    )
    twins = replace(
        wired,
        rules=rules,
        shared=shared(
            store=wired.store,
            forms=service,
            persons=wired.persons,
            inbox=inbox,
            clock=wired.clock,
            rules=rules,
        ),
        forms=service,
        inbox=inbox,
        persons=InMemoryPersons({number: PersonRecord() for number in people}),
        mailer=InMemoryMailer(),
        scheduler=InMemoryScheduler(),
    )
    return twins, service


def _unhurried(rules: Rules) -> Rules:
    """Neighbours that set no pace, and no hour at which nothing is sent."""
    return replace(
        rules,
        inbox_per_s=_UNBOUNDED_PER_S,
        persons_per_s=_UNBOUNDED_PER_S,
        opens=clock_time(0),
        closes=clock_time(23, 59, 59),
    )


def _parsed(numbers: Sequence[str], now: datetime) -> list[Personnummer]:
    return [parse_personnummer(number, today=now.date()) for number in numbers]
