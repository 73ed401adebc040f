"""Meddela dem som redan fått sina formulär: when the rest of an occasion is not sent yet."""

from dataclasses import dataclass
from datetime import datetime

from utskick.domain.errors import NothingLeft
from utskick.domain.occasions import Aim, OccasionId, OccasionState
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import Scheduler
from utskick.records import LogEntry, Store
from utskick.sending.occasion_plans import register_occasions
from utskick.sending.require_no_brake import require_no_brake
from utskick.use_cases.ways_on import ways_on


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyRecipients:
    store: Store
    scheduler: Scheduler
    rules: Rules

    def __call__(self, occasion_id: OccasionId, *, actor: Actor, now: datetime) -> bool:
        """Leave the inbox message for all who have got any form of the occasion, once each.

        `False` if the scheduler is away and it has to wait. What is left of the forms stays so,
        and can still be sent or ended. Raises `NothingLeft`, `Braked` or
        `NotFound`.
        """
        with self.store.transaction() as records:
            dispatch, _ = records.dispatches.of_occasion(occasion_id)
            dispatch = records.dispatches.lock_for(actor.unit_id, dispatch.id)
            occasion = dispatch.occasion(occasion_id)
            require_no_brake(records, dispatch)
            ended = occasion.state is OccasionState.ENDED
            ways = {way.occasion.id: way for way in ways_on(records, dispatch)}
            if occasion_id not in ways or not ways[occasion_id].may_notify:
                raise NothingLeft(
                    label=dispatch.appearance(occasion, now=now, late_after=self.rules.late_after)
                )
            aim = Aim.END if ended else Aim.NOTIFY
            records.occasions.plan_by_hand(occasion_id, aim, now=now)
            entry = LogEntry(
                actor=actor,
                activity=Activity.WRITE,
                act=f"meddelar dem som fått formulär vid tillfälle {occasion.number}",
                dispatch_id=dispatch.id,
            )
            records.access_log.write([entry], now=now)
        return register_occasions(
            dispatch.id, store=self.store, scheduler=self.scheduler, rules=self.rules, now=now
        )
