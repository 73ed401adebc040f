"""Skicka det som är kvar: send by hand what was missed, or stopped in the middle."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.dispatches import Dispatch, DispatchStatus
from utskick.domain.errors import NothingLeft, WrongStatus
from utskick.domain.occasions import Aim, OccasionId, OccasionState
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import Scheduler
from utskick.records import LogEntry, Store, Transaction
from utskick.sending.occasion_plans import register_occasions
from utskick.sending.require_no_brake import require_no_brake


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMissedOccasion:
    store: Store
    scheduler: Scheduler
    rules: Rules

    def __call__(self, occasion_id: OccasionId, *, actor: Actor, now: datetime) -> bool:
        """Send what is left of the occasion, now.

        `False` if the scheduler is away and it has to wait. A dispatch that was Klar is Pågående
        until it has been sent, and one that was Stoppad goes on, later occasions too. Raises
        `NothingLeft`, `WrongStatus` if the dispatch was aborted, `Braked`, or `NotFound`.
        """
        with self.store.transaction() as records:
            dispatch, _ = records.dispatches.of_occasion(occasion_id)
            dispatch = records.dispatches.lock_for(actor.unit_id, dispatch.id)
            occasion = dispatch.occasion(occasion_id)
            require_no_brake(records, dispatch)
            if dispatch.status is DispatchStatus.ABORTED:
                raise WrongStatus("send", dispatch.status.value, label=dispatch.label)
            if not occasion.has_a_rest:
                raise NothingLeft(
                    label=dispatch.appearance(occasion, now=now, late_after=self.rules.late_after)
                )
            if dispatch.status is DispatchStatus.STOPPED:
                _leave_what_has_passed(records, dispatch, now)
            records.occasions.plan_by_hand(occasion_id, Aim.SEND, now=now)
            records.dispatches.set_status(dispatch.id, DispatchStatus.ONGOING, ended_at=None)
            what = "missat" if occasion.state is OccasionState.MISSED else "stoppat"
            entry = LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act=f"skickar {what} tillfälle {occasion.number} för hand",
                dispatch_id=dispatch.id,
            )
            records.access_log.write([entry], now=now)
        return register_occasions(
            dispatch.id, store=self.store, scheduler=self.scheduler, rules=self.rules, now=now
        )


def _leave_what_has_passed(records: Transaction, dispatch: Dispatch, now: datetime) -> None:
    """Staff have chosen one occasion: others whose moments passed meanwhile wait for them."""
    for occasion in dispatch.overdue(now=now):
        records.occasions.close(occasion.id, OccasionState.STOPPED, now=now)
