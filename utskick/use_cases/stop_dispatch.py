"""Stoppa paketutskick."""

from datetime import datetime

from utskick.domain.dispatches import DispatchId
from utskick.domain.units import Activity, Actor
from utskick.failpoints import Step
from utskick.ports import Scheduler
from utskick.records import LogEntry, Store
from utskick.use_cases.occasion_plans import unregister_occasions


def stop_dispatch(
    dispatch_id: DispatchId, *, actor: Actor, store: Store, scheduler: Scheduler, now: datetime
) -> int:
    """Stop a dispatch at once, also mid-send; tell how many forms were on their way.

    The status is saved before the schedules are removed: should the second step fail, a run that
    starts all the same finds the dispatch stopped and sends nothing. Raises `WrongStatus` or
    `NotFound`.
    """
    with store.transaction(Step.STOP) as records:
        dispatch = records.dispatches.lock_for(actor.unit_id, dispatch_id).stopped(now=now)
        records.dispatches.set_status(dispatch.id, dispatch.status, ended_at=now)
        on_their_way = records.progress.on_their_way(dispatch.id)
        entry = LogEntry(
            actor=actor, activity=Activity.WRITE, act="stoppat utskick", dispatch_id=dispatch.id
        )
        records.access_log.write([entry], now=now)
    unregister_occasions((o.id for o in dispatch.occasions), scheduler=scheduler)
    return on_their_way
