"""Skicka nu: send a missed occasion by hand."""

from datetime import datetime

from utskick.domain.dispatches import DispatchStatus
from utskick.domain.errors import NothingMissed, WrongStatus
from utskick.domain.occasions import OccasionId
from utskick.domain.rules import Rules
from utskick.domain.units import Activity, Actor
from utskick.ports import Scheduler
from utskick.records import LogEntry, Store
from utskick.use_cases.occasion_plans import register_occasions

_MAY_SEND = (DispatchStatus.ONGOING, DispatchStatus.COMPLETED)


def send_missed_occasion(
    occasion_id: OccasionId,
    *,
    actor: Actor,
    store: Store,
    scheduler: Scheduler,
    rules: Rules,
    now: datetime,
) -> bool:
    """Send what is left of the occasion, now; `False` if the scheduler is away and it has to wait.

    A dispatch that was Klar is Pågående until it has been sent. Raises `NothingMissed`,
    `WrongStatus` if the dispatch was stopped or aborted, or `NotFound`.
    """
    with store.transaction() as records:
        dispatch, occasion = records.dispatches.of_occasion(occasion_id)
        dispatch = records.dispatches.lock_for(actor.unit_id, dispatch.id)
        if dispatch.status not in _MAY_SEND:
            raise WrongStatus("send", dispatch.status.value, label=dispatch.label)
        if not records.occasions.send_by_hand(occasion_id, now=now):
            raise NothingMissed(label=occasion.label)
        records.dispatches.set_status(dispatch.id, DispatchStatus.ONGOING, ended_at=None)
        entry = LogEntry(
            actor=actor,
            activity=Activity.WRITE,
            act=f"skickar missat tillfälle {occasion.number} för hand",
            dispatch_id=dispatch.id,
        )
        records.access_log.write([entry], now=now)
    return register_occasions(dispatch.id, store=store, scheduler=scheduler, rules=rules, now=now)
