"""Avsluta: what is left of an occasion is never sent."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.errors import NothingLeft
from utskick.domain.occasions import Aim, OccasionId, OccasionState
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import Scheduler
from utskick.records import LogEntry, Store
from utskick.sending.close_occasion import conclude_dispatch
from utskick.sending.occasion_plans import register_occasions


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOccasion:
    store: Store
    scheduler: Scheduler
    rules: Rules

    def __call__(self, occasion_id: OccasionId, *, actor: Actor, now: datetime) -> bool:
        """Send no more of the occasion, ever; all who have got any form of it are notified.

        `False` if the scheduler is away, and those who are to be notified have to wait. Raises
        `NothingLeft` or `NotFound`.
        """
        with self.store.transaction() as records:
            dispatch, _ = records.dispatches.of_occasion(occasion_id)
            dispatch = records.dispatches.lock_for(actor.unit_id, dispatch.id)
            occasion = dispatch.occasion(occasion_id)
            if not occasion.has_a_rest:
                raise NothingLeft(
                    label=dispatch.appearance(occasion, now=now, late_after=self.rules.late_after)
                )
            records.deliveries.cancel_rest(occasion_id)
            records.occasions.plan_by_hand(occasion_id, Aim.END, now=now)
            if not records.inbox_messages.awaited(occasion_id):
                records.inbox_messages.give_up(occasion_id)
                records.occasions.close(occasion_id, OccasionState.ENDED, now=now)
                conclude_dispatch(records, dispatch, now=now)
            entry = LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act=f"avslutat tillfälle {occasion.number}; det som var kvar skickas inte",
                dispatch_id=dispatch.id,
            )
            records.access_log.write([entry], now=now)
        return register_occasions(
            dispatch.id, store=self.store, scheduler=self.scheduler, rules=self.rules, now=now
        )
