"""Avsluta: what is left of an occasion is never sent."""

from datetime import datetime

from utskick.domain.errors import NothingLeft
from utskick.domain.occasions import Aim, OccasionId, OccasionState
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import Scheduler
from utskick.records import LogEntry, Store
from utskick.sending.close_occasion import conclude_dispatch
from utskick.sending.occasion_plans import register_occasions


def end_occasion(
    occasion_id: OccasionId,
    *,
    actor: Actor,
    store: Store,
    scheduler: Scheduler,
    rules: Rules,
    now: datetime,
) -> bool:
    """Send no more of the occasion, ever; all who have got any form of it are notified.

    `False` if the scheduler is away, and those who are to be notified have to wait. Raises
    `NothingLeft` or `NotFound`.
    """
    with store.transaction() as records:
        dispatch, _ = records.dispatches.of_occasion(occasion_id)
        dispatch = records.dispatches.lock_for(actor.unit_id, dispatch.id)
        occasion = dispatch.occasion(occasion_id)
        if not occasion.has_a_rest:
            raise NothingLeft(
                label=dispatch.appearance(occasion, now=now, late_after=rules.late_after)
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
    return register_occasions(dispatch.id, store=store, scheduler=scheduler, rules=rules, now=now)
