"""Återstarta paketutskick."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.dispatches import Dispatch, DispatchId
from utskick.domain.occasions import NOT_ENDED, Aim, Occasion
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import Scheduler
from utskick.records import FormSummary, LogEntry, Store
from utskick.sending.occasion_plans import register_occasions
from utskick.sending.require_no_brake import require_no_brake


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """Who got what, and what remains. `registered` is false while the scheduler is away."""

    dispatch: Dispatch
    so_far: list[FormSummary]
    remaining: tuple[Occasion, ...]
    registered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartDispatch:
    store: Store
    scheduler: Scheduler
    rules: Rules

    def __call__(self, dispatch_id: DispatchId, *, actor: Actor, now: datetime) -> Restarted:
        """Go on with a stopped dispatch until the date of its next occasion has passed.

        What of today's has passed is sent at once. Raises `OccasionPassed`, `NothingAhead`,
        `WrongStatus`, `Braked` or `NotFound`.
        """
        with self.store.transaction() as records:
            dispatch = records.dispatches.lock_for(actor.unit_id, dispatch_id).restarted(now=now)
            require_no_brake(records, dispatch)
            records.dispatches.set_status(dispatch.id, dispatch.status, ended_at=None)
            for occasion in dispatch.overdue(now=now):
                records.occasions.plan_by_hand(occasion.id, Aim.SEND, now=now)
            so_far = records.progress.summary(dispatch.id)
            entry = LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act="återstartat utskick",
                dispatch_id=dispatch.id,
            )
            records.access_log.write([entry], now=now)
        registered = register_occasions(
            dispatch.id, store=self.store, scheduler=self.scheduler, rules=self.rules, now=now
        )
        remaining = tuple(
            o for o in dispatch.occasions if o.state in NOT_ENDED and o.aim is Aim.SEND
        )
        return Restarted(
            dispatch=dispatch, so_far=so_far, remaining=remaining, registered=registered
        )
