"""Plan the moments of one visit anew: what has not been begun moves, what has been stays.

Whoever calls this holds the unit's visits.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from utskick.domain.dispatches import (
    Dispatch,
    DispatchId,
    DispatchStatus,
    Recipient,
    RecipientId,
    RecipientState,
)
from utskick.domain.occasions import NOT_ENDED, OccasionId, OccasionState
from utskick.domain.rules import Rules
from utskick.domain.visit_offsets import VisitOffset
from utskick.domain.visits import SendState, StandingDispatch, Visit, VisitSend, moment_of
from utskick.ports import Scheduler, TemporaryFailure
from utskick.records import Store, Transaction
from utskick.sending.occasion_plans import plan_of, register_plans, unregister_occasions


@dataclass(slots=True)
class Touched:
    """What the scheduler is to hear of: new dispatches, and occasions that are gone."""

    new: set[DispatchId] = field(default_factory=set)
    gone: set[OccasionId] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class _Planning:
    records: Transaction
    standing: StandingDispatch
    visit: Visit
    rules: Rules
    by: str
    now: datetime
    held: dict[DispatchId, Dispatch]
    touched: Touched

    def stays(self, send: VisitSend, moment: datetime | None) -> bool:
        """Whether it is planned where it should be."""
        dispatch = self.held.get(send.dispatch_id) if send.dispatch_id else None
        ongoing = dispatch is not None and dispatch.status is DispatchStatus.ONGOING
        return ongoing and moment == send.sends_at

    def is_open(self, send: VisitSend | None, moment: datetime | None) -> bool:
        """Whether it is to be planned anew: it is planned nowhere, or taken back here."""
        if send is None or send.state is not SendState.PLANNED:
            return True
        if self.stays(send, moment) or not self.records.visit_places.withdraw(
            self.visit.id, send, by=self.by, now=self.now
        ):
            return False
        # The visit's other moment may be the same send: the last to leave takes it along.
        gone = VisitSend(offset=send.offset, state=SendState.CANCELLED)
        self.records.visits.save_send(self.visit.id, gone)
        return True

    def place(self, offset: VisitOffset, moment: datetime) -> VisitSend:
        """On the list of the dispatch of that moment; of a new one, unless one can be joined.

        A person whose other visit has the same moment gets the forms once.
        """
        there = self.records.visit_places.at_moment(self.standing.id, moment)
        candidates = [self.held[each] for each in there if each in self.held]
        for dispatch in candidates:
            if shared := self._shared(dispatch):
                return _planned(offset, moment, dispatch, shared)
        recipient = self._recipient()
        for dispatch in candidates:
            if self._joins(dispatch, recipient):
                return _planned(offset, moment, dispatch, recipient.id)
        dispatch = self._start(moment, recipient)
        return _planned(offset, moment, dispatch, recipient.id)

    def _shared(self, dispatch: Dispatch) -> RecipientId | None:
        listed = self.records.visit_places.listed(dispatch.id, self.visit.personnummer)
        if listed is None or dispatch.occasions[0].state not in NOT_ENDED:
            return None
        recipient_id, state = listed
        return recipient_id if state is RecipientState.ACTIVE else None

    def _joins(self, dispatch: Dispatch, recipient: Recipient) -> bool:
        places = self.records.visit_places
        listed = places.listed(dispatch.id, recipient.personnummer) is not None
        return not listed and places.join(dispatch, recipient, at_most=self.rules.max_recipients)

    def _start(self, moment: datetime, recipient: Recipient) -> Dispatch:
        dispatch = self.standing.dispatch_at(moment, zone=self.rules.zone, now=self.now)
        self.records.dispatches.add(dispatch, [recipient], submission_key=str(dispatch.id))
        self.held[dispatch.id] = dispatch
        self.touched.new.add(dispatch.id)
        return dispatch

    def _recipient(self) -> Recipient:
        """About whose account the inbox is asked before the moment."""
        return Recipient(
            id=RecipientId(uuid4()),
            personnummer=self.visit.personnummer,
            name=self.visit.name,
            notified_by=None,
        )


def plan_moments(
    records: Transaction,
    standing: StandingDispatch,
    visit: Visit,
    *,
    rules: Rules,
    by: str,
    now: datetime,
) -> Touched:
    """Bring the visit's moments to where they should be, in this transaction."""
    sends = {send.offset: send for send in records.visits.sends(visit.id)}
    wanted = wanted_moments(standing, visit, rules=rules, now=now)
    held = records.visit_places.lock(_concerned(records, standing, sends.values(), wanted))
    planning = _Planning(
        records=records,
        standing=standing,
        visit=visit,
        rules=rules,
        by=by,
        now=now,
        held=dict(held),
        touched=Touched(),
    )
    open_offsets = [
        offset
        for offset in dict.fromkeys((*sends, *wanted))
        if planning.is_open(sends.get(offset), wanted.get(offset))
    ]
    # Only when all are withdrawn: one moment may come to be where another was.
    for offset in open_offsets:
        records.visits.save_send(visit.id, _anew(planning, offset, wanted))
    _drop_empty(planning, sends.values())
    return planning.touched


