"""The demo region's psychiatric unit, whose residents meet what it sends over real HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from tests.calling import a_client, forms_of, inbox_of, persons_of
from tests.clinic import LOADER, MONDAY_NOON
from utskick.adapters.in_memory import FakeClock, InMemoryMailer, InMemoryScheduler
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.soap_client import SoapClient
from utskick.adapters.yaml_region import read_region
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import Dispatch
from utskick.domain.occasions import RunToken
from utskick.domain.rules import Rules
from utskick.domain.specs import DispatchSpec, FormSpec
from utskick.domain.units import Actor, HsaId
from utskick.files import REGION
from utskick.ports import Clock, FormService, Inbox, Persons, Scheduler, Texts
from utskick.sending.accounts import Accounts
from utskick.sending.run_occasion import OccasionRun
from utskick.sending.shared import shared
from utskick.store import SqlStore
from utskick.use_cases.bound import UseCases
from utskick.use_cases.load_region import LoadRegion

PSYCHIATRY = HsaId("SE2321000131-E000000000101")
STAFF = Actor("SE2321000131-P000000000001", PSYCHIATRY)


def load_demo_region(store: SqlStore) -> None:
    """As the regional administration does it, from its files."""
    region = read_region(REGION, texts=JinjaTexts())
    LoadRegion(store=store)(region, actor=LOADER, now=MONDAY_NOON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Psychiatry(UseCases):
    """What it hands in is sent at once, to the local 1177."""

    store: SqlStore
    forms: FormService
    inbox: Inbox
    persons: Persons
    scheduler: Scheduler
    texts: Texts
    clock: Clock
    rules: Rules

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.inbox, store=self.store, clock=self.clock, rules=self.rules)

    async def send(self, recipients: Sequence[str], **changes: Any) -> Dispatch:
        """Send PHQ-9, but for the `changes` to the spec."""
        spec = {"unit": PSYCHIATRY, "form": "phq-9", "recipients": recipients} | changes
        started = await self.send_form(
            FormSpec.model_validate(spec),
            actor=STAFF,
            submission_key=str(uuid4()),
            now=self.clock.now(),
        )
        await self._run(started.dispatch)
        return started.dispatch

    async def start(self, recipients: Sequence[str], **changes: Any) -> Dispatch:
        """Start the four forms before a visit, in a minute, and let the minute pass."""
        local = (self.clock.now() + timedelta(minutes=1)).astimezone(STOCKHOLM)
        spec = {
            "unit": PSYCHIATRY,
            "package": "vuxenpsykiatri-infor-besok",
            "recipients": recipients,
            "start": {"date": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"},
        }
        started = await self.start_dispatch(
            DispatchSpec.model_validate(spec | changes),
            actor=STAFF,
            submission_key=str(uuid4()),
            now=self.clock.now(),
        )
        await self._run(started.dispatch)
        return started.dispatch

    async def _run(self, dispatch: Dispatch) -> None:
        (occasion,) = dispatch.occasions
        await OccasionRun(
            occasion_id=occasion.id,
            version=occasion.version,
            token=RunToken(uuid4()),
            store=self.store,
            forms=self.forms,
            shared=shared(
                store=self.store,
                forms=self.forms,
                persons=self.persons,
                inbox=self.inbox,
                clock=self.clock,
                rules=self.rules,
            ),
            inbox=self.inbox,
            persons=self.persons,
            mailer=InMemoryMailer(),
            texts=self.texts,
            clock=self.clock,
            rules=self.rules,
        ).run()


def a_psychiatry(store: SqlStore, *, local_1177: str, now: datetime) -> Psychiatry:
    """At work, when the demo region is in the store. Its links lead to the local 1177."""
    rules = Rules(persons_per_s=10_000, inbox_per_s=10_000, resident_url=local_1177)
    return Psychiatry(
        store=store,
        forms=forms_of(_client(local_1177)),
        inbox=inbox_of(_client(local_1177)),
        persons=persons_of(_client(local_1177), batch=rules.persons_batch),
        scheduler=InMemoryScheduler(),
        texts=JinjaTexts(),
        clock=FakeClock(now),
        rules=rules,
    )


@cache
def _client(url: str) -> SoapClient:
    return a_client(url, consumer_hsa_id=PSYCHIATRY)
