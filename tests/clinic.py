"""A small region in memory: one unit, its forms and package, and neighbours that can be unwell."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event

from tests.people import (
    ANNA,
    BO,
    CILLA,
    DAVID,
    DECEASED,
    EMIGRATED,
    PROTECTED,
    TOLVAN,
    UNNOTIFIED,
    WITHOUT_ACCOUNT,
)
from tests.sqlite import fear_no_power_cut
from tests.vault import a_vault
from utskick.adapters.in_memory import (
    FakeClock,
    InMemoryCertificates,
    InMemoryFormService,
    InMemoryInbox,
    InMemoryLogHeads,
    InMemoryMailer,
    InMemoryPersons,
    InMemoryScheduler,
    InMemorySignIn,
    InMemorySmsGateway,
)
from utskick.adapters.jinja_texts import JinjaTexts
from utskick.adapters.openpyxl_spreadsheets import OpenpyxlSpreadsheets
from utskick.adapters.sealed_attempts import SealedAttempts
from utskick.domain.calendar import STOCKHOLM
from utskick.domain.dispatches import Dispatch, DispatchId
from utskick.domain.errors import StartBlocked
from utskick.domain.forms import Catalogue, FormTemplate, FormTemplateId
from utskick.domain.occasions import Occasion, RunToken
from utskick.domain.packages import FORMS_DESK, PackageTemplate, Weekday
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.schedules import Interval, IntervalUnit
from utskick.domain.specs import DispatchSpec, FormSpec
from utskick.domain.units import SYSTEM, Actor, HsaId, Unit
from utskick.ports import InboxUser, PersonRecord
from utskick.records import DispatchQuery, FollowedUp, FollowUpQuery, ListedDispatch
from utskick.sending.claim_occasion import ClaimResult
from utskick.sending.close_occasion import Closed
from utskick.sending.engine import Engine
from utskick.sending.run_occasion import OccasionRun
from utskick.sending.shared import Shared, shared
from utskick.store import SqlStore
from utskick.store.engine import migrate, open_engine
from utskick.use_cases.bound import UseCases
from utskick.use_cases.open_dispatch import Shown
from utskick.use_cases.restart_dispatch import Restarted
from utskick.use_cases.stop_dispatch import Stopped
from utskick.use_cases.submissions import Started
from utskick.use_cases.ways_on import ByHand

UNIT = Unit(HsaId("SE2321000131-E000000000101"), "Vuxenpsykiatriska mottagningen", "031-390 06 11")
OTHER_UNIT = Unit(HsaId("SE2321000131-E000000000102"), "Vårdcentralen", "031-390 06 12")
STAFF = Actor("SE2321000131-P000000000001", UNIT.id)
LOADER = Actor(SYSTEM, HsaId("SE2321000131-E000000000001"))
"""In whose name a region is loaded before anybody is there."""
OTHER_STAFF = Actor("SE2321000131-P000000000002", OTHER_UNIT.id)


def _form(number: int, name: str, catalogue: Catalogue, owner: Unit | None = None) -> FormTemplate:
    return FormTemplate(
        id=FormTemplateId(UUID(int=number)),
        key=name.lower(),
        name=name,
        resident_name=f"Frågor: {name}",
        catalogue=catalogue,
        owner=owner.id if owner else None,
    )


PHQ = _form(1, "PHQ-9", Catalogue.NAFS)
GAD = _form(2, "GAD-7", Catalogue.NAFS)
OWN = _form(3, "Inför besök", Catalogue.OWN, UNIT)
SHARED = _form(4, "Levnadsvanor", Catalogue.SHARED, OTHER_UNIT)
UNSUBSCRIBED = _form(5, "Smärta", Catalogue.SHARED, OTHER_UNIT)
FOREIGN = _form(6, "Hälsodeklaration", Catalogue.OWN, OTHER_UNIT)
FORMS = (PHQ, GAD, OWN, SHARED, UNSUBSCRIBED, FOREIGN)

PACKAGE = PackageTemplate(
    key="infor-besok",
    version=1,
    name="Inför besök, vuxenpsykiatri",
    resident_title="Inför ditt besök",
    unit_ids=(UNIT.id,),
    template_ids=(PHQ.id, GAD.id, OWN.id, SHARED.id),
    weekday=None,
    time=None,
    occasions=1,
    inbox_message="Hej! {{ enhet }} vill att du svarar på {{ antal_formular }} formulär."
    " Svaren hjälper oss. Ring {{ kontakt }}.",
    error_addresses=(FORMS_DESK,),
)
WEEKLY = PackageTemplate(
    key="veckovis",
    version=1,
    name="Veckovis skattning",
    resident_title="Din vecka",
    unit_ids=(UNIT.id,),
    template_ids=(PHQ.id,),
    weekday=Weekday.MONDAY,
    time=time(8),
    interval=Interval(1, IntervalUnit.WEEK),
    occasions=3,
    inbox_message="Hej från {{ enhet }}. Tillfälle {{ tillfalle }} av {{ antal_tillfallen }}."
    " Svaren hjälper oss. Ring {{ kontakt }}.",
    error_addresses=(),
)

MONDAY_NOON = datetime(2027, 2, 1, 11, tzinfo=UTC)
"""Monday 2027-02-01 at 12 in Stockholm."""


def open_store(url: str, *, migrated: bool = False) -> SqlStore:
    """An up-to-date store with keys of its own."""
    engine = open_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", fear_no_power_cut)
    if not migrated:
        migrate(engine)
    return SqlStore(engine, a_vault())


@dataclass(kw_only=True)
class Clinic(UseCases, Engine):
    """The unit at work. `rules` are quick: nothing waits for long."""

    store: SqlStore
    clock: FakeClock
    forms: InMemoryFormService
    inbox: InMemoryInbox
    persons: InMemoryPersons
    rules: Rules
    mailer: InMemoryMailer = field(default_factory=InMemoryMailer)
    certificates: InMemoryCertificates = field(default_factory=InMemoryCertificates)
    log_heads: InMemoryLogHeads = field(default_factory=InMemoryLogHeads)
    sms: InMemorySmsGateway = field(default_factory=InMemorySmsGateway)
    scheduler: InMemoryScheduler = field(default_factory=InMemoryScheduler)
    texts: JinjaTexts = field(default_factory=JinjaTexts)
    spreadsheets: OpenpyxlSpreadsheets = field(default_factory=OpenpyxlSpreadsheets)
    sign_in: InMemorySignIn = field(default_factory=InMemorySignIn)
    attempts: SealedAttempts = field(default_factory=SealedAttempts)

    @cached_property
    def shared(self) -> Shared:  # type: ignore[override]  # made when it is first asked for
        return shared(
            store=self.store,
            forms=self.forms,
            persons=self.persons,
            inbox=self.inbox,
            clock=self.clock,
            rules=self.rules,
            templates=self.forms,
        )

    async def start(self, actor: Actor = STAFF, key: str = "", **changes: Any) -> Started:
        """Start the package for Anna and Bo in an hour, but for the `changes` to the spec."""
        spec = DispatchSpec.model_validate(a_spec(self.clock.now()) | changes)
        return await self.start_dispatch(
            spec, actor=actor, submission_key=key or str(uuid4()), now=self.clock.now()
        )

    async def send(self, **changes: Any) -> Started:
        """Send PHQ-9 to Anna and Bo now, but for the `changes` to the spec."""
        spec = FormSpec.model_validate(
            {"unit": UNIT.id, "form": PHQ.key, "recipients": [ANNA.digits, BO.digits]} | changes
        )
        return await self.send_form(
            spec, actor=STAFF, submission_key=str(uuid4()), now=self.clock.now()
        )

    def run_of(self, occasion: Occasion) -> OccasionRun:
        """A run of it, when the scheduler starts it or later."""
        self.clock.moment = max(self.clock.moment, self.rules.starts_at(occasion))
        return self.occasion_run(occasion.id, RunToken(uuid4()), version=occasion.version)

    async def run(self, occasion: Occasion) -> ClaimResult | Closed | StartBlocked:
        return await self.run_of(occasion).run()

    def listed(self, actor: Actor = STAFF) -> list[ListedDispatch]:
        return list(self.list_dispatches(DispatchQuery(), actor=actor).listed)

    def show(self, dispatch: Dispatch) -> Shown:
        return self.open_dispatch.show_dispatch(dispatch.id, actor=STAFF, now=self.clock.now())

    def stop(self, dispatch: Dispatch) -> Stopped:
        return self.stop_dispatch(dispatch.id, actor=STAFF, now=self.clock.now())

    def by_hand(self, way: Callable[..., ByHand], occasion: Occasion) -> bool:
        """Send, notify or end what is left of the occasion."""
        by_hand = way(store=self.store, scheduler=self.scheduler, rules=self.rules)
        return by_hand(occasion.id, actor=STAFF, now=self.clock.now())

    def restart(self, dispatch: Dispatch) -> Restarted:
        return self.restart_dispatch(dispatch.id, actor=STAFF, now=self.clock.now())

    def remove(self, dispatch: Dispatch, number: Personnummer) -> int:
        return self.remove_recipient(dispatch.id, number, actor=STAFF, now=self.clock.now())

    def cleaned_up(self) -> int:
        return self.clean_up(now=self.clock.now())

    async def followed_up(self, **query: Any) -> list[FollowedUp]:
        """What Uppföljning finds."""
        return await self.follow_up(FollowUpQuery(**query), actor=STAFF, now=self.clock.now())

    def dispatch(self, dispatch: Dispatch) -> Dispatch:
        """As it is now."""
        with self.store.transaction() as records:
            return records.dispatches.get(DispatchId(dispatch.id))

    def sent_to(self, number: Personnummer) -> list[FormTemplate]:
        names = {form.id: form for form in FORMS}
        return [
            names[kept.order.template_id]
            for kept in self.forms.forms
            if kept.order.personnummer == number
        ]


def a_spec(now: datetime) -> dict[str, Any]:
    soon = (now + timedelta(hours=1)).astimezone(STOCKHOLM)
    return {
        "unit": UNIT.id,
        "package": PACKAGE.key,
        "start": {"date": f"{soon:%Y-%m-%d}", "time": f"{soon:%H:%M:%S}"},
        "recipients": [ANNA.digits, BO.formatted],
    }


def a_clinic(store: SqlStore, *, now: datetime = MONDAY_NOON, **rules: Any) -> Clinic:
    """The region loaded, the neighbours well."""
    load_clinic(store)
    return clinic_of(store, now=now, **rules)


def load_clinic(store: SqlStore) -> None:
    with store.transaction() as records:
        records.units.save([UNIT, OTHER_UNIT])
        records.forms.save(FORMS)
        records.forms.subscribe(UNIT.id, SHARED.id, subscribed=True)
        records.packages.save(PACKAGE)
        records.packages.save(WEEKLY)


def clinic_of(store: SqlStore, *, now: datetime = MONDAY_NOON, **rules: Any) -> Clinic:
    """The neighbours well; the store has its region already."""
    clock = FakeClock(now)
    quick: dict[str, Any] = {
        "retry_delays_s": (0.01,),
        "settle_s": 0,
        # The database's clock is the real one, and the clinic's day may have passed by it.
        "clock_skew_s": 100 * 365 * 86_400,
        "persons_per_s": 10_000,
        "inbox_per_s": 10_000,
        "lease_s": 2,
        # Whoever sleeps lets seconds pass in no time.
        "stop_heard_within_s": 60,
    }
    reachable_user = InboxUser(active=True, notified_by=("SMS", "Email"))
    reachable = (ANNA, BO, CILLA, DAVID, TOLVAN)
    return Clinic(
        store=store,
        clock=clock,
        forms=InMemoryFormService(
            clock=clock,
            templates={
                UNIT.id: [PHQ.id, GAD.id, OWN.id, SHARED.id],
                OTHER_UNIT.id: [PHQ.id, GAD.id, SHARED.id, UNSUBSCRIBED.id, FOREIGN.id],
            },
        ),
        inbox=InMemoryInbox(
            dict.fromkeys((*reachable, PROTECTED, DECEASED, EMIGRATED), reachable_user)
            | {UNNOTIFIED: InboxUser(active=True, notified_by=())}
        ),
        persons=InMemoryPersons(
            dict.fromkeys((*reachable, WITHOUT_ACCOUNT, UNNOTIFIED), PersonRecord())
            | {
                PROTECTED: PersonRecord(protected=True),
                DECEASED: PersonRecord(deceased=True),
                EMIGRATED: PersonRecord(emigrated=True),
            }
        ),
        rules=Rules(**quick | rules),
    )
