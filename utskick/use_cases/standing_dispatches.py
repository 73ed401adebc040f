"""Starta, stoppa och återstarta besöksutskick: what is sent before a unit's visits."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from pydantic import Field

from utskick.domain.addresses import MailAddress
from utskick.domain.dispatches import (
    Dispatch,
    DispatchedForm,
    DispatchStatus,
    StandingId,
)
from utskick.domain.errors import SpecRefused, UtskickError, WrongStatus
from utskick.domain.forms import FormTemplate
from utskick.domain.limits import MOST_ADDRESSES
from utskick.domain.packages import PackageTemplate, with_forms_desk
from utskick.domain.rules import Rules
from utskick.domain.specs import Name, Sending, Text, addresses_elsewhere
from utskick.domain.units import Activity, Actor
from utskick.domain.visits import SendState, StandingDispatch, Visit, VisitSend
from utskick.failpoints import Step
from utskick.ports import Clock, FormService, Scheduler, Texts
from utskick.records import ListedDispatch, LogEntry, Store, Transaction
from utskick.sending.check_forms import require_forms
from utskick.sending.close_occasion import halt_standing
from utskick.sending.occasion_plans import unregister_occasions
from utskick.use_cases.change_visits import NoStanding
from utskick.use_cases.spec_reading import SpecReading
from utskick.use_cases.visit_moments import Touched, plan_moments, register_touched


class StandingSpec(Sending):
    """What staff choose when they start one; what is left out is the package's.

    Recipients come with the visits.
    """

    package: Name = Field(description="Grundplåtens nyckel eller namn")
    title: Text | None = Field(default=None, description="Titel som visas för invånaren")
    error_addresses: list[MailAddress] = Field(
        default_factory=list,
        max_length=MOST_ADDRESSES,
        description="Fler adresser för e-postavisering vid eventuella fel",
    )


class AlreadyStanding(UtskickError):
    """The package runs for the unit's visits, or was stopped and can go on."""

    def __init__(self, standing: StandingDispatch) -> None:
        self.standing = standing
        super().__init__("the package has a standing dispatch already")
        how = "pågår redan" if standing.ongoing else "är stoppat: återstarta det i stället"
        self.staff_message = f"Besöksutskicket {standing.name} {how}. Visa det under Besök."


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedStanding:
    """`on_their_way`: forms that were begun, and arrive."""

    standing: StandingDispatch
    on_their_way: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOverview:
    """Each standing dispatch with how many visits are ahead, and the packages left to start."""

    standings: Sequence[tuple[StandingDispatch, int]]
    packages: Sequence[PackageTemplate]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedStanding:
    """A standing dispatch with its moments, one dispatch each, in their order."""

    standing: StandingDispatch
    ahead: int
    moments: Sequence[ListedDispatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDispatches:
    store: Store
    forms: FormService
    scheduler: Scheduler
    texts: Texts
    clock: Clock
    rules: Rules

    def list_all(self, *, actor: Actor) -> Sequence[StandingDispatch]:
        """The unit's, the newest first; stopped ones for a week."""
        with self.store.transaction() as records:
            return records.visits.standings(actor.unit_id)

    def one(self, standing_id: StandingId, *, actor: Actor) -> StandingDispatch:
        """Raises `NotFound`."""
        with self.store.transaction() as records:
            return records.visits.standing(actor.unit_id, standing_id)

    def overview(self, *, actor: Actor, now: datetime) -> StandingOverview:
        """What the unit has, and what it could start."""
        with self.store.transaction() as records:
            standings = records.visits.standings(actor.unit_id)
            taken = {each.package_key for each in standings}
            return StandingOverview(
                standings=[(each, records.visits.ahead(each.id, after=now)) for each in standings],
                packages=[
                    package
                    for package in records.packages.list_for(actor.unit_id)
                    if package.is_for_visits and package.key not in taken
                ],
            )

    def opened(self, standing_id: StandingId, *, actor: Actor, now: datetime) -> OpenedStanding:
        """With each of its moments that is not forgotten. Raises `NotFound`."""
        with self.store.transaction() as records:
            standing = records.visits.standing(actor.unit_id, standing_id)
            dispatches = records.visit_places.by_moment(standing.id)
            forms = records.progress.summaries([each.id for each, _ in dispatches])
            return OpenedStanding(
                standing=standing,
                ahead=records.visits.ahead(standing.id, after=now),
                moments=[
                    ListedDispatch(dispatch=each, recipients=n, forms=forms.get(each.id, []))
                    for each, n in dispatches
                ],
            )

    def find(self, package: str, *, actor: Actor) -> StandingId | None:
        """By its package's key or name; `None` if none is named. Raises `NoStanding`."""
        if not package.strip():
            return None
        for standing in self.list_all(actor=actor):
            if package.strip() in (standing.package_key, standing.name):
                return standing.id
        raise NoStanding

    async def start(self, spec: StandingSpec, *, actor: Actor, now: datetime) -> StandingDispatch:
        """Raises `SpecRefused` with all problems, `StartBlocked`, `AlreadyStanding`."""
        package, standing = await asyncio.to_thread(self._understand, spec, actor, now)
        await require_forms(
            actor.unit_id, list(package.template_ids), store=self.store, forms=self.forms, now=now
        )
        await asyncio.to_thread(self._save, standing, actor, now)
        return standing

    def stop(self, standing_id: StandingId, *, actor: Actor, now: datetime) -> StoppedStanding:
        """Send nothing more before visits, at once, also mid-send; visits are still taken.

        As after the stop of a dispatch, whoever is sending hears of it in a moment, and is waited
        for. Raises `WrongStatus` or `NotFound`.
        """
        with self.store.transaction(Step.VISIT) as records:
            records.visits.hold(actor.unit_id)
            standing = records.visits.standing(actor.unit_id, standing_id)
            if not standing.ongoing:
                raise WrongStatus("stop", standing.status.value, label=standing.label)
            halted = halt_standing(records, standing, DispatchStatus.STOPPED, now=now)
            _log(records, "stoppat besöksutskick", actor, now)
        idle = [occasion.id for each in halted for occasion in each.occasions]
        unregister_occasions(idle, scheduler=self.scheduler)
        if self._on_their_way(halted):
            self.clock.pause(self.rules.stop_heard_within_s)
        return StoppedStanding(
            standing=replace(standing, status=DispatchStatus.STOPPED, ended_at=now),
            on_their_way=self._on_their_way(halted),
        )

    def restart(self, standing_id: StandingId, *, actor: Actor, now: datetime) -> StandingDispatch:
        """Plan anew what has not been sent of all visits that are ahead.

        One after the other, and it goes on only when all are planned: it can be done again if it
        ends on the way. Raises `WrongStatus` or `NotFound`.
        """
        standing = self._stopped(standing_id, actor)
        ongoing = replace(standing, status=DispatchStatus.ONGOING, ended_at=None)
        touched = []
        with self.store.transaction() as records:
            visits = records.visits.booked(standing_id, after=now)
        for visit in visits:
            with self.store.transaction(Step.VISIT) as records:
                records.visits.hold(actor.unit_id)
                touched.append(self._plan(records, ongoing, visit, actor, now))
        with self.store.transaction(Step.VISIT) as records:
            records.visits.hold(actor.unit_id)
            # Those that have come or been moved meanwhile, too.
            missing = [
                visit
                for visit in records.visits.booked(standing_id, after=now)
                if _is_unplanned(records.visits.sends(visit.id))
            ]
            touched += [self._plan(records, ongoing, visit, actor, now) for visit in missing]
            records.visits.set_status(standing_id, DispatchStatus.ONGOING, ended_at=None)
            _log(records, "återstartat besöksutskick", actor, now)
        register_touched(
            touched, store=self.store, scheduler=self.scheduler, rules=self.rules, now=now
        )
        return ongoing

    def _stopped(self, standing_id: StandingId, actor: Actor) -> StandingDispatch:
        with self.store.transaction() as records:
            standing = records.visits.standing(actor.unit_id, standing_id)
        if standing.ongoing:
            raise WrongStatus("restart", standing.status.value, label=standing.label)
        return standing

    def _plan(
        self,
        records: Transaction,
        standing: StandingDispatch,
        visit: Visit,
        actor: Actor,
        now: datetime,
    ) -> Touched:
        """As it is now: it may have been moved or cancelled since it was listed."""
        current = records.visits.get_for(actor.unit_id, visit.id)
        return plan_moments(records, standing, current, rules=self.rules, by=actor.name, now=now)

    def _on_their_way(self, dispatches: Sequence[Dispatch]) -> int:
        with self.store.transaction() as records:
            return sum(records.progress.on_their_way(each.id) for each in dispatches)

    def _understand(
        self, spec: StandingSpec, actor: Actor, now: datetime
    ) -> tuple[PackageTemplate, StandingDispatch]:
        reading = SpecReading(for_system=actor.is_a_system)
        with self.store.transaction() as records:
            reading.unit(spec, actor.unit_id, records)
            package = records.packages.find(actor.unit_id, spec.package.strip())
            if package is None or not package.is_for_visits:
                reading.wrong(
                    "package",
                    "det finns inget besökspaket med det namnet för enheten.",
                    "Kontrollera namnet, eller be den regionala förvaltningen lägga till det.",
                )
            access = records.forms.access(actor.unit_id, package.template_ids) if package else []
        if spec.recipients or spec.listed_recipients:
            reading.wrong(
                "recipients",
                "mottagarna kommer med besöken.",
                "Lägg till dem som besök i stället.",
            )
        reading.free_texts(spec, spec.title)
        reading.problems += addresses_elsewhere(spec.error_addresses, self.rules.error_domains)
        message, translations = reading.message(
            spec,
            default=package.inbox_message if package else None,
            translations=package.inbox_messages if package else {},
            texts=self.texts,
        )
        if reading.problems or package is None:
            raise SpecRefused(reading.problems)
        forms = [each.form for each in access]
        standing = _standing(spec, package, forms, message, actor, self.rules, now)
        return package, replace(standing, inbox_messages=translations)

    def _save(self, standing: StandingDispatch, actor: Actor, now: datetime) -> None:
        with self.store.transaction(Step.VISIT) as records:
            records.visits.hold(actor.unit_id)
            for other in records.visits.standings(actor.unit_id):
                if other.package_key == standing.package_key:
                    raise AlreadyStanding(other)
            records.visits.add_standing(standing)
            _log(records, "startat besöksutskick", actor, now)


def _standing(
    spec: StandingSpec,
    package: PackageTemplate,
    forms: Sequence[FormTemplate],
    message: str,
    actor: Actor,
    rules: Rules,
    now: datetime,
) -> StandingDispatch:
    return StandingDispatch(
        id=StandingId(uuid4()),
        unit_id=actor.unit_id,
        name=package.name,
        title=spec.title or package.resident_title,
        forms=tuple(DispatchedForm(f.id, f.name, f.resident_name) for f in forms),
        offsets=package.visit_offsets,
        late=package.late_visits,
        error_addresses=with_forms_desk(
            (*package.error_addresses, *spec.error_addresses), forms_desk=rules.forms_desk
        ),
        creates_inbox_message=spec.creates_inbox_message,
        inbox_message=message,
        form_banner=package.form_banner if spec.form_banner is None else spec.form_banner,
        answer_within=package.answer_within,
        package_key=package.key,
        package_version=package.version,
        created_by=actor.name,
        created_at=now,
    )


def _is_unplanned(sends: Sequence[VisitSend]) -> bool:
    """Whether a stop has taken moments of it away, or never let them be."""
    return not sends or any(send.state is SendState.CANCELLED for send in sends)


def _log(records: Transaction, act: str, actor: Actor, now: datetime) -> None:
    entry = LogEntry(actor=actor, activity=Activity.WRITE, act=act)
    records.access_log.write([entry], now=now)