def wanted_moments(
    standing: StandingDispatch, visit: Visit, *, rules: Rules, now: datetime
) -> Mapping[VisitOffset, datetime | None]:
    """When each is to be sent, `None` if it is too late; nothing at all if nothing is."""
    if not (visit.booked and standing.ongoing):
        return {}
    return {
        offset: moment_of(
            visit, offset, standing.late, window=rules.window, zone=rules.zone, now=now
        )
        for offset in standing.offsets
    }


def register_touched(
    touched: Iterable[Touched], *, store: Store, scheduler: Scheduler, rules: Rules, now: datetime
) -> None:
    """Let the scheduler know, if it is there: else the reconciler does."""
    all_touched = list(touched)
    unregister_occasions({each for one in all_touched for each in one.gone}, scheduler=scheduler)
    new = {each for one in all_touched for each in one.new}
    with store.transaction() as records:
        plans = [
            plan_of(records, dispatch, occasion, rules=rules)
            for dispatch in records.visit_places.still_there(new)
            for occasion in dispatch.occasions
            if occasion.state is OccasionState.PLANNED and dispatch.awaits_run(occasion)
        ]
    with suppress(TemporaryFailure):
        register_plans(plans, store=store, scheduler=scheduler, now=now)


def _concerned(
    records: Transaction,
    standing: StandingDispatch,
    sends: Collection[VisitSend],
    wanted: Mapping[VisitOffset, datetime | None],
) -> set[DispatchId]:
    planned = {send.dispatch_id for send in sends if send.dispatch_id}
    moments = {moment for moment in wanted.values() if moment}
    return planned.union(
        *(records.visit_places.at_moment(standing.id, moment) for moment in moments)
    )


def _anew(
    planning: _Planning, offset: VisitOffset, wanted: Mapping[VisitOffset, datetime | None]
) -> VisitSend:
    if offset not in wanted:
        return VisitSend(offset=offset, state=SendState.CANCELLED)
    if (moment := wanted[offset]) is None:
        return VisitSend(offset=offset, state=SendState.LATE)
    return planning.place(offset, moment)


def _drop_empty(planning: _Planning, earlier: Iterable[VisitSend]) -> None:
    for dispatch_id in {send.dispatch_id for send in earlier if send.dispatch_id}:
        dispatch = planning.held.get(dispatch_id)
        if dispatch and planning.records.visit_places.drop_if_empty(dispatch):
            planning.touched.gone.update(occasion.id for occasion in dispatch.occasions)


def _planned(
    offset: VisitOffset, moment: datetime, dispatch: Dispatch, recipient_id: RecipientId
) -> VisitSend:
    return replace(
        VisitSend(offset=offset, state=SendState.PLANNED, sends_at=moment),
        dispatch_id=dispatch.id,
        occasion_id=dispatch.occasions[0].id,
        recipient_id=recipient_id,
    )
