"""Lägg till, flytta och avboka besök: what booking systems and staff say, one visit after another.

Every door comes here: pages, files, REST, FHIR and the command. Each message has a result of its
own, and one that is refused costs no other anything.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from utskick.domain.deliveries import (
    LABELS_FOR_SYSTEMS,
    REFUSAL_LABELS,
    REFUSAL_REMEDIES,
    REMEDIES_FOR_SYSTEMS,
    Refusal,
)
from utskick.domain.dispatches import StandingId
from utskick.domain.errors import NotFound, UtskickError
from utskick.domain.personnummer import Personnummer
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.domain.visit_messages import (
    Change,
    VisitMessage,
    VisitRefused,
    change_of,
    check_place,
    check_reference,
    starts_at_of,
)
from utskick.domain.visits import (
    OtherStanding,
    StandingDispatch,
    Visit,
    VisitId,
    VisitState,
)
from utskick.failpoints import Step
from utskick.ports import Clock, Persons, Scheduler
from utskick.records import ListedVisit, LogEntry, Store, Transaction
from utskick.sending.check_recipients import Checked, check_register
from utskick.use_cases.look_up_recipients import log_asked
from utskick.use_cases.visit_moments import Touched, plan_moments, register_touched, wanted_moments

_PLANNED_ANEW = (Change.NEW, Change.MOVED, Change.CANCELLED)
_ACTS = {
    Change.NEW: "lagt till besök",
    Change.MOVED: "flyttat besök",
    Change.CHANGED: "ändrat besök",
    Change.CANCELLED: "avbokat besök",
}


class NoStanding(UtskickError):
    """The unit has started nothing that is sent before visits."""

    def __init__(self) -> None:
        super().__init__("no standing dispatch")
        self.staff_message = (
            "Enheten har inget besöksutskick. Starta ett under Besök, och försök igen."
        )


class WhichStanding(UtskickError):
    """There are several, and nobody has said which."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__("several standing dispatches")
        self.staff_message = (
            f"Enheten har flera besöksutskick: {', '.join(names)}. Ange vilket det gäller."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitResult:
    """What became of one message, and of the visit that it is about, if that is known.

    `foreseen`: before anything is changed, when its forms will be sent; `None` for too late. Those
    that have been sent already are not among them.
    """

    place_in: str
    reference: str
    change: Change
    reason: str = ""
    remedy: str = ""
    listed: ListedVisit | None = None
    masked: str = ""
    foreseen: Sequence[datetime | None] = ()

    @property
    def refused(self) -> bool:
        return self.change is Change.REFUSED

    @property
    def changes(self) -> bool:
        """Whether it makes any difference."""
        return self.change in _ACTS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """A message held against what is known, before anything is changed."""

    message: VisitMessage
    change: Change
    standing: StandingDispatch | None = None
    known: Visit | None = None
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the population register says of the persons of new visits."""

    checked: Checked = field(default_factory=Checked)
    for_system: bool = False

    def refuse(self, number: Personnummer | None) -> None:
        """Raises `VisitRefused` for whoever can get nothing."""
        if number is not None and (why := self.checked.refused.get(number)) is not None:
            raise self._refusal(why)

    def _refusal(self, why: Refusal) -> VisitRefused:
        labels = LABELS_FOR_SYSTEMS if self.for_system else REFUSAL_LABELS
        remedies = REMEDIES_FOR_SYSTEMS if self.for_system else REFUSAL_REMEDIES
        return VisitRefused(f"{labels[why]}.", remedies[why])


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeVisits:
    store: Store
    persons: Persons
    scheduler: Scheduler
    clock: Clock
    rules: Rules

    async def __call__(
        self,
        messages: Sequence[VisitMessage],
        *,
        standing_id: StandingId | None = None,
        actor: Actor,
        now: datetime,
    ) -> list[VisitResult]:
        """Take each message, in the order given.

        `standing_id` says where new visits belong; without it the unit must have one alone. Raises
        `TemporaryFailure` if the population register does not answer, before anything is changed.
        """
        known = await self._check(messages, actor, now)
        results, touched = [], list[Touched]()
        for message in messages:
            result, moved = await asyncio.to_thread(
                self._take, message, standing_id, known, actor, now
            )
            results.append(result)
            touched.append(moved)
        await asyncio.to_thread(
            register_touched,
            touched,
            store=self.store,
            scheduler=self.scheduler,
            rules=self.rules,
            now=now,
        )
        return results

    async def foresee(
        self,
        messages: Sequence[VisitMessage],
        *,
        standing_id: StandingId | None = None,
        actor: Actor,
        now: datetime,
    ) -> list[VisitResult]:
        """What taking them would come to, for staff to say yes to; changes nothing.

        Raises `TemporaryFailure`.
        """
        known = await self._check(messages, actor, now)
        return await asyncio.to_thread(self._foresee, messages, standing_id, known, actor, now)

    async def _check(
        self, messages: Sequence[VisitMessage], actor: Actor, now: datetime
    ) -> _Known:
        """Ask about those who would be new; logged before anything is asked."""
        numbers = await asyncio.to_thread(self._new_persons, messages, actor)
        if not numbers:
            return _Known(for_system=actor.is_a_system)
        await asyncio.to_thread(log_asked, numbers, actor, self.store, now)
        checked = await check_register(
            numbers, store=self.store, persons=self.persons, clock=self.clock, rules=self.rules
        )
        return _Known(checked, for_system=actor.is_a_system)

    def _new_persons(self, messages: Sequence[VisitMessage], actor: Actor) -> list[Personnummer]:
        with self.store.transaction() as records:
            new = [
                message.personnummer
                for message in messages
                if message.personnummer is not None
                and message.state is VisitState.BOOKED
                and not _is_booked(records.visits.find(actor.unit_id, message.reference.strip()))
            ]
        return list(dict.fromkeys(new))

    def _take(
        self,
        message: VisitMessage,
        standing_id: StandingId | None,
        known: _Known,
        actor: Actor,
        now: datetime,
    ) -> tuple[VisitResult, Touched]:
        with self.store.transaction(Step.VISIT) as records:
            records.visits.hold(actor.unit_id)
            try:
                judged = self._judge(records, message, standing_id, known, actor, now)
            except UtskickError as error:
                return _refused(message, error), Touched()
            return self._change(records, judged, actor, now)

    def _foresee(
        self,
        messages: Sequence[VisitMessage],
        standing_id: StandingId | None,
        known: _Known,
        actor: Actor,
        now: datetime,
    ) -> list[VisitResult]:
        results = []
        with self.store.transaction() as records:
            for message in messages:
                try:
                    judged = self._judge(records, message, standing_id, known, actor, now)
                except UtskickError as error:
                    results.append(_refused(message, error))
                    continue
                results.append(self._foreseen(records, judged, now))
        return results

    def _judge(
        self,
        records: Transaction,
        message: VisitMessage,
        standing_id: StandingId | None,
        known: _Known,
        actor: Actor,
        now: datetime,
    ) -> _Judged:
        """Raises what makes the message refused."""
        reference = check_reference(message.reference)
        message = replace(message, reference=reference, place=check_place(message.place))
        if records.units.get(actor.unit_id).withdrawn_at is not None:
            raise NotFound("unit")
        earlier = records.visits.find(actor.unit_id, reference)
        starts_at = starts_at_of(message, zone=self.rules.zone)
        change = change_of(
            message,
            known=earlier,
            stamp=records.visits.stamp(actor.unit_id, reference),
            starts_at=starts_at,
            now=now,
        )
        if change in (Change.OUTDATED, Change.UNKNOWN, Change.PASSED):
            return _Judged(message=message, change=change, known=earlier)
        if change is Change.NEW:
            known.refuse(message.personnummer)
        standing = _standing_of(records, actor, earlier, standing_id)
        visit = _visit_by(message, earlier, standing, starts_at, known.checked.names)
        return _Judged(
            message=message, change=change, standing=standing, known=earlier, visit=visit
        )

    def _change(
        self, records: Transaction, judged: _Judged, actor: Actor, now: datetime
    ) -> tuple[VisitResult, Touched]:
        message, touched = judged.message, Touched()
        if judged.change is not Change.OUTDATED:
            stamp = records.visits.stamp(actor.unit_id, message.reference)
            records.visits.note_stamp(
                actor.unit_id, message.reference, message.stamp.newest(stamp), now=now
            )
        if judged.visit and judged.standing and judged.change in _ACTS:
            records.visits.save(judged.visit)
            if judged.change in _PLANNED_ANEW:
                touched = plan_moments(
                    records,
                    judged.standing,
                    judged.visit,
                    rules=self.rules,
                    by=actor.name,
                    now=now,
                )
            entry = LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act=_ACTS[judged.change],
                personnummer=judged.visit.personnummer,
            )
            records.access_log.write([entry], now=now)
        visit = judged.visit or judged.known
        listed = records.visits.shown(visit) if visit else None
        return _result(message, judged.change, listed=listed), touched

    def _foreseen(self, records: Transaction, judged: _Judged, now: datetime) -> VisitResult:
        visit, standing = judged.visit or judged.known, judged.standing
        if visit is None:
            return _result(judged.message, judged.change)
        listed = records.visits.shown(visit)
        moments: Sequence[datetime | None] = ()
        if standing and judged.change in _PLANNED_ANEW:
            begun = {each.send.offset for each in listed.sends if each.begun}
            wanted = wanted_moments(standing, visit, rules=self.rules, now=now)
            moments = [moment for offset, moment in wanted.items() if offset not in begun]
        return replace(
            _result(judged.message, judged.change, listed=listed), foreseen=tuple(moments)
        )


def _is_booked(visit: Visit | None) -> bool:
    return visit is not None and visit.booked


def _standing_of(
    records: Transaction, actor: Actor, known: Visit | None, wanted: StandingId | None
) -> StandingDispatch:
    """Where it belongs. Raises `OtherStanding`, `NoStanding`, `WhichStanding` or `NotFound`."""
    if known is not None:
        standing = records.visits.standing(actor.unit_id, known.standing_id)
        if wanted not in (None, standing.id) and known.booked:
            raise OtherStanding(standing.name)
        if wanted in (None, standing.id):
            return standing
    if wanted is not None:
        return records.visits.standing(actor.unit_id, wanted)
    standings = records.visits.standings(actor.unit_id)
    candidates = [each for each in standings if each.ongoing] or standings
    match candidates:
        case []:
            raise NoStanding
        case [one]:
            return one
        case _:
            raise WhichStanding([each.name for each in candidates])


def _visit_by(
    message: VisitMessage,
    known: Visit | None,
    standing: StandingDispatch,
    starts_at: datetime | None,
    names: Mapping[Personnummer, str],
) -> Visit | None:
    """The visit as the message says that it is; a cancelled one is as it was, but cancelled."""
    if known is not None and message.state is VisitState.CANCELLED:
        return replace(known, state=VisitState.CANCELLED)
    if message.personnummer is None or message.day is None or message.at is None:
        return None
    assert starts_at is not None
    return Visit(
        id=known.id if known else VisitId(uuid4()),
        standing_id=standing.id,
        unit_id=standing.unit_id,
        reference=message.reference,
        personnummer=message.personnummer,
        day=message.day,
        at=message.at,
        starts_at=starts_at,
        place=message.place,
        name=names.get(message.personnummer, known.name if known else ""),
    )


def _result(
    message: VisitMessage, change: Change, *, listed: ListedVisit | None = None
) -> VisitResult:
    number = message.personnummer
    return VisitResult(
        place_in=message.place_in,
        reference=message.reference,
        change=change,
        listed=listed,
        masked=str(number) if number else "",
    )


def _refused(message: VisitMessage, error: UtskickError) -> VisitResult:
    refused = _result(message, Change.REFUSED)
    if isinstance(error, VisitRefused):
        return replace(refused, reason=error.reason, remedy=error.remedy)
    return replace(refused, reason=error.staff_message)
