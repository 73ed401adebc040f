"""Stoppa paketutskick."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.dispatches import Dispatch, DispatchId, DispatchStatus
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.failpoints import Step
from utskick.ports import Clock, Scheduler
from utskick.records import LogEntry, Store, Transaction
from utskick.sending.close_occasion import halt_occasions
from utskick.sending.occasion_plans import unregister_occasions
from utskick.use_cases.decide_approval import DecideApproval
from utskick.use_cases.ways_on import WaysOn, ways_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """`on_their_way`: forms that were begun, and arrive. `ways`: of what a stop has left."""

    dispatch: Dispatch
    on_their_way: int
    ways: tuple[WaysOn, ...]

    @property
    def sent(self) -> int:
        """Of the occasions that were stopped in the middle, as all numbers here."""
        return sum(each.sent for each in self.ways)

    @property
    def left(self) -> int:
        return sum(each.left for each in self.ways)

    @property
    def notified(self) -> int:
        """Recipients who have got all their forms and get their inbox message now."""
        return sum(each.unnotified.complete for each in self.ways)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopDispatch:
    store: Store
    scheduler: Scheduler
    clock: Clock
    rules: Rules

    def __call__(self, dispatch_id: DispatchId, *, actor: Actor, now: datetime) -> Stopped:
        """Stop a dispatch at once, also mid-send. Returns what is sent, on its way, and left.

        The status is saved before the schedules are removed: should the second step fail, a run
        that starts all the same finds the dispatch stopped and sends nothing. Whoever is sending
        hears of it in a moment, and gives back what has not left; it is answered after that, so
        that nothing is begun after the answer. What waits for approval is withdrawn, by whoever
        started it alone. Raises `WrongStatus` or `NotFound`.
        """
        if withdrawn := self._withdrawn(dispatch_id, actor, now):
            return withdrawn
        with self.store.transaction(Step.STOP) as records:
            dispatch = records.dispatches.lock_for(actor.unit_id, dispatch_id).stopped(now=now)
            records.dispatches.set_status(dispatch.id, dispatch.status, ended_at=now)
            halt_occasions(records, dispatch, now=now)
            entry = LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act="stoppat utskick",
                dispatch_id=dispatch.id,
            )
            records.access_log.write([entry], now=now)
            stopped = _stopped(records, dispatch_id)
        idle = (o.id for o in stopped.dispatch.occasions if not stopped.dispatch.awaits_run(o))
        unregister_occasions(idle, scheduler=self.scheduler)
        if stopped.on_their_way:
            self.clock.pause(self.rules.stop_heard_within_s)
            with self.store.transaction() as records:
                stopped = _stopped(records, dispatch_id)
        return stopped

    def _withdrawn(self, dispatch_id: DispatchId, actor: Actor, now: datetime) -> Stopped | None:
        with self.store.transaction() as records:
            dispatch = records.dispatches.get_for(actor.unit_id, dispatch_id)
        if dispatch.status is not DispatchStatus.AWAITING or dispatch.created_by != actor.name:
            return None
        decide = DecideApproval(store=self.store, scheduler=self.scheduler, rules=self.rules)
        taken_back = decide.withdraw_dispatch(dispatch_id, actor=actor, now=now)
        return Stopped(dispatch=taken_back, on_their_way=0, ways=())


def _stopped(records: Transaction, dispatch_id: DispatchId) -> Stopped:
    dispatch = records.dispatches.get(dispatch_id)
    return Stopped(
        dispatch=dispatch,
        on_their_way=records.progress.on_their_way(dispatch_id),
        ways=tuple(each for each in ways_on(records, dispatch) if each.occasion.halted),
    )
